"""Agreement as tables and sentences: the level counts first, because they explain every coefficient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocol.analysis.agreement import AgreementResult, DimensionAgreement, PairTable, StratumAgreement
from protocol.analysis.coefficients import Coefficient, Measure
from protocol.analysis.crowding import FEW_OFF
from protocol.analysis.rater_diagnostics import NOT_COMPARED
from protocol.report.agreement_crowding import caution_sentences, crowding_sentences
from protocol.report.number_text import UNDEFINED, count_text, decimal_text, interval_text, signed_text
from protocol.report.raters_text import dimension_raters_blocks, raters_blocks
from protocol.report.text_block import Block, Sentences, TextTable

MAX_PAIR_TABLES = 6
"""Cross-tables of more pairs are left to the JSON output."""
MAX_LEVELS_SHOWN = 11
"""Counts and cross-tables of more levels, such as a slider's, are left to the JSON output."""
CUTOFFS = (0.667, 0.8)
"""Krippendorff's customary cut-offs, compared with the lower end of the interval."""

_MEASURE_NAMES: dict[Measure, str] = {
    "krippendorff_alpha": "Krippendorff alpha",
    "percent_agreement": "percent agreement",
    "all_raters_agree": "all raters agree",
    "gwet_ac": "Gwet AC",
    "brennan_prediger": "Brennan-Prediger",
    "fleiss_kappa": "Fleiss kappa",
    "conger_kappa": "Conger kappa",
    "icc": "intraclass correlation",
    "cohen_kappa": "Cohen kappa",
    "alpha_leave_one_rater_out": "alpha",
}
_WEIGHTED: tuple[Measure, ...] = (
    "percent_agreement",
    "gwet_ac",
    "brennan_prediger",
    "fleiss_kappa",
    "conger_kappa",
)
_FORM_NAMES = {"ICC2": "ICC(A,1), one rater", "ICC2k": "ICC(A,k), mean of all raters"}
"""The forms shown as text; the others stand in JSON and CSV."""


def agreement_blocks(result: AgreementResult, *, final: bool = False) -> list[Block]:
    """Return the report of all dimensions, then of the raters over all of them.

    Args:
        result: What was computed.
        final: The ratings can change no more.
    """
    blocks = [block for found in result.dimensions for block in _dimension(found)]
    return [*blocks, *raters_blocks(result, final=final)]


def _dimension(found: DimensionAgreement) -> Iterable[Block]:
    yield Sentences(lines=(_headline(found), *_left_aside(found)))
    yield _level_table(found)
    yield _headline_table(found)
    yield _weighted_table(found)
    yield Sentences(lines=tuple(_sentences(found)))
    if found.pair_tables:
        yield _pairs(found)
        if len(found.spec.levels) <= MAX_LEVELS_SHOWN:
            yield from (_cross_table(found, pair) for pair in found.pair_tables[:MAX_PAIR_TABLES] if pair.n)
    if len(found.raters) > 2 and found.compared:
        yield _without_rater(found)
    if not found.compared:
        yield Sentences(lines=(f"Pairs and single raters: {NOT_COMPARED}.",))
    yield from dimension_raters_blocks(found)
    if len(found.by_condition) > 1:
        yield _conditions(found)
        yield Sentences(lines=tuple(_condition_reasons(found)))
    if found.by_batch:
        yield _batches(found)


def _headline(found: DimensionAgreement) -> str:
    declared = found.spec.levels
    levels = f"levels {', '.join(str(level) for level in declared) or 'none'}"
    if len(declared) > MAX_LEVELS_SHOWN:
        levels = f"{len(declared)} levels from {declared[0]} to {declared[-1]} (counts in the JSON output)"
    return (
        f"{found.spec.id}: {found.spec.scale} scale, {levels}; {count_text(found.n_units, 'unit')}, "
        f"{count_text(found.n_raters, 'rater')}, {count_text(found.n_ratings, 'rating')}."
    )


def _left_aside(found: DimensionAgreement) -> Iterable[str]:
    alone = found.n_units - found.n_units_two_ratings
    if alone:
        yield f"{count_text(alone, 'unit')} with fewer than two ratings: not in the coefficients."
    if found.n_not_ratable:
        yield f"{count_text(found.n_not_ratable, 'answer')} not ratable: no number, left out."
    if found.n_missing:
        yield f"{count_text(found.n_missing, 'rating')} missing."


def _level_table(found: DimensionAgreement) -> TextTable:
    many = len(found.spec.levels) > MAX_LEVELS_SHOWN
    levels = () if many else tuple(str(level) for level in found.spec.levels)
    rows = []
    for one in found.raters:
        at_top = decimal_text(one.counts[-1] / one.n, digits=2) if one.n else "-"
        at_bottom = decimal_text(one.counts[0] / one.n, digits=2) if one.n else "-"
        counts = () if many else tuple(str(count) for count in one.counts)
        mean = "-" if one.mean_level is None else decimal_text(one.mean_level, digits=2)
        aside = (str(one.n_not_ratable), str(one.n_missing))
        rows.append((one.rater, str(one.n), *counts, at_bottom, at_top, mean, *aside))
    return TextTable(
        title=f"{found.spec.id}: ratings at each level, by rater",
        columns=(
            "rater",
            "n",
            *(f"level {level}" for level in levels),
            "share lowest",
            "share highest",
            "mean level",
            "not ratable",
            "missing",
        ),
        rows=tuple(rows),
        left=("rater",),
    )


def _value(one: Coefficient) -> str:
    return UNDEFINED if one.estimate.value is None else decimal_text(one.estimate.value)


def _range(one: Coefficient) -> str:
    return interval_text(one.interval.interval if one.interval else None)


def _headline_table(found: DimensionAgreement) -> TextTable:
    shown = [
        one
        for one in found.coefficients
        if (one.measure in ("krippendorff_alpha", "all_raters_agree") and one.metric != "ratio")
        or one.form in _FORM_NAMES
    ]
    bootstrapped = any(one.bootstrap for one in shown)
    return TextTable(
        title=f"{found.spec.id}: agreement of all raters",
        columns=("measure", "kind", "value", "95% interval", *(["bootstrap 95%"] if bootstrapped else [])),
        rows=tuple(
            (
                _MEASURE_NAMES[one.measure],
                _FORM_NAMES.get(one.kind, one.kind),
                _value(one),
                _range(one),
                *([_bootstrap_range(one)] if bootstrapped else []),
            )
            for one in shown
        ),
        left=("measure", "kind"),
    )


def _bootstrap_range(one: Coefficient) -> str:
    found = one.bootstrap
    if found is None or found.lower is None or found.upper is None:
        return "-"
    return f"[{decimal_text(found.lower)}, {decimal_text(found.upper)}]"


def _weighted_table(found: DimensionAgreement) -> TextTable:
    by_measure = {
        measure: [one for one in found.coefficients if one.measure == measure and one.weights != "ordinal"]
        for measure in _WEIGHTED
    }
    weightings = tuple(one.kind for one in by_measure["percent_agreement"])
    return TextTable(
        title=f"{found.spec.id}: percent agreement, and what is left of it after chance",
        columns=("measure", *(part for name in weightings for part in (name, f"{name} 95%"))),
        rows=tuple(
            (_MEASURE_NAMES[measure], *(part for one in own for part in (_value(one), _range(one))))
            for measure, own in by_measure.items()
        ),
        left=("measure",),
    )


def _sentences(found: DimensionAgreement) -> Iterable[str]:
    headline = found.coefficients[0]
    interval = headline.interval.interval if headline.interval else None
    if interval is not None:
        yield _against_cutoffs(interval.lower, headline.kind)
        yield _resampled(found)
    complete = next((one.n for one in found.coefficients if one.measure == "icc"), None)
    if complete is not None and 2 <= complete < found.n_units_two_ratings:
        yield f"The intraclass correlation uses the {count_text(complete, 'unit')} that every rater rated."
    shown = [one for one in found.coefficients if _is_shown(one)]
    yield from _reasons(shown)
    everything = [*shown, *found.pairs, *found.leave_one_rater_out]
    yield from caution_sentences(everything, {place: _short(one) for place, one in enumerate(everything)})
    yield from _bootstrap_sentences(shown)
    yield from crowding_sentences(found)


def _is_shown(one: Coefficient) -> bool:
    """Whether a coefficient stands in the text; the others are in JSON and CSV."""
    if one.measure == "icc":
        return one.form in _FORM_NAMES
    return one.metric != "ratio" and one.weights != "ordinal"


def _short(one: Coefficient) -> str:
    kind = "" if one.measure == "icc" else f" {one.kind}"
    if one.measure == "alpha_leave_one_rater_out":
        return f"alpha {one.kind} without {one.rater}"
    if one.raters:
        return f"Cohen kappa of {one.raters[0]} and {one.raters[1]}"
    return _MEASURE_NAMES[one.measure] + kind


def _bootstrap_sentences(shown: Sequence[Coefficient]) -> Iterable[str]:
    drawn = [one.bootstrap for one in shown if one.bootstrap is not None]
    if drawn:
        yield (
            f"Bootstrap: {drawn[0].method}, {drawn[0].replicates} resamples, seed {drawn[0].seed}. "
            "Percentiles cover less than the jackknife where tasks, or units off the commonest level, are "
            "few (measured for 95%: 83 to 96% with 15 tasks or 45 units, 72 to 94% near a ceiling): a second "
            "column, not the interval to report."
        )
    explained: dict[str, list[str]] = {}
    for one in shown:
        if one.bootstrap is not None and one.bootstrap.undefined is not None:
            explained.setdefault(one.bootstrap.undefined, []).append(_short(one))
    yield from (f"Bootstrap of {', '.join(names)}: {why}." for why, names in explained.items())


def _against_cutoffs(lower: float, kind: str) -> str:
    low, high = CUTOFFS
    place = "at least .80" if lower >= high else "below .667" if lower < low else "between .667 and .80"
    return f"The lower end of the interval of alpha ({kind}) is {place}."


def _resampled(found: DimensionAgreement) -> str:
    left_out = (
        f"Intervals leave out one of {found.n_groups} {found.group}s at a time (jackknife with t): they"
    )
    if found.group == "task":
        return f"{left_out} speak of tasks like these, rated by these raters."
    return (
        f"{left_out} speak of units like these, rated by these raters. Tasks are not known; if units share "
        "tasks the intervals are too narrow."
    )


def _reasons(coefficients: Sequence[Coefficient]) -> Iterable[str]:
    """One sentence per reason, naming everything it explains."""
    explained: dict[str, list[str]] = {}
    for one in coefficients:
        reason = one.why_not
        if reason is not None:
            name = f"{_MEASURE_NAMES[one.measure]} {_FORM_NAMES.get(one.kind, one.kind)}".strip()
            verb = "undefined: " if one.estimate.value is None else ""
            explained.setdefault(verb + reason, []).append(name)
    return (f"{', '.join(names)}: {reason}." for reason, names in explained.items())


def _pairs(found: DimensionAgreement) -> TextTable:
    differences = {pair.raters: pair.mean_difference for pair in found.pair_tables}
    rows = []
    for one in found.pairs:
        pair = one.raters or ("", "")
        difference = differences[pair]
        rows.append(
            (
                *pair,
                str(one.n),
                one.kind,
                _value(one) if one.estimate.value is not None else f"{UNDEFINED}: {one.estimate.undefined}",
                "-" if one.estimate.se is None else decimal_text(one.estimate.se),
                _range(one),
                "-" if difference is None else signed_text(difference, digits=2),
            )
        )
    return TextTable(
        title=f"{found.spec.id}: Cohen kappa by pair of raters",
        columns=("rater", "and", "n shared", "weights", "kappa", "SE", "95% interval", "mean difference"),
        rows=tuple(rows),
        left=("rater", "and", "weights"),
    )


def _cross_table(found: DimensionAgreement, pair: PairTable) -> TextTable:
    levels = tuple(str(level) for level in found.spec.levels)
    first, second = pair.raters
    return TextTable(
        title=f"{found.spec.id}: {first} (rows) against {second} (columns), "
        f"{count_text(pair.n, 'shared unit')}",
        columns=("level", *levels),
        rows=tuple(
            (level, *(str(cell) for cell in row)) for level, row in zip(levels, pair.table, strict=True)
        ),
    )


def _without_rater(found: DimensionAgreement) -> TextTable:
    return TextTable(
        title=f"{found.spec.id}: alpha with one rater left out",
        columns=("without", "metric", "alpha", "95% interval"),
        rows=tuple(
            (one.rater or "", one.kind, _value(one), _range(one)) for one in found.leave_one_rater_out
        ),
        left=("without", "metric"),
    )


def _conditions(found: DimensionAgreement) -> TextTable:
    return TextTable(
        title=f"{found.spec.id}: inside each condition (a narrow range of levels lowers alpha)",
        columns=("model", "scaffold", *_stratum_columns(found, found.by_condition[0].inside)),
        rows=tuple((one.model, one.scaffold, *_stratum(one.inside)) for one in found.by_condition),
        left=("model", "scaffold"),
    )


def _batches(found: DimensionAgreement) -> TextTable:
    return TextTable(
        title=f"{found.spec.id}: inside each batch of tasks",
        columns=("batch", *_stratum_columns(found, found.by_batch[0].inside)),
        rows=tuple((str(one.batch), *_stratum(one.inside)) for one in found.by_batch),
        left=("batch",),
    )


def _stratum_columns(found: DimensionAgreement, first: StratumAgreement) -> tuple[str, ...]:
    companions = (coefficient_name(one) for one in first.coefficients if _is_companion(one))
    return ("units", f"alpha {found.coefficients[0].kind}", "95% interval", *companions)


def _stratum(one: StratumAgreement) -> tuple[str, ...]:
    alpha = one.coefficients[0]
    others = (_value(other) for other in one.coefficients if _is_companion(other))
    return (str(one.n_units), _value(alpha), _range(alpha), *others)


def _is_companion(one: Coefficient) -> bool:
    return one.measure != "krippendorff_alpha"


def coefficient_name(one: Coefficient) -> str:
    """Return the measure with its metric or weights."""
    return f"{_MEASURE_NAMES[one.measure]} {one.kind}".strip()


def _condition_reasons(found: DimensionAgreement) -> Iterable[str]:
    """Why alpha or its interval is missing, once per reason with the conditions it holds for."""
    explained: dict[str, list[str]] = {}
    for condition in found.by_condition:
        reason = condition.inside.coefficients[0].why_not
        if reason is not None:
            explained.setdefault(reason, []).append(f"{condition.model} / {condition.scaffold}")
    yield from (f"Alpha, {reason}: {'; '.join(names)}." for reason, names in explained.items())
    few = [
        f"{condition.model} / {condition.scaffold}"
        for condition in found.by_condition
        if condition.inside.coefficients[0].caution is not None
    ]
    if few:
        yield (
            f"Intervals of alpha that rest on fewer than {FEW_OFF} units off the commonest level, and cover "
            f"too little: {'; '.join(few)}."
        )
