"""What is a disagreement, what the queue gives away, what decisions come to, and the consensus."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from protocol.adjudication.consensus import ConsensusBy, consensus_cells, consensus_table, counts_by
from protocol.adjudication.manifest import AdjudicationManifest, make_manifest
from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.queue import Answer, Cell, CellId, Opinion, is_disagreement
from protocol.adjudication.session import (
    AdjudicationSession,
    Decision,
    fold_adjudication,
    impossible_step,
)
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.chain.events import Event, EventDraft, EventKind, make_event
from protocol.errors import CheckFailedError, InvalidInputError
from protocol.rubric import Scale
from protocol.study_file import read_study
from tests.conftest import make_rubric
from tests.services.small_studies import protocol_text

RUBRIC = make_rubric()
PLAN = AdjudicationPlan()
LEVELS = (0, 1, 2, 3)


def _answers(*said: int | str) -> list[Answer]:
    return [
        Answer(level=None, not_ratable=one) if isinstance(one, str) else Answer(level=one) for one in said
    ]


@pytest.mark.parametrize(
    ("said", "difference", "unsure", "parted"),
    [
        ((1, 1), 1, False, False),
        ((1, 2), 1, False, True),
        ((1, 2), 2, False, False),
        ((0, 1, 2), 2, False, True),
        (("U", 1), 3, False, True),
        (("U", "U"), 1, False, False),
        (("U", "V"), 1, False, False),
        (("U", "U"), 1, True, True),
        (("U",), 1, True, True),
        ((3,), 1, False, False),
        ((), 1, True, False),
    ],
)
def test_what_goes_to_the_adjudicator(
    said: tuple[int | str, ...], difference: int, unsure: bool, parted: bool
) -> None:
    """Levels far enough apart, a code against a level always, and in an audit every code."""
    found = is_disagreement(
        _answers(*said),
        levels=LEVELS,
        scale=Scale.ORDINAL,
        difference=difference,
        unsure_is_queued=unsure,
    )
    assert found is parted


def test_any_two_levels_of_a_nominal_scale_disagree() -> None:
    """Places on it mean nothing, so the distance is not asked."""
    pair = _answers(0, 1)
    assert is_disagreement(pair, levels=LEVELS, scale=Scale.NOMINAL, difference=3, unsure_is_queued=False)


def _cells(items: int = 6) -> list[Cell]:
    return [
        Cell(
            id=CellId(item_id=f"{item:016x}", dimension=dimension.id),
            opinions=tuple(Opinion(chain=chain, answer=Answer(level=0)) for chain in ("aa", "bb")),
        )
        for item in range(items)
        for dimension in RUBRIC.dimensions
    ]


def _manifest(cells: Sequence[Cell] | None = None, *, seed: int = 1) -> AdjudicationManifest:
    return make_manifest(
        _cells() if cells is None else cells,
        study_id="s",
        lock_code="1" * 64,
        adjudicator="A1",
        rubric_sha256=RUBRIC.sha256,
        protocol_sha256="2" * 64,
        entropy=random.Random(seed),
    )


def test_the_order_is_drawn_and_keeps_the_cells_of_an_item_together() -> None:
    """Another draw is another order; over many draws each side stands first about half the time."""
    first, second = _manifest(seed=1), _manifest(seed=2)
    assert [one.id for one in first.cells] != [one.id for one in second.cells]
    items = [one.id.item_id for one in first.cells]
    assert [item for place, item in enumerate(items) if place % 2 == 0] == items[1::2]
    sides = [one.chains[0] for seed in range(50) for one in _manifest(seed=seed).cells]
    assert 250 < sides.count("aa") < 350


def test_a_manifest_is_read_back_and_nothing_else_is_taken() -> None:
    """One byte more is refused with a sentence."""
    manifest = _manifest()
    assert AdjudicationManifest.from_body(manifest.body()) == manifest
    for body in (b"{}", manifest.body() + b" ", b"[", manifest.body().replace(b'"v":1', b'"v":2')):
        with pytest.raises(CheckFailedError):
            AdjudicationManifest.from_body(body)


def test_a_queue_that_is_not_the_disagreements_is_found() -> None:
    """One cell too few, one too many, one twice, and an opinion left out."""
    cells = _cells()
    assert _manifest(cells).fault_of_queue(cells) is None
    assert "not in the queue" in str(_manifest(cells[1:]).fault_of_queue(cells))
    assert "no disagreements" in str(_manifest(cells).fault_of_queue(cells[1:]))
    assert "twice" in str(_manifest([*cells, cells[0]]).fault_of_queue(cells))
    alone = Cell(id=cells[0].id, opinions=cells[0].opinions[:1])
    assert _manifest([alone, *cells[1:]]).fault_of_queue(cells) is not None


class Chain:
    """Makes the events of an adjudicator, one after the other."""

    def __init__(self) -> None:
        self.manifest = _manifest()
        self.session = fold_adjudication(self.manifest, ())

    def say(self, draft: EventDraft) -> AdjudicationSession:
        """Add an event whether it is possible or not."""
        self.session = self.session.with_event(self.event(draft))
        return self.session

    def event(self, draft: EventDraft) -> Event:
        return make_event(
            draft,
            head=self.session.head,
            rubric_sha256=RUBRIC.sha256,
            app="0",
            at=None,
            entropy=random.Random(1),
        )

    def draft(self, kind: EventKind, place: int = 0, **said: int | str) -> EventDraft:
        cell = self.manifest.cells[place].id
        level, reason = said.get("level"), said.get("reason")
        return EventDraft(
            kind=kind,
            item_id=cell.item_id,
            dimension=cell.dimension,
            level=level if isinstance(level, int) else None,
            reason=reason if isinstance(reason, str) else None,
        )

    def decide(self, place: int, level: int, why: str = "anchor") -> AdjudicationSession:
        self.say(self.draft(EventKind.SCORE, place, level=level))
        return self.say(self.draft(EventKind.WHY, place, reason=why))

    def wrong(self) -> str | None:
        return impossible_step(self.session.events, self.manifest, rubric=RUBRIC, plan=PLAN)


def test_a_decision_is_a_level_and_a_reason() -> None:
    """Another level asks for its reason again; a code stands in the place of a level."""
    chain = Chain()
    cell = chain.manifest.cells[0].id
    chain.decide(0, 2)
    assert chain.session.of(cell) == Decision(level=2, why="anchor")
    assert chain.session.decided == 1
    chain.say(chain.draft(EventKind.SCORE, 0, level=3))
    assert chain.session.decided == 0
    chain.say(chain.draft(EventKind.NOT_RATABLE, 0, reason="refusal"))
    chain.say(chain.draft(EventKind.WHY, 0, reason="text"))
    assert chain.session.of(cell) == Decision(not_ratable="refusal", why="text")
    assert chain.wrong() is None


def test_undo_goes_back_step_by_step_and_redo_forth() -> None:
    """Over cells; after a new step nothing can be brought back."""
    chain = Chain()
    chain.decide(0, 1)
    chain.decide(1, 2)
    states = [dict(chain.session.decisions)]
    for _ in range(4):
        undo = chain.session.undo_draft()
        assert undo is not None
        chain.say(undo)
        states.append(dict(chain.session.decisions))
    assert chain.session.undo_draft() is None
    assert not any(decision.answered for decision in chain.session.decisions.values())
    for state in reversed(states[:-1]):
        redo = chain.session.redo_draft()
        assert redo is not None
        assert dict(chain.say(redo).decisions) == state
    undo = chain.session.undo_draft()
    assert undo is not None
    chain.say(undo)
    chain.say(chain.draft(EventKind.WHY, 1, reason="slip"))
    assert chain.session.redo_draft() is None
    assert chain.wrong() is None


def test_work_is_resumed_where_it_stopped() -> None:
    """At a level without its reason, else at the next cell that is open, searching round."""
    chain = Chain()
    assert chain.session.place_to_resume() == 0
    chain.say(chain.draft(EventKind.SCORE, 4, level=1))
    assert chain.session.place_to_resume() == 4
    chain.say(chain.draft(EventKind.WHY, 4, reason="slip"))
    assert chain.session.place_to_resume() == 5
    for place in (5, 6, 7, 8, 9, 10, 11):
        chain.decide(place, 1)
    assert chain.session.place_to_resume() == 0


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (EventDraft(kind=EventKind.SCORE, item_id="f" * 16, dimension="D1", level=1), "no cell"),
        (EventDraft(kind=EventKind.NOTE, item_id=f"{0:016x}", dimension="D1"), "none of an adjudication"),
        (EventDraft(kind=EventKind.SCORE, item_id=f"{0:016x}", dimension="D1", level=9), "a level"),
        (
            EventDraft(kind=EventKind.WHY, item_id=f"{0:016x}", dimension="D1", reason="slip"),
            "before a level",
        ),
        (
            EventDraft(kind=EventKind.WHY, item_id=f"{0:016x}", dimension="D1", reason="mood"),
            "not in the list",
        ),
        (
            EventDraft(kind=EventKind.NOT_RATABLE, item_id=f"{0:016x}", dimension="D1", reason="mood"),
            "rubric does not have",
        ),
        (EventDraft(kind=EventKind.RETRACT, item_id=f"{0:016x}", dimension="D1", target=1), "not said last"),
        (EventDraft(kind=EventKind.TOLD, item_id="f" * 16), "no item of the queue"),
        (EventDraft(kind=EventKind.SITTING, item_id="f" * 16), "names an item"),
    ],
)
def test_what_no_adjudicator_can_have_said_is_refused(draft: EventDraft, words: str) -> None:
    """A chain whose hashes fit can still say what was never offered."""
    chain = Chain()
    chain.say(draft)
    assert words in str(chain.wrong())


def _table(*said: int | str | None, scale: Scale = Scale.ORDINAL) -> RatingTable:
    rows = tuple(
        RatingRow(
            unit="u",
            rater=f"R{number}",
            dimension="D1",
            value=one if isinstance(one, int) else None,
            not_ratable=one if isinstance(one, str) else None,
            model="m",
            scaffold="s",
            task="t",
        )
        for number, one in enumerate(said)
    )
    spec = DimensionSpec(id="D1", scale=scale, levels=LEVELS)
    return RatingTable(rows=rows, dimensions=(spec,))


@pytest.mark.parametrize(
    ("said", "difference", "value", "by"),
    [
        ((2, 2), 1, 2, ConsensusBy.AGREED),
        (("refusal", "refusal"), 1, None, ConsensusBy.AGREED),
        ((1, 2), 2, 1, ConsensusBy.MEDIAN),
        ((1, None), 1, 1, ConsensusBy.SINGLE),
        ((None, None), 1, None, ConsensusBy.NOT_RATED),
        ((1, 3), 1, None, ConsensusBy.UNRESOLVED),
        (("refusal", 3), 2, None, ConsensusBy.UNRESOLVED),
    ],
)
def test_the_consensus_says_where_it_is_from(
    said: tuple[int | str | None, ...], difference: int, value: int | None, by: ConsensusBy
) -> None:
    """Without a decision: agreed, near enough, one rater, nobody, or unresolved."""
    plan = AdjudicationPlan(difference=difference)
    (found,) = consensus_cells(_table(*said), plan, {}, unsure_is_queued=False)
    assert (found.value, found.by) == (value, by)


def test_a_decision_counts_only_where_there_is_a_disagreement() -> None:
    """Whole decisions settle it, half ones do not, and agreement needs none."""
    cell = CellId(item_id="u", dimension="D1")
    whole, half = Decision(level=3, why="slip"), Decision(level=3)

    def found(table: RatingTable, decision: Decision) -> tuple[object, ...]:
        (one,) = consensus_cells(table, PLAN, {cell: decision}, unsure_is_queued=False)
        return (one.value, one.by.value, one.reason)

    assert found(_table(0, 2), whole) == (3, "adjudicated", "slip")
    assert found(_table(0, 2), half) == (None, "unresolved", None)
    assert found(_table(1, 1), whole) == (1, "agreed", None)


def test_the_consensus_is_a_rating_table_of_one() -> None:
    """Units keep their origins, so effects can be computed from it; counts say where levels are from."""
    table = _table(0, 2)
    cells = consensus_cells(table, PLAN, {}, unsure_is_queued=False)
    (row,) = consensus_table(table, cells).rows
    assert (row.rater, row.model, row.scaffold, row.task, row.value) == ("consensus", "m", "s", "t", None)
    assert counts_by(cells) == {"unresolved": 1}


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ('[adjudication]\nwho = "R2"', "no rater has"),
        ("[adjudication]\ndifference = 0", "1 or more"),
        ("[adjudication]\nreasons = []", "1 to 9 reasons"),
        ('[adjudication]\nwho = "A 1"', "a code"),
        ('[adjudication]\nnotes = "maybe"', "withheld"),
        ('[adjudication]\nreasons = [{code = "a", label = "x"}, {code = "A", label = "y"}]', "stands once"),
        ('[adjudication]\nreasons = [{code = "a", label = " "}]', "reason in words"),
        ("[adjudication]\nwhom = 1", "the key who"),
    ],
)
def test_mistakes_in_the_plan_are_told_with_their_place(plan: str, words: str) -> None:
    """Each with its key path and what was expected."""
    with pytest.raises(InvalidInputError) as refused:
        read_study(f"{protocol_text()}\n{plan}\n", where="study.toml")
    assert "adjudication" in str(refused.value)
    assert words in str(refused.value)


def test_a_plan_without_the_table_has_no_adjudication_and_an_empty_one_the_shipped_reasons() -> None:
    """What raters may see names the rule only where there is one."""
    assert read_study(protocol_text(), where="study.toml").visible().adjudication is None
    found = read_study(f"{protocol_text()}\n[adjudication]\n", where="study.toml").visible().adjudication
    assert found == AdjudicationPlan()
    assert len({one.code for one in AdjudicationPlan().reasons}) == 8
