"""Alignment profiles of an unblinded study or of ratings made elsewhere, and their comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from db.audit_store import read_audit
from db.connection import close, open_for_reading, sentences
from db.item_store import read_items
from db.study_store import read_study
from protocol.analysis.blinding_success import BlindingResult, blinding_success
from protocol.errors import CheckFailedError, NotFoundError, UsageError
from protocol.fairness.prompt_rules import text_sha256
from protocol.fairness.run_manifest import RunManifest
from protocol.profile.audit_context import AuditContext, read_audit_context
from protocol.profile.comparing import RATINGS, Comparison, compare_profiles
from protocol.profile.making import ProfileFacts, System, profile_of, systems_of
from protocol.profile.profile import InputHash, Profile
from protocol.profile.profile_file import read_profile
from protocol.profile.profile_plan import ProfileContext, ProfiledModel
from protocol.simulated import SIMULATED
from protocol.study import StudyProtocol
from rater.services.input_files import read_text
from rater.services.results.analysing import Ratings, analyse_agreement, analyse_effects
from rater.services.results.blind_kept import read_blind_record
from rater.services.results.study_ratings import read_unblinded_ratings
from rater.services.seeding.fairness import read_run_file

LARGEST_PROFILE = 256 * 2**20
"""Bytes; a profile lists every rating of its system."""
CONTEXT_KEYS: tuple[str, ...] = tuple(one.name for one in fields(ProfileContext))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the command line says beside study.toml."""

    context: ProfileContext
    """Texts that are given go before those of study.toml."""
    run: Path | None = None
    audit: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which systems are profiled: one, or all."""

    model: str | None = None
    scaffold: str | None = None
    every: bool = False


def read_context(entries: Sequence[str]) -> ProfileContext:
    """Read KEY=TEXT entries.

    Raises:
        UsageError: An entry has no such form, or a key that is none or stands twice.
    """
    said: dict[str, str] = {}
    for entry in entries:
        key, sign, text = entry.partition("=")
        if not sign or key not in CONTEXT_KEYS or key in said or not text.strip():
            raise UsageError(
                f'"{entry}" is no part of the context.',
                where="--context",
                next_step=f"Write KEY=TEXT, each key once: {', '.join(CONTEXT_KEYS)}.",
            )
        said[key] = text.strip()
    return ProfileContext(**said)


def study_profiles(path: Path, wanted: Wanted, told: Told, *, app: str) -> tuple[Profile, ...]:
    """Return profiles of the systems of an unblinded study.

    Raises:
        NotFoundError: No such study, or no such system in it.
        WrongStateError: The study is not unblinded, or is a benchmark audit.
        CheckFailedError: A chain does not verify, or the run manifest belongs to other scaffolds.
        UsageError: Nothing says who used the systems, or several are there and none was named.
        InvalidInputError: A file beside it cannot be read.
    """
    ratings = read_unblinded_ratings(path)
    study, protocol = ratings.study, ratings.protocol
    if protocol is None or study.lock_code is None:
        raise RuntimeError("an unblinded study has a protocol and a lock code")
    questions = protocol.guess.questions
    facts = _facts(
        Ratings(table=ratings.table, source=path.name, notice=ratings.notices),
        protocol,
        told,
        blinding=blinding_success(read_blind_record(path).questions, seed=protocol.analysis.seed)
        if questions
        else None,
        no_blinding="raters were not asked",
        inputs=(
            InputHash(what=RATINGS, sha256=study.lock_code),
            InputHash(what="study.toml", sha256=study.protocol_sha256),
        ),
        app=app,
    )
    shown = _shown(path)
    facts = replace(facts, turns=shown.turns, ratings_final=shown.locked_at)
    return tuple(profile_of(system, facts) for system in _chosen(facts, wanted))


def ratings_profiles(
    ratings: Ratings,
    wanted: Wanted,
    told: Told,
    *,
    file: Path,
    protocol: Path,
    app: str,
    filters: Sequence[str] = (),
    origins: Path | None = None,
) -> tuple[Profile, ...]:
    """Return profiles of the systems of ratings that were made elsewhere.

    Raises:
        BlindraterError: As `study_profiles`.
    """
    from rater.services.reading_study import read_study_file

    read = read_study_file(protocol)
    study = read.protocol
    notices = ratings.notice
    if study.simulated and SIMULATED not in notices:
        notices = (SIMULATED, *notices)
    if filters:
        notices = (*notices, f"Only the rows of the file with {', '.join(filters)} are in this profile.")
    facts = _facts(
        replace(ratings, notice=notices),
        study,
        told,
        blinding=None,
        no_blinding="ratings from a file: whether raters could tell is not known",
        inputs=(
            InputHash(what=RATINGS, sha256=_sha256_of(file)),
            InputHash(what="study.toml", sha256=hashlib.sha256(read.content).hexdigest()),
            *([InputHash(what="origins", sha256=_sha256_of(origins))] if origins else []),
        ),
        app=app,
    )
    return tuple(profile_of(system, facts) for system in _chosen(facts, wanted))


def compare_files(first: Path, second: Path) -> Comparison:
    """Return two profile files side by side.

    Raises:
        NotFoundError: One does not exist.
        InvalidInputError: One is no profile, or breaks a rule of profiles.
        WrongStateError: They did not ask the same of the two systems.
    """
    one, other = (
        read_profile(read_text(path, wanted="a profile", largest=LARGEST_PROFILE).text, where=str(path))
        for path in (first, second)
    )
    return compare_profiles(one, other)


def _facts(
    ratings: Ratings,
    protocol: StudyProtocol,
    told: Told,
    *,
    blinding: BlindingResult | None,
    no_blinding: str,
    inputs: tuple[InputHash, ...],
    app: str,
) -> ProfileFacts:
    run = read_run_file(told.run) if told.run else None
    audit, more = _audit(told.audit), []
    if told.run is not None:
        more.append(InputHash(what="run manifest", sha256=_sha256_of(told.run)))
    if told.audit is not None:
        more.append(InputHash(what="coverage of an audit", sha256=_sha256_of(told.audit)))
    _require_same_scaffolds(run, protocol, where=str(told.run))
    return ProfileFacts(
        protocol=protocol,
        table=ratings.table,
        agreement=analyse_agreement(ratings.table),
        effects=analyse_effects(ratings.table, baseline=protocol.baseline.id, plan=protocol.analysis),
        blinding=blinding,
        no_blinding=no_blinding,
        context=_context(protocol, told.context),
        models=_models(protocol, run),
        turns=None,
        audit=audit,
        notes=(*ratings.notice, *(f"Of the audit: {note}" for note in (audit.notes if audit else ()))),
        ratings_final=None,
        inputs=(*inputs, *more),
        app=app,
    )


def _audit(path: Path | None) -> AuditContext | None:
    if path is None:
        return None
    return read_audit_context(read_text(path, wanted="the coverage of an audit").text, where=str(path))


def _context(protocol: StudyProtocol, told: ProfileContext) -> ProfileContext:
    written = protocol.profile.context if protocol.profile else ProfileContext()
    return ProfileContext(**{key: getattr(told, key) or getattr(written, key) for key in CONTEXT_KEYS})


def _models(protocol: StudyProtocol, run: RunManifest | None) -> Mapping[str, ProfiledModel]:
    """Return what is known of the models: as study.toml says, and where it is silent, the run manifest."""
    found = {} if run is None else {one.model: _from_run(one.model, run) for one in run.models}
    for written in protocol.profile.models if protocol.profile else ():
        recorded = found.get(written.model, written)
        found[written.model] = ProfiledModel(
            **{
                one.name: getattr(written, one.name) or getattr(recorded, one.name)
                for one in fields(ProfiledModel)
            }
        )
    return found


def _from_run(name: str, run: RunManifest) -> ProfiledModel:
    model = next(one for one in run.models if one.model == name)
    cells = [cell for cell in run.cells if cell.model == name]
    days = sorted({attempt.started.date().isoformat() for cell in cells for attempt in cell.attempts})
    seeds = sorted({cell.seed for cell in cells if cell.seed is not None})
    return ProfiledModel(
        model=name,
        version=model.called,
        provider=model.called.partition("/")[0] if "/" in model.called else "",
        date_run=f"{days[0]} to {days[-1]}" if len(days) > 1 else "".join(days),
        temperature=str(model.settings.temperature),
        top_p=str(model.settings.top_p),
        seed=f"{seeds[0]} to {seeds[-1]}, by task" if len(seeds) > 1 else "".join(map(str, seeds)),
        reasoning=model.settings.reasoning,
        cap=f"{model.settings.max_tokens} tokens a turn",
    )


def _require_same_scaffolds(run: RunManifest | None, protocol: StudyProtocol, *, where: str) -> None:
    for one in protocol.scaffolds if run else ():
        recorded = run.scaffolds.get(one.id) if run else None
        if recorded is not None and recorded != text_sha256(one.text):
            raise CheckFailedError(
                f'The run manifest has another text for the scaffold "{one.id}".',
                where=where,
                next_step="Give the run.json of the transcripts that were rated.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a study file holds beside its ratings."""

    turns: Mapping[str, tuple[str, ...]]
    """What the user said in each item, as raters saw it."""
    locked_at: str | None


def _shown(path: Path) -> _Shown:
    connection = open_for_reading(path)
    try:
        with sentences(path):
            log = read_audit(connection, study_id=read_study(connection).study_id)
            return _Shown(
                turns={
                    item.id: tuple(one.text for one in item.conversation.messages if one.role == "user")
                    for item in read_items(connection)
                },
                locked_at=next((entry.at for entry in reversed(log) if entry.action == "locked"), None),
            )
    finally:
        close(connection)


def _chosen(facts: ProfileFacts, wanted: Wanted) -> tuple[System, ...]:
    systems = systems_of(facts.table)
    found = tuple(
        one
        for one in systems
        if wanted.model in (None, one.model) and wanted.scaffold in (None, one.scaffold)
    )
    listed = "; ".join(f"{one.model} under {one.scaffold}" for one in systems)
    if not found:
        raise NotFoundError("No rating is of that system.", next_step=f"Systems here: {listed}.")
    if len(found) > 1 and not wanted.every:
        raise UsageError(
            f"There are {len(found)} systems.",
            next_step=f"Name one with --model and --scaffold, or give --all. Systems here: {listed}.",
        )
    return found


def _sha256_of(path: Path) -> str:
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    parts = [part for part in sorted(path.rglob("*")) if part.is_file()]
    whole = hashlib.sha256()
    for part in parts:
        content = part.read_bytes()
        whole.update(f"{part.relative_to(path).as_posix()}\n{len(content)}\n".encode() + content)
    return whole.hexdigest()
