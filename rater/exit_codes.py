"""Exit codes of both console scripts, and the one table from error class to code."""

from __future__ import annotations

from enum import IntEnum

from protocol.errors import (
    BlindError,
    BlindraterError,
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
    UsageError,
    WrongStateError,
)


class ExitCode(IntEnum):
    """What the exit code of a command means."""

    DONE = 0
    INTERNAL_FAULT = 1
    USAGE = 2
    CHECK_FAILED = 3
    WOULD_BREAK_BLIND = 4
    NOT_FOUND = 5
    WRONG_STATE = 6
    INVALID_INPUT = 7


_CODES: tuple[tuple[type[BlindraterError], ExitCode], ...] = (
    (UsageError, ExitCode.USAGE),
    (CheckFailedError, ExitCode.CHECK_FAILED),
    (BlindError, ExitCode.WOULD_BREAK_BLIND),
    (NotFoundError, ExitCode.NOT_FOUND),
    (WrongStateError, ExitCode.WRONG_STATE),
    (InvalidInputError, ExitCode.INVALID_INPUT),
)


def exit_code_of(error: BlindraterError) -> ExitCode:
    """Return the exit code of an error; an error of no listed class is an internal fault."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.INTERNAL_FAULT)
