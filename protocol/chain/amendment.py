"""Amendments: what was changed about a study while it was open, each bound by the hash of its bytes.

An amendment rewrites nothing that was rated. Its bytes stand in the study file, in packs made after it,
in the lock manifest and in the public bundle; a rater's chain binds the hash once the rater has read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, cast, get_args

from protocol.canonical_json import Json, canonical_bytes, parse_canonical, sha256_hex
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.chain.rubric_texts import RubricTexts
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError

WithdrawRule = Literal["task", "task-for-model"]
"""What goes with a withdrawn item: its task in all arms, or its task for its model alone."""


class AmendmentKind(StrEnum):
    """What was changed; also the name of the command and of the step in the audit log."""

    CLARIFY = "clarify"
    """A ruling on a dimension; its anchors stay."""
    WITHDRAW = "withdraw"
    """An item that is broken or was given away, and what goes with it by the rule of the protocol."""
    REASSIGN = "reassign"
    """Whole tasks of a rater who leaves go to another: one who joins, or one who has items already."""
    AMEND = "amend"
    """Other texts of the rubric; earlier ratings are carried, or asked again."""
    EXTEND = "extend"
    """Further tasks with a sealed key of their own; one amendment for each rater who gets some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One amendment; raters and the public can read all of it."""

    number: int
    """1, 2, 3 ... in the order they were made."""
    day: str
    """Date in UTC; the time of day stands in the audit log alone."""
    kind: AmendmentKind
    reason: str
    dimension: str | None = None
    text: str | None = None
    """The ruling."""
    item: str | None = None
    """The item that is withdrawn; of a hidden repeat the item it repeats, so that no link is told."""
    task: str | None = None
    """Its opaque task id."""
    rule: WithdrawRule | None = None
    giver: str | None = None
    """Code of the rater who leaves; `from` in the bytes."""
    taker: str | None = None
    """Code of the rater who gets items; `to` in the bytes."""
    tasks: tuple[str, ...] = ()
    """Opaque ids of the tasks that are given, sorted."""
    manifest: str | None = None
    """Hash of the manifest of a rater who joins."""
    training: str | None = None
    """Hash of the training manifest of a rater who joins, where the study trains its raters."""
    items: tuple[AssignedItem, ...] = ()
    """What a rater who has a manifest gets after all that the rater has, in the rater's order."""
    asked: tuple[str, ...] = ()
    """Those of them that carry the guess questions, sorted."""
    texts: RubricTexts | None = None
    """The new texts of the rubric."""
    rubric: str | None = None
    """Hash of the rubric with them."""
    rerate: tuple[str, ...] = ()
    """Dimensions that are asked again where they were scored, sorted; none: earlier ratings are carried."""
    protocol: str | None = None
    """Hash of the study.toml that the new texts, or the tasks of the batch, come from."""
    deviations: tuple[str, ...] | None = None
    """Names of other tables in which it differs from the seeded plan, sorted; None: nobody compared them."""
    batch: int | None = None
    """Number of the batch the items are of, from 2."""
    key: KeyBinding | None = None
    """What binds the batch to its sealed key."""

    def to_json(self) -> dict[str, Json]:
        """Return the form that is hashed; what does not apply is left out."""
        optional: dict[str, Json] = {
            "dimension": self.dimension,
            "text": self.text,
            "item": self.item,
            "task": self.task,
            "rule": self.rule,
            "from": self.giver,
            "to": self.taker,
            "tasks": list(self.tasks) or None,
            "manifest": self.manifest,
            "training": self.training,
            "items": [one.to_json() for one in self.items] or None,
            "asked": list(self.asked) or None,
            "texts": None if self.texts is None else self.texts.to_json(),
            "rubric": self.rubric,
            "rerate": list(self.rerate) or None,
            "protocol": self.protocol,
            "deviations": None if self.deviations is None else list(self.deviations),
            "batch": self.batch,
            "key": None if self.key is None else self.key.to_json(),
        }
        return {
            "v": 1,
            "number": self.number,
            "day": self.day,
            "kind": self.kind.value,
            "reason": self.reason,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def body(self) -> bytes:
        """Return the bytes that are hashed."""
        return canonical_bytes(self.to_json())

    @property
    def sha256(self) -> str:
        """Hash of `body`."""
        return sha256_hex(self.body())

    def taken_from(self, manifest: AssignmentManifest) -> frozenset[str]:
        """Return the items of a rater that need no rating any more; what goes by model nobody knows yet."""
        given = self.tasks if manifest.rater == self.giver else ()
        return frozenset(
            one.item_id
            for one in manifest.items
            if one.task_id in given
            or one.item_id == self.item
            or (self.rule == "task" and one.task_id == self.task)
        )

    def concerns(self, manifest: AssignmentManifest) -> bool:
        """Whether the rater of a manifest is told of it."""
        if self.kind in (AmendmentKind.CLARIFY, AmendmentKind.AMEND):
            return True
        return self.adds_to(manifest) or bool(self.taken_from(manifest))

    def adds_to(self, manifest: AssignmentManifest) -> bool:
        """Whether the rater of a manifest gets further items by it."""
        return bool(self.items) and manifest.rater == self.taker

    @classmethod
    def from_body(cls, body: bytes) -> Amendment:
        """Read a stored amendment.

        Raises:
            CheckFailedError: The bytes are none.
        """
        try:
            return cls.from_json(parse_canonical(body))
        except (KeyError, ValueError, TypeError):
            raise CheckFailedError(
                "An amendment cannot be read.",
                next_step=RESTORE_A_BACKUP,
            ) from None

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Amendment:
        """Read the form that is hashed.

        Raises:
            KeyError: A part is missing.
            TypeError: A part is of another kind.
            ValueError: It holds more or other than an amendment does.
        """
        texts = {name: one for name, one in value.items() if name not in _NO_TEXTS}
        number = value["number"]
        if not isinstance(number, int) or not all(isinstance(one, str) for one in texts.values()):
            raise TypeError("no number or no text")
        given = cast("dict[str, str]", texts)
        found = cls(
            number=number,
            day=given["day"],
            kind=AmendmentKind(given["kind"]),
            reason=given["reason"],
            dimension=given.get("dimension"),
            text=given.get("text"),
            item=given.get("item"),
            task=given.get("task"),
            rule=cast("WithdrawRule | None", given.get("rule")),
            giver=given.get("from"),
            taker=given.get("to"),
            tasks=_texts(value.get("tasks", [])),
            manifest=given.get("manifest"),
            training=given.get("training"),
            items=tuple(_assigned(one) for one in _list(value.get("items", []))),
            asked=_texts(value.get("asked", [])),
            texts=RubricTexts.from_json(value["texts"]) if "texts" in value else None,
            rubric=given.get("rubric"),
            rerate=_texts(value.get("rerate", [])),
            protocol=given.get("protocol"),
            deviations=_texts(value["deviations"]) if "deviations" in value else None,
            batch=_number(value.get("batch")),
            key=_binding(value.get("key")),
        )
        if canonical_bytes(found.to_json()) != canonical_bytes(dict(value)) or not found._is_whole():
            raise ValueError("more or other than an amendment")
        return found

    def _is_whole(self) -> bool:
        given = {name for name in self.to_json() if name not in _OF_ALL}
        shapes = _SHAPES[self.kind]
        added = [one.item_id for one in self.items]
        return (
            any(needed <= given <= needed | optional for needed, optional in shapes)
            and self.rule in (None, *get_args(WithdrawRule))
            and all(
                names == tuple(sorted(set(names)))
                for names in (self.tasks, self.rerate, self.deviations or ())
            )
            and len(set(added)) == len(added)
            and self.asked == tuple(sorted(set(self.asked) & set(added)))
            and self.number > 0
            and (self.batch is None or self.batch > 1)
        )


_NO_TEXTS = frozenset(
    {"v", "number", "tasks", "items", "asked", "texts", "rerate", "deviations", "batch", "key"}
)
_OF_ALL = frozenset({"v", "number", "day", "kind", "reason"})
_GIVEN = frozenset({"from", "to", "tasks"})
_SHAPES: Mapping[AmendmentKind, Sequence[tuple[Set[str], Set[str]]]] = {
    AmendmentKind.CLARIFY: [({"dimension", "text"}, set())],
    AmendmentKind.WITHDRAW: [({"item", "task", "rule"}, set())],
    AmendmentKind.AMEND: [({"texts", "rubric", "protocol"}, {"rerate", "deviations"})],
    AmendmentKind.REASSIGN: [(_GIVEN | {"manifest"}, {"training"}), (_GIVEN | {"items"}, {"asked"})],
    AmendmentKind.EXTEND: [({"to", "batch", "protocol", "key", "items"}, {"asked"})],
}
"""By kind what an amendment has, and what it can have; of two shapes one or the other."""


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _texts(value: Json) -> tuple[str, ...]:
    found = _list(value)
    if not all(isinstance(one, str) for one in found):
        raise TypeError("no list of texts")
    return tuple(cast("list[str]", found))


def _number(value: Json) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError("no number")
    return value


def _binding(value: Json) -> KeyBinding | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise TypeError("no binding of a key")
    return KeyBinding(**cast("dict[str, str]", value))


def _assigned(value: Json) -> AssignedItem:
    item_id, task_id, shown = _texts(value)
    return AssignedItem(item_id=item_id, task_id=task_id, shown_sha256=shown)


def told_to(amendments: Iterable[Amendment], manifest: AssignmentManifest) -> tuple[Amendment, ...]:
    """Return the amendments that concern a rater, in order."""
    return tuple(one for one in amendments if one.concerns(manifest))


def with_added(manifest: AssignmentManifest, amendments: Iterable[Amendment]) -> AssignmentManifest:
    """Return a manifest with every item that amendments gave its rater later, in order."""
    for one in amendments:
        if one.adds_to(manifest):
            manifest = manifest.with_added(one.items, one.asked)
    return manifest


def told_first(amendments: Iterable[Amendment], manifest: AssignmentManifest) -> dict[str, str]:
    """Return the hash of the amendment that added it, for every item that was: it is read before the item."""
    return {item.item_id: one.sha256 for one in amendments if one.adds_to(manifest) for item in one.items}


def set_aside(amendments: Iterable[Amendment], manifest: AssignmentManifest) -> frozenset[str]:
    """Return the items of a rater that nobody waits for any more."""
    return frozenset[str]().union(*(one.taken_from(manifest) for one in amendments))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Where an item stands: its task, and its model once that is known."""

    task: str
    model: str | None = None


def withdrawn_units(amendments: Iterable[Amendment], blocks: Mapping[str, Block]) -> frozenset[str]:
    """Return every item that the analysis leaves out.

    Args:
        amendments: Of the study.
        blocks: Of every item by id, hidden repeats and what they repeat alike. Before unblinding no
            model is known: of a withdrawal by model only the item itself is left out until then.
    """
    gone: set[str] = set()
    for one in amendments:
        if one.kind is AmendmentKind.WITHDRAW and one.item is not None:
            gone |= _goes_with(one.item, one.rule, blocks)
    return frozenset(gone)


def _goes_with(item: str, rule: WithdrawRule | None, blocks: Mapping[str, Block]) -> Set[str]:
    own = blocks[item]
    if rule == "task":
        return {other for other, block in blocks.items() if block.task == own.task}
    if own.model is None:
        return {item}
    return {other for other, block in blocks.items() if block == own}


def in_order(amendments: Sequence[Amendment]) -> bool:
    """Whether amendments are numbered from 1 without a gap."""
    return [one.number for one in amendments] == list(range(1, len(amendments) + 1))


def fault_of_reassignment(amendment: Amendment, manifests: Sequence[AssignmentManifest]) -> str | None:
    """Return why tasks cannot have gone from one of these raters to another, or None.

    Args:
        amendment: Of the kind `reassign`.
        manifests: Of all raters, with what amendments added.
    """
    by_rater = {one.rater: one for one in manifests}
    giver, taker = by_rater.get(amendment.giver or ""), by_rater.get(amendment.taker or "")
    if giver is None or taker is None or amendment.manifest not in (None, taker.sha256):
        return "there is no such rater, or the manifest of the rater who joined is another"
    got = amendment.items or taker.seeded_items
    if {one.task_id for one in got} != set(amendment.tasks):
        return "the rater who got them has other tasks"
    if not set(amendment.tasks) <= {one.task_id for one in giver.items}:
        return "the rater who left did not have these tasks"
    if not set(got) <= set(giver.items):
        return "the rater who left did not have these items"
    return None
