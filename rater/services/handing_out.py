"""Handing packs out and taking them back, on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.atomic_file import cannot_write
from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.exchange_store import mark_pack_out, packs_out, recall_pack
from db.manifest_store import read_manifest, read_manifests
from db.study_store import StudyState, read_study, require_study_file
from protocol.canonical_json import sha256_hex
from protocol.chain.identifiers import Clock
from protocol.errors import NotFoundError, UsageError, WrongStateError
from rater.services.doors import Who
from rater.services.packs import write_pack


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedPack:
    """A pack that is out."""

    rater: str
    path: Path
    items: int
    sha256: str


def issue_packs(
    study_path: Path,
    codes: Sequence[str],
    *,
    every: bool,
    folder: Path | None,
    who: Who,
    clock: Clock,
) -> list[IssuedPack]:
    """Write packs and note that they are out.

    Args:
        study_path: The study file, open.
        codes: Rater codes.
        every: All raters instead.
        folder: Where the packs go; it exists or is made.
        who: Who hands out.
        clock: Wall clock.

    Raises:
        UsageError: No rater or no folder is named, or a pack is in the way.
        NotFoundError: A code does not exist.
        WrongStateError: The study is not open, or a pack of one of them is out already.
        StorageError: A pack cannot be written.
    """
    if folder is None:
        raise UsageError("No folder for the packs is named.", next_step="Give one with -o.")
    desk = _look(study_path)
    chosen = _named(desk, codes, every=every)
    for rater in chosen:
        if rater in desk.out:
            raise _out_already(rater, study_path)
    paths = {rater: folder / f"{rater}.pack.db" for rater in chosen}
    for path in paths.values():
        if path.exists():
            raise UsageError(
                "A pack is there already.", where=str(path), next_step="Name another folder with -o."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise cannot_write(folder, fault) from fault
    issued: list[IssuedPack] = []
    for rater, path in paths.items():
        # Noted as out before it exists: a crash leaves a pack that must be recalled, never two at work.
        _note(study_path, [rater], action="pack-out", who=who, clock=clock)
        items = write_pack(study_path, rater, path)
        issued.append(IssuedPack(rater=rater, path=path, items=items, sha256=sha256_hex(path.read_bytes())))
    return issued


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
    chosen = tuple(rater for rater in named if rater in desk.out)
    missing = [rater for rater in named if rater not in desk.out]
    if not chosen or (missing and not every):
        whose = "" if every else f" of {missing[0]}"
        raise NotFoundError(f"No pack{whose} is out.", where=str(study_path))
    _note(study_path, chosen, action="pack-recalled", who=who, clock=clock)
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """The raters of an open study, and those whose packs are out."""

    raters: tuple[str, ...]
    out: frozenset[str]


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
        raters=tuple(manifest.rater for manifest in manifests),
        out=frozenset(manifest.rater for manifest in manifests if manifest.id in out),
    )


def _named(desk: _Desk, codes: Sequence[str], *, every: bool) -> tuple[str, ...]:
    """Return the raters that are meant, each once."""
    if bool(codes) == every:
        raise UsageError("Say whose packs.", next_step="Give --rater CODE, or --all.")
    unknown = [code for code in codes if code not in desk.raters]
    if unknown:
        raise NotFoundError(
            f"There is no rater {unknown[0]} in this study.",
            next_step=f"Its raters are {', '.join(desk.raters)}.",
        )
    return desk.raters if every else tuple(dict.fromkeys(codes))


def _out_already(rater: str, study_path: Path) -> WrongStateError:
    return WrongStateError(
        f"A pack of {rater} is out already: two at work would become a fork.",
        where=str(study_path),
        next_step=f"Take it back first: rater-admin pack --recall --rater {rater} --reason TEXT.",
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
                else:
                    recall_pack(connection, manifest.id)
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
