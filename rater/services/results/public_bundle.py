"""`export --public`: the bundle with which a stranger checks a study without our key or our word.

Hashed parts go out as the bytes that were hashed; tidy data and results are computed from them under
rater labels of their own. Nothing is written before the identity lint has seen every file.
"""

from __future__ import annotations

import hashlib
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.resources import files as package_files
from pathlib import Path

from db.allocation_store import read_study_toml
from db.audit_plan_store import read_audit_plan
from db.audit_store import read_audit, read_audit_hashes
from db.connection import close, open_for_reading, sentences
from db.event_store import read_events
from db.lock_store import read_lock
from db.manifest_store import read_manifests
from db.study_store import (
    StudyRecord,
    StudyState,
    read_study,
    require_study_file,
    visible_bytes,
)
from db.training_store import read_gold
from protocol.amendment_words import deviations_of
from protocol.canonical_json import canonical_bytes, sha256_hex, tagged_sha256
from protocol.chain.events import Event
from protocol.chain.lock import LockManifest
from protocol.chain.manifest import AssignmentManifest
from protocol.errors import CheckFailedError, WrongStateError
from protocol.public_bundle import layout
from protocol.public_bundle.tidy import (
    TidyGuess,
    TidyRatings,
    guesses_text,
    presentation_of,
    ratings_text,
)
from protocol.simulated import SIMULATED
from rater.services.adjudication.adjudication_record import read_adjudication_of, require_adjudicated
from rater.services.doors.lock_manifests import check_lock
from rater.services.doors.opened_allocation import read_opened_allocations
from rater.services.progress.rater_states import RaterState, state_of
from rater.services.results.exporting import PACKAGES, seed_of
from rater.services.results.identity_facts import IdentityFacts, refuse_identities
from rater.services.results.public_figures import published_figures
from rater.services.results.result_folder import write_folder
from rater.services.results.study_ratings import StudyRatings, read_study_ratings
from rater.services.verifying.bundle_adjudication import (
    adjudication_files,
    consensus_file,
    consensus_of_bundle,
)
from rater.services.verifying.bundle_parts import BundleParts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chains:
    """Every rater's chain, with the label the rater has in public."""

    states: tuple[RaterState, ...]
    events: Mapping[str, Sequence[Event]]
    """By manifest id."""
    labels: Mapping[str, str]
    """By rater code; nobody publishes it."""


def export_public(
    path: Path,
    folder: Path,
    *,
    app: str,
    identities: IdentityFacts,
    allowed: Sequence[str] = (),
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write the public bundle of an unblinded study, or of a locked audit.

    Args:
        path: The study file.
        folder: Where the bundle goes.
        app: Version of the program.
        identities: Whose names must not be in it.
        allowed: Texts that the identity lint finds and that may be published all the same.
        overwrite: Write over an earlier bundle.

    Returns:
        The names of the files, sorted.

    Raises:
        WrongStateError: The study is not unblinded; the audit is not locked.
        CheckFailedError: The study is not as it was locked and opened, or the lint found somebody.
        UsageError: The folder is in the way.
        StorageError: The folder cannot be written.
    """
    files = bundle_files(path, app=app, allowed=allowed)
    refuse_identities(path, files, identities, allowed=allowed)
    write_folder(folder, files, replace=overwrite)
    return tuple(sorted(files))


def bundle_files(path: Path, *, app: str, allowed: Sequence[str] = ()) -> dict[str, str]:
    """Return the files of the bundle by name, before the identity lint; the index is the last.

    Raises:
        WrongStateError: The study is not unblinded; the audit is not locked.
        CheckFailedError: The study is not as it was locked and opened.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            _require_final(study, path)
            require_adjudicated(connection, study, path)
            files = _hashed_files(connection, study)
            files |= adjudication_files(read_adjudication_of(connection, study))
            chains = _chains(connection, study)
            files[layout.RECORD] = _record(connection, study, chains.labels)
            gold = frozenset(one.item_id for one in read_gold(connection))
    finally:
        close(connection)
    # Chains hold gold and withdrawn items like any other: the tidy data do, too, with marks; figures do not.
    ratings = read_study_ratings(path, with_gold=True, with_withdrawn=True)
    tidy = replace(tidy_of(ratings), gold=gold)
    files[layout.RATINGS] = ratings_text(tidy.renamed(chains.labels), simulated=study.visible.simulated)
    if study.key is not None:
        files[layout.GUESSES] = guesses_text(guesses_of(chains.states, chains.labels))
    parts = BundleParts({name: text.encode() for name, text in files.items()})
    files |= consensus_file(parts)
    files |= _results(parts)
    files |= {
        layout.VERIFIER: shipped_text(layout.VERIFIER),
        layout.README: shipped_text(layout.README_OF_AUDIT if study.key is None else layout.README),
    }
    files[layout.INDEX] = _index(study, ratings, files, app=app, allowed=allowed)
    return files


def _require_final(study: StudyRecord, path: Path) -> None:
    require_study_file(study)
    if study.key is None:
        if study.state is StudyState.OPEN:
            raise WrongStateError(
                "The audit is open: a public bundle is of codes that are final.",
                where=str(path),
                next_step="Publish after `rater-admin lock`.",
            )
    elif study.state is not StudyState.UNBLINDED:
        raise WrongStateError(
            f"The study is {study.state}: a public bundle opens its conditions to everybody.",
            where=str(path),
            next_step="Publish after `rater-admin lock` and `rater-admin unblind`.",
        )


def _hashed_files(connection: sqlite3.Connection, study: StudyRecord) -> dict[str, str]:
    """Return what was hashed or committed to, as the bytes that were."""
    lock_code = study.lock_code or ""
    check_lock(connection, study, lock_code)
    manifests = sorted(read_manifests(connection), key=lambda manifest: manifest.id)
    toml = read_audit_plan(connection) if study.key is None else read_study_toml(connection)
    return {
        layout.PROTOCOL: toml,
        layout.VISIBLE: visible_bytes(study.visible).decode(),
        layout.MANIFESTS: "".join(manifest.body().decode() + "\n" for manifest in manifests),
        layout.CHAINS: "".join(
            layout.chain_lines(read_events(connection, manifest)) for manifest in manifests
        ),
        layout.LOCK: read_lock(connection, lock_code).decode(),
        **({} if study.key is None else {layout.ALLOCATION: _allocation(connection, study)}),
    }


def _allocation(connection: sqlite3.Connection, study: StudyRecord) -> str:
    """Return the opened allocation as the bytes that were committed to."""
    opened = read_opened_allocations(connection, study)
    for one in opened:
        if one.fault:
            raise CheckFailedError(
                f"The opened allocation is not the one that was committed to at seeding: {one.fault}.",
                next_step="Run `rater-admin verify`, and restore the file from a backup.",
            )
    return canonical_bytes(layout.allocation_json([one.content for one in opened])).decode()


def _chains(connection: sqlite3.Connection, study: StudyRecord) -> _Chains:
    manifests = read_manifests(connection)
    events = {manifest.id: read_events(connection, manifest) for manifest in manifests}
    return _Chains(
        states=tuple(state_of(manifest, events[manifest.id], study.visible.rubric) for manifest in manifests),
        events=events,
        labels=public_labels(manifests, events),
    )


def public_labels(
    manifests: Sequence[AssignmentManifest], events: Mapping[str, Sequence[Event]]
) -> dict[str, str]:
    """Return the label that each rater has in tidy data and results, by rater code.

    The order is drawn from the salts of the withheld parts: it is the same for every bundle of a study,
    and nobody without those salts can draw it again.

    Args:
        manifests: One for each rater.
        events: The chains by manifest id, with their withheld parts.
    """
    parts = b"".join(event.withheld_bytes() for chain in sorted(events) for event in events[chain])
    secret = hashlib.sha256(parts).digest()
    drawn = sorted(manifests, key=lambda one: tagged_sha256("public-label/v1", secret, one.id.encode()))
    digits = len(str(len(drawn)))
    return {manifest.rater: f"P{place:0{digits}}" for place, manifest in enumerate(drawn, start=1)}


def _record(connection: sqlite3.Connection, study: StudyRecord, labels: Mapping[str, str]) -> str:
    entries = read_audit(connection, study_id=study.study_id)
    hashes = read_audit_hashes(connection, study_id=study.study_id)
    lock = LockManifest.from_body(read_lock(connection, study.lock_code or ""), where=layout.LOCK)
    return layout.record_json(list(zip(entries, hashes, strict=True)), labels, bound=lock.audit)


def tidy_of(ratings: StudyRatings) -> TidyRatings:
    """Return the ratings of a study with what is known about the blind of each."""
    marked = {
        rule.label: frozenset(presentation_of(row) for row in ratings.table.rows if rule.applies(row))
        for rule in ratings.lost_blinding
    }
    return TidyRatings(
        table=ratings.table,
        told=marked.get("told", frozenset()),
        after_incident=marked.get("incidents", frozenset()),
        withdrawn=ratings.withdrawn,
    )


def guesses_of(states: Sequence[RaterState], labels: Mapping[str, str]) -> list[TidyGuess]:
    """Return every answer to a guess question, under public labels."""
    return [
        TidyGuess(
            unit=item,
            rater=labels[state.manifest.rater],
            question=answer.question,
            option=answer.option,
            sure=answer.sure,
            cue=answer.cue,
        )
        for state in states
        for item, progress in state.session.progress.items()
        for answer in progress.guesses.values()
    ]


def _results(parts: BundleParts) -> dict[str, str]:
    figures = published_figures(
        parts.tidy(), parts.guesses(), parts.protocol, consensus=consensus_of_bundle(parts)
    )
    return {name: layout.pretty(value) for name, value in figures.items()}


def shipped_text(name: str) -> str:
    """Return a file that is the same in every bundle of this version: the verifier, the description."""
    return (package_files("rater") / "public" / name).read_text(encoding="utf-8")


def _index(
    study: StudyRecord, ratings: StudyRatings, files: Mapping[str, str], *, app: str, allowed: Sequence[str]
) -> str:
    return layout.pretty(
        {
            "schema": layout.SCHEMA,
            "name": study.visible.name,
            "study": study.study_id,
            "notices": [SIMULATED] if study.visible.simulated else [],
            "lock_code": study.lock_code,
            "seeds": {"analysis": seed_of(ratings)},
            "versions": {
                "blindrater": app,
                "python": platform.python_version(),
                **{package: version(package) for package in PACKAGES},
            },
            **({"deviations": told} if (told := deviations_of(ratings.amendments)) else {}),
            "withheld": list(layout.WITHHELD_OF_AUDIT if study.key is None else layout.WITHHELD),
            "published_although_found": sorted(set(allowed)),
            "files": {name: sha256_hex(text.encode()) for name, text in sorted(files.items())},
        }
    )
