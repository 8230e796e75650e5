"""Handing packs out and taking them back, on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.atomic_file import cannot_write, write_whole
from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.exchange_store import mark_pack_out, packs_out, recall_pack
from db.manifest_store import no_such_rater, read_manifest, read_manifests
from db.study_store import StudyRecord, StudyState, read_study, require_study_file
from protocol.canonical_json import sha256_hex
from protocol.chain.identifiers import Clock
from protocol.errors import NotFoundError, UsageError, WrongStateError
from rater.services.exchange.exchange import Exchange, refuse_taken
from rater.services.exchange.exchange_packs import send_pack
from rater.services.packs.letters import LetterDesk, LetterRequest, PackFacts, open_letters
from rater.services.packs.packs import write_pack
from rater.services.who import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedPack:
    """A pack that is out."""

    rater: str
    path: Path
    items: int
    sha256: str
    letter: Path | None
    """None where no letters were asked for."""
    letter_knows_names: bool = True
    """Whether the letter was searched for the study's own names, too."""


def issue_packs(
    study_path: Path,
    codes: Sequence[str],
    *,
    every: bool,
    folder: Path | None,
    who: Who,
    clock: Clock,
    letters: LetterRequest | None = None,
    replace: bool = False,
    place: Exchange | None = None,
) -> list[IssuedPack]:
    """Write packs and note that they are out.

    Args:
        study_path: The study file, open.
        codes: Rater codes.
        every: All raters instead; with `replace` all whose packs are out.
        folder: Where the packs go; it exists or is made.
        who: Who hands out.
        clock: Wall clock.
        letters: What is known about the letters that go along; None writes none.
        replace: Void the packs that are out and issue new ones, with every rating merged so far.
        place: Where packs and letters are laid down, too.

    Raises:
        UsageError: No rater, folder or reason is named, or a file is in the way.
        NotFoundError: A code does not exist, or no pack is out that could be replaced.
        WrongStateError: The study is not open, or a pack of one of them is out already.
        BlindError: A letter would tell a condition; nothing went out.
        StorageError: A pack cannot be written.
    """
    if folder is None:
        raise UsageError("No folder for the packs is named.", next_step="Give one with -o.")
    if replace and not who.reason.strip():
        raise UsageError("Replacing a pack needs a reason for the record.", next_step="Add --reason.")
    desk = _look(study_path)
    chosen = _named(desk, codes, every=every)
    if replace:
        chosen = _of_packs_out(desk, chosen, every=every, study_path=study_path)
    for rater in chosen:
        if rater in desk.out and not replace:
            raise _out_already(rater, study_path)
    room = (
        open_letters(
            letters,
            study_path,
            desk.study.visible,
            desk.study.protocol_sha256,
            kind=desk.study.kind,
        )
        if letters
        else None
    )
    spots = [_Place(rater=rater, folder=folder, desk=room) for rater in chosen]
    for spot in spots:
        spot.refuse_in_the_way()
        if room is not None:
            room.try_out(spot.rater, spot.pack.name, desk.items[spot.rater])
        if place is not None:
            refuse_taken(place, spot.pack.name)
            refuse_taken(place, spot.letter.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise cannot_write(folder, fault) from fault
    issued: list[IssuedPack] = []
    for spot in spots:
        # Noted as out before it exists: a crash leaves a pack that must be recalled, never two at work.
        action = "pack-replaced" if replace else "pack-out"
        _note(study_path, [spot.rater], action=action, who=who, clock=clock)
        issued.append(spot.write(study_path))
        if place is not None:
            send_pack(place, issued[-1].path, issued[-1].letter)
    return issued


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where one rater's pack and letter go."""

    rater: str
    folder: Path
    desk: LetterDesk | None

    @property
    def pack(self) -> Path:
        return self.folder / f"{self.rater}.pack.db"

    @property
    def letter(self) -> Path:
        return self.folder / f"{self.rater}.letter.txt"

    def refuse_in_the_way(self) -> None:
        for what, path in (("pack", self.pack), ("letter", self.letter if self.desk else None)):
            if path is not None and path.exists():
                raise UsageError(
                    f"A {what} is there already.", where=str(path), next_step="Name another folder with -o."
                )

    def write(self, study_path: Path) -> IssuedPack:
        items = write_pack(study_path, self.rater, self.pack)
        sha256 = sha256_hex(self.pack.read_bytes())
        if self.desk is not None:
            facts = PackFacts(rater=self.rater, pack=self.pack.name, items=items, sha256=sha256)
            write_whole(self.letter, self.desk.letter(facts).encode())
        return IssuedPack(
            rater=self.rater,
            path=self.pack,
            items=items,
            sha256=sha256,
            letter=self.letter if self.desk else None,
            letter_knows_names=self.desk is None or self.desk.knows_names,
        )


def _of_packs_out(desk: _Desk, named: Sequence[str], *, every: bool, study_path: Path) -> tuple[str, ...]:
    """Return the named raters whose packs are out: all of them, or with `every` those that are."""
    chosen = tuple(rater for rater in named if rater in desk.out)
    missing = [rater for rater in named if rater not in desk.out]
    if not chosen or (missing and not every):
        whose = "" if every else f" of {missing[0]}"
        raise NotFoundError(f"No pack{whose} is out.", where=str(study_path))
    return chosen


def recall_packs(
    study_path: Path, codes: Sequence[str], *, every: bool, who: Who, clock: Clock
) -> tuple[str, ...]:
    """Let raters rate in the study file again, all that are named or none.

    A pack that is rated in all the same comes back as a fork, unless nobody went on meanwhile.

    Args:
        study_path: The study file, open.
        codes: Rater codes.
        every: All raters whose packs are out instead.
        who: Who takes them back, and why.
        clock: Wall clock.

    Returns:
        The raters whose packs were taken back.

    Raises:
        UsageError: No rater is named, or no reason is given.
        NotFoundError: A code does not exist, or no pack of it is out.
        WrongStateError: The study is not open.
    """
    if not who.reason.strip():
        raise UsageError("Taking a pack back needs a reason for the record.", next_step="Add --reason.")
    desk = _look(study_path)
    named = _named(desk, codes, every=every)
    chosen = _of_packs_out(desk, named, every=every, study_path=study_path)
    _note(study_path, chosen, action="pack-recalled", who=who, clock=clock)
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """The raters of an open study, and those whose packs are out."""

    study: StudyRecord
    raters: tuple[str, ...]
    out: frozenset[str]
    items: dict[str, int]
    """Rater to number of assigned items."""


def _look(study_path: Path) -> _Desk:
    connection = open_for_writing(study_path)
    try:
        with sentences(study_path):
            study = read_study(connection)
            require_study_file(study)
            if study.state is not StudyState.OPEN:
                raise WrongStateError(
                    f"The study is {study.state}: packs go out and back while it is open.",
                    where=str(study_path),
                )
            out = packs_out(connection)
            manifests = read_manifests(connection)
    finally:
        close(connection)
    return _Desk(
        study=study,
        items={manifest.rater: len(manifest.items) for manifest in manifests},
        raters=tuple(manifest.rater for manifest in manifests),
        out=frozenset(manifest.rater for manifest in manifests if manifest.id in out),
    )


def _named(desk: _Desk, codes: Sequence[str], *, every: bool) -> tuple[str, ...]:
    """Return the raters that are meant, each once."""
    if bool(codes) == every:
        raise UsageError("Say whose packs.", next_step="Give --rater CODE, or --all.")
    unknown = [code for code in codes if code not in desk.raters]
    if unknown:
        raise no_such_rater(unknown[0], desk.raters, file="study")
    return desk.raters if every else tuple(dict.fromkeys(codes))


def _out_already(rater: str, study_path: Path) -> WrongStateError:
    return WrongStateError(
        f"A pack of {rater} is out already: two at work would become a fork.",
        where=str(study_path),
        next_step=f"Take it back first: rater-admin pack --recall --rater {rater} --reason TEXT, or void it"
        " with a new one: --replace --reason TEXT.",
    )


def _note(study_path: Path, chosen: Sequence[str], *, action: str, who: Who, clock: Clock) -> None:
    connection = open_for_writing(study_path)
    try:
        with sentences(study_path), writing(connection):
            study = read_study(connection)
            for rater in chosen:
                manifest = read_manifest(connection, rater)
                if action == "pack-out":
                    if manifest.id in packs_out(connection):  # somebody else issued it just now
                        raise _out_already(rater, study_path)
                    mark_pack_out(connection, manifest.id, at=clock())
                elif not recall_pack(connection, manifest.id):  # somebody else took it back just now
                    raise NotFoundError(f"No pack of {rater} is out.", where=str(study_path))
                if action == "pack-replaced":
                    mark_pack_out(connection, manifest.id, at=clock())
                append_audit(
                    connection,
                    study_id=study.study_id,
                    at=clock(),
                    who=who.name,
                    action=action,
                    reason=who.reason,
                    details={"rater": rater, "app": who.app},
                )
    finally:
        close(connection)
