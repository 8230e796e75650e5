"""What raters gave in training, and on gold items, beside the references: for the discussion.

Training is kept from the ratings of the study: this is the one place that reads it for an admin.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.study_store import read_study, require_study_file
from db.training_store import GoldItem, read_gold, read_training_items
from protocol.rubric import Rubric
from protocol.training.attempts import TrainingSession
from protocol.training.gate import judge
from protocol.training.review import CalibrationReview, GoldReview, RaterReview, ReviewedAttempt
from protocol.visible import TrainingGate
from rater.services.progress.admissions import require_training
from rater.services.progress.rater_states import RaterState, rater_states
from rater.services.progress.training_states import TrainingState, training_states


def read_calibration(path: Path) -> CalibrationReview:
    """Return the training of a study with its gate results, every chain verified.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: The file is a pack, or no study.
        WrongStateError: The study has no training.
        CheckFailedError: A chain does not verify.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            require_training(study, path)
            gold = read_gold(connection)
            trainings = training_states(connection, study)
            visible = study.visible
            gate = trainings[0].session.material.gate
            return CalibrationReview(
                name=visible.name,
                simulated=visible.simulated,
                rubric=visible.rubric,
                gate=gate,
                items=tuple(read_training_items(connection)),
                raters=tuple(_rater(training) for training in trainings),
                gold_references={one.item_id: one.references for one in gold},
                gold=_gold(gold, rater_states(connection, study), visible.rubric, gate) if gold else (),
            )
    finally:
        close(connection)


def _rater(training: TrainingState) -> RaterReview:
    session: TrainingSession = training.session
    return RaterReview(
        rater=training.manifest.rater,
        state=session.state.value,
        repeats_left=None if session.state.opens else session.repeats_left,
        attempts=tuple(
            ReviewedAttempt(attempt=attempt, result=session.result_of(attempt))
            for attempt in session.attempts
        ),
        last_at=training.last_at,
    )


def _gold(
    gold: Sequence[GoldItem], states: Sequence[RaterState], rubric: Rubric, gate: TrainingGate
) -> tuple[GoldReview, ...]:
    references = {one.item_id: one.references for one in gold}
    reviews = []
    for state in states:
        mine = [item for item in state.session.items if item in references]
        done = [state.session.of(item) for item in mine if state.session.of(item).completed]
        reviews.append(
            GoldReview(
                rater=state.manifest.rater,
                items=tuple(done),
                assigned=len(mine),
                result=judge(done, references, rubric, gate),
            )
        )
    return tuple(reviews)
