"""`rater-admin questions`: what raters flagged, with their reasons."""

from __future__ import annotations

from rater.admin.options import JsonOption, StudyArgument
from rater.admin.output import print_json, print_table, say


def questions(study: StudyArgument, json: JsonOption = False) -> None:
    """List what raters ask or flag, item by item; `clarify` and `withdraw` answer."""
    from rater.services.amending.questions import read_questions

    found = read_questions(study)
    if json:
        print_json(
            {
                "schema": "questions/1",
                "questions": [
                    {
                        "at": one.at,
                        "rater": one.rater,
                        "item": one.item,
                        "number": one.number,
                        "task": one.task,
                        "text": one.text,
                        "withdrawn": one.withdrawn,
                    }
                    for one in found
                ],
            }
        )
        return
    if not found:
        say("No item is flagged. Raters ask with a flag on the item they ask about.")
        return
    print_table(
        ["flagged", "rater", "number", "item", "task", "what the rater says"],
        [
            [
                one.at or "-",
                one.rater,
                str(one.number),
                one.item,
                one.task,
                f"(withdrawn) {one.text}" if one.withdrawn else one.text,
            ]
            for one in found
        ],
        right=["number"],
    )
