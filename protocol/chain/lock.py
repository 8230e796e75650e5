"""Lock manifests as they are read back: what was final, under the hash that is the lock code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from protocol.canonical_json import Json, parse_canonical
from protocol.chain.amendment import Amendment
from protocol.errors import CheckFailedError


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedChain:
    """One rater's chain as it was at the lock."""

    rater: str
    manifest: str
    """Hash of the assignment manifest."""
    chain: str
    events: int
    head: str


OUTCOMES = ("finished", "waived")
"""How an adjudication can end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedAdjudication:
    """An adjudication as it ended."""

    lock_code: str
    """Of the lock whose ratings were decided on."""
    outcome: str
    """finished or waived."""
    cells: int
    decided: int
    chain: LockedChain | None
    """The adjudicator's; None where it was waived before it began."""

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> LockedAdjudication:
        """Read what a lock manifest says of it.

        Raises:
            KeyError: A field is missing.
            TypeError: A field is something else.
            ValueError: It ended in another way.
        """
        if value["outcome"] not in OUTCOMES:
            raise ValueError("no such outcome")
        chains = cast("Sequence[Mapping[str, Json]]", value["chains"])
        return cls(
            lock_code=_text(value["lock_code"]),
            outcome=_text(value["outcome"]),
            cells=_count(value["cells"]),
            decided=_count(value["decided"]),
            chain=_chain(chains[0]) if chains else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LockManifest:
    """What a lock code stands for."""

    study: str
    protocol: str
    """Hash of study.toml."""
    rubric: str
    visible: str
    """Hash of the rater-visible protocol."""
    key: Mapping[str, Json] | None
    """Hash and commitments of the sealed key; None for an audit, which has no key."""
    raters: tuple[LockedChain, ...]
    audit: str
    """Hash of the last audit entry before the lock."""
    amendments: tuple[Amendment, ...] = ()
    adjudication: LockedAdjudication | None = None
    """How the adjudication ended, in a study whose plan has one."""

    @classmethod
    def from_body(cls, body: bytes, *, where: str) -> LockManifest:
        """Read a lock manifest.

        Raises:
            CheckFailedError: The bytes are none.
        """
        try:
            value = parse_canonical(body)
            raters = cast("Sequence[Mapping[str, Json]]", value["raters"])
            amendments = cast("Sequence[Mapping[str, Json]]", value.get("amendments", ()))
            return cls(
                **{name: _text(value[name]) for name in ("study", "protocol", "rubric", "visible", "audit")},
                key=_table(value["key"]) if "key" in value else None,
                raters=tuple(_chain(one) for one in raters),
                amendments=tuple(Amendment.from_json(one) for one in amendments),
                adjudication=LockedAdjudication.from_json(_table(value["adjudication"]))
                if "adjudication" in value
                else None,
            )
        except (KeyError, ValueError, TypeError):
            raise CheckFailedError("It holds no lock manifest.", where=where) from None


def _chain(one: Mapping[str, Json]) -> LockedChain:
    return LockedChain(
        **{name: _text(one[name]) for name in ("rater", "manifest", "chain", "head")},
        events=_count(one["events"]),
    )


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _count(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no number")
    return value


def _table(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise TypeError("no table")
    return value
