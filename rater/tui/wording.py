"""What the rating screen says about gaps, with the keys that close them."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.conversation import Role
from protocol.rating_moves import Lack, Missing
from protocol.rating_words import run_of
from protocol.rubric import Dimension
from protocol.safe_text import inline
from rater.tui.key_table import KeyTable


def keys_of(dimension: Dimension, keys: KeyTable) -> str:
    """Return the keys that score a dimension, such as 0-3."""
    return run_of([keys[f"score.{dimension.digit_of(level)}"] for level in dimension.levels])


def missing_sentence(missing: Missing, level: int | None, keys: KeyTable, *, unopened: int = 0) -> str:
    """Return what an item lacks and the key that helps.

    Args:
        missing: What it lacks.
        level: Of the dimension that lacks it.
        keys: Which keys do what.
        unopened: How many folded texts were never open.
    """
    name = inline(missing.dimension.name)
    if missing.lack is Lack.SCORE:
        scoring, other = keys_of(missing.dimension, keys), keys["score.nr"]
        return f"{name} has no score yet: {scoring} scores, {other} if it cannot be rated."
    if missing.lack is Lack.QUOTE:
        return f"Level {level} needs a quote: {keys['quote.start']} quotes the paragraph at the pointer."
    if missing.lack is Lack.CONFIDENCE:
        return f"Level {level} counts only once you say how sure you are: {keys['score.sure']} asks."
    unread = f"Level {level} counts only once you have read to the end: "
    if unopened:
        texts = "1 tool text was" if unopened == 1 else f"{unopened} tool texts were"
        return f"{unread}{keys['read.fold_all']} opens what is folded ({texts} never open)."
    return f"{unread}{keys['read.end']} goes there."


_WHOSE: Mapping[Role, str] = {
    "assistant": "the assistant's text",
    "user": "the user's text",
    "tool": "a tool's output",
    "system": "the system message",
    "document": "the document",
}


def whose(role: Role) -> str:
    """Return whose words a message holds."""
    return _WHOSE[role]


def quoted_sentence(letter: str, message: int, role: Role) -> str:
    """Return what was attached, and plainly so where it is not the assistant's text."""
    if role == "document":
        return f"Quoted for {letter} from document {message + 1}."
    if role == "assistant":
        return f"Quoted for {letter} from message {message + 1}, {role}."
    return f"Quoted for {letter} from message {message + 1}: this is {whose(role)}, not the assistant's."


def counted_words(text: str) -> str:
    """Return how many words a text has."""
    count = len(text.split())
    return f"{count} word{'s' if count != 1 else ''}"
