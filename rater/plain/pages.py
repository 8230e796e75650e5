"""The longer texts: first words, task card, anchors, finish. Printed, never laid out."""

from __future__ import annotations

from collections.abc import Sequence

from protocol import rating_words
from protocol.amendment_words import Ruling
from protocol.kind_words import OF_TRANSCRIPTS, KindWords
from protocol.rubric import Dimension, Rubric
from protocol.safe_text import inline
from protocol.session import ItemProgress, RaterSession
from protocol.visible import TaskCard, VisibleProtocol
from rater.plain.dialogue import Dialogue


def print_welcome(
    out: Dialogue,
    *,
    rater: str,
    study: VisibleProtocol,
    session: RaterSession,
    saved_at: str | None,
    words: KindWords,
) -> None:
    """Say who the rater is taken for, where the work stands, what is recorded and who sees it."""
    if study.simulated:
        out.say("SIMULATED STUDY: its other ratings are made by a program.")
    out.say(f"You are {rater}. {words.study.capitalize()}: {study.name}.")
    out.say(
        f"Your work: {rating_words.work(session, words)}."
        + (f" Last saved {rating_words.local_time(saved_at)}." if saved_at is not None else "")
    )
    recorded = rating_words.recorded(
        act="answer", came_up="was printed", timing=study.timing, installation=study.installation
    )
    out.say(f"Recorded: {_lowered(words.of(recorded))}")
    out.say(f"Who sees it: {_lowered(words.of(rating_words.SEEN_BY))}")
    if study.contact:
        out.say(f"Questions: {study.contact}")


def print_card(out: Dialogue, card: TaskCard, words: KindWords = OF_TRANSCRIPTS) -> None:
    """Print a task card in full."""
    out.say(words.card)
    out.text(card.brief)
    for part in rating_words.card_parts(card):
        out.say(part.title)
        if part.text:
            out.text(part.text)
        for number, point in enumerate(part.points, start=1):
            out.text(f"{number}. {point}")
    out.say(words.of("End of the task card."))


def print_anchors(out: Dialogue, dimension: Dimension, rulings: Sequence[Ruling] = ()) -> None:
    """Print a dimension's question, each level with its anchor, and the rulings on it."""
    out.say(f"{dimension.name}: {dimension.question}")
    for level in dimension.levels:
        out.text(f"{dimension.digit_of(level)} {inline(level.label)}: {level.anchor}")
    for sentence in rating_words.demands_of(dimension):
        out.say(sentence)
    for ruling in rulings:
        out.text(f"Ruling of {ruling.day}: {ruling.text}")


def print_guide(out: Dialogue, dimension: Dimension, rubric: Rubric, rulings: Sequence[Ruling] = ()) -> None:
    """Print a dimension's anchors and examples, and the decision rules of the rubric."""
    print_anchors(out, dimension, rulings)
    for level in dimension.levels:
        if level.example:
            out.say(f"Example of {dimension.digit_of(level)}")
            out.text(level.example)
    for number, rule in enumerate(rubric.rules, start=1):
        if number == 1:
            out.say("Decision rules")
        out.text(f"{number}. {rule}")
    out.say(f"Source: {rubric.title}, version {rubric.version}. {rubric.source}")


def print_finish(
    out: Dialogue,
    *,
    rater: str,
    study: VisibleProtocol,
    session: RaterSession,
    pack: str | None,
    words: KindWords,
) -> None:
    """Say that all is done, how to change something, and what to do now."""
    out.say(rating_words.finished(session, rater, words))
    for part in rating_words.finish_parts(
        session,
        study,
        rater=rater,
        pack=pack,
        to_change=words.of("i lists the items, g 4 goes to item 4."),
        words=words,
    ):
        out.say(f"{part.title}: {part.text}")


def item_state(item: ItemProgress, rubric: Rubric) -> str:
    """Return where an item stands, for the list of items."""
    if item.completed:
        said = "done"
    elif item.touched:
        gaps = len(item.gaps(rubric))
        begun = "asked again" if item.is_asked_again else "begun"
        said = f"{begun}, {gaps} missing" if gaps else "begun, only to be completed"
    else:
        said = "to do"
    if item.reason is not None:
        said += f"; not ratable, {item.reason}"
    if item.flagged is not None:
        said += f"; flag: {item.flagged}"
    return f"{said}; noted" if item.note else said


def _lowered(sentence: str) -> str:
    """Return a sentence as it goes on after a colon."""
    return sentence[0].lower() + sentence[1:]
