"""Training line by line: the same commands, and after each item its references."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from protocol.training.attempts import TrainingState
from protocol.training.steps import TrainingStep
from protocol.training.wording import figure_lines, introduction, outcome, refresher_introduction
from rater.plain.dialogue import Dialogue, RefusedError
from rater.plain.retraining import print_references, training
from rater.plain.sitting import PlainSitting
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.training_desk import TrainingDesk


class TrainingEndedError(Exception):
    """Every item of the attempt is completed."""


class TrainingSitting(PlainSitting):
    """One sitting in training.

    Args:
        room: The training.
        out: Where lines go and answers come from.
    """

    CLOSED: ClassVar[str] = "This training item is closed: its reference was shown."

    def __init__(self, room: TrainingDesk, out: Dialogue) -> None:
        super().__init__(room, out)
        self._room = room

    @property
    def training(self) -> TrainingDesk | None:
        """The training that is going on."""
        return self._room

    def ask_guesses(self) -> bool:
        """Print the references of the item that was completed: in training no question is asked."""
        if self.has_item and self.progress.completed:
            self.out.say("Your scores and the reference")
            print_references(self.out, self._room, self.progress)
        return True

    def go_on(self) -> None:
        """Go to the next item of the attempt, or end the sitting where it was the last.

        Raises:
            TrainingEndedError: Every item is completed.
        """
        if self.session.is_finished:
            raise TrainingEndedError
        super().go_on()


def await_attempt(desk: RatingDesk, room: TrainingDesk, out: Dialogue) -> None:
    """Say where the training stands, and begin what comes next once the rater wants it.

    Raises:
        LeaveError: The rater quits, or the input ended.
    """
    step = desk.next_step
    if step is TrainingStep.BEGIN:
        out.say("Training first")
        _say_all(out, introduction(room.progress))
    elif step is TrainingStep.BEGIN_REFRESHER:
        out.say("A refresher first")
        _say_all(out, refresher_introduction(room.progress))
    elif step is TrainingStep.ASK:
        _say_all(out, outcome(room.progress, is_pack=desk.is_pack))
    write = room.begin_refresher if step is TrainingStep.BEGIN_REFRESHER else room.begin_attempt
    while True:
        answer = out.ask(_prompt(step))
        if not answer and step is not TrainingStep.ASK:
            if PlainSitting(room, out).attempt(write, "the beginning of the training"):
                return
        elif answer == "R" or answer.startswith(("R ", "training")):
            _reread(room, out, answer)
        elif answer and step in (TrainingStep.REPEAT, TrainingStep.ASK):
            if _let_in(room, out, answer):
                return
        else:
            out.refuse("Please answer as the line above says.")


def _prompt(step: TrainingStep) -> str:
    match step:
        case TrainingStep.REPEAT:
            return (
                "Enter repeats the training (R lists its items with the references, an admit code lets you"
                " in, q quits):"
            )
        case TrainingStep.ASK:
            return "Your admit code, if you have one (R lists the training items, q quits):"
        case _:
            return "Enter begins (q quits):"


def _reread(room: TrainingDesk, out: Dialogue, answer: str) -> None:
    try:
        training(TrainingSitting(room, out), answer.partition(" ")[2].strip())
    except RefusedError as refused:
        out.refuse(str(refused))


def _let_in(room: TrainingDesk, out: Dialogue, code: str) -> bool:
    if not room.knows(code):
        out.refuse("This is not the admit code of your training: type it with its dashes.")
        return False
    done = PlainSitting(room, out).attempt(partial(room.admit, code), "the admit code")
    if done:
        _say_all(out, outcome(room.progress, is_pack=False))
    return done


def print_outcome(desk: RatingDesk, room: TrainingDesk, out: Dialogue) -> None:
    """Print what a finished attempt came to; of a refresher only that it is finished."""
    attempt = room.attempt
    if attempt is None or attempt.is_refresher:
        out.say("The refresher is finished. The study's items come now.")
        return
    passed = room.progress.state is TrainingState.PASSED
    out.say(f"Training, attempt {len(room.progress.gate_attempts)}: {'passed' if passed else 'not passed'}")
    for line in figure_lines(room.progress.result_of(attempt), room.progress.material.rubric):
        out.say(line)
    if room.progress.state is not TrainingState.NOT_PASSED:  # said before its code is asked for
        _say_all(out, outcome(room.progress, is_pack=desk.is_pack))


def _say_all(out: Dialogue, sentences: tuple[str, ...]) -> None:
    for sentence in sentences:
        out.say(sentence)
