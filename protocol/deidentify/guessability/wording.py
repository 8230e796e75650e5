"""What may be said of an audit: bands, and the sentences that keep them honest."""

from __future__ import annotations

from enum import StrEnum

from protocol.deidentify.guessability.audit_item import About

MIN_CELLS = 40
"""Cells of task and arm that hold a text; below it the audit says nothing."""
FEW_TASKS = 40
"""With fewer tasks only strong differences show."""
MIN_TASKS = 5
"""Whole tasks are held out, and intervals are over tasks."""
LEVEL = 0.05
FAINT, CLEAR = 0.2, 0.5
"""Upper ends of the bands of guessability."""


class Band(StrEnum):
    """How far the arms can be told apart by a program that learnt from labelled texts."""

    NOTHING_FOUND = "nothing_found"
    FAINT = "faint"
    CLEAR = "clear"
    DISTINCT = "distinct"


def guessability_of(accuracy: float, n_arms: int) -> float:
    """Return (accuracy - 1/K) / (1 - 1/K) for K arms: 0 at chance, 1 where every text is recognised."""
    return (accuracy * n_arms - 1) / (n_arms - 1)


def band_of(guessability: float, p: float) -> Band:
    """Return the band; without evidence that labels matter it is `nothing found`."""
    if p > LEVEL:
        return Band.NOTHING_FOUND
    value = round(guessability, 9)
    if value < FAINT:
        return Band.FAINT
    return Band.CLEAR if value <= CLEAR else Band.DISTINCT


def too_few(about: About, *, n_cells: int, n_tasks: int, n_arms: int) -> str | None:
    """Return why the audit says nothing, or None where there is enough to look at."""
    if n_arms < 2:
        return f"fewer than two {about}s share a task: there is nothing to tell apart"
    if n_tasks < MIN_TASKS:
        found = f"{n_tasks} task" if n_tasks == 1 else f"{n_tasks} tasks"
        return f"{found}, and whole tasks are held out: at least {MIN_TASKS} are needed"
    if n_cells < MIN_CELLS:
        return (
            f"{n_cells} cells of task and {about} hold a text, and below about {MIN_CELLS} the audit says "
            "nothing, neither that there is a difference nor that there is none"
        )
    return None


def band_sentence(band: Band, about: About, *, n_texts: int, n_tasks: int, upper95: float) -> str:
    """Return what the band means."""
    chance = f"with labels shuffled within tasks, one audit in twenty goes beyond {100 * upper95:.1f} %"
    match band:
        case Band.NOTHING_FOUND:
            return (
                f"Nothing found with this method and {n_texts} texts of {n_tasks} tasks, which is not the "
                f"same as none there ({chance})."
            )
        case Band.FAINT:
            return f"The {about}s differ faintly in style ({chance})."
        case Band.CLEAR:
            return f"The {about}s differ clearly in style ({chance})."
        case Band.DISTINCT:
            return f"The {about}s are stylistically distinct: expect informed guessing ({chance})."


def meaning(about: About) -> str:
    """Return how the accuracy is to be read."""
    return (
        "Raters have no labelled examples, so this is a ceiling for style reading, not a forecast of their "
        f"guesses. But one transcript that names its {about} is a certain leak, which a percentage hides: "
        "read the table of exclusive tokens as well."
    )


def few_tasks(n_tasks: int) -> str | None:
    """Return the caution that belongs to a small set of tasks, or None."""
    if n_tasks >= FEW_TASKS:
        return None
    return f"With {n_tasks} tasks only strong differences show, and intervals are wide."


KEEP_APART = (
    "This report was made with the labels in hand and is a leak itself: keep it beside the sources, never "
    "with a pack or a study file."
)
