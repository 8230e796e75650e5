"""The report of a study as one document: what was asked, how it was blinded, what came out.

A pure function of its inputs: the same study gives the same bytes.
"""

from __future__ import annotations

from protocol.report.document import Document, section
from protocol.report.methods_paragraph import methods_sentences
from protocol.report.report_facts import ReportFacts, Results
from protocol.report.sections import design, findings, in_short, record
from protocol.report.sections.adjudication import adjudication
from protocol.report.standing_lines import standing_lines
from protocol.report.text_block import Sentences


def study_document(facts: ReportFacts, results: Results) -> Document:
    """Return the report.

    Args:
        facts: What is stated beside the numbers.
        results: Everything that was computed.
    """
    protocol, log = facts.protocol, facts.record
    sections = (
        section("in-short", "In short", in_short.summary(facts, results)),
        section("asked", "What was asked", in_short.asked(facts)),
        section("design", "Design", design.design(facts)),
        section("blinding", "Blinding", record.blinding(facts, results)),
        section("flow", "Flow", record.flow(facts, results)),
        section("looks", "Interim looks", record.looks(facts, log) if log else ()),
        section("amendments", "Amendments and incidents", record.amendments(log) if log else ()),
        section("new-texts", "Amended rubric", record.new_texts(protocol.rubric, log) if log else ()),
        section("deviations", "Deviations", record.deviations(log) if log else ()),
        section("agreement", "Agreement between raters", findings.agreement(facts, results)),
        section("adjudication", "Adjudication", adjudication(log) if log else ()),
        section("effects", "Scaffold effects", findings.effects(facts, results)),
        section("claims", "Claims", in_short.claims(facts, results)),
        section("not-observed", "What was not observed", in_short.not_observed(protocol)),
        section(
            "always",
            "What this report always says",
            (Sentences(lines=tuple(standing_lines(protocol, n_tasks=len(facts.tasks)))),),
        ),
        section(
            "methods",
            "Methods paragraph",
            (Sentences(lines=(" ".join(methods_sentences(facts, results)),)),),
        ),
        section("plan", "Analysis plan", design.plan(protocol)),
        section("steps", "Who did each step", record.steps(log) if log else ()),
        section("scaffolds", "Scaffold texts", design.scaffold_texts(protocol)),
        section("cards", "Task cards", design.task_cards(protocol)),
        section("all-agreement", "Appendix: agreement in full", findings.all_agreement(facts, results)),
        section("provenance", "Provenance", record.provenance(facts)),
    )
    return Document(
        title=protocol.name,
        subtitle=_subtitle(facts),
        notices=facts.notices,
        sections=tuple(one for one in sections if one.parts),
    )


def _subtitle(facts: ReportFacts) -> str:
    if facts.protocol.simulated:
        return "Report of ratings that a program made"
    return "Report of blinded human ratings" if facts.record else "Report of ratings from a file"
