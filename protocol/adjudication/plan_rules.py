"""What the table [adjudication] of study.toml must mean; the rating app never loads this."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.adjudication.plan import MOST_REASONS, AdjudicationPlan
from protocol.design_rules import RATER_CODE
from protocol.toml_nodes import Mistake, Node, doubled, empty, free_name, patterned


def adjudication_mistakes(adjudication: Node, raters: Node) -> Iterator[Mistake]:
    """Report everything the table gets wrong in meaning.

    Args:
        adjudication: The table.
        raters: The rater codes of the design.
    """
    who = adjudication["who"]
    yield from patterned(who, RATER_CODE, "a code: a letter, then up to 15 letters, digits, _ or -")
    codes = {one.text.casefold() for one in raters if one.text is not None}
    named = who.text if who.given else AdjudicationPlan().who if adjudication.given else None
    if named is not None and named.casefold() in codes:
        yield who.mistake("a code that no rater has: nobody decides about a rating of their own", found=named)
    difference = adjudication["difference"]
    if difference.whole is not None and difference.whole < 1:
        yield difference.mistake("a number of levels, 1 or more")
    reasons = adjudication["reasons"]
    listed = list(reasons)
    if reasons.given and isinstance(reasons.value, list) and not 1 <= len(listed) <= MOST_REASONS:
        yield reasons.mistake(
            f"1 to {MOST_REASONS} reasons, each chosen by a digit", found=f"{len(listed)} of them"
        )
    yield from doubled((one["code"] for one in reasons), "a code of a reason", fold_case=True)
    for one in reasons:
        yield from free_name(one["code"], "a code of a reason")
        yield from empty(one["label"], "the reason in words")
