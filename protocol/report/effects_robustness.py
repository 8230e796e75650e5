"""Do the verdicts hold? Every variant of the effects beside the main analysis, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocol.analysis.effect import Effect
from protocol.analysis.effects_result import EffectsResult, Robustness, Variant
from protocol.analysis.robustness import COLLAPSES
from protocol.report.number_text import UNDEFINED, count_text, signed_text
from protocol.report.text_block import Block, Sentences, TextTable


def robustness_blocks(result: EffectsResult, dimension: str) -> Iterable[Block]:
    """Return the comparison of one dimension, or nothing where no variant was computed."""
    main = [one for one in result.effects if one.dimension == dimension]
    variants = [one for one in result.robustness if _of(one, dimension)]
    if variants:
        yield _table(dimension, main, variants)
    batches = [one for one in variants if one.variant is Variant.BATCH]
    if batches:
        yield _batches(dimension, main, batches)
    lines = tuple(_sentences(result.robustness, variants))
    if lines:
        yield Sentences(lines=lines)


def _of(variant: Robustness, dimension: str) -> dict[tuple[str, str], Effect]:
    return {(one.model, one.scaffold): one for one in variant.effects if one.dimension == dimension}


def _table(dimension: str, main: Sequence[Effect], variants: Sequence[Robustness]) -> TextTable:
    ways = count_text(len(variants), "other way")
    return TextTable(
        title=f"{dimension}: does it hold? {ways} to compute the same effects",
        columns=("model", "scaffold", "shift", "shifts", "verdict", "same", "other verdicts"),
        rows=tuple(_row(one, variants) for one in main),
        left=("model", "scaffold", "verdict", "other verdicts"),
    )


def _batches(dimension: str, main: Sequence[Effect], batches: Sequence[Robustness]) -> TextTable:
    found = [(batch, _of(batch, dimension)) for batch in batches]
    return TextTable(
        title=f"{dimension}: shift in each batch of tasks, and in all together",
        columns=(
            "model",
            "scaffold",
            *(name for batch in batches for name in (batch.label, "tasks", "verdict")),
            "all",
            "tasks",
            "verdict",
        ),
        rows=tuple(
            (
                one.model,
                one.scaffold,
                *(cell for _, own in found for cell in _stratum(own.get((one.model, one.scaffold)))),
                *_stratum(one),
            )
            for one in main
        ),
        left=("model", "scaffold", "verdict"),
    )


def _stratum(one: Effect | None) -> tuple[str, str, str]:
    if one is None or one.comparison is None:
        return (UNDEFINED, "0", "not estimable")
    shift = _shift(one)
    tasks = str(one.comparison.figures.n_tasks)
    return (UNDEFINED if shift is None else signed_text(shift, digits=2), tasks, _verdict(one))


def _row(main: Effect, variants: Sequence[Robustness]) -> tuple[str, ...]:
    found = [(one, _of(one, main.dimension).get((main.model, main.scaffold))) for one in variants]
    compared = [(variant, effect) for variant, effect in found if effect is not None]
    shifts = [
        shift
        for variant, effect in compared
        if variant.variant not in COLLAPSES and (shift := _shift(effect)) is not None
    ]
    same = sum(effect.decision.verdict == main.decision.verdict for _, effect in compared)
    own = _shift(main)
    return (
        main.model,
        main.scaffold,
        UNDEFINED if own is None else signed_text(own, digits=2),
        f"{signed_text(min(shifts), digits=2)} to {signed_text(max(shifts), digits=2)}" if shifts else "-",
        _verdict(main),
        f"{same} of {len(compared)}",
        "; ".join(
            f"{variant.label}: {_verdict(effect)}"
            for variant, effect in compared
            if effect.decision.verdict != main.decision.verdict
        )
        or "-",
    )


def _shift(one: Effect) -> float | None:
    return float(one.comparison.figures.mean) if one.comparison else None


def _verdict(one: Effect) -> str:
    if one.decision.verdict is not None:
        return str(one.decision.verdict)
    return "not estimable" if one.undefined else "none"


def _sentences(everything: Sequence[Robustness], shown: Sequence[Robustness]) -> Iterable[str]:
    if shown:
        yield (
            f"Computed with the same plan: {'; '.join(_named(one) for one in shown)}. The column shifts "
            "spans those that keep the scale."
            + (
                " Fewer ratings mean less power: inconclusive where ratings are left out is no contradiction,"
                " and no confirmation."
                if any(one.ratings_left_out for one in shown)
                else ""
            )
        )
    nothing = [one for one in everything if not one.effects]
    for one in nothing:
        yield f"{one.what[:1].upper()}{one.what[1:]}: there are none, nothing can differ."


def _named(one: Robustness) -> str:
    return f"{one.what} ({one.ratings_left_out} ratings left out)" if one.ratings_left_out else one.what
