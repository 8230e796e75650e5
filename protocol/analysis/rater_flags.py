"""What about a rater is worth a look, in plain words.

None of it is proof of carelessness, and none of it leaves a rating out: a flag says where to look
and what the admin may ask before the ratings are locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from protocol.analysis.agreement import AgreementResult, DimensionAgreement
from protocol.analysis.intra_rater import MIN_REPEATS, RepeatedRatings
from protocol.analysis.rater_conduct import FAST_RUN, Conduct
from protocol.analysis.rater_diagnostics import RaterDiagnostics
from protocol.analysis.verdicts import p_text
from protocol.odd_work import FAST_SHARE
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.holm import holm
from protocol.wording import seconds_text

ALPHA = 0.05
"""Of tests after Holm over the raters of a dimension."""
SMALL_STEP = 0.25
"""Share of the distance of neighbouring levels below which a severity or drift is not worth a word."""
ALPHA_GAIN = 0.05
HALO_GAP = 0.2
SAME_GAP = 0.2
LONG_RUN = 8
UNSTEADY = 0.6
"""Share of repeats with the same level below which a rater is called unsteady."""


class FlagKind(StrEnum):
    """What a flag is about."""

    SEVERITY = "severity"
    DRIFT = "drift"
    APART = "apart"
    CONSTANT = "constant"
    RUN = "run"
    UNSTEADY = "unsteady"
    REPEAT_SHIFT = "repeat_shift"
    PACE = "pace"
    FAST_RUN = "fast_run"
    SAME_EVERYWHERE = "same_on_all_dimensions"
    HALO = "halo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One sentence about one rater."""

    rater: str
    kind: FlagKind
    dimension: str | None
    """None where it is about all dimensions."""
    text: str


def flags_of(result: AgreementResult) -> tuple[Flag, ...]:
    """Return every flag, dimensions in their order, then what concerns all of them."""
    found: list[Flag] = []
    for dimension in result.dimensions:
        found.extend(_of_dimension(dimension))
    for conduct in result.conduct:
        found.extend(_of_conduct(conduct))
    return tuple(found)


def _of_dimension(found: DimensionAgreement) -> Iterable[Flag]:
    name, levels = found.spec.id, found.spec.levels
    step = float(levels[-1] - levels[0]) / (len(levels) - 1) if len(levels) > 1 else 0.0
    drifts = _holm([one.drift.p for one in found.raters])
    runs = _holm([one.longest_run.p if one.longest_run else None for one in found.raters])
    for one, drift_p, run_p in zip(found.raters, drifts, runs, strict=True):
        for kind, text in (
            (FlagKind.SEVERITY, _severity(one, step)),
            (FlagKind.DRIFT, _drift(one, drift_p, step)),
            (FlagKind.APART, _apart(one, found)),
            (FlagKind.CONSTANT, _constant(one, found)),
            (FlagKind.RUN, _run(one, run_p)),
        ):
            if text:
                yield Flag(rater=one.rater, kind=kind, dimension=name, text=text)
    shifts = _holm([one.shift.sign_flip.p if one.shift else None for one in found.repeats])
    for repeated, shift_p in zip(found.repeats, shifts, strict=True):
        for kind, text in (
            (FlagKind.UNSTEADY, _unsteady(repeated)),
            (FlagKind.REPEAT_SHIFT, _repeat_shift(repeated, shift_p)),
        ):
            if text:
                yield Flag(rater=repeated.rater, kind=kind, dimension=name, text=text)


def _holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted over the raters that have a p."""
    adjusted = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(adjusted) for p in p_values]


def _severity(one: RaterDiagnostics, step: float) -> str | None:
    value = one.severity_additive.estimate.value
    interval = one.severity_additive.interval.interval if one.severity_additive.interval else None
    if value is None or interval is None or abs(value) < SMALL_STEP * step:
        return None
    if interval.lower <= 0 <= interval.upper:
        return None
    direction = "higher" if value > 0 else "lower"
    return (
        f"rates {abs(value):.2f} levels {direction} than the average rater (95% interval "
        f"{interval.lower:+.2f} to {interval.upper:+.2f}). That cancels from paired effects, not from mean "
        "levels."
    )


def _drift(one: RaterDiagnostics, p: float | None, step: float) -> str | None:
    per_item = one.drift.estimate.value
    if p is None or p > ALPHA or per_item is None or one.positions is None:
        return None
    total = per_item * one.positions
    if abs(total) < SMALL_STEP * step:
        return None
    return (
        f"moves by {total:+.2f} levels against the others from the first to the last item "
        f"(Holm p {p_text(p)})."
    )


def _apart(one: RaterDiagnostics, found: DimensionAgreement) -> str | None:
    gain = one.alpha_gain.estimate.value
    interval = one.alpha_gain.interval.interval if one.alpha_gain.interval else None
    whole = found.coefficients[0].estimate.value
    if gain is None or interval is None or whole is None or interval.lower <= 0 or gain < ALPHA_GAIN:
        return None
    return (
        f"stands apart: without this rater alpha is {whole + gain:.2f} instead of {whole:.2f} "
        f"(95% interval of the difference {interval.lower:+.2f} to {interval.upper:+.2f})."
    )


def _constant(one: RaterDiagnostics, found: DimensionAgreement) -> str | None:
    if one.constant is None or all(other.constant == one.constant for other in found.raters if other.n):
        return None
    return f"gave level {one.constant} to all {one.n} items, and others did not."


def _run(one: RaterDiagnostics, p: float | None) -> str | None:
    run = one.longest_run
    if run is None or p is None or p > ALPHA or run.length < LONG_RUN:
        return None
    return (
        f"gave level {run.value} to {run.length} items in a row, from item {one.run_from} on; in a random "
        f"order a run so long is unlikely (Holm p at most {p_text(p)})."
    )


def _unsteady(found: RepeatedRatings) -> str | None:
    if found.n < MIN_REPEATS or found.same.share >= UNSTEADY:
        return None
    return f"gave another level to {found.n - found.same.k} of {found.n} items shown twice."


def _repeat_shift(found: RepeatedRatings, p: float | None) -> str | None:
    if found.shift is None or p is None or p > ALPHA:
        return None
    size = float(found.shift.mean)
    direction = "higher" if size > 0 else "lower"
    return f"rates items {abs(size):.2f} levels {direction} when they are shown again (Holm p {p_text(p)})."


def _of_conduct(found: Conduct) -> Iterable[Flag]:
    def flag(kind: FlagKind, text: str) -> Flag:
        return Flag(rater=found.rater, kind=kind, dimension=None, text=text)

    pace = found.pace
    if pace is not None:
        if pace.others_median_s is not None and pace.median_s < FAST_SHARE * pace.others_median_s:
            yield flag(
                FlagKind.PACE,
                f"takes {seconds_text(pace.median_s)} for an item (median), the others"
                f" {seconds_text(pace.others_median_s)}.",
            )
        if pace.fast_run is not None and pace.fast_run >= FAST_RUN:
            yield flag(
                FlagKind.FAST_RUN,
                f"did {pace.fast_run} items in a row, from item {pace.fast_run_from} on, each in less than a "
                "third of the usual time.",
            )
    same = found.same_everywhere
    if same is not None and same.others is not None and _clearly_above(same.own, same.others):
        yield flag(
            FlagKind.SAME_EVERYWHERE,
            f"gave {same.own.k} of {same.own.n} items one and the same level on every dimension, the others "
            f"{same.others.k} of {same.others.n}.",
        )
    for one in found.halo:
        interval = one.interval.interval if one.interval else None
        if interval is None or interval.lower <= 0 or (one.above.value or 0) < HALO_GAP:
            continue
        yield flag(
            FlagKind.HALO,
            f"scores {' and '.join(one.dimensions)} more alike than the others do (correlation "
            f"{one.own.value:.2f} against {one.others.value:.2f}).",
        )


def _clearly_above(own: Proportion, others: Proportion) -> bool:
    return own.share - others.share >= SAME_GAP and own.lower(0.975) > others.upper(0.975)
