"""The rubrics of a study one after the other: as it was seeded, and after each amendment of it.

Which of them a rating was made under follows from what its rater had read by then: the notice of an
amendment in a rater's chain is the point at which the rubric changes for that rater.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from protocol.rubric import Rubric

if TYPE_CHECKING:  # the rating app reads this before its first page; few studies have amendments
    from protocol.chain.amendment import Amendment


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricVersion:
    """What was rated by from one point on."""

    number: int
    """1 as it was seeded, 2 after the first amendment of the rubric."""
    rubric: Rubric
    sha256: str
    amendment: Amendment | None = None
    """What made it; None for the first."""

    @property
    def changed(self) -> frozenset[str]:
        """Dimensions that are rated by other texts than in the version before."""
        texts = self.amendment.texts if self.amendment else None
        return texts.changed_in(self.rubric) if texts else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricHistory:
    """All versions, the seeded one first."""

    versions: tuple[RubricVersion, ...]

    @property
    def is_amended(self) -> bool:
        """Whether there is more than the seeded rubric."""
        return len(self.versions) > 1

    @property
    def rated_again(self) -> dict[str, frozenset[str]]:
        """By the hash of each amendment that asks dimensions again which ones, in order."""
        amendments = [one.amendment for one in self.versions if one.amendment]
        return {one.sha256: frozenset(one.rerate) for one in amendments if one.rerate}

    def read_by(self, noticed: Set[str]) -> RubricVersion:
        """Return the version a rater rates by who has read these amendments, named by their hashes."""
        read = [one for one in self.versions if one.amendment is None or one.amendment.sha256 in noticed]
        return read[-1]

    def at(self, seq: int, read_at: Mapping[str, int]) -> RubricVersion:
        """Return the version an event was made under.

        Args:
            seq: Number of the event.
            read_at: By hash of an amendment the number of the event that says it was read.
        """
        return self.read_by({sha256 for sha256, read in read_at.items() if read < seq})

    def comes_too_early(self, sha256: str, noticed: Set[str]) -> bool:
        """Whether an amendment of the rubric cannot be read yet: one before it was not."""
        hashes = [one.amendment.sha256 for one in self.versions if one.amendment]
        return sha256 in hashes and not set(hashes[: hashes.index(sha256)]) <= noticed

    def is_carried(self, dimension: str, number: int) -> bool:
        """Whether a rating under a version was made by texts of its dimension that were changed later."""
        return any(dimension in one.changed for one in self.versions if one.number > number)


def rubric_history(base: Rubric, amendments: Iterable[Amendment]) -> RubricHistory:
    """Return the versions of a study's rubric.

    Args:
        base: As it was seeded.
        amendments: Of the study, in order.

    Raises:
        CheckFailedError: An amendment does not lead to the rubric whose hash it names.
    """
    versions = [RubricVersion(number=1, rubric=base, sha256=_sha256(base))]
    for one in amendments:
        if one.texts is not None:
            versions.append(_next(versions[-1], one))
    return RubricHistory(versions=tuple(versions))


@lru_cache(maxsize=4)
def _sha256(rubric: Rubric) -> str:
    """Return the hash of a rubric, once for all raters of a study."""
    return rubric.sha256


def _next(before: RubricVersion, amendment: Amendment) -> RubricVersion:
    try:
        rubric = amendment.texts.applied_to(before.rubric) if amendment.texts else before.rubric
    except KeyError:
        rubric = before.rubric
    if rubric.sha256 != amendment.rubric:
        raise CheckFailedError(
            f"Amendment {amendment.number} does not lead to the rubric that it names.",
            next_step=RESTORE_A_BACKUP,
        )
    return RubricVersion(number=before.number + 1, rubric=rubric, sha256=rubric.sha256, amendment=amendment)


def fault_of_rerate(amendment: Amendment, rubric: Rubric) -> str | None:
    """Return why an amendment cannot ask what it asks again, or None."""
    changed = amendment.texts.changed_in(rubric) if amendment.texts else frozenset[str]()
    return (
        None
        if set(amendment.rerate) <= changed
        else "it asks a dimension again whose texts it does not change"
    )
