"""The report of a benchmark audit as one document, and its tables for a paper.

A pure function of its inputs: the same audit gives the same bytes.
"""

from __future__ import annotations

from protocol.report.agreement_text import agreement_blocks
from protocol.report.audit_facts import AuditFacts, AuditResults
from protocol.report.audit_methods import audit_methods, audit_standing_lines
from protocol.report.audit_text import audit_agreement_blocks, level_blocks, matrix_blocks
from protocol.report.document import Document, Section, section
from protocol.report.latex import latex_table
from protocol.report.sections import audit_design, audit_findings, record
from protocol.report.sections.adjudication import adjudication
from protocol.report.text_block import Sentences, TextTable, word_table


def audit_document(facts: AuditFacts, results: AuditResults) -> Document:
    """Return the report.

    Args:
        facts: What is stated beside the numbers.
        results: Everything that was computed.
    """
    log = facts.record
    sections: tuple[Section, ...] = (
        section("in-short", "In short", audit_findings.summary(facts, results)),
        section("asked", "What was asked", audit_design.asked(facts)),
        section("design", "Design", audit_design.design(facts)),
        section("flow", "Flow", audit_findings.flow(facts, results)),
        section("looks", "Interim looks", (*audit_findings.looks(log), *audit_findings.unlocked(log))),
        section("amendments", "Amendments and incidents", record.amendments(log)),
        section("new-texts", "Amended rubric", record.new_texts(facts.protocol.rubric, log)),
        section("deviations", "Deviations", record.deviations(log)),
        section("agreement", "Agreement between coders", audit_findings.agreement(results)),
        section("adjudication", "Adjudication", adjudication(log)),
        section("coverage", "Coverage", audit_findings.coverage(results)),
        section("levels", "Levels of evidence and claim", audit_findings.levels(results)),
        section("not-observed", "What was not observed", audit_design.not_observed()),
        section(
            "always",
            "What this report always says",
            (Sentences(lines=tuple(audit_standing_lines(len(results.coverage.benchmarks)))),),
        ),
        section(
            "methods",
            "Methods paragraph",
            (Sentences(lines=(" ".join(audit_methods(facts, results)),)),),
        ),
        section("plan", "Analysis plan", audit_design.plan(facts)),
        section("steps", "Who did each step", record.steps(log)),
        section("benchmarks", "Benchmarks and their material", audit_design.benchmarks(facts)),
        section(
            "all-agreement",
            "Appendix: agreement in full",
            agreement_blocks(results.agreement, final=True),
        ),
        section("provenance", "Provenance", (_provenance(facts),)),
    )
    made_by_program = facts.protocol.simulated
    return Document(
        title=facts.protocol.name,
        subtitle="Report of codes that a program made" if made_by_program else "Report of a benchmark audit",
        notices=facts.notices,
        sections=tuple(one for one in sections if one.parts),
    )


def audit_paper_tables(facts: AuditFacts, results: AuditResults) -> dict[str, str]:
    """Return the tables of a paper as LaTeX by file name; one without rows is left out."""
    named: dict[str, TextTable] = {"covered": audit_findings.covered_table(results.coverage)}
    blocks = {
        "agreement": audit_agreement_blocks(results.cells),
        "coverage": matrix_blocks(results.coverage),
        "levels": level_blocks(results.coverage),
    }
    for name, found in blocks.items():
        tables = [block for block in found if isinstance(block, TextTable)]
        named |= {f"{name}-{n}" if n > 1 else name: table for n, table in enumerate(tables, start=1)}
    return {
        f"{name}.tex": latex_table(table, label=f"tab:{name}", notices=facts.notices)
        for name, table in named.items()
        if table.rows
    }


def _provenance(facts: AuditFacts) -> TextTable:
    return word_table(
        ("", ""),
        [
            ("codes from", facts.file_name),
            *record.record_rows(facts.record),
            ("study.toml, SHA-256", facts.protocol_sha256),
            ("rubric, SHA-256", facts.protocol.rubric.sha256),
            ("seed of resampling", str(facts.protocol.plan.seed)),
            ("program", f"blindrater {facts.app}"),
        ],
    )
