"""What the table [design] of study.toml must mean, beyond its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from protocol.toml_nodes import Mistake, Node, doubled, patterned

RATER_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,15}")
MOST_REPEATS = 0.5
"""Largest share of the items that may come back; with more, repeats could not stand far off."""


def design_mistakes(design: Node, *, tasks: int) -> Iterator[Mistake]:
    """Report everything the design gets wrong in meaning.

    Args:
        design: The table.
        tasks: How many tasks the study declares; 0 where that cannot be read, which is reported.
    """
    yield from rater_mistakes(design["raters"])
    yield from _share_mistakes(design)
    spacing = design["spacing"]
    if spacing.whole is not None and spacing.whole < 1:
        yield spacing.mistake("a distance of at least 1")
    waves = design["waves"]
    if waves.whole is not None:
        if waves.whole < 1:
            yield waves.mistake("at least 1")
        elif tasks and waves.whole > tasks:
            yield waves.mistake(f"at most {tasks}, the number of tasks")
    overlap = design["overlap_tasks"]
    if overlap.whole is not None:
        if overlap.whole < 0:
            yield overlap.mistake("at least 0")
        elif tasks and overlap.whole > tasks:
            yield overlap.mistake(f"at most {tasks}, the number of tasks")
    repeats = design["repeats"]
    if repeats.number is not None and not 0 <= repeats.number <= MOST_REPEATS:
        yield repeats.mistake(f"a share from 0 to {MOST_REPEATS:g}")


def rater_mistakes(raters: Node) -> Iterator[Mistake]:
    """Report rater codes that are missing, doubled or oddly formed."""
    if raters.value == []:
        yield raters.mistake("at least one rater code", found="none")
    # Rater codes name files, and some file systems do not tell R1 from r1.
    yield from doubled(raters, "a rater code", fold_case=True)
    for rater in raters:
        yield from patterned(
            rater, RATER_CODE, "a rater code: a letter, then up to 15 letters, digits, _ or -"
        )


def _share_mistakes(design: Node) -> Iterator[Mistake]:
    per_item, per_rater = design["raters_per_item"], design["items_per_rater"]
    if per_item.given and per_rater.given:
        yield per_rater.mistake("nothing, because raters_per_item is given: one follows from the other")
    if design.given and not per_item.given and not per_rater.given:
        yield per_item.mistake("a whole number, or items_per_rater in its place")
    most = len(list(design["raters"]))
    if per_item.whole is not None:
        if per_item.whole < 1:
            yield per_item.mistake("at least 1")
        elif most and per_item.whole > most:
            yield per_item.mistake(f"at most {most}, the number of raters")
    if per_rater.whole is not None and per_rater.whole < 1:
        yield per_rater.mistake("at least 1")
