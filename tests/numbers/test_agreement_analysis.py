"""Agreement of a table: what is counted, what intervals leave out, what stands in JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from protocol.analysis.agreement import agreement
from protocol.analysis.agreement_json import agreement_to_json
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.report.agreement_csv import agreement_csv
from protocol.report.agreement_text import agreement_blocks
from protocol.report.text_block import Sentences, TextTable
from protocol.rubric import Scale

BuildTable = Callable[..., RatingTable]
VARIED = [[0, 0], [1, 2], [2, 2], [1, 1], [0, 1], [2, 2], [1, 0]]


def _json(table: RatingTable) -> dict[str, Any]:
    found: list[dict[str, Any]] = agreement_to_json(agreement(table))["dimensions"]  # type: ignore[assignment]
    return found[0]


def _text(table: RatingTable) -> str:
    lines = []
    for block in agreement_blocks(agreement(table)):
        if isinstance(block, TextTable):
            lines.extend([block.title, *(" | ".join(row) for row in block.rows)])
        else:
            lines.extend(block.lines)
    return "\n".join(lines)


def test_tasks_are_left_out_whole_where_they_are_known(study_table: BuildTable) -> None:
    """Two transcripts of each task leave together; without task ids units leave alone."""
    table = study_table({("m", "a"): VARIED, ("m", "b"): VARIED[::-1]})
    (found,) = agreement(table).dimensions
    assert (found.group, found.n_groups) == ("task", 7)
    blind = replace(table, rows=tuple(replace(row, task=None) for row in table.rows))
    (without,) = agreement(blind).dimensions
    assert (without.group, without.n_groups) == ("unit", 14)
    one, other = found.coefficients[0], without.coefficients[0]
    assert one.estimate == other.estimate
    assert one.interval is not None
    assert other.interval is not None
    assert one.interval.interval != other.interval.interval


def test_opaque_tasks_serve_as_well_as_named_ones(study_table: BuildTable) -> None:
    """Agreement before unblinding equals agreement after it."""
    table = study_table({("m", "a"): VARIED, ("m", "b"): VARIED[::-1]})
    blind = replace(
        table,
        rows=tuple(replace(row, model=None, scaffold=None, task=f"opaque-{row.task}") for row in table.rows),
    )
    before, after = _json(blind), _json(table)
    assert before["by_condition"] == []
    assert [one["model"] for one in after["by_condition"]] == ["m", "m"]
    before.pop("by_condition")
    after.pop("by_condition")
    assert before == after


def test_only_the_first_occasion_counts(study_table: BuildTable) -> None:
    """Repeats are neither raters nor units."""
    table = study_table({("m", "a"): VARIED})
    repeats = tuple(replace(row, occasion=2, value=2) for row in table.rows)
    with_repeats, without = _json(replace(table, rows=(*table.rows, *repeats))), _json(table)
    assert len(with_repeats.pop("intra_rater")) == 8
    assert without.pop("intra_rater") == []
    assert with_repeats == without


def test_order_of_rows_changes_no_byte(study_table: BuildTable) -> None:
    """Names decide the order of everything."""
    table = study_table({("m", "a"): VARIED, ("m", "b"): VARIED[::-1]})
    shuffled = random.Random(3).sample(table.rows, len(table.rows))
    assert json.dumps(_json(replace(table, rows=tuple(shuffled)))) == json.dumps(_json(table))


def test_counts_tell_missing_from_not_ratable(study_table: BuildTable) -> None:
    """Neither is a number; units with one rating are counted, not measured."""
    found = _json(study_table({("m", "a"): [*VARIED, [1, None], ["refusal", 2]]}))
    assert (found["n_units"], found["n_units_two_ratings"]) == (9, 7)
    assert (found["n_ratings"], found["n_missing"], found["n_not_ratable"]) == (16, 1, 1)
    first, second = found["raters"]
    assert (first["n"], first["counts"], first["n_not_ratable"]) == (8, [2, 4, 2], 1)
    assert (second["n"], second["n_missing"]) == (8, 1)
    assert found["contingency"]["pairs"][0]["table"] == [[1, 1, 0], [1, 1, 1], [0, 0, 2]]


def test_complete_agreement_has_the_exact_bound_instead_of_an_interval(study_table: BuildTable) -> None:
    """0 of 15 units disagree: at most 1 - .05^(1/15) = .181 of units would."""
    found = _json(study_table({("m", "a"): [[2, 2, 2]] * 15}))
    by_measure = {one["measure"]: one for one in found["coefficients"]}
    assert by_measure["all_raters_agree"]["value"] == 1.0
    assert by_measure["all_raters_agree"]["ci"] is None
    assert "0 of 15 units" in by_measure["all_raters_agree"]["ci_undefined"]
    assert "0.181" in by_measure["all_raters_agree"]["ci_undefined"]
    alpha = by_measure["krippendorff_alpha"]
    assert (alpha["value"], alpha["ci"]) == (None, None)
    assert alpha["undefined"] == "no variation: every pairable rating is 2"


def test_one_deviation_makes_the_interval_not_estimable(study_table: BuildTable) -> None:
    """Alpha rests on one unit; its interval would be an interval of the rest."""
    found = _json(study_table({("m", "a"): [[2, 2]] * 14 + [[2, 1]]}))
    alpha = found["coefficients"][0]
    assert alpha["value"] is not None
    assert alpha["ci"] is None
    assert "1 of 15" in alpha["ci_undefined"]


def test_nominal_dimensions_have_no_ordinal_figures(study_table: BuildTable) -> None:
    """Only the nominal metric and unweighted kappa; no mean level."""
    found = _json(study_table({("m", "a"): VARIED}, scale=Scale.NOMINAL))
    assert {one.get("metric") or one.get("weights") for one in found["coefficients"]} == {
        "nominal",
        "unweighted",
        None,
    }
    assert [one["weights"] for one in found["pairs"]] == ["unweighted"]
    assert found["raters"][0]["mean_level"] is None
    assert found["contingency"]["pairs"][0]["mean_difference"] is None


def test_the_metric_of_the_scale_is_the_headline(study_table: BuildTable) -> None:
    """Interval alpha first on an interval scale."""
    (found,) = agreement(study_table({("m", "a"): VARIED}, scale=Scale.INTERVAL)).dimensions
    assert found.coefficients[0].metric == "interval"


@pytest.mark.parametrize("answers", [[[1], [2], [0]], [[None, None]], [["refusal", "refusal"]], []])
def test_tables_without_a_pair_of_ratings_give_sentences(
    study_table: BuildTable, answers: list[list[float | str | None]]
) -> None:
    """One rater, nothing rated, nothing ratable, no row at all: undefined everywhere, no traceback."""
    table = study_table({("m", "a"): answers})
    found = _json(table)
    for one in [*found["coefficients"], *found["pairs"], *found["leave_one_rater_out"]]:
        assert one["value"] is None
        assert one["undefined"]
    assert "undefined" in _text(table)
    json.dumps(found, allow_nan=False)
    agreement_csv(agreement(table))


def test_a_dimension_without_any_level_is_undefined(study_table: BuildTable) -> None:
    """All ratings missing and no level declared."""
    found = _json(study_table({("m", "a"): [[None, None], [None, None]]}, levels=()))
    assert found["levels"] == []
    assert found["coefficients"][0]["undefined"] == "no unit has two ratings"


def test_json_has_the_contracted_fields(study_table: BuildTable) -> None:
    """Identifying fields, value or reason, standard error, interval."""
    whole = agreement_to_json(agreement(study_table({("m", "a"): VARIED})), notes=("SIMULATED",))
    assert whole["schema"] == "agreement/1"
    assert whole["notes"] == ["SIMULATED"]
    found = _json(study_table({("m", "a"): VARIED}))
    alpha = found["coefficients"][0]
    assert (alpha["measure"], alpha["metric"], alpha["undefined"]) == ("krippendorff_alpha", "ordinal", None)
    assert set(alpha["ci"]) == {"lower", "upper", "level", "method", "se"}
    kappa = found["pairs"][0]
    assert (kappa["measure"], kappa["weights"], kappa["raters"], kappa["n"]) == (
        "cohen_kappa",
        "unweighted",
        ["r1", "r2"],
        7,
    )
    assert kappa["se"] > 0
    assert found["leave_one_rater_out"][0]["rater"] == "r1"


def test_csv_has_a_row_for_every_coefficient(study_table: BuildTable) -> None:
    """The same numbers as the JSON, undefined as an empty cell beside its reason."""
    table = study_table({("m", "a"): VARIED, ("m", "b"): [[2, 2]] * 7})
    found = _json(table)
    rows = list(csv.DictReader(io.StringIO(agreement_csv(agreement(table)))))
    parts = [found["coefficients"], found["pairs"], found["leave_one_rater_out"]]
    expected = [one for part in parts for one in part]
    expected += [one for condition in found["by_condition"] for one in condition["coefficients"]]
    assert len(rows) == len(expected)
    for row, one in zip(rows, expected, strict=True):
        assert row["measure"] == one["measure"]
        assert (float(row["value"]) if row["value"] else None) == one["value"]
        assert (row["undefined"] or None) == one["undefined"]
        assert (float(row["ci_upper"]) if row["ci_upper"] else None) == (one["ci"] and one["ci"]["upper"])


def test_text_explains_every_gap_and_what_intervals_mean(study_table: BuildTable) -> None:
    """Level counts, cross-table, cut-offs, the meaning of the interval, each undefined in words."""
    table = study_table({("m", "a"): [*VARIED, [1, None]], ("m", "b"): [[2, 2]] * 7})
    said = _text(table)
    for part in (
        "1 unit with fewer than two ratings",
        "d: r1 (rows) against r2 (columns), 14 shared units",
        "The lower end of the interval of alpha (ordinal) is below .667.",
        "tasks like these, rated by these raters",
        "m | b | 7 | undefined | - | 1.000 | 1.000 | 1.000",
        "Alpha, no variation: every pairable rating is 2: m / b.",
    ):
        assert part in said


def test_units_without_tasks_say_that_intervals_may_be_too_narrow() -> None:
    """The reader must know what was resampled."""
    rows = tuple(
        RatingRow(unit=f"u{unit}", rater=f"r{rater}", dimension="d", value=value)
        for unit, answers in enumerate(VARIED)
        for rater, value in enumerate(answers)
    )
    spec = DimensionSpec(id="d", scale=Scale.ORDINAL, levels=(0, 1, 2))
    blocks = agreement_blocks(agreement(RatingTable(rows=rows, dimensions=(spec,))))
    sentences = [line for block in blocks if isinstance(block, Sentences) for line in block.lines]
    assert any("if units share tasks the intervals are too narrow" in line for line in sentences)


def test_incomplete_designs_say_how_many_units_the_intraclass_correlation_uses(
    study_table: BuildTable,
) -> None:
    """It needs units that every rater rated; all other coefficients use more."""
    table = study_table({("m", "a"): [[0, 1, 1], [2, 2, 1], [1, None, 1], [0, 0, None], [2, 1, 2]]})
    assert "The intraclass correlation uses the 3 units that every rater rated." in _text(table)
    forms = [one for one in _json(table)["coefficients"] if one["measure"] == "icc"]
    assert [one["n_complete_units"] for one in forms] == [3] * 6
    assert forms[0]["f_test"]["assumes"] == "independent units"


def test_a_slider_of_many_levels_keeps_the_tables_narrow(study_table: BuildTable) -> None:
    """Counts at 101 levels and their cross-table are left to the JSON; shares, means and alpha stay."""
    answers = [[unit * 3, unit * 3 + 1] for unit in range(20)]
    table = study_table({("m", "a"): answers}, levels=range(101))
    said = _text(table)
    assert "101 levels from 0 to 100 (counts in the JSON output)" in said
    assert "(rows) against" not in said
    assert "Krippendorff alpha | ordinal | 0.9" in said
    assert len(_json(table)["raters"][0]["counts"]) == 101
