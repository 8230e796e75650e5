"""How much a stretch of text tells, and what may be done about it."""

from __future__ import annotations

from enum import StrEnum


class LeakClass(StrEnum):
    """The classes of the shipped list."""

    BLOCK = "block"
    """Tells the condition: the study's own names and hidden texts, self-identification, templates."""
    NAME = "name"
    """A model, maker or product that is nothing else."""
    PART = "part"
    """A part of a study name that stands in texts of that name alone."""
    ECHO = "echo"
    """The form of a scaffold: Thought:, Action:, names of frameworks."""
    REVIEW = "review"
    """May be ordinary text: a company, a part of a study name, a time, a path."""


class Action(StrEnum):
    """What is done about a hit."""

    REPLACE = "replace"
    """By the neutral word."""
    KEEP = "keep"
    """Shown as it is; listed by `leaks`."""
    ASK = "ask"
    """Seeding waits for a decision."""
    DROP_TASK = "drop-task"
    """The whole task is left out, in all arms. Only by decision."""
