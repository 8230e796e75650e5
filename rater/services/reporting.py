"""The report of an unblinded study, written as a folder."""

from __future__ import annotations

from pathlib import Path

from protocol.analysis.blinding_success import blinding_success
from protocol.report.study_report import RaterFlow, ReportFacts, study_report
from rater.services.analysing import analyse_agreement, analyse_effects, analyse_robustness
from rater.services.blind_kept import read_blind_record
from rater.services.progress import read_progress
from rater.services.result_folder import write_folder
from rater.services.study_ratings import read_unblinded_ratings


def report_text(path: Path, *, app: str) -> str:
    """Return the report of an unblinded study as Markdown.

    Raises:
        NotFoundError: No such study.
        WrongStateError: The study is not unblinded.
        CheckFailedError: A chain does not verify.
    """
    ratings = read_unblinded_ratings(path)
    progress = read_progress(path)
    study, protocol = ratings.study, ratings.protocol
    if protocol is None or study.lock_code is None:
        raise RuntimeError("an unblinded study has a protocol and a lock code")
    facts = ReportFacts(
        protocol=protocol,
        models=tuple(sorted({row.model for row in ratings.table.rows if row.model is not None})),
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
        study_id=study.study_id,
        protocol_sha256=study.protocol_sha256,
        rubric_sha256=study.visible.rubric.sha256,
        sealed_sha256=study.key.sealed_sha256,
        lock_code=study.lock_code,
        audit=progress.audit,
        app=app,
        notices=ratings.notices,
    )
    return study_report(
        facts,
        agreement=analyse_agreement(ratings.table),
        effects=analyse_robustness(
            analyse_effects(ratings.table, baseline=protocol.baseline.id, plan=protocol.analysis),
            ratings.table,
            leave_out=ratings.lost_blinding,
        ),
        blinding=(
            blinding_success(read_blind_record(path).questions, seed=protocol.analysis.seed)
            if protocol.guess.questions
            else None
        ),
    )


def write_report(path: Path, folder: Path, *, app: str, replace: bool = False) -> Path:
    """Write the report into a folder and return its file.

    Raises:
        UsageError: The folder is in the way; everything else as `report_text`.
    """
    write_folder(folder, {"report.md": report_text(path, app=app)}, replace=replace)
    return folder / "report.md"
