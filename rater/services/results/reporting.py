"""The report of an unblinded study, or of ratings made elsewhere, written as a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from protocol.adjudication.consensus import ConsensusCell
from protocol.analysis.blinding_success import blinding_success
from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.rating_table import LeaveOut, RatingTable
from protocol.claims.claim_block import claim_block
from protocol.fairness.recorded import fairness_of_all
from protocol.report.claims_text import claims_json
from protocol.report.document_markdown import document_markdown
from protocol.report.heds import heds_json
from protocol.report.paper_tables import paper_tables
from protocol.report.report_facts import ReportFacts, Results
from protocol.report.study_report import study_document
from protocol.simulated import SIMULATED
from protocol.study import Claim, StudyProtocol
from rater.services.auditing.audit_reporting import audit_report
from rater.services.progress.progress import read_progress
from rater.services.results.analysing import Ratings, analyse_agreement, analyse_effects, analyse_robustness
from rater.services.results.blind_kept import read_blind_record
from rater.services.results.report_files import TABLES, Report
from rater.services.results.report_record import record_facts
from rater.services.results.study_ratings import read_study_ratings, require_unblinded


def study_report(path: Path, *, app: str) -> Report:
    """Return the report of an unblinded study, or of a locked benchmark audit.

    Raises:
        NotFoundError: No such study.
        WrongStateError: The study is not unblinded; the audit is not locked.
        CheckFailedError: A chain does not verify.
    """
    ratings = read_study_ratings(path)
    progress = read_progress(path)
    if ratings.audit is not None:
        return audit_report(path, ratings, progress, app=app)
    study, protocol = ratings.study, require_unblinded(ratings, path)
    if study.lock_code is None:
        raise RuntimeError("an unblinded study has a lock code")
    record = record_facts(ratings, progress, lock_code=study.lock_code)
    facts = ReportFacts(
        protocol=protocol,
        protocol_sha256=study.protocol_sha256,
        table=ratings.table,
        ratings_name=path.name,
        record=record,
        app=app,
        notices=ratings.notices,
    )
    results = _results(
        ratings.table,
        protocol,
        leave_out=ratings.leave_out,
        blinded=True,
        consensus=ratings.consensus,
        fairness=fairness_of_all(record.details_of("unblinded")),
    )
    if protocol.guess.questions:
        found = blinding_success(read_blind_record(path).questions, seed=protocol.analysis.seed)
        results = replace(results, blinding=found)
    return _report(facts, results)


def ratings_report(
    ratings: Ratings, *, file: Path, protocol: Path, app: str, filters: Sequence[str] = ()
) -> Report:
    """Return the report of ratings that were made elsewhere.

    Args:
        ratings: What was read from the file.
        file: That file, or folder.
        protocol: The study.toml that declares rubric, plan and claims.
        app: Version of this program.
        filters: Which rows of the file were taken, for the report.

    Raises:
        InvalidInputError: Ratings without model, scaffold or task.
        NotFoundError: No rating has the baseline scaffold.
    """
    from rater.services.reading_study import read_study_file

    read = read_study_file(protocol)
    study = read.protocol
    notices = ratings.notice
    if study.simulated and SIMULATED not in notices:
        notices = (SIMULATED, *notices)
    facts = ReportFacts(
        protocol=study,
        protocol_sha256=hashlib.sha256(read.content).hexdigest(),
        table=ratings.table,
        ratings_name=file.name,
        ratings_sha256=hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None,
        filters=tuple(filters),
        app=app,
        notices=notices,
        warnings=ratings.warnings,
    )
    return _report(facts, _results(ratings.table, study, leave_out=(), blinded=False))


def report_text(path: Path, *, app: str) -> str:
    """Return the report of an unblinded study as Markdown without figures.

    Raises:
        NotFoundError: No such study.
        WrongStateError: The study is not unblinded.
        CheckFailedError: A chain does not verify.
    """
    return document_markdown(study_report(path, app=app).document, figures=None)


def _report(facts: ReportFacts, results: Results) -> Report:
    tables = paper_tables(facts, results)
    return Report(
        document=study_document(facts, results),
        extra={
            **{f"{TABLES}/{name}": text for name, text in tables.items()},
            **({"claims.json": claims_json(results.claims, notes=facts.notices)} if results.claims else {}),
            "heds.json": heds_json(facts, results),
        },
    )


def _results(
    table: RatingTable,
    protocol: StudyProtocol,
    *,
    leave_out: tuple[LeaveOut, ...],
    blinded: bool,
    consensus: tuple[ConsensusCell, ...] | None = None,
    fairness: str = "",
) -> Results:
    effects = analyse_robustness(
        analyse_effects(table, baseline=protocol.baseline.id, plan=protocol.analysis),
        table,
        leave_out=leave_out,
        consensus=consensus,
    )
    return Results(
        agreement=analyse_agreement(table),
        effects=effects,
        claims=tuple(
            claim_block(
                claim,
                protocol,
                effects,
                n_raters=_raters_of(claim, table),
                blinded=blinded,
                fairness=fairness,
            )
            for claim in protocol.claims
        ),
        by_prompting=_by_prompting(table, protocol),
    )


def _raters_of(claim: Claim, table: RatingTable) -> int:
    """Count the raters with a level of what the claim speaks of: who gave none did not judge it."""
    return len(
        {
            row.rater
            for row in table.rows
            if row.value is not None
            and row.occasion == 1
            and (not claim.dimension or row.dimension == claim.dimension)
            and (not claim.model or row.model == claim.model)
        }
    )


def _by_prompting(table: RatingTable, protocol: StudyProtocol) -> Mapping[str, EffectsResult]:
    prompted = {task.id for task in protocol.tasks if task.card.prompted}
    parts = {
        "prompted": tuple(row for row in table.rows if row.task in prompted),
        "unprompted": tuple(row for row in table.rows if row.task not in prompted),
    }
    baseline = protocol.baseline.id
    if not all(any(row.scaffold == baseline for row in rows) for rows in parts.values()):
        return {}
    return {
        name: analyse_effects(replace(table, rows=rows), baseline=baseline, plan=protocol.analysis)
        for name, rows in parts.items()
    }
