"""The leak rules of a study and what was decided about their hits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from protocol.deidentify.decisions import Decision, HitPlace
from protocol.deidentify.finding import dropped_tasks, find_hits, shown_texts
from protocol.deidentify.folding import fold
from protocol.deidentify.leak_class import Action, LeakClass
from protocol.deidentify.rules import RedactionRules, build_rules
from protocol.deidentify.scrubbing import Decide, FoundText
from protocol.deidentify.telling_parts import SaidUnder, telling_parts
from protocol.deidentify.visible_part import VisiblePolicy, visible_part
from protocol.errors import BlindError, InvalidInputError
from protocol.study import StudyProtocol
from protocol.transcript import Origin, Transcript
from rater.services.leaks.blind_lint import hidden_texts


def rules_of(protocol: StudyProtocol, transcripts: Sequence[Transcript]) -> RedactionRules:
    """Return the rules of a study: the shipped list, its own names, its hidden texts, its plan."""
    plan = protocol.redaction
    return build_rules(
        study_names={transcript.origin.model for transcript in transcripts} - {""},
        literals=plan.literals,
        patterns=plan.patterns,
        hidden_texts=hidden_texts(protocol, transcripts),
        telling=_telling(protocol, transcripts),
        look_closer=True,
        actions={
            LeakClass.BLOCK: Action(plan.block),
            LeakClass.NAME: Action(plan.names),
            LeakClass.PART: Action(plan.parts),
            LeakClass.ECHO: Action(plan.echo),
            LeakClass.REVIEW: Action(plan.review),
        },
    )


def _telling(protocol: StudyProtocol, transcripts: Sequence[Transcript]) -> frozenset[str]:
    policy = policy_of(protocol)

    def shown() -> Iterator[SaidUnder]:
        for transcript in transcripts:
            origin = transcript.origin
            for part in shown_texts(visible_part(transcript.conversation.messages, policy).shown):
                yield SaidUnder(names=(origin.model, origin.scaffold), folded=fold(part.text).text)

    origins = [transcript.origin for transcript in transcripts]
    models = {origin.model for origin in origins} - {""}
    return telling_parts((models, {origin.scaffold for origin in origins} - {""}), shown)


def policy_of(protocol: StudyProtocol) -> VisiblePolicy:
    """Return which messages raters see."""
    plan = protocol.redaction
    return VisiblePolicy(system=plan.system == "show", tools=plan.tools == "show")


def require_equal_system_messages(protocol: StudyProtocol, transcripts: Sequence[Transcript]) -> None:
    """Refuse to show system messages that differ between the conditions of a task.

    Raises:
        BlindError: They differ: whoever reads them knows the condition.
    """
    if protocol.redaction.system == "hide":
        return
    seen: dict[str, tuple[str, ...]] = {}
    for transcript in transcripts:
        texts = transcript.system_texts
        if seen.setdefault(transcript.origin.task, texts) != texts:
            raise BlindError(
                f"The system messages of task {transcript.origin.task} differ between conditions.",
                where="redaction.system",
                next_step='Set it to "hide": whoever reads them would know the condition.',
            )


def decider(origin: Origin, decisions: Mapping[str, Decision]) -> Decide:
    """Return the function that looks a hit of one transcript up among the decisions."""

    def decide(found: FoundText) -> Action | None:
        place = HitPlace(
            origin=origin,
            message=found.message,
            field=found.field,
            start=found.start,
            found=found.text,
            rule=found.hit.rule,
        )
        decision = decisions.get(place.fingerprint)
        return decision.action if decision else None

    return decide


def kept_transcripts(
    protocol: StudyProtocol,
    transcripts: Sequence[Transcript],
    rules: RedactionRules,
    decisions: Mapping[str, Decision],
) -> list[Transcript]:
    """Return the transcripts of all tasks that no decision drops, sorted by origin.

    Raises:
        BlindError: A hit waits for a decision, or system messages would be shown that tell.
        InvalidInputError: No task is left.
    """
    require_equal_system_messages(protocol, transcripts)
    ordered = sorted(transcripts, key=lambda transcript: transcript.origin)
    asks = any(rules.actions[rule.leak_class] is Action.ASK for rule in rules.patterns)
    if not decisions and not asks:
        return ordered
    hits = list(find_hits(ordered, rules, decisions, policy=policy_of(protocol)))
    dropped = dropped_tasks(hits)
    undecided = [hit for hit in hits if hit.is_undecided and hit.place.origin.task not in dropped]
    if undecided:
        raise BlindError(
            f"{len(undecided)} hits of the leak rules wait for a decision.",
            next_step="See them with `rater-admin leaks`, and decide with --decide.",
        )
    kept = [transcript for transcript in ordered if transcript.origin.task not in dropped]
    if not kept:
        raise InvalidInputError("Every task is dropped by a decision.", where="leaks.decisions.jsonl")
    return kept


def words_kept_by_decision(
    protocol: StudyProtocol,
    transcripts: Sequence[Transcript],
    rules: RedactionRules,
    decisions: Mapping[str, Decision],
) -> frozenset[str]:
    """Return the stretches that somebody looked at and decided to show."""
    if all(decision.action is not Action.KEEP for decision in decisions.values()):
        return frozenset()
    hits = find_hits(transcripts, rules, decisions, policy=policy_of(protocol))
    return frozenset(hit.place.found for hit in hits if hit.decision and hit.action is Action.KEEP)
