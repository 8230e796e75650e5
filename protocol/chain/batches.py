"""Batches: tasks that were added to an open study, each with a sealed key of its own.

What was seeded is batch 1; the amendments of the kind `extend` hold all others. A study without them
has no batches, and no word of any in its outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from protocol.chain.amendment import Amendment, AmendmentKind
from protocol.chain.manifest import KeyBinding

SEEDED = 1
"""Number of the batch that was seeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was added together."""

    number: int
    protocol_sha256: str
    key: KeyBinding
    items: frozenset[str]


def batches_of(amendments: Iterable[Amendment]) -> tuple[Batch, ...]:
    """Return the batches that were added to a study, in order; what was seeded is none of them."""
    found: dict[int, Batch] = {}
    for one in amendments:
        if one.batch is None or one.key is None or one.protocol is None:
            continue
        before = found.get(one.batch)
        items = frozenset(item.item_id for item in one.items)
        found[one.batch] = Batch(
            number=one.batch,
            protocol_sha256=one.protocol,
            key=one.key,
            items=items if before is None else before.items | items,
        )
    return tuple(found[number] for number in sorted(found))


def batch_of_items(amendments: Iterable[Amendment], items: Iterable[str]) -> dict[str, int]:
    """Return the batch of every item; nothing where the study has but one."""
    later = batches_of(amendments)
    if not later:
        return {}
    return {
        **dict.fromkeys(items, SEEDED),
        **{item: batch.number for batch in later for item in batch.items},
    }


def fault_of_extension(
    amendment: Amendment, amendments: Iterable[Amendment], raters: Collection[str]
) -> str | None:
    """Return why a batch cannot have been added like this, or None.

    Args:
        amendment: Of the kind `extend`.
        amendments: All of the study.
        raters: Codes of its raters.
    """
    extensions = [one for one in amendments if one.kind is AmendmentKind.EXTEND]
    batches = batches_of(extensions)
    own = [one for one in extensions if one.batch == amendment.batch]
    if amendment.taker not in raters:
        return "there is no such rater"
    if [one.number for one in batches] != list(range(SEEDED + 1, SEEDED + 1 + len(batches))):
        return "the batches are not numbered from 2 without a gap"
    if any((one.protocol, one.key) != (amendment.protocol, amendment.key) for one in own):
        return "its batch has two plans or two keys"
    if sum(one.taker == amendment.taker for one in own) != 1:
        return "a rater gets items of its batch twice"
    items = {item.item_id for item in amendment.items}
    if any(items & batch.items for batch in batches if batch.number != amendment.batch):
        return "an item is of two batches"
    return None
