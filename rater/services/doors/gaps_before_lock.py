"""What `lock --dry-run` tells: the gaps of an open study, every chain verified, nothing changed."""

from __future__ import annotations

from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.repeat_store import read_repeats
from db.study_store import StudyState, read_study, require_study_file
from protocol.chain.lock_gaps import AssignedWork, LockGaps, count_gaps
from protocol.errors import WrongStateError
from rater.services.progress.rater_states import RaterState, each_rater_state


def read_gaps(path: Path) -> LockGaps:
    """Return what would be missing if the study were locked now.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: Not a study file.
        CheckFailedError: A chain does not verify.
        WrongStateError: The study is not open.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            if study.state is not StudyState.OPEN:
                raise WrongStateError(
                    f"The study is {study.state}. It can be locked once, while it is open.",
                    next_step="See `rater-admin status`.",
                )
            repeats = frozenset(read_repeats(connection))
            work: list[AssignedWork] = []
            missing: dict[str, tuple[str, ...]] = {}
            for state in each_rater_state(connection, study):
                work.append(_work(state, repeats))
                if state.missing:
                    missing[state.manifest.rater] = state.missing
    finally:
        close(connection)
    return count_gaps(work, missing)


def _work(state: RaterState, repeats: frozenset[str]) -> AssignedWork:
    session = state.session
    due = frozenset(session.items) - frozenset(session.set_aside) - session.set_aside
    return AssignedWork(
        rater=state.manifest.rater,
        tasks={
            item.item_id: item.task_id
            for item in state.manifest.items
            if item.item_id in due and item.item_id not in repeats
        },
        completed=frozenset(item for item in session.items if session.of(item).completed),
        assigned=session.required_count,
    )
