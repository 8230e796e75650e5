"""The allocation key: what each item really is, sealed until unblinding.

Item id to origin, the redaction log and the complete study.toml. Two salted commitments bind the
allocation and the log to the study from the first day; the salts are inside the sealed file, so
nobody can find an allocation again by trying.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from protocol.canonical_json import Json, canonical_bytes, parse_canonical, tagged_sha256
from protocol.errors import CheckFailedError
from protocol.transcript import Origin

_SALT = re.compile(r"[0-9a-f]{64}")
PAD_TO = 64 * 1024
"""The key is padded to a multiple of this, so that its size tells little about its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationKey:
    """The content of study.key."""

    study_id: str
    allocation: Mapping[str, Origin]
    """Item id to origin."""
    tasks: Mapping[str, str]
    """Opaque task id to the admin's task id."""
    redaction_log: Mapping[str, Json]
    """Item id to what was replaced and left behind."""
    study_toml: str
    allocation_salt: str
    redaction_salt: str
    sources: Mapping[str, Json] | None = None
    """How the sources were read, where the command line said something else than study.toml."""
    fairness: Mapping[str, str] = field(default_factory=dict)
    """What the fairness rules answered, where the transcripts came with a run manifest."""
    intake: Mapping[str, int] = field(default_factory=dict)
    """How many transcripts were collected and left out, where that was counted."""

    @property
    def allocation_commitment(self) -> str:
        """Salted hash of the allocation."""
        return tagged_sha256(
            "alloc/v1", bytes.fromhex(self.allocation_salt), canonical_bytes(self.allocation_json())
        )

    def why_not_committed(self, commitment: str) -> str | None:
        """Return why allocation and salt are not those of a commitment, or None."""
        if not _SALT.fullmatch(self.allocation_salt):  # fromhex() takes capitals and blanks too
            return "its salt is none"
        return None if self.allocation_commitment == commitment else "it gives another commitment"

    @property
    def redaction_commitment(self) -> str:
        """Salted hash of the redaction log."""
        return tagged_sha256(
            "redaction/v1", bytes.fromhex(self.redaction_salt), canonical_bytes(dict(self.redaction_log))
        )

    def allocation_json(self) -> Json:
        """Return the allocation in the form that is committed to."""
        return {
            "study": self.study_id,
            "items": {
                item_id: {
                    "model": origin.model,
                    "scaffold": origin.scaffold,
                    "task": origin.task,
                    "replicate": origin.replicate,
                    "source": origin.source,
                }
                for item_id, origin in self.allocation.items()
            },
            "tasks": dict(self.tasks),
        }

    def to_bytes(self) -> bytes:
        """Return the padded plaintext that is sealed."""
        body = canonical_bytes(
            {
                "v": 1,
                "allocation": self.allocation_json(),
                "redaction": dict(self.redaction_log),
                "study_toml": self.study_toml,
                "allocation_salt": self.allocation_salt,
                "redaction_salt": self.redaction_salt,
                **({} if self.sources is None else {"sources": dict(self.sources)}),
                **({"fairness": dict(self.fairness)} if self.fairness else {}),
                **({"intake": dict(self.intake)} if self.intake else {}),
            }
        )
        return body + b" " * (-len(body) % PAD_TO)

    @classmethod
    def from_bytes(cls, plaintext: bytes) -> AllocationKey:
        """Read what `to_bytes` wrote.

        Raises:
            CheckFailedError: The plaintext is no allocation key.
        """
        try:
            value = parse_canonical(plaintext)
            allocation = cast("Mapping[str, Json]", value["allocation"])
            items = cast("Mapping[str, Mapping[str, Json]]", allocation["items"])
            return cls(
                study_id=cast("str", allocation["study"]),
                allocation={
                    item_id: Origin(
                        model=cast("str", raw["model"]),
                        scaffold=cast("str", raw["scaffold"]),
                        task=cast("str", raw["task"]),
                        replicate=cast("int", raw["replicate"]),
                        source=cast("str", raw["source"]),
                    )
                    for item_id, raw in items.items()
                },
                tasks=cast("Mapping[str, str]", allocation["tasks"]),
                redaction_log=cast("Mapping[str, Json]", value["redaction"]),
                study_toml=cast("str", value["study_toml"]),
                allocation_salt=cast("str", value["allocation_salt"]),
                redaction_salt=cast("str", value["redaction_salt"]),
                sources=cast("Mapping[str, Json] | None", value.get("sources")),
                fairness=cast("Mapping[str, str]", value.get("fairness", {})),
                intake=cast("Mapping[str, int]", value.get("intake", {})),
            )
        except (KeyError, ValueError, TypeError, AttributeError):
            # No cause is kept: a traceback must not carry a stretch of the opened key.
            raise CheckFailedError(
                "The file opens, but it is no allocation key.", next_step="Name the study.key of this study."
            ) from None
