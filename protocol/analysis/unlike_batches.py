"""Whether the batches of a study could tell raters something: they know which items were added."""

from __future__ import annotations

from protocol.analysis.rating_table import RatingTable


def unlike_batches(table: RatingTable) -> tuple[str, ...]:
    """Return a sentence where batches do not hold the same models; nothing before models are known."""
    models: dict[int, set[str]] = {}
    for row in table.rows:
        if row.batch is not None and row.model is not None:
            models.setdefault(row.batch, set()).add(row.model)
    if len({frozenset(own) for own in models.values()}) < 2:
        return ()
    told = "; ".join(f"batch {batch}: {', '.join(sorted(own))}" for batch, own in sorted(models.items()))
    return (f"The batches do not hold the same models, and raters knew which items were added: {told}.",)
