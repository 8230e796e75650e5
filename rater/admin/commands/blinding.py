"""`rater-admin blinding`: did the blind hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rater.admin.commands.ratings_options import print_blocks
from rater.admin.options import JsonOption, StudyArgument
from rater.admin.output import print_json, say

if TYPE_CHECKING:
    from rater.services.results.blind_kept import BlindRecord


def blinding(study: StudyArgument, json: JsonOption = False) -> None:
    """Show how well raters guessed, and the effects without what they recognised."""
    from protocol.analysis.blinding_json import blinding_to_json
    from protocol.analysis.blinding_success import blinding_success
    from protocol.report.blinding_text import blinding_blocks
    from rater.services.results.blind_kept import read_blind_record

    record = read_blind_record(study)
    result = blinding_success(record.questions, seed=record.protocol.analysis.seed)
    if json:
        print_json({**blinding_to_json(result, notes=record.ratings.notices), **_effects_json(record)})
        return
    for notice in record.ratings.notices:
        say(notice)
    if record.questions:
        print_blocks(blinding_blocks(result))
    else:
        say("The study asks no guess question: whether raters could tell the conditions was not measured.")
    _print_effects(record)


def _print_effects(record: BlindRecord) -> None:
    from protocol.report.side_by_side import side_by_side

    for incident in record.incidents:
        about = ", ".join(incident.items) or "all items"
        say(f"incident {incident.at}, {incident.rater}, {about}: {incident.text}")
    for one in record.without:
        if one.effects is None:
            say(f"Effects without {one.what}: there are none, so nothing changes.")
            continue
        table = side_by_side(
            record.effects,
            one.effects,
            headline=record.protocol.analysis.headline,
            title=f"Effects without {one.what} ({one.ratings_left_out} ratings left out)",
        )
        print_blocks([table])


def _effects_json(record: BlindRecord) -> dict[str, object]:
    from protocol.analysis.effects_json import effects_to_json

    return {
        "incidents": [
            {"at": one.at, "rater": one.rater, "items": list(one.items), "text": one.text}
            for one in record.incidents
        ],
        "effects": effects_to_json(record.effects, notes=()),
        "effects_without": [
            {
                "what": one.what,
                "ratings_left_out": one.ratings_left_out,
                "effects": effects_to_json(one.effects, notes=()) if one.effects else None,
            }
            for one in record.without
        ],
    }
