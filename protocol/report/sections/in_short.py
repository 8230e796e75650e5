"""The first page of a report: what was asked, and the answer with its limits."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.analysis.effect import Effect
from protocol.claims.claim_block import ClaimBlock, ClaimVerdict
from protocol.claims.evidence_level import LEVEL_MEANING
from protocol.claims.factors import FACTOR_WORDS, Factor
from protocol.report.claims_text import claim_table
from protocol.report.document import Callout, Heading, Part, Tone
from protocol.report.number_text import count_text, signed_text
from protocol.report.report_facts import ReportFacts, Results
from protocol.report.text_block import Sentences, TextTable
from protocol.study import StudyProtocol

TONES: dict[ClaimVerdict, Tone] = {
    ClaimVerdict.SUPPORTED: "good",
    ClaimVerdict.RESTRICTED: "middling",
    ClaimVerdict.NOT_SUPPORTED: "bad",
}


def summary(facts: ReportFacts, results: Results) -> Iterator[Part]:
    """Yield verdicts of the headline, and of each claim."""
    level = level_text(facts.protocol)
    tasks = f"{count_text(len(facts.tasks), 'task')}{_crossed(facts)}"
    yield Sentences(
        lines=(
            f"{count_text(len(facts.models), 'model')} under {count_text(_scaffolds(facts), 'scaffold')} on"
            f" {tasks}, rated by {count_text(len(facts.raters), 'rater')}. Evidence level: {level}.",
        )
    )
    for dimension in facts.protocol.analysis.headline:
        own = [one for one in results.effects.effects if one.dimension == dimension]
        if own:
            yield _at_a_glance(dimension, own, facts.protocol)
    if results.claims:
        yield TextTable(
            title="Claims, and what this evidence allows of them",
            columns=("claim", "its level", "verdict", "what may be said"),
            rows=tuple(
                (one.claim.text, str(one.claim.level), str(one.verdict), one.may_be_said or "nothing of it")
                for one in results.claims
            ),
            left=("claim", "its level", "verdict", "what may be said"),
        )
    else:
        yield Sentences(lines=("No claim was written down in study.toml, so none is judged.",))


def asked(facts: ReportFacts) -> Iterator[Part]:
    """Yield what was scored, at which level, and who wrote the rubric."""
    protocol = facts.protocol
    yield Sentences(
        lines=(
            f"Evidence level {level_text(protocol)}: what was scored are"
            f" {LEVEL_MEANING[protocol.evidence_level]}.",
        )
    )
    yield TextTable(
        title=f"Dimensions of the rubric {protocol.rubric.id}, version {protocol.rubric.version}",
        columns=("id", "name", "question", "levels"),
        rows=tuple(
            (
                f"{one.id} (headline)" if one.id in protocol.analysis.headline else one.id,
                one.name,
                one.question,
                ", ".join(f"{level.value} {level.label}" for level in one.levels),
            )
            for one in protocol.rubric.dimensions
        ),
        left=("id", "name", "question", "levels"),
    )
    yield Sentences(lines=(f"Whose rubric: {protocol.rubric.source}",))


def claims(facts: ReportFacts, results: Results) -> Iterator[Part]:
    """Yield every claim with its eight parts, under what every copy must say."""
    if results.claims:
        yield from (Callout(text=notice) for notice in facts.notices)
    for block in results.claims:
        yield Heading(text=f"Claim {block.claim.id}")
        yield Callout(text=_verdict_line(block), tone=TONES[block.verdict])
        yield claim_table(block, title="")
        if block.may_be_said:
            yield Sentences(lines=(f"May be said: {block.may_be_said}",))


def not_observed(protocol: StudyProtocol) -> Iterator[Part]:
    """Yield the factors of the fixed list that nobody looked at."""
    missing = [factor for factor in Factor if factor not in protocol.observed]
    seen = [factor for factor in Factor if factor in protocol.observed]
    yield TextTable(
        title="Of the fixed list of ten",
        columns=("factor", "in this study"),
        rows=(
            *((FACTOR_WORDS[factor], "not observed") for factor in missing),
            *((FACTOR_WORDS[factor], "observed, as study.toml declares") for factor in seen),
        ),
        left=("factor", "in this study"),
    )


def level_text(protocol: StudyProtocol) -> str:
    """Return the level of evidence with its sub-tag."""
    return f"{protocol.evidence_level}{f', {protocol.subtag}' if protocol.subtag else ''}"


def _verdict_line(block: ClaimBlock) -> str:
    return f"“{block.claim.text}”: {block.verdict}."


def _crossed(facts: ReportFacts) -> str:
    """Say how many conditions there are where models and scaffolds are not fully crossed."""
    there = len({(row.model, row.scaffold) for row in facts.table.rows if row.scaffold is not None})
    of_all = len(facts.models) * _scaffolds(facts)
    return "" if there == of_all else f" ({there} of the {of_all} conditions)"


def _scaffolds(facts: ReportFacts) -> int:
    return len({row.scaffold for row in facts.table.rows if row.scaffold is not None})


def _at_a_glance(dimension: str, own: list[Effect], protocol: StudyProtocol) -> TextTable:
    scaffolds = tuple(dict.fromkeys(one.scaffold for one in own))
    cells = {(one.model, one.scaffold): _cell(one) for one in own}
    models = dict.fromkeys(one.model for one in own)
    return TextTable(
        title=f"{dimension}: each model under each scaffold, compared with {protocol.baseline.id}",
        columns=("model", *scaffolds),
        rows=tuple(
            (model, *(cells.get((model, scaffold), "not in the study") for scaffold in scaffolds))
            for model in models
        ),
        left=("model", *scaffolds),
    )


def _cell(one: Effect) -> str:
    if one.comparison is None:
        return "not estimable"
    verdict = str(one.decision.verdict or "no verdict").replace("_", " ")
    return f"{verdict} ({signed_text(float(one.comparison.figures.mean), digits=2)})"
