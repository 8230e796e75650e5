"""What a study file adds to a report: ids, hashes, each rater's share and the log of its steps."""

from __future__ import annotations

from protocol.report.report_facts import AdjudicationFacts, RaterFlow, StudyRecordFacts
from rater.services.adjudication.adjudication_record import AdjudicationState, unsure_is_queued
from rater.services.progress.progress import StudyProgress
from rater.services.results.study_ratings import StudyRatings


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
        adjudication=_adjudication(ratings),
        withdrawn=len(ratings.withdrawn),
    )


def _adjudication(ratings: StudyRatings) -> AdjudicationFacts | None:
    found = ratings.adjudication
    if found is None or ratings.consensus is None:
        return None
    return AdjudicationFacts(
        plan=found.plan,
        disagreements=len(found.cells),
        decided=found.decided,
        told=len(found.session.told) if found.session is not None else 0,
        waived_because=found.reason if found.state is AdjudicationState.WAIVED else None,
        every_code=unsure_is_queued(ratings.study.kind),
        cells=ratings.consensus,
    )
