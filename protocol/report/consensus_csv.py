"""The consensus of an adjudication as CSV: its own columns, with where each level is from."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.adjudication.consensus import ConsensusCell
from protocol.analysis.rating_table import RatingTable
from protocol.report.csv_text import Cell, csv_text

CONSENSUS_COLUMNS = ("consensus", "consensus_not_ratable", "consensus_by", "consensus_reason")
_ORIGIN_COLUMNS = ("model", "scaffold", "task", "replicate")


def consensus_fields(cell: ConsensusCell) -> list[Cell]:
    """Return the cells of one consensus, in the order of `CONSENSUS_COLUMNS`."""
    return [cell.value, cell.not_ratable, cell.by.value, cell.reason]


def consensus_csv(cells: Iterable[ConsensusCell], table: RatingTable, *, simulated: bool) -> str:
    """Return the consensus, one row a unit and dimension, with the origin of the unit where it is known."""
    origins = {row.unit: row for row in table.rows}
    more = ("simulated",) if simulated else ()
    return csv_text(
        ["unit", "dimension", *CONSENSUS_COLUMNS, *_ORIGIN_COLUMNS, *more],
        [
            [
                cell.unit,
                cell.dimension,
                *consensus_fields(cell),
                *(getattr(origins[cell.unit], name) for name in _ORIGIN_COLUMNS),
                *("yes" for _ in more),
            ]
            for cell in cells
        ],
    )
