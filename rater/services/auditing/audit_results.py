"""The results that only an audit has, read from its study file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.audit.coverage import Coverage, coverage
from protocol.errors import WrongStateError
from rater.services.results.study_ratings import read_study_ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRead:
    """What an audit covers, with the sentences that go with it."""

    coverage: Coverage
    notices: tuple[str, ...]


def read_coverage(path: Path) -> CoverageRead:
    """Return coverage matrix and level map of an audit, every chain verified.

    Raises:
        WrongStateError: The study is no benchmark audit.
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files.
        CheckFailedError: A chain or the plan does not verify.
    """
    ratings = read_study_ratings(path)
    if ratings.audit is None:
        raise WrongStateError(
            "This is no benchmark audit: it has conditions, and no benchmarks to cover anything.",
            where=str(path),
            next_step="Its numbers are those of `rater-admin agreement` and `rater-admin effects`.",
        )
    return CoverageRead(
        coverage=coverage(ratings.table, ratings.audit, consensus=ratings.consensus), notices=ratings.notices
    )
