"""What an audit asked and how it was done: rubric, coders, material, plan, and what it cannot have seen."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.audit.audit_protocol import Benchmark
from protocol.claims.factors import FACTOR_WORDS, Factor
from protocol.report.audit_facts import AuditFacts, Material
from protocol.report.document import Heading, Part
from protocol.report.number_text import count_text
from protocol.report.text_block import Sentences, word_table


def asked(facts: AuditFacts) -> Iterator[Part]:
    """Yield what was coded, by which rules, and who wrote them."""
    rubric, plan = facts.protocol.rubric, facts.protocol.plan
    yield Sentences(
        lines=(
            "Coded is what a benchmark's own documents say that it scores: not how well it does so, and not"
            " any system.",
        )
    )
    roles = {plan.evidence_level: "level of the evidence", plan.claim_level: "level of the claim"}
    roles |= dict.fromkeys(plan.headline, "pooled")
    yield word_table(
        ("id", "name", "question", "levels"),
        [
            (
                f"{one.id} ({roles[one.id]})" if one.id in roles else one.id,
                one.name,
                one.question,
                ", ".join(f"{level.value} {level.label}" for level in one.levels),
            )
            for one in rubric.dimensions
        ],
        title=f"Dimensions of the rubric {rubric.id}, version {rubric.version}",
    )
    if rubric.rules:
        yield Heading(text="Rules that coders had before them")
        yield Sentences(lines=rubric.rules)
    yield Sentences(lines=(f"Whose rubric: {rubric.source}",))


def design(facts: AuditFacts) -> Iterator[Part]:
    """Yield who coded what, in which order, from which material."""
    protocol, rubric = facts.protocol, facts.protocol.rubric
    quoted = sum(one.quote_from == min(one.values) for one in rubric.dimensions)
    documents = sum(len(one.documents) for one in facts.material)
    yield word_table(
        ("", ""),
        [
            ("coders", f"{', '.join(protocol.coders)}; each was to code every benchmark"),
            ("benchmarks", str(len(protocol.benchmarks))),
            ("order", "of benchmarks and of dimensions, drawn for each coder"),
            (
                "material",
                f"{count_text(documents, 'document')}, the same for all coders; their hashes stand below",
            ),
            (
                "quotes",
                f"{quoted} of {count_text(len(rubric.dimensions), 'dimension')} demand one for every code",
            ),
            ("blinding", "none: coders know what they code, and there is no key"),
            ("rubric", f"{rubric.id}, version {rubric.version}: {rubric.title}"),
        ],
    )
    yield Sentences(
        lines=("That coders did not talk about benchmarks while they coded is a rule and not on record.",)
    )


def plan(facts: AuditFacts) -> Iterator[Part]:
    """Yield what was fixed before the first code."""
    own = facts.protocol.plan
    levels = f"{own.evidence_level} for the evidence, {own.claim_level} for the claim"
    yield word_table(
        ("", ""),
        [
            ("pooled dimensions", ", ".join(own.headline)),
            ("level map", levels if own.evidence_level and own.claim_level else "none"),
            ("resamples of benchmarks behind each interval", str(own.bootstrap)),
            ("seed", str(own.seed)),
        ],
        title="Fixed in study.toml",
    )


def benchmarks(facts: AuditFacts) -> Iterator[Part]:
    """Yield each benchmark with what coders were shown of it."""
    material = {one.benchmark: one for one in facts.material}
    for one in facts.protocol.benchmarks:
        yield Heading(text=one.title)
        yield word_table(("", ""), list(_benchmark(one, material.get(one.id))))


def _benchmark(one: Benchmark, material: Material | None) -> Iterator[tuple[str, str]]:
    for name, fact in (
        ("id", one.id),
        ("published", ", ".join(part for part in (one.year, one.cite) if part)),
        ("version coded", one.version or "not written down"),
        ("unit scored", one.unit),
        ("paper", one.paper),
        ("repository", one.repository),
        ("licence", one.licence),
    ):
        if fact:
            yield name, fact
    if material is not None:
        yield "documents", f"{', '.join(material.documents)} ({count_text(material.characters, 'character')})"
        yield "shown, SHA-256", material.shown_sha256


def not_observed() -> Iterator[Part]:
    """Yield what no audit of documents can have seen."""
    yield Sentences(
        lines=(
            "An audit reads documents: no system was run and no user was watched. It also did not see"
            " benchmarks outside the list, other versions of those in it, material that was not supplied,"
            " and how others use these benchmarks.",
        )
    )
    yield word_table(
        ("factor", "in this audit"),
        [(FACTOR_WORDS[factor], "not observed") for factor in Factor],
        title="Of the fixed list of ten",
    )
