"""Rating tables made from short descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.rubric import Scale

BuildTable = Callable[..., RatingTable]


@pytest.fixture
def study_table() -> BuildTable:
    """Return a function from {(model, scaffold): levels by task and rater} to a table.

    A level of None is missing, a text is a not-ratable code.
    """

    def build(
        arms: Mapping[tuple[str, str], Sequence[Sequence[float | str | None]]],
        *,
        levels: Sequence[float] = (0, 1, 2),
        scale: Scale = Scale.ORDINAL,
        dimension: str = "d",
    ) -> RatingTable:
        rows = [
            RatingRow(
                unit=f"{model}/{scaffold}/t{task:02d}",
                rater=f"r{rater + 1}",
                dimension=dimension,
                value=None if isinstance(answer, str) else answer,
                not_ratable=answer if isinstance(answer, str) else None,
                model=model,
                scaffold=scaffold,
                task=f"t{task:02d}",
            )
            for (model, scaffold), tasks in arms.items()
            for task, answers in enumerate(tasks)
            for rater, answer in enumerate(answers)
        ]
        spec = DimensionSpec(id=dimension, scale=scale, levels=tuple(levels))
        return RatingTable(rows=tuple(rows), dimensions=(spec,))

    return build
