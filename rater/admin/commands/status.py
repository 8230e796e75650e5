"""`rater-admin status`: where the study stands, blinded, and what to do next."""

from __future__ import annotations

from rater.admin.options import JsonOption, StudyArgument
from rater.admin.output import print_json, print_table, say


def status(study: StudyArgument, json: JsonOption = False) -> None:
    """Show who has done how much, the state of the study, and the next step."""
    from protocol.amendment_words import summary_of
    from protocol.simulated import SIMULATED
    from rater.admin.adjudication_output import adjudication_facts, adjudication_line
    from rater.services.adjudication.adjudication_record import AdjudicationState
    from rater.services.progress.progress import read_progress

    progress = read_progress(study)
    adjudication = progress.adjudication
    if json:
        bodies = [one.to_json() for one in progress.amendments]
        amended: dict[str, object] = {"amendments": bodies} if bodies else {}
        print_json(
            {
                "schema": "status/1",
                "name": progress.name,
                "study_id": progress.study_id,
                "simulated": progress.simulated,
                "state": progress.state.value,
                "lock_code": progress.lock_code,
                "items": progress.items,
                "tasks": progress.tasks,
                "raters": [
                    {
                        "rater": rater.rater,
                        "items": rater.items,
                        "completed": rater.completed,
                        "begun": rater.begun,
                        "not_ratable": rater.not_ratable,
                        "flagged": rater.flagged,
                        "told": rater.told,
                        "sittings": rater.sittings,
                        "last_at": rater.last_at,
                        **({"pack_out": rater.pack_out} if rater.pack_out else {}),
                        **(
                            {"odd": [{"kind": one.kind.value, "text": one.text} for one in rater.odd]}
                            if rater.odd
                            else {}
                        ),
                    }
                    for rater in progress.raters
                ],
                "audit": [
                    {"seq": entry.seq, "at": entry.at, "who": entry.who, "action": entry.action}
                    for entry in progress.audit
                ],
                **amended,
                **({"adjudication": adjudication_facts(adjudication)} if adjudication else {}),
                "next": progress.next_step,
            }
        )
        return
    if progress.simulated:
        say(SIMULATED)
    say(f"{progress.name}: {progress.state}, {progress.items} items of {progress.tasks} tasks")
    if progress.lock_code:
        say(f"lock code {progress.lock_code}")
    packs = any(rater.pack_out for rater in progress.raters)
    print_table(
        [
            *("rater", "items", "completed", "begun", "not ratable", "flagged", "told", "sittings", "last"),
            *(("pack out since",) if packs else ()),
        ],
        [
            [
                rater.rater,
                str(rater.items),
                f"{rater.completed} ({rater.completed / rater.items:.0%})" if rater.items else "0",
                str(rater.begun),
                str(rater.not_ratable),
                str(rater.flagged),
                str(rater.told),
                str(rater.sittings),
                rater.last_at or "-",
                *((rater.pack_out or "-",) if packs else ()),
            ]
            for rater in progress.raters
        ],
        right=["items", "completed", "begun", "not ratable", "flagged", "told", "sittings"],
    )
    for rater in progress.raters:
        for odd in rater.odd:
            say(f"{rater.rater}: {odd.text}")
    for one in progress.amendments:
        say(f"amendment {one.number} of {one.day}: {summary_of(one)}")
    if adjudication and adjudication.state is not AdjudicationState.WAITING:
        say(adjudication_line(adjudication))
    for entry in progress.audit[-5:]:
        say(f"{entry.at}  {entry.action}  by {entry.who}  {entry.reason}".rstrip())
    say(f"next: {progress.next_step}")
