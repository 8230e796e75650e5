"""Handing packs out and taking them back, on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.exchange_store import mark_pack_out, recall_pack
from db.manifest_store import raters, read_manifest
from db.study_store import StudyState, read_study
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
        WrongStateError: The study is not open.
        StorageError: A pack cannot be written.
    """
    if folder is None:
        raise UsageError("No folder for the packs is named.", next_step="Give one with -o.")
    chosen = _chosen(study_path, codes, every=every)
    folder.mkdir(parents=True, exist_ok=True)
    issued: list[IssuedPack] = []
    for rater in chosen:
        path = folder / f"{rater}.pack.db"
        if path.exists():
            raise UsageError(
                "A pack is there already.", where=str(path), next_step="Name another folder with -o."
            )
    for rater in chosen:
        path = folder / f"{rater}.pack.db"
        # Noted as out before it exists: a crash leaves a pack that must be recalled, never two at work.
        _note(study_path, rater, action="pack-out", who=who, clock=clock)
        items = write_pack(study_path, rater, path)
        issued.append(IssuedPack(rater=rater, path=path, items=items, sha256=sha256_hex(path.read_bytes())))
    return issued


def recall_packs(
    study_path: Path, codes: Sequence[str], *, every: bool, who: Who, clock: Clock
) -> tuple[str, ...]:
    """Let raters rate in the study file again; their packs can no longer be merged as a fork.

    Raises:
        UsageError: No rater is named, or no reason is given.
        NotFoundError: A code does not exist, or no pack of it is out.
    """
    if not who.reason.strip():
        raise UsageError("Taking a pack back needs a reason for the record.", next_step="Add --reason.")
    chosen = _chosen(study_path, codes, every=every)
    for rater in chosen:
        _note(study_path, rater, action="pack-recalled", who=who, clock=clock)
    return chosen


def _chosen(study_path: Path, codes: Sequence[str], *, every: bool) -> tuple[str, ...]:
    if bool(codes) == every:
        raise UsageError("Say whose packs.", next_step="Give --rater CODE, or --all.")
    connection = open_for_writing(study_path)
    try:
        with sentences(study_path):
            study = read_study(connection)
            known = raters(connection)
    finally:
        close(connection)
    if study.state is not StudyState.OPEN:
        raise WrongStateError(f"The study is {study.state}: packs go out while it is open.")
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise NotFoundError(
            f"There is no rater {unknown[0]} in this study.", next_step=f"Its raters are {', '.join(known)}."
        )
    return tuple(known if every else codes)


def _note(study_path: Path, rater: str, *, action: str, who: Who, clock: Clock) -> None:
    connection = open_for_writing(study_path)
    try:
        with sentences(study_path), writing(connection):
            study = read_study(connection)
            manifest = read_manifest(connection, rater)
            if action == "pack-out":
                mark_pack_out(connection, manifest.id, at=clock())
            elif not recall_pack(connection, manifest.id):
                raise NotFoundError(f"No pack of {rater} is out.", where=str(study_path))
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
