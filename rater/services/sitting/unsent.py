"""How much of a rater's work is in the pack alone: said at quitting, before a lost laptop says it."""

from __future__ import annotations

import shlex
from pathlib import Path

from protocol.chain.events import EventKind
from protocol.chain.ratings_file import parse_ratings_text
from protocol.errors import InvalidInputError
from rater.services.sitting.rating import RatingDesk

MANY_ITEMS = 10
"""So many completed items that are in no ratings file are worth a word."""


def unsent_reminder(desk: RatingDesk) -> str:
    """Return the reminder to write an interim file, or nothing where there is little to lose.

    What lies beside the pack counts as sent: whether it was is known to nobody here.
    """
    path = desk.pack_path
    if path is None or desk.session.submitted:
        return ""
    written = _events_written(path.with_name(f"{desk.rater}.ratings.jsonl"), desk.manifest.id)
    session = desk.session
    unsent = sum(
        session.of(item).completed
        and max(event.seq for event in events if event.draft.kind is EventKind.COMPLETE) > written
        for item, events in session.history.items()
    )
    if unsent < MANY_ITEMS:
        return ""
    return (
        f"{unsent} completed items are on this computer alone. A copy to send: "
        f"rater submit {shlex.quote(path.name)} --interim"
    )


def _events_written(path: Path, manifest_id: str) -> int:
    """Return how many events the last ratings file holds; none where it is of something else."""
    try:
        file = parse_ratings_text(path.read_bytes(), where=str(path))
    except (OSError, InvalidInputError):
        return 0
    return len(file.events) if file.header.manifest_id == manifest_id else 0
