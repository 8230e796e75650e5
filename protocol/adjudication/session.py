"""What an adjudicator's chain comes to: the decision on each cell, and what undo and redo would take.

A decision is a level, or a not-ratable code, and then a reason from the list. Another level asks for its
reason again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from protocol.adjudication.manifest import AdjudicationManifest
from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.queue import CellId
from protocol.canonical_json import parse_canonical
from protocol.chain.events import Event, EventDraft, EventKind, Head, genesis
from protocol.rating_moves import reasons_for
from protocol.rubric import Rubric

STEPS = frozenset({EventKind.SCORE, EventKind.NOT_RATABLE, EventKind.WHY, EventKind.TOLD})
"""What counts and can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided on a cell so far."""

    level: int | None = None
    not_ratable: str | None = None
    why: str | None = None
    """Code of the reason from the list."""

    @property
    def answered(self) -> bool:
        """Whether a level or a code was given, with a reason or still without."""
        return self.level is not None or self.not_ratable is not None

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.answered and self.why is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationSession:
    """Where the adjudicator stands."""

    manifest: AdjudicationManifest
    decisions: Mapping[CellId, Decision] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    """Items whose condition the adjudicator says to know."""
    last: CellId | None = None
    """The cell that was touched last."""
    events: tuple[Event, ...] = ()
    live: tuple[Event, ...] = ()
    """The steps that count, in order."""
    undone: tuple[Event, ...] = ()
    """Retractions that redo would take back, the newest last."""

    def of(self, cell: CellId) -> Decision:
        """Return the decision on a cell, empty where nothing was said."""
        return self.decisions.get(cell, Decision())

    @property
    def decided(self) -> int:
        """How many cells are decided."""
        return sum(decision.whole for decision in self.decisions.values())

    @property
    def is_finished(self) -> bool:
        """Whether every cell is decided."""
        return self.decided == len(self.manifest.cells)

    def next_open(self, after: int) -> int | None:
        """Return the place of the next cell that is not decided, searching round, or None."""
        cells = self.manifest.cells
        for step in range(1, len(cells) + 1):
            place = (after + step) % len(cells)
            if not self.of(cells[place].id).whole:
                return place
        return None

    def place_to_resume(self) -> int:
        """Return the place to open at: the cell touched last while it lacks something, else the next open."""
        places = {one.id: place for place, one in enumerate(self.manifest.cells)}
        last = places.get(self.last, -1) if self.last is not None else -1
        if last >= 0 and not self.of(self.manifest.cells[last].id).whole:
            return last
        following = self.next_open(last)
        return following if following is not None else max(last, 0)

    def place_of(self, draft: EventDraft, *, otherwise: int) -> int:
        """Return the place of the cell that a step is about, or another where it is about none."""
        for place, one in enumerate(self.manifest.cells):
            if (one.id.item_id, one.id.dimension) == (draft.item_id, draft.dimension):
                return place
        return otherwise

    @property
    def head(self) -> Head:
        """The end of the chain."""
        manifest = self.manifest
        if not self.events:
            return Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
        return Head(chain_id=manifest.id, seq=self.events[-1].seq, hash=self.events[-1].hash)

    def undo_draft(self) -> EventDraft | None:
        """Return the event that takes back the last step, or None."""
        return _retraction(self.live[-1]) if self.live else None

    def redo_draft(self) -> EventDraft | None:
        """Return the event that brings back the last undone step, or None."""
        return _retraction(self.undone[-1]) if self.undone else None

    def with_event(self, event: Event) -> AdjudicationSession:
        """Return the session after one more event."""
        return fold_adjudication(self.manifest, (*self.events, event))

    def step_behind(self, draft: EventDraft) -> Event | None:
        """Return the step that a retraction, of whatever order, is about in the end."""
        known = {event.seq: event for event in self.events}
        found = known.get(draft.target or 0)
        while found is not None and found.draft.kind is EventKind.RETRACT:
            found = known.get(found.draft.target or 0)
        return found


def fold_adjudication(manifest: AdjudicationManifest, events: Iterable[Event]) -> AdjudicationSession:
    """Fold a whole chain."""
    history = tuple(events)
    live: list[Event] = []
    undone: list[Event] = []
    last: CellId | None = None
    known = {event.seq: event for event in history}
    for event in history:
        draft = event.draft
        if draft.item_id is not None and draft.dimension is not None:
            last = CellId(item_id=draft.item_id, dimension=draft.dimension)
        if draft.kind in STEPS:
            live.append(event)
            undone.clear()
        elif draft.kind is EventKind.RETRACT and undone and undone[-1].seq == draft.target:
            brought_back = known[undone.pop().draft.target or 0]
            live.append(brought_back)
        elif draft.kind is EventKind.RETRACT and live and live[-1].seq == draft.target:
            live.pop()
            undone.append(event)
    decisions: dict[CellId, Decision] = {}
    told: set[str] = set()
    for event in live:
        draft = event.draft
        if draft.kind is EventKind.TOLD:
            told ^= {draft.item_id or ""}
            continue
        cell = CellId(item_id=draft.item_id or "", dimension=draft.dimension or "")
        decisions[cell] = _decided(decisions.get(cell, Decision()), draft)
    return AdjudicationSession(
        manifest=manifest,
        decisions=decisions,
        told=frozenset(told),
        last=last,
        events=history,
        live=tuple(live),
        undone=tuple(undone),
    )


def _decided(before: Decision, draft: EventDraft) -> Decision:
    if draft.kind is EventKind.SCORE:
        return Decision(level=draft.level)
    if draft.kind is EventKind.NOT_RATABLE:
        return Decision(not_ratable=draft.reason)
    return Decision(level=before.level, not_ratable=before.not_ratable, why=draft.reason)


def _retraction(event: Event) -> EventDraft:
    draft = event.draft
    return EventDraft(
        kind=EventKind.RETRACT, item_id=draft.item_id, dimension=draft.dimension, target=event.seq
    )


def impossible_step(
    events: Iterable[Event], manifest: AdjudicationManifest, *, rubric: Rubric, plan: AdjudicationPlan
) -> str | None:
    """Return why the first event that no adjudicator can have made is one, or None."""
    session = fold_adjudication(manifest, ())
    for event in events:
        why = why_not_next_step(event, session, rubric=rubric, plan=plan)
        if why is not None:
            return f"event {event.seq} ({event.draft.kind}) {why}"
        session = session.with_event(event)
    return None


def why_not_next_step(
    event: Event, session: AdjudicationSession, *, rubric: Rubric, plan: AdjudicationPlan
) -> str | None:
    """Return why an event cannot come next in an adjudication, or None."""
    return next(_reasons(event, session, rubric, plan), None)


def _reasons(
    event: Event, session: AdjudicationSession, rubric: Rubric, plan: AdjudicationPlan
) -> Iterator[str]:
    draft = event.draft
    if parse_canonical(event.body)["rubric"] != session.manifest.rubric_sha256:
        yield "was made under another rubric"
    if draft.kind is EventKind.SITTING:
        if draft.item_id is not None:
            yield "names an item"
        return
    if draft.kind not in {*STEPS, EventKind.RETRACT}:
        yield "is none of an adjudication"
    if draft.kind is EventKind.RETRACT:
        allowed = (session.undo_draft(), session.redo_draft())
        if not any(one is not None and one.target == draft.target for one in allowed):
            yield "takes back what was not said last"
        return
    cells = {one.id for one in session.manifest.cells}
    if draft.kind is EventKind.TOLD:
        if draft.item_id not in {one.item_id for one in cells}:
            yield "is about no item of the queue"
        return
    cell = CellId(item_id=draft.item_id or "", dimension=draft.dimension or "")
    if cell not in cells:
        yield "is about no cell of the queue"
    elif draft.kind is EventKind.SCORE and draft.level not in rubric.dimension(cell.dimension).values:
        yield "gives a level that the dimension does not have"
    elif draft.kind is EventKind.NOT_RATABLE:
        if draft.reason not in [reason.code for reason in reasons_for(rubric, whole_item=False)]:
            yield "gives a reason that the rubric does not have"
    elif draft.kind is EventKind.WHY:
        if draft.reason not in [reason.code for reason in plan.reasons]:
            yield "gives a reason that is not in the list"
        elif not session.of(cell).answered:
            yield "gives a reason before a level"
