"""A question on the condition, asked once after an item was completed and closed."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.chain.events import EventDraft, EventKind
from protocol.rating_words import DONT_KNOW, HOW_SURE
from protocol.visible import VisibleQuestion
from rater.plain.dialogue import Dialogue, LeaveError


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedGuess:
    """What was answered, and whether the rater left before its optional last part."""

    draft: EventDraft
    left: LeaveError | None = None


def ask_guess(out: Dialogue, question: VisibleQuestion, item_number: int) -> AskedGuess:
    """Ask for the answer, how sure it is, and the words that gave it away.

    Raises:
        LeaveError: The rater quits before the answer is complete; it is asked again next time.
    """
    out.say(f"Item {item_number}: {question.text}")
    answers = [*question.options, DONT_KNOW]
    option = _must_choose(out, f"1-{len(answers)}; this never changes your scores:", answers)
    if option == len(answers) - 1:
        return AskedGuess(draft=EventDraft(kind=EventKind.GUESS, question=question.id))
    out.say("How sure are you?")
    sure = _must_choose(out, f"1-{len(HOW_SURE)}:", HOW_SURE) + 1
    words, left = "", None
    try:
        words = out.ask("Which words gave it away? Enter alone if none did:")
    except LeaveError as leaving:
        left = leaving
    draft = EventDraft(
        kind=EventKind.GUESS,
        question=question.id,
        option=option,
        sure=sure,
        texts={"cue": words} if words else {},
    )
    return AskedGuess(draft=draft, left=left)


def _must_choose(out: Dialogue, prompt: str, answers: list[str] | tuple[str, ...]) -> int:
    while True:
        position = out.choose(prompt, answers)
        if position is not None:
            return position
        out.refuse(
            f'Please answer with a number from 1 to {len(answers)}; {len(answers)} is "{answers[-1]}".'
        )
