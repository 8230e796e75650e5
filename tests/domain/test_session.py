"""The folding of events, against a plain model that keeps a list of what counts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chain.events import Event, EventDraft, EventKind, Head, Span, genesis, make_event
from protocol.rubric import Rubric
from protocol.session import ItemProgress, RaterSession, fold_item, fold_session
from tests.conftest import make_rubric

ITEMS = ("a" * 16, "b" * 16, "c" * 16)
RUBRIC = make_rubric(quote_from=2, read_to_end=True)
PLAIN = make_rubric()


def chain(drafts: Iterable[EventDraft]) -> list[Event]:
    """Number drafts as a chain."""
    head = Head(chain_id="0" * 32, seq=0, hash=genesis("00" * 32, "0" * 32))
    events = []
    for draft in drafts:
        event = make_event(
            draft, head=head, rubric_sha256="0" * 64, app="0", at="t", entropy=random.Random(1)
        )
        head = Head(chain_id=head.chain_id, seq=event.seq, hash=event.hash)
        events.append(event)
    return events


def fold(drafts: Iterable[EventDraft], rubric: Rubric = PLAIN) -> RaterSession:
    return fold_session(rubric=rubric, items=ITEMS, events=chain(drafts))


def of_first(*drafts: EventDraft, rubric: Rubric = PLAIN) -> ItemProgress:
    return fold_item(ITEMS[0], chain(drafts), rubric)


def score(level: int, dimension: str = "D1", item: str = ITEMS[0]) -> EventDraft:
    return EventDraft(kind=EventKind.SCORE, item_id=item, dimension=dimension, level=level)


def step(kind: EventKind, dimension: str | None = None, item: str = ITEMS[0], **more: object) -> EventDraft:
    return replace(EventDraft(kind=kind, item_id=item, dimension=dimension), **more)  # type: ignore[arg-type]


def retract(target: int, item: str = ITEMS[0]) -> EventDraft:
    return EventDraft(kind=EventKind.RETRACT, item_id=item, target=target)


# A plain model: everything said about an item as one dictionary, and undo as a list of live steps.


@dataclass
class Model:
    """What a reader of the formats page would write down with pencil and paper."""

    live: list[tuple[int, EventDraft]] = field(default_factory=list)
    undone: list[tuple[int, tuple[int, EventDraft]]] = field(default_factory=list)
    """Number of the retraction, and what it took back."""
    kept: list[tuple[int, EventDraft]] = field(default_factory=list)
    """Steps that undo does not know, such as reading to the end."""

    def said(self, item: str) -> dict[str, object]:
        """Everything that holds about one item."""
        state: dict[str, object] = {}
        quotes: dict[str, list[int]] = {}
        for seq, draft in sorted([*self.live, *self.kept], key=lambda pair: pair[0]):
            if draft.item_id != item:
                continue
            where = draft.dimension or "item"
            match draft.kind:
                case EventKind.SCORE:
                    state[where] = draft.level
                    state.pop("item", None)
                case EventKind.NOT_RATABLE:
                    state[where] = draft.reason
                case EventKind.CLEAR:
                    state.pop(where, None)
                case EventKind.NOTE:
                    state[f"{where} note"] = draft.texts["note"]
                case EventKind.QUOTE:
                    quotes.setdefault(where, []).append(seq)
                case EventKind.UNQUOTE:
                    quotes[where] = [one for one in quotes.get(where, []) if one != draft.target]
                case EventKind.READ_TO_END:
                    state["read"] = True
                case _:
                    raise AssertionError(draft.kind)
        return {
            **{key: value for key, value in state.items() if value != ""},
            **{f"{where} quotes": seqs for where, seqs in quotes.items() if seqs},
        }


def said(progress: ItemProgress) -> dict[str, object]:
    """The same dictionary from a folded item."""
    marks = progress.marks.items()
    levels = {name: mark.level if mark.level is not None else mark.reason for name, mark in marks}
    return {
        **{name: value for name, value in levels.items() if value is not None},
        **({"item": progress.reason} if progress.reason else {}),
        **({"item note": progress.note} if progress.note else {}),
        **{f"{name} note": mark.note for name, mark in marks if mark.note},
        **{f"{name} quotes": [quote.seq for quote in mark.quotes] for name, mark in marks if mark.quotes},
        **({"read": True} if progress.read_to_end else {}),
    }


STEPS = st.tuples(
    st.sampled_from(["score", "score", "code", "code item", "clear", "clear item", "note", "note item"])
    | st.sampled_from(["quote", "unquote", "read", "undo", "undo", "redo"]),
    st.sampled_from(ITEMS),
    st.sampled_from(["D1", "D2"]),
    st.integers(0, 3),
)


def draft_of(what: str, item: str, dimension: str, number: int, model: Model) -> EventDraft | None:
    quoted = [seq for seq, draft in model.live if draft.kind is EventKind.QUOTE and draft.item_id == item]
    match what:
        case "score":
            return score(number, dimension, item)
        case "code" | "code item":
            where = None if what.endswith("item") else dimension
            return step(EventKind.NOT_RATABLE, where, item, reason=f"code{number}")
        case "clear" | "clear item":
            return step(EventKind.CLEAR, None if what.endswith("item") else dimension, item)
        case "note" | "note item":
            where = None if what.endswith("item") else dimension
            return step(EventKind.NOTE, where, item, texts={"note": "note" * number})
        case "quote":
            span = Span(message=1, start=0, end=number + 1)
            return step(EventKind.QUOTE, dimension, item, span=span, texts={"quote": "x"})
        case "unquote" if quoted:
            return step(EventKind.UNQUOTE, dimension, item, target=quoted[number % len(quoted)])
        case "read":
            return step(EventKind.READ_TO_END, None, item)
        case _:
            return None


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_any_sequence_with_undo_and_redo_folds_as_the_model_says(
    steps: list[tuple[str, str, str, int]],
) -> None:
    """Scores, codes, notes, quotes, undo and redo in any order: one by one, at once, and by pencil."""
    model = Model()
    session = RaterSession(rubric=RUBRIC, items=ITEMS, progress={})
    events: list[Event] = []
    for what, item, dimension, number in steps:
        if what == "undo":
            draft = session.undo_draft()
            assert (draft is None) == (not model.live)
        elif what == "redo":
            draft = session.redo_draft()
            assert (draft is None) == (not model.undone)
        else:
            draft = draft_of(what, item, dimension, number, model)
        if draft is None:
            continue
        drafts = [*(event.draft for event in events), draft]
        events = chain(drafts)
        session = session.with_event(events[-1])
        _follow(model, what, events[-1])
    assert session == fold_session(rubric=RUBRIC, items=ITEMS, events=events)
    for item in ITEMS:
        assert said(session.of(item)) == model.said(item)


def _follow(model: Model, what: str, event: Event) -> None:
    if what == "undo":
        model.undone.append((event.seq, model.live.pop()))
    elif what == "redo":
        model.live.append(model.undone.pop()[1])
        # Undoing again must take back the redo itself, not the step it brought back.
        seq, draft = model.live[-1]
        assert event.draft.item_id == draft.item_id
        assert seq < event.seq
    elif event.draft.kind is EventKind.READ_TO_END:
        model.kept.append((event.seq, event.draft))
    else:
        model.live.append((event.seq, event.draft))
        model.undone.clear()


def test_the_last_score_counts() -> None:
    """A new score replaces the old one and its code; nothing else of the mark changes."""
    progress = of_first(
        step(EventKind.NOTE, "D1", texts={"note": "because"}),
        step(EventKind.NOT_RATABLE, "D1", reason="refusal"),
        score(1),
        score(3),
    )
    assert progress.mark("D1").level == 3
    assert progress.mark("D1").reason is None
    assert progress.mark("D1").note == "because"
    assert progress.mark("D2").level is None


def test_a_code_is_never_a_number_and_a_number_never_a_code() -> None:
    """Not ratable removes the level, a score removes the code of the whole item."""
    assert of_first(score(2), step(EventKind.NOT_RATABLE, "D1", reason="refusal")).mark("D1").level is None
    whole = of_first(score(2), step(EventKind.NOT_RATABLE, reason="truncated"))
    assert whole.reason == "truncated"
    assert whole.gaps(PLAIN) == ()
    assert of_first(step(EventKind.NOT_RATABLE, reason="truncated"), score(2)).reason is None


def test_an_item_without_an_event_is_untouched_and_has_every_gap() -> None:
    """Nothing said is not zero said."""
    progress = of_first()
    assert not progress.touched
    assert [gap.why for gap in progress.gaps(PLAIN)] == ["no score yet", "no score yet"]


def test_completion_holds_only_without_gaps() -> None:
    """A completed item that loses a score is no longer completed, and is again when it has one."""
    done = [score(0), score(1, "D2"), step(EventKind.COMPLETE)]
    assert of_first(*done).completed
    assert not of_first(*done, step(EventKind.CLEAR, "D2")).completed
    assert of_first(*done, step(EventKind.CLEAR, "D2"), score(2, "D2")).completed
    assert not of_first(score(0), step(EventKind.COMPLETE)).completed


def test_a_rubric_that_asks_for_evidence_is_obeyed() -> None:
    """From `quote_from` on a quote is needed, below it that everything was read."""
    quote = step(EventKind.QUOTE, "D1", span=Span(message=0, start=0, end=1), texts={"quote": "x"})
    high, low = score(2), score(1)
    read = step(EventKind.READ_TO_END)
    assert of_first(high, rubric=RUBRIC).gap(RUBRIC.dimension("D1")) is not None
    assert of_first(high, quote, rubric=RUBRIC).gap(RUBRIC.dimension("D1")) is None
    assert of_first(low, quote, rubric=RUBRIC).gap(RUBRIC.dimension("D1")) is not None
    assert of_first(low, read, rubric=RUBRIC).gap(RUBRIC.dimension("D1")) is None
    gone = step(EventKind.UNQUOTE, "D1", target=2)
    assert of_first(high, quote, gone, rubric=RUBRIC).gap(RUBRIC.dimension("D1")) is not None


def test_retracting_a_retraction_brings_the_step_back() -> None:
    """However often: an odd number of retractions takes it back, an even one does not."""
    drafts = [score(1), score(2), retract(2)]
    assert of_first(*drafts).mark("D1").level == 1
    assert of_first(*drafts, retract(3)).mark("D1").level == 2
    assert of_first(*drafts, retract(3), retract(4)).mark("D1").level == 1


def test_a_new_step_ends_redo() -> None:
    """What was undone cannot come back over something newer."""
    session = fold([score(1), score(2), retract(2), score(3)])
    assert session.redo_draft() is None
    assert session.undo_draft() == retract(4)


def test_reading_showing_and_sittings_are_not_undone() -> None:
    """Undo takes back what the rater said, never what happened."""
    session = fold(
        [
            EventDraft(kind=EventKind.SITTING),
            score(1),
            step(EventKind.READ_TO_END),
            step(EventKind.SHOW, item=ITEMS[1]),
        ]
    )
    assert session.undo_draft() == retract(2)
    assert session.position == 1


def test_a_retraction_cannot_reach_into_another_item() -> None:
    """A target of another item changes nothing there."""
    session = fold([score(1), score(2, item=ITEMS[1]), retract(1, ITEMS[1])])
    assert session.of(ITEMS[0]).mark("D1").level == 1


def test_the_place_and_the_counts() -> None:
    """The item shown last is the place; the next open one is searched all the way round."""

    def complete(item: str) -> list[EventDraft]:
        return [score(0, "D1", item), score(0, "D2", item), step(EventKind.COMPLETE, item=item)]

    make: Callable[..., RaterSession] = fold
    session = make([step(EventKind.SHOW, item=ITEMS[2]), *complete(ITEMS[2])])
    assert session.position == 2
    assert session.current.completed
    assert (session.completed_count, session.is_finished) == (1, False)
    assert session.next_open(2) == 0
    assert session.next_open(0) == 1
    every = make([draft for item in ITEMS for draft in complete(item)])
    assert every.is_finished
    assert every.next_open(0) is None
