"""The rating table of a study file: every analysis reads this one.

Only completed items count: an item that was assigned and not completed is a row without a value, as
it is at lock. A hidden repeat is the second occasion of the item it repeats: no unit of its own.
Before unblinding the rows know their opaque task and nothing else of their origin.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.allocation_store import read_allocation, read_opened_batches, read_study_toml
from db.amendment_store import read_amendments
from db.audit_plan_store import read_audit_plan
from db.audit_store import read_audit
from db.connection import FileKind, close, open_for_reading, sentences
from db.item_store import task_of_items
from db.repeat_store import read_repeats
from db.study_store import StudyRecord, StudyState, no_conditions, read_study
from db.training_store import read_gold
from protocol.active_time import active_ms
from protocol.adjudication.consensus import ConsensusCell, consensus_cells
from protocol.amendment_words import left_out
from protocol.analysis.rating_table import LeaveOut, RatingRow, RatingTable, carried_rule, specs_of
from protocol.analysis.unlike_batches import unlike_batches
from protocol.audit.audit_protocol import AuditProtocol
from protocol.chain.amendment import Amendment, Block, withdrawn_units
from protocol.chain.batches import batch_of_items
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError, WrongStateError
from protocol.report.carried_text import rubric_notices
from protocol.rubric_versions import RubricHistory, rubric_history
from protocol.session import ItemProgress, Mark, RaterSession
from protocol.simulated import SIMULATED
from protocol.study import StudyProtocol
from protocol.transcript import Origin
from protocol.visible import StudyKind
from rater.services.adjudication.adjudication_record import (
    Adjudication,
    read_adjudication_of,
    unsure_is_queued,
)
from rater.services.amending.incidents import incidents_of
from rater.services.progress.rater_states import RaterState, each_rater_state
from rater.services.results.lost_blinding import Traces, lost_blinding

NO_DURATIONS = (
    "Speed and drift over time are not available: this study records no durations "
    "(see timing under [privacy])."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRatings:
    """The ratings of a study with what is known about them now."""

    study: StudyRecord
    table: RatingTable
    notices: tuple[str, ...]
    """Sentences that every output of these ratings carries."""
    protocol: StudyProtocol | None
    """The whole protocol, once the study is unblinded."""
    lost_blinding: tuple[LeaveOut, ...] = ()
    """Ratings that may not have been blind, once the study is unblinded."""
    carried: tuple[LeaveOut, ...] = ()
    """Ratings by texts of the rubric that were amended later, where it was amended."""
    amendments: tuple[Amendment, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    """Units that were withdrawn; after unblinding with all that goes with them."""
    audit: AuditProtocol | None = None
    """The whole protocol of a benchmark audit."""
    adjudication: Adjudication | None = None
    """The adjudication, once it was finished or waived."""
    consensus: tuple[ConsensusCell, ...] | None = None
    """What it came to; None where there is none, or none yet."""

    @property
    def leave_out(self) -> tuple[LeaveOut, ...]:
        """Every rule for ratings without which effects are shown, too."""
        return (*self.lost_blinding, *self.carried)


def read_study_ratings(path: Path, *, with_gold: bool = False, with_withdrawn: bool = False) -> StudyRatings:
    """Read the ratings of a study file, every chain verified.

    Args:
        path: The study file.
        with_gold: Count the ratings of gold items, whose levels were known beforehand, too.
        with_withdrawn: Keep the ratings of withdrawn items, too.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files.
        CheckFailedError: A chain does not verify.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return _ratings(connection, path, with_gold=with_gold, with_withdrawn=with_withdrawn)
    finally:
        close(connection)


def read_unblinded_ratings(path: Path, *, with_gold: bool = False) -> StudyRatings:
    """Read the ratings of an unblinded study.

    Raises:
        WrongStateError: The study is not unblinded, or is a benchmark audit.
        BlindraterError: As `read_study_ratings`.
    """
    ratings = read_study_ratings(path, with_gold=with_gold)
    require_unblinded(ratings, path)
    return ratings


def require_unblinded(ratings: StudyRatings, path: Path) -> StudyProtocol:
    """Return the opened protocol of a study.

    Raises:
        WrongStateError: The study is not unblinded, or is a benchmark audit.
    """
    if ratings.study.key is None:
        raise no_conditions(str(path))
    if ratings.protocol is None:
        raise WrongStateError(
            f"The study is {ratings.study.state}: its conditions are still sealed.",
            where=str(path),
            next_step="Conditions can be read after `rater-admin lock` and `rater-admin unblind`.",
        )
    return ratings.protocol


def _ratings(
    connection: sqlite3.Connection, path: Path, *, with_gold: bool, with_withdrawn: bool
) -> StudyRatings:
    study = read_study(connection)
    tasks = task_of_items(connection)
    repeats = read_repeats(connection)
    protocol: StudyProtocol | None = None
    origins: dict[str, Origin] = {}
    if study.state is StudyState.UNBLINDED:
        from protocol.study_file import read_study as read_protocol

        protocol = read_protocol(read_study_toml(connection), where=f"{path}: opened study.toml")
        _require_same(protocol, study)
        for one in read_opened_batches(connection):
            added = read_protocol(one.study_toml, where=f"{path}: opened study.toml of batch {one.number}")
            protocol = replace(protocol, tasks=(*protocol.tasks, *added.tasks))
        origins = read_allocation(connection)
    amendments = read_amendments(connection)
    batches = batch_of_items(amendments, tasks)
    traces = Traces()
    states = traces.passing(each_rater_state(connection, study))
    versions = rubric_history(study.visible.rubric, amendments)
    table = table_of(
        states, versions=versions, tasks=tasks, origins=origins, repeats=repeats, batches=batches
    )
    gold = frozenset() if with_gold else frozenset(one.item_id for one in read_gold(connection))
    notices = [SIMULATED] if study.visible.simulated else []
    if study.visible.timing != "full":
        notices.append(NO_DURATIONS)
    if gold:
        table = replace(table, rows=tuple(row for row in table.rows if row.unit not in gold))
        items = "1 gold item" if len(gold) == 1 else f"{len(gold)} gold items"
        notices.append(f"Left out: the ratings of {items}, whose levels were known beforehand.")
    notices += unlike_batches(table)
    withdrawn = withdrawn_of(amendments, tasks, origins) - set(repeats)
    if withdrawn and not with_withdrawn:
        table = replace(table, rows=tuple(row for row in table.rows if row.unit not in withdrawn))
        by_model = any(one.rule == "task-for-model" for one in amendments)
        notices.append(left_out(len(withdrawn), by_model_later=by_model and not origins))
    notices += rubric_notices(table)
    adjudication = read_adjudication_of(connection, study) if study.file is FileKind.STUDY else None
    if adjudication is not None and not adjudication.has_ended:
        adjudication = None
    return StudyRatings(
        study=study,
        table=table,
        notices=tuple(notices),
        protocol=protocol,
        audit=_audit_of(connection, path) if study.key is None and study.file is FileKind.STUDY else None,
        lost_blinding=lost_blinding(
            traces,
            incidents_of(read_audit(connection, study_id=study.study_id)),
            repeats,
            timing=study.visible.timing,
        )
        if origins
        else (),
        carried=(carried_rule(),) if versions.is_amended else (),
        amendments=amendments,
        withdrawn=withdrawn,
        adjudication=adjudication,
        consensus=None
        if adjudication is None
        else tuple(consensus_of_table(table, adjudication, study.kind)),
    )


def consensus_of_table(
    table: RatingTable, adjudication: Adjudication, kind: StudyKind
) -> list[ConsensusCell]:
    """Return the consensus on the units of a table."""
    session = adjudication.session
    return consensus_cells(
        table,
        adjudication.plan,
        {} if session is None else session.decisions,
        unsure_is_queued=unsure_is_queued(kind),
    )


def withdrawn_of(
    amendments: Sequence[Amendment], tasks: Mapping[str, str], origins: Mapping[str, Origin]
) -> frozenset[str]:
    """Return the items that were withdrawn, hidden repeats among them.

    Args:
        amendments: Of the study.
        tasks: Opaque task id of every item.
        origins: Of the items whose origin is known: of all, or of none.
    """
    return withdrawn_units(
        amendments,
        {
            item: Block(task=task, model=origins[item].model if item in origins else None)
            for item, task in tasks.items()
        },
    )


def _audit_of(connection: sqlite3.Connection, path: Path) -> AuditProtocol:
    from protocol.audit.audit_file import read_audit as read_plan  # pydantic: 40 ms that others can save

    return read_plan(read_audit_plan(connection), where=f"{path}: study.toml")


def table_of(
    states: Iterable[RaterState],
    *,
    versions: RubricHistory,
    tasks: Mapping[str, str],
    origins: Mapping[str, Origin],
    repeats: Mapping[str, str],
    batches: Mapping[str, int],
) -> RatingTable:
    """Return the rating table that chains come to; a public bundle is checked with this, too.

    Args:
        states: Every rater's chain, folded.
        versions: What they rated by.
        tasks: Opaque task id of every item.
        origins: Of the items whose origin is known.
        repeats: Id of each hidden repeat to the id of the item it repeats.
        batches: Of every item, where the study has more than one.
    """
    rows = [
        row
        for state in states
        for position, item_id in enumerate(state.session.items, start=1)
        for row in _rows_of(
            state.manifest.rater,
            state.session,
            state.session.of(item_id),
            unit=repeats.get(item_id, item_id),
            position=position,
            elapsed_ms=active_ms(state.session.history.get(item_id, ())),
            versions=versions,
            task=tasks[item_id],
            origin=origins.get(item_id),
            batch=batches.get(item_id),
        )
    ]
    return RatingTable(rows=tuple(rows), dimensions=specs_of(versions.versions[0].rubric))


def _require_same(protocol: StudyProtocol, study: StudyRecord) -> None:
    """Check that raters saw the rubric of the sealed plan, and that simulated ratings say so."""
    seen = study.visible
    if (protocol.simulated, protocol.rubric.sha256) != (seen.simulated, seen.rubric.sha256):
        raise CheckFailedError(
            "The rubric or the mark of simulated ratings is not that of the opened study.toml.",
            next_step=RESTORE_A_BACKUP,
        )


def _rows_of(
    rater: str,
    session: RaterSession,
    progress: ItemProgress,
    *,
    unit: str,
    position: int,
    elapsed_ms: int | None,
    versions: RubricHistory,
    task: str,
    origin: Origin | None,
    batch: int | None,
) -> list[RatingRow]:
    rubric = versions.versions[0].rubric
    counted = {one.id for one in rubric.dimensions if progress.counts(one.id, rubric)}
    known = {one.id: progress.mark(one.id) if one.id in counted else Mark() for one in rubric.dimensions}
    whole = progress.reason if progress.completed else None
    under = {
        name: _version_of(progress.reason_seq if whole else mark.seq, session, versions)
        for name, mark in known.items()
    }
    return [
        RatingRow(
            unit=unit,
            rater=rater,
            dimension=dimension,
            value=None if whole else mark.level,
            not_ratable=whole or mark.reason,
            model=origin.model if origin else None,
            scaffold=origin.scaffold if origin else None,
            task=origin.task if origin else task,
            replicate=origin.replicate if origin else 1,
            occasion=1 if unit == progress.item_id else 2,
            position=position,
            elapsed_ms=elapsed_ms if dimension in counted else None,
            confidence=None if whole else mark.sure,
            rubric_version=under[dimension],
            carried=versions.is_carried(dimension, under[dimension] or len(versions.versions)),
            batch=batch,
        )
        for dimension, mark in known.items()
    ]


def _version_of(seq: int | None, session: RaterSession, versions: RubricHistory) -> int | None:
    """Return the version an answer was given under; None where there is none, or one version alone."""
    if seq is None or not versions.is_amended:
        return None
    return versions.at(seq, session.read_at).number
