"""The methods paragraph of an audit, and what the program says about itself in its report."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.audit.pooled_agreement import POOLED
from protocol.report.audit_facts import AuditFacts, AuditResults
from protocol.report.number_text import count_text
from protocol.report.sections.audit_findings import measured_text, pooled_sentence
from protocol.report.standing_lines import FLOOR_AND_CEILING, SMALL, WHOSE_TEXTS


def audit_methods(facts: AuditFacts, results: AuditResults) -> Iterator[str]:
    """Yield the sentences of the paragraph in order."""
    protocol, record, found = facts.protocol, facts.record, results.coverage
    yield from facts.notices
    dimensions = ", ".join(
        f"{one.id} ({one.name}, {len(one.levels)} levels)" for one in protocol.rubric.dimensions
    )
    yield (
        f"{count_text(len(found.coders), 'coder')} coded"
        f" {count_text(len(found.benchmarks), 'benchmark')} from their documents on the rubric"
        f" {protocol.rubric.id}, version {protocol.rubric.version}: {dimensions}."
    )
    yield (
        "Each coder had an order of benchmarks and of dimensions of their own. Coders knew what they coded."
        f" Codes were locked before this report (lock code {record.lock_code[:12]}…)."
    )
    yield from (pooled_sentence(one) for one in results.cells.cells if one.cells == POOLED)
    kappas = [f"{one.cells} {measured_text(one.kappa)}" for one in results.cells.cells if one.cells != POOLED]
    pairs = len({one.coders for one in results.cells.cells})
    if kappas and pairs == 1:
        yield f"Cohen's kappa by dimension: {'; '.join(kappas)}."
    yield (
        f"Intervals are percentile intervals of {results.cells.replicates} bootstrap resamples of whole"
        f" benchmarks, seed {results.cells.seed}. What is pooled was fixed before the first code (SHA-256"
        f" {facts.protocol_sha256[:12]}…)."
    )
    yield f"Computed with blindrater {facts.app}."


def audit_standing_lines(n_benchmarks: int) -> Iterator[str]:
    """Yield what the report of every audit says."""
    yield WHOSE_TEXTS
    yield (
        "Codes say what documents say that a benchmark scores. They are no measure of a system, nor of how"
        " good a benchmark is."
    )
    yield FLOOR_AND_CEILING
    small = f"{count_text(n_benchmarks, 'benchmark')} are few. " if n_benchmarks <= SMALL else ""
    yield f"{small}A figure without an interval carries no finding."
