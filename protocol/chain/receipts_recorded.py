"""How many raters confirmed by their receipts what is final: an entry of the audit log, for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.chain.audit import AuditEntry

ACTION = "receipts-confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptsConfirmed:
    """What came of receipts that raters kept."""

    confirmed: int
    """Raters with a receipt of the last state of their chain: everything of theirs that counts."""
    raters: int

    def details(self) -> dict[str, str]:
        """Return what the log holds."""
        return {"confirmed": str(self.confirmed), "raters": str(self.raters)}


def receipts_confirmed(audit: Sequence[AuditEntry]) -> ReceiptsConfirmed | None:
    """Return what was recorded last since the ratings became final; None where nothing was."""
    doors = [place for place, entry in enumerate(audit) if entry.action in ("locked", "unlocked")]
    since = audit[doors[-1] :] if doors else audit
    found = [entry.details for entry in since if entry.action == ACTION]
    if not found:
        return None
    return ReceiptsConfirmed(confirmed=int(found[-1]["confirmed"]), raters=int(found[-1]["raters"]))
