"""What a rater's chain can say: the events of a chain against the share they are about.

A hash chain only shows that events stand as they were written. Anybody with our source can write a
chain whose hashes fit and whose events name items that were never assigned or levels that do not
exist; once such events are in a study, where nothing is ever deleted, every reader trips over them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from protocol.canonical_json import Json, parse_canonical
from protocol.chain.events import INSTALLATION, UNDOABLE, Event, EventDraft, EventKind
from protocol.chain.manifest import AssignmentManifest
from protocol.conversation import Conversation
from protocol.rating_moves import reasons_for
from protocol.rubric import Rubric
from protocol.rubric_versions import RubricHistory
from protocol.session import RaterSession, fold_session
from protocol.timing import Timing, odd_times
from protocol.visible import VisibleQuestion

_WITHOUT_ITEM = frozenset({EventKind.SITTING, EventKind.SUBMIT, EventKind.NOTICE})
_OF_A_DIMENSION = frozenset({EventKind.SCORE, EventKind.CONFIDENCE, EventKind.QUOTE, EventKind.UNQUOTE})
_MOST_SURE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Everything a rater's events can be about."""

    manifest: AssignmentManifest
    rubric: Rubric
    questions: Sequence[VisibleQuestion]
    conversations: Mapping[str, Conversation] | None
    """What was shown, by item id; None where the texts are not at hand, as in a public copy."""
    notices: frozenset[str] = frozenset()
    """Hashes of the amendments that concern the rater."""
    told_first: Mapping[str, str] = field(default_factory=dict)
    """By item that was added later the hash of the amendment that the rater reads before it."""
    versions: RubricHistory | None = None
    """What the rubric became; None where it was never amended."""
    timing: Timing = "full"
    """Which times the study records."""
    installation: bool = True
    """Whether the study records on which installation a sitting was."""
    shown: Mapping[str, str] = field(init=False, repr=False)
    """Hash of the text by item of the manifest; made once for all events."""

    def __post_init__(self) -> None:
        shown = {item.item_id: item.shown_sha256 for item in self.manifest.items}
        object.__setattr__(self, "shown", shown)


def impossible_event(events: Sequence[Event], share: Share) -> str | None:
    """Return why the first event that no rater can have made is one, or None.

    Args:
        events: A chain, its hashes and numbers verified.
        share: What the rater was assigned.
    """
    session = fold_session(
        rubric=share.rubric,
        items=tuple(item.item_id for item in share.manifest.items),
        events=(),
        asked=share.manifest.asked,
        rerates=share.versions.rated_again if share.versions else None,
    )
    for event in events:
        why = why_not_next(event, session, share)
        if why is not None:
            return f"event {event.seq} ({event.draft.kind}) {why}"
        session = session.with_event(event)
    return None


def why_not_next(event: Event, session: RaterSession, share: Share) -> str | None:
    """Return why an event cannot come next in a session, or None.

    Args:
        event: With a number after all of the session's.
        session: Everything before it.
        share: What the rater was assigned; only a quote needs the conversation of its item.
    """
    return next(_reasons(event, session, share), None)


def _reasons(event: Event, session: RaterSession, share: Share) -> Iterator[str]:
    draft = event.draft
    if session.submitted:
        yield "comes after the ratings were handed in"
    body = parse_canonical(event.body)
    if body["rubric"] != _rubric_of(session, share):
        yield "was made under another rubric"
    if draft.kind is EventKind.WHY:
        yield "is one of an adjudication"
    parts = parts_of(body)
    if INSTALLATION in parts and not share.installation:
        yield "names an installation, which this study does not record"
    odd = odd_times(parts, event.at, share.timing)
    if odd is not None:
        yield odd
    yield from _about_item(draft, share)
    if share.told_first.get(draft.item_id or "") not in (None, *session.noticed):
        yield "is about an item that was added, before the rater was told of it"
    if draft.kind is EventKind.NOTICE:
        yield from _about_notice(draft, session, share)
    if session.is_closed_for(draft):
        yield "changes an item that was closed"
    yield from _about_dimension(draft, share)
    if draft.kind in (EventKind.RETRACT, EventKind.UNQUOTE):
        yield from _about_target(event, session)
    if draft.kind is EventKind.CONFIDENCE:
        yield from _about_confidence(draft, session)
    if draft.kind is EventKind.GUESS:
        yield from _about_guess(draft, share)


def _rubric_of(session: RaterSession, share: Share) -> str:
    """Return the hash of the rubric that what comes next is said under."""
    if share.versions is None or not share.versions.is_amended:
        return share.manifest.rubric_sha256
    return share.versions.read_by(session.noticed).sha256


def parts_of(body: Mapping[str, Json]) -> frozenset[str]:
    """Return the names of the withheld parts that an event is bound to."""
    parts = body.get("parts")
    return frozenset(parts) if isinstance(parts, dict) else frozenset()


def _about_item(draft: EventDraft, share: Share) -> Iterator[str]:
    if draft.kind in _WITHOUT_ITEM:
        if draft.item_id is not None:
            yield "names an item"
        return
    shown = share.shown.get(draft.item_id or "")
    if shown is None:
        yield "is about no item of this rater"
    elif draft.shown_sha256 not in (None, shown):
        yield "is about another text than was assigned"


def _about_notice(draft: EventDraft, session: RaterSession, share: Share) -> Iterator[str]:
    if draft.shown_sha256 not in share.notices:
        yield "tells of no amendment that concerns this rater"
    elif draft.shown_sha256 in session.noticed:
        yield "tells again of an amendment that was read before"
    elif share.versions and share.versions.comes_too_early(draft.shown_sha256 or "", session.noticed):
        yield "tells of an amendment of the rubric before an earlier one was read"


def _about_dimension(draft: EventDraft, share: Share) -> Iterator[str]:
    dimension = next((one for one in share.rubric.dimensions if one.id == draft.dimension), None)
    if dimension is None and (draft.dimension is not None or draft.kind in _OF_A_DIMENSION):
        yield "is about no dimension of the rubric"
    elif draft.kind is EventKind.SCORE and dimension is not None and draft.level not in dimension.values:
        yield "gives a level that the dimension does not have"
    elif draft.kind is EventKind.NOT_RATABLE:
        allowed = reasons_for(share.rubric, whole_item=draft.dimension is None)
        if draft.reason not in [reason.code for reason in allowed]:
            yield "gives a reason that the rubric does not have"
    elif draft.kind is EventKind.QUOTE and not _stands_in_text(draft, share):
        yield "quotes a place that the text does not have"


def _stands_in_text(draft: EventDraft, share: Share) -> bool:
    span = draft.span
    if span is None or share.conversations is None:
        return span is not None
    messages = share.conversations[draft.item_id or ""].messages
    return 0 <= span.message < len(messages) and 0 <= span.start <= span.end <= len(
        messages[span.message].text
    )


def _about_target(event: Event, session: RaterSession) -> Iterator[str]:
    draft = event.draft
    meant = {EventKind.QUOTE} if draft.kind is EventKind.UNQUOTE else {*UNDOABLE, EventKind.RETRACT}
    said = session.history.get(draft.item_id or "", ())
    if not any(one.seq == draft.target and one.draft.kind in meant for one in said):
        yield "takes back what was not said before"
    elif draft.kind is EventKind.RETRACT and (draft.target or 0) < _last_asked_again(session):
        yield "takes back what was said before dimensions were asked again"


def _last_asked_again(session: RaterSession) -> int:
    return max((read for sha256, read in session.read_at.items() if sha256 in session.rerates), default=0)


def _about_confidence(draft: EventDraft, session: RaterSession) -> Iterator[str]:
    asked = any(one.id == draft.dimension and one.confidence for one in session.rubric.dimensions)
    if not asked:
        yield "says how sure the rater is where the rubric does not ask"
    elif draft.item_id is not None and session.of(draft.item_id).mark(draft.dimension or "").level is None:
        yield "says how sure the rater is of a score that was not given"
    elif draft.sure is None or not 1 <= draft.sure <= _MOST_SURE:
        yield "is sure in a way that was not offered"


def _about_guess(draft: EventDraft, share: Share) -> Iterator[str]:
    question = next((one for one in share.questions if one.id == draft.question), None)
    if question is None or draft.item_id not in share.manifest.asked:
        yield "answers a question that was not asked"
    elif draft.option is not None and not 0 <= draft.option < len(question.options):
        yield "gives an answer that was not offered"
    elif draft.sure is not None and not 1 <= draft.sure <= _MOST_SURE:
        yield "is sure in a way that was not offered"
