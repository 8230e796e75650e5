"""What `verify` answers: one question, one answer, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from protocol.errors import BlindraterError


class Answer(StrEnum):
    """What a check came to."""

    OK = "ok"
    FAILED = "FAILED"
    OPEN = "cannot be excluded"
    """Nothing contradicts it, and nothing outside the admin's hands proves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and its answer."""

    question: str
    answer: Answer
    why: str = ""


class Answers:
    """The checks of one verification, in the order in which they were asked."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def ask(self, question: str, check: Callable[[], str | None]) -> bool:
        """Run a check that raises, or returns what is wrong, or nothing; say whether all is well."""
        try:
            wrong = check()
        except BlindraterError as error:
            wrong = error.what
        answer = Answer.FAILED if wrong else Answer.OK
        self.checks.append(Check(question=question, answer=answer, why=wrong or ""))
        return not wrong

    def cannot_exclude(self, question: str, why: str) -> None:
        """Note what nothing contradicts and nothing outside the admin's hands proves."""
        self.checks.append(Check(question=question, answer=Answer.OPEN, why=why))

    def failed(self, question: str, why: str) -> None:
        """Note a check that cannot even be made."""
        self.checks.append(Check(question=question, answer=Answer.FAILED, why=why))
