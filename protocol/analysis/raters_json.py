"""Raters as JSON: what each did on a dimension, twice on the same items, and over all dimensions."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.analysis.coefficients_json import coefficient_to_json, interval_to_json
from protocol.analysis.intra_rater import RepeatedRatings
from protocol.analysis.rater_conduct import Conduct, Halo, Pace, SameEverywhere
from protocol.analysis.rater_diagnostics import Measured, RaterDiagnostics
from protocol.analysis.rater_flags import Flag
from protocol.stats.clopper_pearson import Proportion


def rater_to_json(found: RaterDiagnostics) -> dict[str, object]:
    """Return one rater on one dimension."""
    drift, run = found.drift, found.longest_run
    return {
        "rater": found.rater,
        "n": found.n,
        "counts": list(found.counts),
        "mean_level": found.mean_level,
        "n_not_ratable": found.n_not_ratable,
        "n_missing": found.n_missing,
        "constant": found.constant,
        **_measured("severity_additive", found.severity_additive),
        **_measured("severity_vs_others", found.severity_vs_others),
        **_measured("alpha_gain_without", found.alpha_gain),
        "drift": {
            "per_item": drift.estimate.value,
            "undefined": drift.estimate.undefined,
            "se": drift.estimate.se,
            "ci": interval_to_json(drift.interval.interval if drift.interval else None),
            "ci_undefined": drift.interval.undefined if drift.interval else None,
            "p": drift.p,
            "n": drift.n,
            "positions": found.positions,
        },
        "longest_run": None
        if run is None
        else {"level": run.value, "length": run.length, "from_position": found.run_from, "p": run.p},
    }


def repeats_to_json(found: RepeatedRatings) -> list[dict[str, object]]:
    """Return one rater's repeats as coefficients with the identifying field "rater"."""
    parts = [coefficient_to_json(one) for one in found.coefficients]
    shift = found.shift
    if shift is None:
        return parts
    interval = shift.ci95.interval
    parts.append(
        {
            "measure": "mean_shift_occasion2_minus_1",
            "rater": found.rater,
            "n": found.n,
            "value": float(shift.mean),
            "undefined": None,
            "se": shift.se,
            "ci": interval_to_json(interval),
            "ci_undefined": shift.ci95.undefined,
            "signflip_p": shift.sign_flip.p,
            "signflip_method": shift.sign_flip.method,
        }
    )
    return parts


def conduct_to_json(found: Conduct, flags: Sequence[Flag]) -> dict[str, object]:
    """Return how one rater worked, with what is worth a look."""
    return {
        "rater": found.rater,
        "items": found.items,
        "pace": _pace(found.pace),
        "same_on_all_dimensions": _same(found.same_everywhere),
        "halo": [_halo(one) for one in found.halo],
        "flags": [
            {"kind": flag.kind, "dimension": flag.dimension, "text": flag.text}
            for flag in flags
            if flag.rater == found.rater
        ],
    }


def _measured(name: str, found: Measured) -> dict[str, object]:
    return {
        name: found.estimate.value,
        f"{name}_undefined": found.estimate.undefined,
        f"{name}_n": found.n,
        f"{name}_ci": interval_to_json(found.interval.interval if found.interval else None),
        f"{name}_ci_undefined": found.interval.undefined if found.interval else None,
    }


def _pace(found: Pace | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "n_timed": found.n_timed,
        "median_s": found.median_s,
        "others_median_s": found.others_median_s,
        "fast_items": found.fast.k,
        "longest_fast_run": found.fast_run,
        "fast_run_from_position": found.fast_run_from,
    }


def _share(found: Proportion | None) -> dict[str, object] | None:
    return None if found is None else {"k": found.k, "n": found.n}


def _same(found: SameEverywhere | None) -> dict[str, object] | None:
    return None if found is None else {"own": _share(found.own), "others": _share(found.others)}


def _halo(found: Halo) -> dict[str, object]:
    return {
        "dimensions": list(found.dimensions),
        "n": found.n,
        "correlation": found.own.value,
        "undefined": found.own.undefined,
        "others": found.others.value,
        "others_undefined": found.others.undefined,
        "above_others": found.above.value,
        "ci": interval_to_json(found.interval.interval if found.interval else None),
        "ci_undefined": found.interval.undefined if found.interval else None,
    }
