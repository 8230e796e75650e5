"""Design of a study as it was written before seeding: who, what, in which order, and the exact texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from protocol.fairness.recorded import RecordedFairness, recorded_fairness
from protocol.report.document import Callout, Heading, Part, Verbatim
from protocol.report.report_facts import ReportFacts
from protocol.report.text_block import Sentences, TextTable
from protocol.study import StudyProtocol, Task

MANY_CARDS = 40
"""More cards than this make one table."""


def design(facts: ReportFacts) -> Iterator[Part]:
    """Yield the design, and whether its conditions may be compared."""
    protocol = facts.protocol
    scaffolds = ", ".join(
        f"{scaffold.id} (baseline)" if scaffold.baseline else scaffold.id for scaffold in protocol.scaffolds
    )
    prompted = sum(task.card.prompted for task in protocol.tasks)
    without = [task for task in facts.tasks if task not in {one.id for one in protocol.tasks}]
    known = "" if without else f", of which {prompted} ask for what is scored (prompted)"
    rows = [
        ("models", ", ".join(facts.models)),
        ("scaffolds", scaffolds),
        ("tasks", f"{len(facts.tasks)}{known}"),
        ("transcripts", str(facts.record.items if facts.record else facts.units)),
        ("raters", _raters(facts)),
        *([("order", protocol.design.order_text)] if facts.record else []),
        (
            "rubric",
            f"{protocol.rubric.id}, version {protocol.rubric.version}: {protocol.rubric.title}",
        ),
        ("whose rubric", protocol.rubric.source),
    ]
    yield _pairs("", rows)
    if without:
        yield Sentences(
            lines=(
                f"{len(without)} of the {len(facts.tasks)} tasks of the ratings have no card in"
                f" study.toml: what"
                " raters knew of them is not on record.",
            )
        )
    if facts.record is not None:
        yield from _comparable(facts.record.details_of("unblinded"))


def plan(protocol: StudyProtocol) -> Iterator[Part]:
    """Yield the analysis plan, every threshold of it."""
    own = protocol.analysis
    yield _pairs(
        "Fixed in study.toml",
        [
            ("headline dimensions", ", ".join(own.headline)),
            ("contrasts", ", ".join(own.contrasts) or "every scaffold against the baseline"),
            ("baseline", protocol.baseline.id),
            ("alpha, after Holm within a dimension", f"{own.alpha:g}"),
            ("margin of equivalence", f"{own.equivalence_margin:g} levels"),
            (
                "ceiling",
                f"{own.ceiling.share_at_top:.0%} of tasks at the top level, one-sided lower bound at least"
                f" {own.ceiling.lower_bound:g}",
            ),
            ("unchanged", f"upper bound of the share of changed tasks at most {own.max_changed_share:g}"),
            (
                "aggregation",
                "differences inside each rater, then means"
                if own.aggregation == "rater_paired"
                else "lower median of a cell's ratings",
            ),
            ("seed", str(own.seed)),
            ("stopping rule", own.stopping_rule or "none was written"),
        ],
    )


def scaffold_texts(protocol: StudyProtocol) -> Iterator[Part]:
    """Yield the scaffolds letter by letter."""
    for scaffold in protocol.scaffolds:
        mark = " (baseline)" if scaffold.baseline else ""
        label = f": {scaffold.label}" if scaffold.label else ""
        yield Verbatim(title=f"{scaffold.id}{mark}{label}", text=scaffold.text)


def task_cards(protocol: StudyProtocol) -> Iterator[Part]:
    """Yield what raters knew of each task; many short cards stand in one table."""
    if len(protocol.tasks) > MANY_CARDS:
        yield _card_table(protocol.tasks)
        return
    for task in protocol.tasks:
        yield Heading(text=f"Task {_name(task)}")
        yield _pairs("", list(_card(task)))


def _card_table(tasks: Sequence[Task]) -> TextTable:
    cards = [dict(_card(task)) for task in tasks]
    columns = tuple(dict.fromkeys(name for card in cards for name in card))
    return TextTable(
        title="",
        columns=("task", *columns),
        rows=tuple(
            (
                f"{task.id} (prompted)" if task.card.prompted else task.id,
                *(card.get(name, "") for name in columns),
            )
            for task, card in zip(tasks, cards, strict=True)
        ),
        left=("task", *columns),
    )


def _name(task: Task) -> str:
    return f"{task.id} (prompted)" if task.card.prompted else task.id


def _card(task: Task) -> Iterator[tuple[str, str]]:
    card = task.card
    yield "brief", card.brief
    for name, text in (
        ("the user has", card.user_has),
        ("load-bearing claims", " / ".join(card.claims)),
        ("decision points", " / ".join(card.decision_points)),
        ("steers", " / ".join(card.steers)),
        ("to be kept", " / ".join(card.keep)),
        ("content note", card.content_note),
    ):
        if text:
            yield name, text
    for number, turn in enumerate(task.turns, start=1):
        yield f"user turn {number}", turn


def _raters(facts: ReportFacts) -> str:
    if facts.record is None:
        return ", ".join(facts.raters)
    own = facts.protocol.design
    return f"{', '.join(own.raters)}; {own.share_text}"


def _comparable(unblinded: Mapping[str, str]) -> Iterator[Part]:
    answers = recorded_fairness(unblinded)
    for one in answers:
        yield _answer(one, batch=f"Batch {one.batch}. " if len(answers) > 1 else "")


def _answer(one: RecordedFairness, *, batch: str) -> Callout:
    if not one.answer:
        return Callout(
            text=f"{batch}Whether the conditions may be compared is not on record: the transcripts came"
            " without a run manifest, so the fairness rules (same user turns, caps, settings, balance) were"
            " not asked.",
            tone="middling",
        )
    parts = [f"{batch}The fairness rules were asked at seeding; the answer: {one.answer}."]
    if one.broken:
        parts.append(f"Rules broken: {one.broken}. A difference between conditions may come from that.")
    if one.not_shown:
        parts.append(f"Rules that could not be shown to hold: {one.not_shown}.")
    return Callout(
        text=" ".join(parts), tone="bad" if one.broken else "middling" if one.not_shown else "good"
    )


def _pairs(title: str, rows: list[tuple[str, str]]) -> TextTable:
    return TextTable(title=title, columns=("", ""), rows=tuple(rows), left=("",))
