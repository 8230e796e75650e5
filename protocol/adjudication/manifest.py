"""The adjudication manifest: which cells, in which order, and which opinion stands first in each.

Written when adjudication begins; its id and hash start the adjudicator's chain, so that decisions cannot be
moved to another lock. Orders are drawn: neither the order of the cells nor a side tells who said what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

from protocol.adjudication.queue import Cell, CellId
from protocol.canonical_json import Json, canonical_bytes, parse_canonical, sha256_hex
from protocol.chain.identifiers import Entropy, draw_id, shuffled
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCell:
    """A cell with the chains of its opinions in the order in which they are shown."""

    id: CellId
    chains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationManifest:
    """What one adjudicator decides on after one lock."""

    id: str
    study_id: str
    lock_code: str
    """Of the lock whose ratings these are."""
    rater: str
    """The adjudicator's code."""
    cells: tuple[QueuedCell, ...]
    rubric_sha256: str
    protocol_sha256: str

    def body(self) -> bytes:
        """Return the bytes whose hash starts the adjudicator's chain."""
        return canonical_bytes(
            {
                "v": 1,
                "adjudication": self.id,
                "study": self.study_id,
                "lock": self.lock_code,
                "adjudicator": self.rater,
                "cells": [[one.id.item_id, one.id.dimension, list(one.chains)] for one in self.cells],
                "rubric": self.rubric_sha256,
                "protocol": self.protocol_sha256,
            }
        )

    @property
    def sha256(self) -> str:
        """Hash of `body`."""
        return sha256_hex(self.body())

    @classmethod
    def from_body(cls, body: bytes) -> AdjudicationManifest:
        """Read a stored manifest.

        Raises:
            CheckFailedError: The bytes are no adjudication manifest.
        """
        try:
            value = parse_canonical(body)
            manifest = cls(
                id=_text(value["adjudication"]),
                study_id=_text(value["study"]),
                lock_code=_text(value["lock"]),
                rater=_text(value["adjudicator"]),
                cells=tuple(_cell(one) for one in cast("Sequence[Json]", value["cells"])),
                rubric_sha256=_text(value["rubric"]),
                protocol_sha256=_text(value["protocol"]),
            )
        except (KeyError, ValueError, TypeError) as fault:
            raise CheckFailedError(
                "The adjudication manifest cannot be read.", next_step=RESTORE_A_BACKUP
            ) from fault
        if manifest.body() != body:
            raise CheckFailedError(
                "The adjudication manifest holds more or other than it should.", next_step=RESTORE_A_BACKUP
            )
        return manifest

    def fault_of_queue(self, cells: Sequence[Cell]) -> str | None:
        """Return how the queue differs from the disagreements there are, or None."""
        wanted = {(one.id, frozenset(opinion.chain for opinion in one.opinions)) for one in cells}
        queued = {(one.id, frozenset(one.chains)) for one in self.cells}
        twice = any(len(set(one.chains)) != len(one.chains) for one in self.cells)
        if twice or len({one.id for one in self.cells}) != len(self.cells):
            return "a cell or an opinion stands twice in the queue"
        if wanted - queued:
            return f"{len(wanted - queued)} disagreements are not in the queue as the raters left them"
        return f"{len(queued - wanted)} queued cells are no disagreements" if queued - wanted else None


def make_manifest(
    cells: Sequence[Cell],
    *,
    study_id: str,
    lock_code: str,
    adjudicator: str,
    rubric_sha256: str,
    protocol_sha256: str,
    entropy: Entropy,
) -> AdjudicationManifest:
    """Draw the order of a queue.

    Items come in a random order; the cells of one item stay together, because its text is read once for
    all of them, in a random order, too. The sides of each cell are drawn for that cell.

    Args:
        cells: The disagreements, those of an item next to each other.
        study_id: The study.
        lock_code: Of the lock whose ratings these are.
        adjudicator: The adjudicator's code.
        rubric_sha256: The rubric decided by.
        protocol_sha256: The plan.
        entropy: Source of the order and the id.
    """
    by_item = [list(found) for _, found in groupby(cells, key=lambda cell: cell.id.item_id)]
    drawn = [cell for group in shuffled(by_item, entropy) for cell in shuffled(group, entropy)]
    return AdjudicationManifest(
        id=draw_id(entropy),
        study_id=study_id,
        lock_code=lock_code,
        rater=adjudicator,
        cells=tuple(
            QueuedCell(id=cell.id, chains=tuple(shuffled([one.chain for one in cell.opinions], entropy)))
            for cell in drawn
        ),
        rubric_sha256=rubric_sha256,
        protocol_sha256=protocol_sha256,
    )


def _cell(value: Json) -> QueuedCell:
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[2], list):
        raise TypeError("no cell")
    item, dimension, chains = value
    return QueuedCell(
        id=CellId(item_id=_text(item), dimension=_text(dimension)),
        chains=tuple(_text(one) for one in chains),
    )


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
