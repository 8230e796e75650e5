"""Random names that tell nothing.

Every id is drawn, never derived: an id computed from what it names can be found again by trying.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol, TypeVar

T = TypeVar("T")

ID_BYTES = 8
SALT_BYTES = 16


class Entropy(Protocol):
    """Where randomness comes from: `secrets.SystemRandom()` in use, a seeded one in tests."""

    def randbytes(self, n: int, /) -> bytes:
        """Return n random bytes."""
        ...

    def randrange(self, stop: int, /) -> int:
        """Return a random whole number below stop."""
        ...


def draw_id(entropy: Entropy, taken: Collection[str] = ()) -> str:
    """Return 16 random hexadecimal digits that are not among the taken ones."""
    while (drawn := entropy.randbytes(ID_BYTES).hex()) in taken:
        continue
    return drawn


def shuffled(values: Collection[T], entropy: Entropy) -> list[T]:
    """Return the values in a random order, every order equally likely (Fisher-Yates)."""
    order = list(values)
    for last in range(len(order) - 1, 0, -1):
        other = entropy.randrange(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


Clock = Callable[[], str]
"""Returns the time as ISO 8601 in UTC with milliseconds, such as 2026-11-23T13:00:00.123Z."""
