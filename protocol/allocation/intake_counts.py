"""How many transcripts were collected and left out before seeding: counted then, on record at unblinding.

The counts wait in the sealed key: one that is small enough, such as failed runs of a single condition,
could tell somebody something about the items.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from protocol.canonical_json import canonical_bytes

DETAIL = "intake"
"""Name of the detail of the step `unblinded`, and of the part of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the sources held, transcript by transcript, and which rule left some out."""

    collected: int
    """All transcripts of the sources, those left out among them."""
    failed_runs: int
    """Left out because their run did not come to its end."""
    replicates: int
    """Left out by the rule for replicates."""
    passed_over: int
    """Records and files that are no transcripts; not among those collected."""

    def to_json(self) -> dict[str, int]:
        """Return the form that is sealed."""
        return asdict(self)


def intake_for_record(intake: Mapping[str, int]) -> dict[str, str]:
    """Return the detail that unblinding puts on record; nothing where nothing was counted."""
    return {DETAIL: canonical_bytes(dict(intake)).decode()} if intake else {}


def read_intake(details: Mapping[str, str]) -> Intake | None:
    """Read what `intake_for_record` wrote; None where there is no such detail."""
    text = details.get(DETAIL)
    return None if text is None else Intake(**json.loads(text))
