"""Numbers as text for reading. Undefined is a word, and -0 is 0."""

from __future__ import annotations

from protocol.stats.estimate import Interval

UNDEFINED = "undefined"


def decimal_text(value: float, *, digits: int = 3) -> str:
    """Return a number with fixed digits."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text


def signed_text(value: float, *, digits: int = 3) -> str:
    """Return a difference with its sign; zero has none."""
    text = decimal_text(value, digits=digits)
    return text if float(text) <= 0 else f"+{text}"


def interval_text(found: Interval | None, *, signed: bool = False, digits: int = 3) -> str:
    """Return the two ends, or a dash where no interval is printed."""
    if found is None:
        return "-"
    shown = signed_text if signed else decimal_text
    return f"[{shown(found.lower, digits=digits)}, {shown(found.upper, digits=digits)}]"


def count_text(n: int, noun: str) -> str:
    """Return a count with its noun: 1 task, 2 tasks."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
