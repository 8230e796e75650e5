"""The published figures of a bundle, computed from its tidy data and its protocol and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from protocol.adjudication.consensus import ConsensusCell
from protocol.amendment_words import left_out
from protocol.analysis.agreement_json import agreement_to_json
from protocol.analysis.blinding_json import blinding_to_json
from protocol.analysis.blinding_success import blinding_success
from protocol.analysis.carried_ratings import counts_to_json
from protocol.analysis.effects_json import effects_to_json
from protocol.analysis.rating_table import RatingTable
from protocol.analysis.unlike_batches import unlike_batches
from protocol.audit.audit_json import coder_agreement_to_json, coverage_to_json
from protocol.audit.audit_protocol import AuditProtocol
from protocol.audit.coverage import coverage
from protocol.audit.pooled_agreement import audit_agreement
from protocol.public_bundle.bundle_protocol import BundleProtocol
from protocol.public_bundle.layout import AGREEMENT, BLINDING, CODER_AGREEMENT, COVERAGE, EFFECTS
from protocol.public_bundle.tidy import TidyGuess, TidyRatings, asked_questions
from protocol.report.carried_text import rubric_notices
from protocol.simulated import SIMULATED
from protocol.study import StudyProtocol
from rater.services.results.analysing import analyse_agreement, analyse_effects, analyse_robustness


def published_figures(
    tidy: TidyRatings,
    guesses: Sequence[TidyGuess],
    protocol: BundleProtocol,
    *,
    consensus: Sequence[ConsensusCell] | None = None,
) -> dict[str, dict[str, object]]:
    """Return the results by file name, with the seeds of the plan.

    Of a study with conditions these are agreement, effects and blinding; of an audit agreement, pooled
    agreement and coverage.

    Raises:
        InvalidInputError: The tidy data do not fit the protocol.
        NotFoundError: No rating has the baseline scaffold.
    """
    notes = (
        *([SIMULATED] if protocol.visible.simulated else []),
        *unlike_batches(tidy.table),
        *([left_out(len(tidy.withdrawn))] if tidy.withdrawn else []),
        *rubric_notices(tidy.counted()),
    )
    if protocol.audit is not None:
        return _of_audit(tidy.counted(), protocol.audit, notes, consensus=consensus)
    return _of_study(tidy, guesses, protocol.with_conditions, notes, consensus=consensus)


def _of_audit(
    table: RatingTable,
    audit: AuditProtocol,
    notes: tuple[str, ...],
    *,
    consensus: Sequence[ConsensusCell] | None,
) -> dict[str, dict[str, object]]:
    labelled = replace(audit, coders=tuple(sorted({row.rater for row in table.rows})))
    pooled = audit_agreement(table, audit.plan)
    return {
        AGREEMENT: {
            **agreement_to_json(analyse_agreement(table, seed=audit.plan.seed), notes=notes),
            **counts_to_json(table),
        },
        CODER_AGREEMENT: coder_agreement_to_json(pooled, notes=notes),
        COVERAGE: coverage_to_json(coverage(table, labelled, consensus=consensus), notes=notes),
    }


def _of_study(
    tidy: TidyRatings,
    guesses: Sequence[TidyGuess],
    protocol: StudyProtocol,
    notes: tuple[str, ...],
    *,
    consensus: Sequence[ConsensusCell] | None,
) -> dict[str, dict[str, object]]:
    plan, table = protocol.analysis, tidy.counted()
    effects = analyse_robustness(
        analyse_effects(table, baseline=protocol.baseline.id, plan=plan),
        table,
        leave_out=tidy.leave_out(),
        consensus=consensus,
    )
    return {
        AGREEMENT: {
            **agreement_to_json(analyse_agreement(table, seed=plan.seed), notes=notes),
            **counts_to_json(table),
        },
        EFFECTS: effects_to_json(effects, notes=notes),
        BLINDING: blinding_to_json(
            blinding_success(asked_questions(tidy, guesses, protocol), seed=plan.seed), notes=notes
        ),
    }
