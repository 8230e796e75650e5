"""Claim blocks as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from protocol.analysis.effect import Effect
from protocol.claims.claim_block import ClaimBlock
from protocol.claims.factors import FACTOR_WORDS
from protocol.report.text_block import TextTable


def claim_table(block: ClaimBlock, *, title: str) -> TextTable:
    """Return the eight parts of a claim as a table."""
    return TextTable(
        title=title,
        columns=("part", "what stands there"),
        rows=tuple(_rows(block)),
        left=("part", "what stands there"),
    )


def claim_block_json(block: ClaimBlock) -> dict[str, object]:
    """Return a claim block with finite values only."""
    return {
        "id": block.claim.id,
        "claim": block.claim.text,
        "acts": block.claim.acts,
        "claim_level": str(block.claim.level),
        "level_words": list(block.claim.words),
        "evidence_level": str(block.evidence_level),
        "expects": list(block.claim.expects),
        "findings": [
            {
                "dimension": one.effect.dimension,
                "model": one.effect.model,
                "scaffold": one.effect.scaffold,
                "verdict": one.effect.decision.verdict and str(one.effect.decision.verdict),
                "borne_out": one.borne_out,
            }
            for one in block.findings
        ],
        "held_fixed": list(block.held_fixed),
        "varied": [
            {"factor": one.factor, "stability": one.stability, "why": one.why} for one in block.varied
        ],
        "not_observed": [str(factor) for factor in block.not_observed],
        "levels_crossed": len(block.crossings),
        "assumptions": [step.assumption for step in block.crossings],
        "claimed_not_observed": [str(factor) for factor in block.named_unobserved],
        "verdict": str(block.verdict),
        "why": list(block.why),
        "may_be_said": block.may_be_said,
        "needed": list(block.needed),
    }


def claims_json(blocks: Sequence[ClaimBlock], *, notes: Sequence[str]) -> str:
    """Return all claims as JSON text; notes go wherever the verdicts go."""
    body = {
        "schema": "claims/1",
        "notes": list(notes),
        "claims": [claim_block_json(block) for block in blocks],
    }
    return json.dumps(body, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _rows(block: ClaimBlock) -> Iterator[tuple[str, str]]:
    claim = block.claim
    yield "1 the claim", f"{claim.text} ({claim.acts or 'who will act on it is not said'})"
    words = f"; the words that set it: {', '.join(claim.words)}" if claim.words else ""
    yield "2 its level", f"{claim.level}{words}"
    yield (
        "3 evidence",
        f"{block.evidence_level}; "
        + ("; ".join(_finding_text(one.effect) for one in block.findings) or "no comparison it names"),
    )
    yield "4 held fixed", "; ".join(block.held_fixed)
    yield "5 varied", "; ".join(f"{one.factor}: {one.stability} ({one.why})" for one in block.varied)
    yield "6 not observed", ", ".join(FACTOR_WORDS[factor] for factor in block.not_observed)
    steps = [f"{step.from_level} to {step.to_level}: {step.assumption}" for step in block.crossings]
    yield "7 distance", " ".join(steps) or "No level is crossed."
    yield "8 what may be said", f"{block.verdict}. {' '.join(block.why)}"
    if block.needed:
        yield "what would be needed", " ".join(block.needed)


def _finding_text(effect: Effect) -> str:
    where = f"{effect.model} under {effect.scaffold} on {effect.dimension}"
    if effect.comparison is None:
        return f"{where}: {effect.undefined}"
    figures = effect.comparison.figures
    interval = figures.ci95.interval
    between = f" [{interval.lower:.2f}, {interval.upper:.2f}]" if interval else ""
    return f"{where}: {float(figures.mean):+.2f}{between}, {figures.n_tasks} tasks, {effect.decision.verdict}"
