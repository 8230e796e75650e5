"""Coefficients and intervals as JSON, the same form wherever they stand."""

from __future__ import annotations

from protocol.analysis.coefficients import Coefficient
from protocol.stats.estimate import Interval
from protocol.stats.percentile_bootstrap import BootstrapInterval


def coefficient_to_json(found: Coefficient) -> dict[str, object]:
    """Return one coefficient: identifying fields, value or reason, standard error, interval or reason."""
    identity: dict[str, object] = {"measure": found.measure}
    for name, value in (
        ("metric", found.metric),
        ("weights", found.weights),
        ("form", found.form),
        ("rater", found.rater),
        ("raters", list(found.raters) if found.raters else None),
        ("n_complete_units" if found.form else "n", found.n),
    ):
        if value is not None:
            identity[name] = value
    return identity | {
        "value": found.estimate.value,
        "undefined": found.estimate.undefined,
        "se": found.estimate.se,
        "ci": interval_to_json(found.interval.interval if found.interval is not None else None),
        "ci_undefined": found.interval.undefined if found.interval is not None else None,
        "ci_caution": found.caution,
        **({"bootstrap": _bootstrap(found.bootstrap)} if found.bootstrap is not None else {}),
        **_f_test(found),
    }


def interval_to_json(found: Interval | None) -> dict[str, object] | None:
    """Return an interval with its method, or null."""
    if found is None:
        return None
    return {
        "lower": found.lower,
        "upper": found.upper,
        "level": found.level,
        "method": found.method,
        "se": found.se,
    }


def _bootstrap(found: BootstrapInterval) -> dict[str, object]:
    return {
        "lower": found.lower,
        "upper": found.upper,
        "level": found.level,
        "method": found.method,
        "se": found.se,
        "mean": found.mean,
        "replicates": found.replicates,
        "seed": found.seed,
        "undefined_share": found.undefined_share,
        "undefined": found.undefined,
    }


def _f_test(found: Coefficient) -> dict[str, object]:
    test = found.f_test
    if test is None:
        return {}
    limits = [test.lower, test.upper] if test.lower is not None and test.upper is not None else None
    return {
        "f_test": {
            "assumes": "independent units",
            "f": test.f,
            "df1": test.df1,
            "df2": test.df2,
            "p": test.p,
            "ci95": limits,
        }
    }
