"""Every hit in a set of transcripts, with what will be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from protocol.conversation import Message
from protocol.deidentify.decisions import Decision, HitPlace
from protocol.deidentify.folding import fold
from protocol.deidentify.leak_class import Action, LeakClass
from protocol.deidentify.rules import RedactionRules
from protocol.deidentify.visible_part import VisiblePolicy, visible_part
from protocol.transcript import Transcript

CONTEXT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakHit:
    """One hit in its context."""

    place: HitPlace
    leak_class: LeakClass
    before: str
    after: str
    action: Action
    """What will be done: by decision, else by the plan of its class."""
    decision: Decision | None = None

    @property
    def is_undecided(self) -> bool:
        """Whether seeding waits for this hit."""
        return self.action is Action.ASK


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    message: int
    field: str
    text: str


def find_hits(
    transcripts: Iterable[Transcript],
    rules: RedactionRules,
    decisions: Mapping[str, Decision],
    *,
    policy: VisiblePolicy | None = None,
) -> Iterator[LeakHit]:
    """Yield every hit in what raters will see, transcript by transcript."""
    for transcript in transcripts:
        shown = visible_part(transcript.conversation.messages, policy or VisiblePolicy()).shown
        for part in shown_texts(shown):
            folded = fold(part.text)
            for hit in rules.find_all(folded.text):
                start, end = folded.source_span(hit.start, hit.end)
                place = HitPlace(
                    origin=transcript.origin,
                    message=part.message,
                    field=part.field,
                    start=start,
                    found=part.text[start:end],
                    rule=hit.rule,
                )
                decision = decisions.get(place.fingerprint)
                yield LeakHit(
                    place=place,
                    leak_class=hit.leak_class,
                    before=part.text[max(0, start - CONTEXT) : start],
                    after=part.text[end : end + CONTEXT],
                    action=decision.action if decision else rules.actions[hit.leak_class],
                    decision=decision,
                )


def shown_texts(messages: Sequence[Message]) -> Iterator[_Text]:
    """Yield every text of the shown messages, with its place."""
    for index, message in enumerate(messages):
        yield _Text(message=index, field="text", text=message.text)
        for number, call in enumerate(message.tool_calls):
            yield _Text(message=index, field=f"tool_calls[{number}].name", text=call.name)
            yield _Text(message=index, field=f"tool_calls[{number}].arguments", text=call.arguments)


def dropped_tasks(hits: Iterable[LeakHit]) -> frozenset[str]:
    """Return the tasks that are left out in all arms."""
    return frozenset(hit.place.origin.task for hit in hits if hit.action is Action.DROP_TASK)
