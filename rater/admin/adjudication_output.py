"""How an adjudication is told: the line of `status` and `adjudicate --list`, and its JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rater.services.adjudication.adjudication_record import Adjudication


def adjudication_facts(found: Adjudication) -> dict[str, object]:
    """Return the facts of an adjudication for a JSON object; no cell is named, only counted."""
    cells, decided = Counter(cell.id.dimension for cell in found.cells), _decided(found)
    return {
        "state": found.state.value,
        "adjudicator": found.plan.who,
        "difference": found.plan.difference,
        "lock_code": found.lock_code,
        "disagreements": len(found.cells),
        "items": len({cell.id.item_id for cell in found.cells}),
        "decided": found.decided,
        "dimensions": [
            {"dimension": name, "disagreements": count, "decided": decided[name]}
            for name, count in cells.items()
        ],
        **({"reason": found.reason} if found.reason else {}),
    }


def adjudication_line(found: Adjudication) -> str:
    """Return where an adjudication stands, in a sentence."""
    items = len({cell.id.item_id for cell in found.cells})
    reason = f" ({found.reason})" if found.reason else ""
    return (
        f"adjudication by {found.plan.who}: {found.state}{reason}, {found.decided} of {len(found.cells)} "
        f"disagreements on {items} items decided"
    )


def _decided(found: Adjudication) -> Counter[str]:
    session = found.session
    return Counter(
        cell.id.dimension for cell in found.cells if session is not None and session.of(cell.id).whole
    )
