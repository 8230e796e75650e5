"""With very many raters none is set against every other, and the output says so; all else stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from protocol.analysis import agreement as module
from protocol.analysis.agreement import AgreementResult, agreement
from protocol.analysis.agreement_json import agreement_to_json
from protocol.analysis.rater_conduct import conduct_of
from protocol.analysis.rater_diagnostics import MOST_COMPARED_RATERS, NOT_COMPARED
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.report.agreement_text import agreement_blocks
from protocol.report.text_block import Sentences
from protocol.rubric import Scale
from protocol.stats.additive_severity import connected_raters
from protocol.stats.rating_matrix import RatingMatrix


def table(raters: int) -> RatingTable:
    """Return a table in which each unit has two raters, and each rater two units."""
    rows = [
        RatingRow(
            unit=f"u{place:03}",
            rater=f"R{(place + turn) % raters}",
            dimension="D1",
            value=(place * (1 + turn)) % 3,
            not_ratable=None,
            task=f"t{place % 7}",
        )
        for place in range(raters)
        for turn in (0, 1)
    ]
    spec = DimensionSpec(id="D1", scale=Scale.ORDINAL, levels=(0, 1, 2))
    return RatingTable(rows=tuple(rows), dimensions=(spec,))


def sentences(result: AgreementResult) -> str:
    blocks = agreement_blocks(result)
    return "\n".join(line for block in blocks if isinstance(block, Sentences) for line in block.lines)


def test_above_the_limit_the_overall_figures_are_there_and_single_raters_say_why_not() -> None:
    """One rater more than the limit: no pair, no alpha without a rater, no severity."""
    result = agreement(table(MOST_COMPARED_RATERS + 1))
    (found,) = result.dimensions
    assert found.coefficients[0].estimate.value is not None
    assert (found.pairs, found.pair_tables, found.leave_one_rater_out) == ((), (), ())
    assert {one.severity_additive.estimate.undefined for one in found.raters} == {NOT_COMPARED}
    assert {one.n for one in found.raters} == {2}
    written = agreement_to_json(result)["dimensions"]
    assert isinstance(written, list)
    assert written[0]["raters_not_compared"] == NOT_COMPARED
    assert NOT_COMPARED in sentences(result)


def test_the_limit_changes_no_overall_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coefficients, their intervals and counts are the same with and without comparisons."""
    whole = agreement(table(12)).dimensions[0]
    assert len(whole.pairs) > 0
    assert NOT_COMPARED not in sentences(agreement(table(12)))
    for name in (module.__name__, "protocol.analysis.rater_diagnostics", conduct_of.__module__):
        monkeypatch.setattr(f"{name}.MOST_COMPARED_RATERS", 11)
    alone = agreement(table(12)).dimensions[0]
    assert alone.coefficients == whole.coefficients
    assert [(one.n, one.counts, one.mean_level) for one in alone.raters] == [
        (one.n, one.counts, one.mean_level) for one in whole.raters
    ]


def test_a_chain_of_raters_is_one_group() -> None:
    """Linked by one unit to the next alone; whoever rated nothing is in no group, and one alone is one."""
    codes = np.full((60, 64), -1)
    for unit in range(60):
        codes[unit, [unit, unit + 1]] = 0
    codes[0, 62] = -1
    codes[59, [59, 60]] = -1
    codes[59, 63] = 1
    data = RatingMatrix(codes=codes, levels=(0, 1))
    assert connected_raters(data) == (tuple(range(60)), (63,))
