"""Did the blind hold: guesses against the truth, and the headline effects without what was recognised."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from db.allocation_store import read_allocation
from db.audit_store import read_audit
from db.connection import close, open_for_reading, sentences
from db.study_store import read_study
from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.guess_rows import AskedQuestion, GuessRow
from protocol.analysis.rating_table import LeaveOut, RatingRow
from protocol.study import GuessQuestion, StudyProtocol
from protocol.transcript import Origin
from rater.services.amending.incidents import Incident, incidents_of
from rater.services.progress.rater_states import RaterState, each_rater_state
from rater.services.results.analysing import analyse_effects
from rater.services.results.study_ratings import StudyRatings, read_unblinded_ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsWithout:
    """The effects of the plan with some ratings left out."""

    what: str
    """Which ratings are left out, as words after "without"."""
    ratings_left_out: int
    effects: EffectsResult | None
    """None where nothing was left out, so nothing can differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindRecord:
    """Everything a study says about its blind."""

    ratings: StudyRatings
    protocol: StudyProtocol
    questions: tuple[AskedQuestion, ...]
    effects: EffectsResult
    without: tuple[EffectsWithout, ...]
    incidents: tuple[Incident, ...]


def read_blind_record(path: Path) -> BlindRecord:
    """Return the guesses and the effects with and without recognised items.

    Raises:
        NotFoundError: No such study.
        WrongStateError: The study is not unblinded.
        CheckFailedError: A chain does not verify.
    """
    ratings = read_unblinded_ratings(path)
    protocol = ratings.protocol
    if protocol is None:
        raise RuntimeError("an unblinded study has a protocol")
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return _record(connection, ratings, protocol)
    finally:
        close(connection)


def _record(connection: sqlite3.Connection, ratings: StudyRatings, protocol: StudyProtocol) -> BlindRecord:
    study = read_study(connection)
    states = [one.without_events() for one in each_rater_state(connection, study)]
    origins = read_allocation(connection)
    incidents = tuple(incidents_of(read_audit(connection, study_id=study.study_id)))
    return BlindRecord(
        ratings=ratings,
        protocol=protocol,
        questions=tuple(
            _asked(question, states, origins=origins, protocol=protocol)
            for question in protocol.guess.questions
        ),
        effects=_effects(ratings, protocol, lambda _: False),
        without=tuple(_without(ratings, protocol, rule) for rule in ratings.lost_blinding),
        incidents=incidents,
    )


def _effects(
    ratings: StudyRatings, protocol: StudyProtocol, leaves_out: Callable[[RatingRow], bool]
) -> EffectsResult:
    rows = tuple(row for row in ratings.table.rows if not leaves_out(row))
    return analyse_effects(
        replace(ratings.table, rows=rows), baseline=protocol.baseline.id, plan=protocol.analysis
    )


def _without(ratings: StudyRatings, protocol: StudyProtocol, rule: LeaveOut) -> EffectsWithout:
    count = sum(rule.applies(row) for row in ratings.table.rows)
    return EffectsWithout(
        what=rule.what,
        ratings_left_out=count,
        effects=_effects(ratings, protocol, rule.applies) if count else None,
    )


def _asked(
    question: GuessQuestion,
    states: list[RaterState],
    *,
    origins: dict[str, Origin],
    protocol: StudyProtocol,
) -> AskedQuestion:
    def arm_of(origin: Origin) -> str:
        return origin.model if question.about == "model" else origin.scaffold

    arms = (
        tuple(sorted({origin.model for origin in origins.values()}))
        if question.about == "model"
        else tuple(scaffold.id for scaffold in protocol.scaffolds)
    )
    names = tuple(question.meaning.get(option, option) for option in question.options)
    return AskedQuestion(
        id=question.id,
        about=question.about,
        arms=arms,
        options=names,
        rows=tuple(
            GuessRow(
                rater=state.manifest.rater,
                item=item,
                task=origins[item].task,
                arm=arm_of(origins[item]),
                guess=None if answer.option is None else names[answer.option],
                sure=answer.sure,
                cue=answer.cue,
            )
            for state in states
            for item, progress in state.session.progress.items()
            if (answer := progress.guesses.get(question.id)) is not None
        ),
    )
