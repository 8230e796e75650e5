"""What the training of a study will hold, worked out in memory beside the seeding plan.

Training texts are bytes that raters see: they pass the same redaction and the same last look as the
study's items. None of them may be one of those: a rater would meet it with its answer known.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from db.training_store import GoldItem
from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.chain.identifiers import Entropy, shuffled
from protocol.chain.manifest import AssignedItem, AssignmentManifest
from protocol.conversation import Conversation
from protocol.deidentify.decisions import Decision
from protocol.deidentify.finding import LeakHit, find_hits
from protocol.deidentify.folding import fold
from protocol.deidentify.leak_class import Action
from protocol.deidentify.scrubbing import scrub
from protocol.errors import BlindError, InvalidInputError, Problem
from protocol.item import Item
from protocol.sources.training_lines import GoldReference
from protocol.study import StudyProtocol
from protocol.training.reference import TrainingItem
from protocol.training.training_manifest import TrainingManifest, admission_sha256
from protocol.transcript import Origin, Transcript
from protocol.visible import TrainingGate
from protocol.wording import quoted
from rater.services.leaks.blind_lint import (
    ForbiddenTerms,
    Leak,
    leaks_in_gold,
    leaks_in_items,
    leaks_in_training_texts,
)
from rater.services.leaks.leak_rules import decider, policy_of, rules_of
from rater.services.seeding.reading_training import TrainingSources

CODE_BYTES = 10
LONG_REPLY = 200
"""Characters from which a single reply is so much that sharing it gives an item away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """Everything of the training that will be written."""

    items: tuple[TrainingItem, ...]
    manifest_ids: Mapping[str, str]
    """Training manifest id by rater."""
    codes: Mapping[str, str]
    """Admit code by rater."""
    gold: tuple[GoldItem, ...]
    kept: frozenset[str]
    """Stretches that somebody looked at and decided to show."""

    def manifests(
        self, assignments: Sequence[AssignmentManifest], gate: TrainingGate
    ) -> tuple[TrainingManifest, ...]:
        """Return the training manifests of these assignment manifests."""
        return tuple(self._manifest(assignment, gate) for assignment in assignments)

    def _manifest(self, assignment: AssignmentManifest, gate: TrainingGate) -> TrainingManifest:
        manifest_id = self.manifest_ids[assignment.rater]
        return TrainingManifest(
            id=manifest_id,
            study_id=assignment.study_id,
            rater=assignment.rater,
            assignment_sha256=assignment.sha256,
            items=tuple(
                AssignedItem(
                    item_id=one.item.id, task_id=one.item.task_id, shown_sha256=one.item.shown_sha256
                )
                for one in self.items
            ),
            references=tuple(one.references_sha256 for one in self.items),
            asked=tuple(one.item.id for one in self.items),
            dimensions=assignment.dimensions,
            gate=gate,
            admission_sha256=admission_sha256(manifest_id, self.codes[assignment.rater]),
            rubric_sha256=assignment.rubric_sha256,
            protocol_sha256=assignment.protocol_sha256,
            key=assignment.key,
        )


def training_transcripts(training: TrainingSources | None) -> list[Transcript]:
    """Return the transcripts of a training, each under a task of its own, as leak reports name them."""
    if training is None:
        return []
    return [
        Transcript(
            origin=Origin(
                model=one.transcript.origin.model,
                scaffold=one.transcript.origin.scaffold,
                task=f"training {one.transcript.origin.source}",
                source=one.transcript.origin.source,
            ),
            conversation=one.transcript.conversation,
            read_from=one.transcript.read_from,
        )
        for one in training.transcripts
    ]


def find_training_hits(
    protocol: StudyProtocol,
    study: Sequence[Transcript],
    training: TrainingSources | None,
    decisions: Mapping[str, Decision],
) -> list[LeakHit]:
    """Return every hit of the leak rules in training texts."""
    texts = training_transcripts(training)
    if not texts:
        return []
    rules = rules_of(protocol, [*study, *texts])
    return list(find_hits(texts, rules, decisions, policy=policy_of(protocol)))


def plan_training(
    protocol: StudyProtocol,
    training: TrainingSources,
    study: Sequence[Transcript],
    *,
    origins: Mapping[str, Origin],
    decisions: Mapping[str, Decision],
    fresh_id: Callable[[], str],
    entropy: Entropy,
) -> TrainingPlan:
    """Work the training of a study out.

    Args:
        protocol: The protocol of the study.
        training: The material.
        study: The transcripts of the study, as imported.
        origins: Origin of each study item, by item id.
        decisions: Decisions on hits of the leak rules.
        fresh_id: Draws an id that nothing has.
        entropy: Source of admit codes and of the draw of gold items.

    Raises:
        InvalidInputError: A training text is a study item, or a gold reference is of none.
        BlindError: A hit of the leak rules in a training text waits for a decision.
    """
    refuse_study_items(training, study)
    texts = training_transcripts(training)
    rules = rules_of(protocol, [*study, *texts])  # once: it reads every text of the study
    hits = list(find_hits(texts, rules, decisions, policy=policy_of(protocol)))
    _refuse_undecided(hits)
    items = [
        TrainingItem(
            item=Item(
                id=fresh_id(),
                task_id=fresh_id(),
                conversation=scrub(
                    text.conversation,
                    rules,
                    token=protocol.redaction.token,
                    decide=decider(text.origin, decisions),
                    policy=policy_of(protocol),
                ).conversation,
                card=one.card,
            ),
            references=one.references,
        )
        for one, text in zip(training.transcripts, texts, strict=True)
    ]
    raters = protocol.design.raters
    return TrainingPlan(
        items=tuple(sorted(items, key=lambda one: one.item.id)),
        manifest_ids={rater: fresh_id() for rater in raters},
        codes={rater: draw_admit_code(entropy) for rater in raters},
        gold=_draw_gold(protocol, training.gold, origins, entropy),
        kept=frozenset(
            hit.place.found for hit in hits if hit.decision is not None and hit.action is Action.KEEP
        ),
    )


def leaks_in_training(plan: TrainingPlan, terms: ForbiddenTerms) -> list[Leak]:
    """Return every stretch of training texts, explanations and cards that tells a condition."""
    found = leaks_in_items([one.item for one in plan.items], terms, what="a training transcript")
    found = [leak for leak in found if leak.found not in plan.kept]
    return [*found, *leaks_in_training_texts(plan.items, terms), *leaks_in_gold(plan.gold, terms)]


def leaks_in_references(training: TrainingSources, terms: ForbiddenTerms) -> list[Leak]:
    """Return the leaks in the admin's own texts of a training, before anything is seeded."""
    items = [
        TrainingItem(
            item=Item(id="", task_id="", conversation=Conversation(messages=()), card=one.card),
            references=one.references,
        )
        for one in training.transcripts
    ]
    gold = [GoldItem(item_id="", references=one.references) for one in training.gold]
    return [*leaks_in_training_texts(items, terms), *leaks_in_gold(gold, terms)]


def draw_admit_code(entropy: Entropy) -> str:
    """Return a new code with which the admin can let a rater in."""
    code = base64.b32encode(entropy.randbytes(CODE_BYTES)).decode("ascii")
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))


def _refuse_undecided(hits: Sequence[LeakHit]) -> None:
    undecided = [hit for hit in hits if hit.is_undecided]
    if undecided:
        raise BlindError(
            f"{len(undecided)} hits of the leak rules in training texts wait for a decision.",
            next_step="See them with `rater-admin leaks`, and decide with --decide.",
        )
    dropped = sorted({hit.place.origin.source for hit in hits if hit.action is Action.DROP_TASK})
    if dropped:
        raise InvalidInputError(
            f"A decision drops the training transcript {dropped[0]}.",
            next_step="Take it out of the training file, or decide to keep or replace the words.",
        )


def refuse_study_items(training: TrainingSources, study: Sequence[Transcript]) -> None:
    """Refuse a training that holds a transcript of the study.

    Raises:
        InvalidInputError: Every such transcript is named.
    """
    ids = {transcript.origin.source: transcript for transcript in study if transcript.origin.source}
    # Hashes: the replies of a large study do not fit into memory.
    said_by: dict[str, Transcript] = {}
    for transcript in study:
        for told in _telling(transcript.conversation):
            said_by.setdefault(told, transcript)
    problems: list[Problem] = []
    for one in training.transcripts:
        source = one.transcript.origin.source
        told_of = (said_by.get(told) for told in _telling(one.transcript.conversation))
        same = next((found for found in told_of if found is not None), None)
        if source in ids:
            problems.append(_problem(one.transcript, f"the id {quoted(source)} of {ids[source].read_from}"))
        elif same is not None:
            found = f"the words of {quoted(same.origin.source)} ({same.read_from})"
            problems.append(_problem(one.transcript, found))
    if problems:
        raise InvalidInputError(
            "A study item stands in the training: raters would meet it with its answer known.",
            next_step="Take these transcripts out of the training or out of the study.",
            problems=problems,
        )


def _telling(conversation: Conversation) -> list[str]:
    """Return hashes of all that the assistant said together, and of each long reply.

    Case, blanks and look-alike characters do not count.
    """
    replies = [
        " ".join(fold(message.text).text.casefold().split())
        for message in conversation.messages
        if message.role == "assistant"
    ]
    whole = canonical_bytes(["whole", *replies])
    return [sha256_hex(whole), *(sha256_hex(one.encode()) for one in replies if len(one) >= LONG_REPLY)]


def _problem(transcript: Transcript, found: str) -> Problem:
    return Problem(where=transcript.read_from, found=found, expected="a transcript that nobody rates")


def _draw_gold(
    protocol: StudyProtocol, gold: Sequence[GoldReference], origins: Mapping[str, Origin], entropy: Entropy
) -> tuple[GoldItem, ...]:
    """Return the gold items: those named, or a share of all items drawn from them."""
    items: dict[str, list[str]] = {}
    for item_id, origin in origins.items():
        items.setdefault(origin.source, []).append(item_id)
    problems = [
        Problem(
            where=f"the gold reference of {one.source}",
            found=f"{len(items.get(one.source, []))} transcripts of the study with this id",
            expected="one",
        )
        for one in gold
        if len(items.get(one.source, [])) != 1
    ]
    if problems:
        raise InvalidInputError(
            "A gold reference is not of one study item.",
            next_step="Name transcripts of the study by the id they have in their file.",
            problems=problems,
        )
    chosen = sorted(gold, key=lambda one: one.source)
    share = protocol.calibration.gold_share if protocol.calibration else None
    if share is not None:
        count = round(share * len(origins))
        if not count:
            raise InvalidInputError(
                f"gold_share is less than half of one of {len(origins)} items.",
                next_step="Raise gold_share, or leave gold out.",
            )
        if count > len(chosen):
            raise InvalidInputError(
                f"gold_share asks for {count} gold items, and there are references of {len(chosen)}.",
                next_step="Write more references, or lower gold_share.",
            )
        chosen = shuffled(chosen, entropy)[:count]
    return tuple(
        sorted(
            (GoldItem(item_id=items[one.source][0], references=one.references) for one in chosen),
            key=lambda one: one.item_id,
        )
    )
