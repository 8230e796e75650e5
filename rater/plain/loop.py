"""The dialogue from the first words to the last: welcome, one prompt after the other, goodbye."""

from __future__ import annotations

from protocol import rating_words
from protocol.training.steps import TrainingStep
from rater.plain import pages, wording
from rater.plain.commands import obey
from rater.plain.dialogue import Dialogue, LeaveError, RefusedError
from rater.plain.sitting import PlainSitting
from rater.plain.training import (
    TrainingEndedError,
    TrainingSitting,
    await_attempt,
    print_outcome,
)
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.unsent import unsent_reminder

HINTS = "a anchors, e 12-14 quote lines, m note, x not ratable, u undo, b back, ? help, q quit"


def hold_sitting(desk: RatingDesk, out: Dialogue) -> None:
    """Talk with the rater until the rater quits or the input ends.

    Raises:
        WrongStateError: Ratings are final.
        BlindraterError: Something could not be saved, and the rater quit without it.
    """
    pages.print_welcome(
        out,
        rater=desk.rater,
        study=desk.visible,
        session=desk.session,
        saved_at=desk.saved_at,
        words=desk.words,
    )
    if desk.training is not None and not desk.training.progress.state.opens:
        out.say(f"Training comes before the items. Yours is {desk.training.progress.state}.")
    try:
        _await_start(out, rater=desk.rater, has_begun=bool(desk.session.history))
        train(desk, out)
        talk_about(PlainSitting(desk, out))
    except LeaveError:
        pass
    if desk.training is not None and not desk.training.progress.state.opens:
        out.say(f"Everything is saved. Your training is {desk.training.progress.state}.")
    else:
        out.say(rating_words.goodbye(desk.session, desk.words))
        if reminder := unsent_reminder(desk):
            out.say(reminder)


def talk_about(sitting: PlainSitting) -> None:
    """Ask one thing after the other until the rater quits.

    Raises:
        LeaveError: The rater quits, or the input ended.
        TrainingEndedError: The sitting was one of training, and the attempt is finished.
    """
    sitting.begin()
    hinted = ""
    while True:
        hinted_before, hinted = hinted, sitting.progress.item_id
        answer = sitting.out.ask(_prompt(sitting, with_hints=hinted != hinted_before))
        try:
            obey(sitting, answer)
        except RefusedError as refused:
            sitting.out.refuse(str(refused))


def train(desk: RatingDesk, out: Dialogue) -> None:
    """Hold the training as far as it is due; return once the study's items are open.

    Raises:
        LeaveError: The rater quits, or the input ended.
    """
    room = desk.training
    while room is not None and desk.next_step is not TrainingStep.RATE:
        if desk.next_step is not TrainingStep.SCORE:
            await_attempt(desk, room, out)
            continue
        sitting = TrainingSitting(room, out)
        try:
            talk_about(sitting)
        except TrainingEndedError:
            print_outcome(desk, room, out)


def _await_start(out: Dialogue, *, rater: str, has_begun: bool) -> None:
    while True:
        answer = out.ask(f"Enter {'goes on' if has_begun else 'starts'}, q quits if you are not {rater}:")
        if not answer:
            return
        out.refuse("Please press Enter alone to begin, or q and Enter to quit.")


def _prompt(sitting: PlainSitting, *, with_hints: bool) -> str:
    """Return what is asked now; in the first prompt of an item with the commands most needed."""
    if not sitting.has_item:
        return sitting.words.of("No item is open (g 1 goes to the first item, i lists them, q quits):")
    if sitting.active is None:
        return _ready_prompt(sitting)
    if sitting.is_noted:
        return sitting.words.of(
            "Enter prints the conversation (t task card, X item not ratable, n next item, ? help, q quit):"
        )
    dimension = sitting.dimension
    if dimension.id not in sitting.explained:
        sitting.explained.add(dimension.id)
        pages.print_anchors(sitting.out, dimension, sitting.desk.rulings(dimension.id))
    mark = sitting.progress.mark(dimension.id)
    now = f", now {wording.standing(mark)}" if mark.level is not None or mark.reason or mark.quotes else ""
    hints = HINTS if with_hints else "? help"
    return f"{dimension.name} {rating_words.digits_of(dimension)}{now} ({hints}):"


def _ready_prompt(sitting: PlainSitting) -> str:
    here = f"{sitting.words.item.capitalize()} {sitting.session.position + 1}"
    hints = "d 1 changes the first dimension, ? help, q quit"
    if sitting.is_withdrawn:
        return f"{here} is withdrawn. Enter goes on (? help, q quit):"
    if sitting.is_closed:
        return f"{here} is closed. Enter goes on (? help, q quit):"
    if sitting.progress.completed:
        return f"{here} is completed. Enter goes on ({hints}):"
    said = wording.summary(sitting.progress, sitting.dimensions)
    closing = " and closes it, a question follows" if sitting.closes else " and goes on"
    return f"{here} has all it needs: {said} Enter completes it{closing} ({hints}):"
