"""What a study file adds to a report: ids, hashes, each rater's share and the log of its steps."""

from __future__ import annotations

from protocol.report.report_facts import RaterFlow, StudyRecordFacts
from rater.services.progress import StudyProgress
from rater.services.study_ratings import StudyRatings


def record_facts(ratings: StudyRatings, progress: StudyProgress, *, lock_code: str) -> StudyRecordFacts:
    """Return the record of a study or an audit that is locked."""
    key = ratings.study.key
    return StudyRecordFacts(
        study_id=ratings.study.study_id,
        items=progress.items,
        flow=tuple(
            RaterFlow(
                rater=rater.rater,
                assigned=rater.items,
                completed=rater.completed,
                not_ratable=rater.not_ratable,
                told=rater.told,
            )
            for rater in progress.raters
        ),
        sealed_sha256=None if key is None else key.sealed_sha256,
        lock_code=lock_code,
        audit=progress.audit,
        amendments=ratings.amendments,
        withdrawn=len(ratings.withdrawn),
    )
