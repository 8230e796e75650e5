"""Handing in: the ratings file a rater sends back, and the receipt that stays with the rater."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from db.atomic_file import write_whole
from protocol.chain.events import EventDraft, EventKind
from protocol.chain.ratings_file import (
    TrainingChain,
    first_difference,
    parse_ratings_text,
    ratings_text,
    receipt_code,
)
from protocol.errors import InvalidInputError, UsageError, WrongStateError
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What was written."""

    path: Path
    rater: str
    events: int
    completed: int
    items: int
    receipt: str
    interim: bool
    training_events: int | None = None
    """None where the study has no training."""


def submit(path: Path, *, rater: str | None, output: Path | None, interim: bool, app: str) -> Submission:
    """Write a rater's ratings file.

    A final one closes the ratings; an interim one is a copy that keeps the work safe.

    Args:
        path: Pack or study file.
        rater: The rater's code; may be left out for a pack.
        output: The file to write; RATER.ratings.jsonl beside the pack unless given.
        interim: The rater goes on.
        app: Version of the program.

    Raises:
        WrongStateError: Items are not completed and the file is not interim.
        UsageError: Another file is in the way.
        StorageError: The file cannot be written.
    """
    desk = open_desk(path, rater=rater, app=app)
    try:
        session = desk.session
        target = output or path.with_name(f"{desk.rater}.ratings.jsonl")
        hashes = [event.hash for event in desk.events]
        trained = [event.hash for event in desk.training.events] if desk.training else []
        replace = target.exists() and _is_older_copy(target, desk.manifest.id, hashes, trained)
        left = session.required_count - session.completed_count
        if not interim and left:
            raise WrongStateError(
                f"{left} of {session.required_count} items are not completed.",
                where=str(path),
                next_step="Finish them, or write a safe copy of the work so far with --interim.",
            )
        if not interim and not session.submitted:
            # A file that cannot be written must not close the ratings: an interim copy goes first.
            _write(desk, target, interim=True, app=app, replace=replace)
            replace = True
            session = desk.record(EventDraft(kind=EventKind.SUBMIT))
        return Submission(
            path=target,
            rater=desk.rater,
            events=_write(desk, target, interim=not session.submitted, app=app, replace=replace),
            completed=session.completed_count,
            items=session.required_count,
            receipt=receipt_code(desk.head.hash),
            interim=not session.submitted,
            training_events=len(trained) if desk.training else None,
        )
    finally:
        desk.close()


def _write(desk: RatingDesk, target: Path, *, interim: bool, app: str, replace: bool) -> int:
    """Write the file and return how many events it holds."""
    events = desk.events
    room = desk.training
    training = TrainingChain(manifest=room.manifest, events=room.events) if room else None
    text = ratings_text(desk.manifest, events, interim=interim, app=app, training=training)
    write_whole(target, text.encode(), mode=0o600, replace=replace)
    return len(events)


def _is_older_copy(target: Path, manifest_id: str, hashes: list[str], trained: list[str]) -> bool:
    """Whether the file in the way is an earlier hand-in of the same ratings: then it is replaced."""
    try:
        old = parse_ratings_text(target.read_bytes(), where=str(target))
        theirs = [event.hash for event in old.events]
        training = [event.hash for event in old.training_events]
        if (
            old.header.manifest_id == manifest_id
            and len(theirs) <= len(hashes)
            and len(training) <= len(trained)
            and first_difference(trained, training) is None
        ):
            return first_difference(hashes, theirs) is None
    except (InvalidInputError, OSError):
        pass
    raise UsageError(
        "A file is there already, and it is no earlier copy of these ratings.",
        where=str(target),
        next_step="Give another name with -o.",
    )
