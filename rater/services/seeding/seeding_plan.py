"""What a study will hold, worked out in memory: items, orders, key. Nothing is written here.

Given the same transcripts in any order and the same draws, the plan is the same: transcripts are
sorted by origin before anything is drawn, so the bytes of a study file tell nothing about the
order of its sources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from protocol.allocation.allocation_key import AllocationKey
from protocol.allocation.intake_counts import Intake
from protocol.canonical_json import Json, sha256_hex
from protocol.chain.identifiers import Entropy, draw_id, shuffled
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.conversation import Conversation, Message
from protocol.deidentify.decisions import Decision
from protocol.deidentify.rules import RedactionRules
from protocol.deidentify.scrubbing import scrub
from protocol.design.assignment import Share, assign
from protocol.design.soundness import Arm, DesignFault, design_faults
from protocol.errors import BlindError, CheckFailedError
from protocol.item import Item
from protocol.sources.source_plan import plan_json
from protocol.study import SourcesPlan, StudyProtocol
from protocol.transcript import Origin, Transcript
from rater.services.leaks.blind_lint import (
    ForbiddenTerms,
    Leak,
    forbidden_terms,
    leaks_in_items,
    leaks_in_own_texts,
)
from rater.services.leaks.leak_rules import (
    decider,
    kept_transcripts,
    policy_of,
    rules_of,
    words_kept_by_decision,
)
from rater.services.seeding.reading_training import TrainingSources
from rater.services.seeding.training_plan import (
    TrainingPlan,
    leaks_in_training,
    plan_training,
    training_transcripts,
)
from rater.services.sources.transcript_spool import ItemSpool, SpooledItem

SALT_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededShare:
    """One rater's item ids, in the order they are met."""

    rater: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedingPlan:
    """Everything that will be written, before the key is sealed."""

    study_id: str
    items: tuple[Item, ...]
    """Hidden repeats included, which are items with ids of their own."""
    shares: tuple[SeededShare, ...]
    warnings: tuple[str, ...]
    """What is wrong with who rates what, and can be lived with."""
    repeats: Mapping[str, str]
    """Id of a hidden repeat to the id of the item it repeats. In no manifest and no pack."""
    dimension_orders: Mapping[str, tuple[str, ...]]
    """Dimension ids by rater."""
    manifest_ids: Mapping[str, str]
    """Manifest id by rater."""
    asked: Mapping[str, tuple[str, ...]]
    """Items that carry the guess questions, by rater."""
    key: AllocationKey
    replaced: Mapping[str, int]
    """Number of replaced stretches by rule, over all items."""
    training: TrainingPlan | None = None

    def manifests(self, *, protocol: StudyProtocol, sealed_sha256: str) -> tuple[AssignmentManifest, ...]:
        """Return the assignment manifests once the sealed key's hash is known."""
        # Once for all raters: with a thousand of them the hashes of the whole key would take hours.
        binding, rubric_sha256 = self.binding(sealed_sha256), protocol.rubric.sha256
        protocol_sha256 = sha256_hex(self.key.study_toml.encode())
        assigned = {
            item.id: AssignedItem(item_id=item.id, task_id=item.task_id, shown_sha256=item.shown_sha256)
            for item in self.items
        }
        return tuple(
            AssignmentManifest(
                id=self.manifest_ids[share.rater],
                study_id=self.study_id,
                rater=share.rater,
                items=tuple(assigned[item_id] for item_id in share.items),
                dimensions=self.dimension_orders[share.rater],
                asked=self.asked[share.rater],
                rubric_sha256=rubric_sha256,
                protocol_sha256=protocol_sha256,
                key=binding,
            )
            for share in self.shares
        )

    def binding(self, sealed_sha256: str) -> KeyBinding:
        """Return what binds the study to its key."""
        return KeyBinding(
            sealed_sha256=sealed_sha256,
            allocation_commitment=self.key.allocation_commitment,
            redaction_commitment=self.key.redaction_commitment,
        )


def plan_seeding(
    protocol: StudyProtocol,
    study_toml: str,
    transcripts: Sequence[Transcript],
    *,
    entropy: Entropy,
    decisions: Mapping[str, Decision] | None = None,
    training: TrainingSources | None = None,
    sources: SourcesPlan | None = None,
    fairness: Mapping[str, str] | None = None,
    intake: Intake | None = None,
    sites: Mapping[str, str] | None = None,
) -> SeedingPlan:
    """Work a study out from its protocol and transcripts.

    Args:
        protocol: The protocol of the study.
        study_toml: The text the protocol was read from; it goes into the sealed key.
        transcripts: Complete: every cell filled once, every task with a card.
        entropy: Source of every id, salt and order.
        decisions: Decisions on hits of the leak rules, by fingerprint.
        training: The material of [calibration], where the protocol has one.
        sources: How the transcripts were read, for the record in the key.
        fairness: What the fairness rules answered, for the record in the key.
        intake: How many transcripts were collected and left out, for the record in the key.
        sites: Site by rater code, where raters have one.

    Raises:
        InvalidInputError: The spacing cannot be kept, some task would be rated by nobody, or the training
            holds a study item.
        CheckFailedError: Raters are confounded with conditions.
        BlindError: A leak is undecided, or a text that raters see would tell a condition where no rule
            may replace it.
    """
    rules = rules_of(protocol, transcripts)
    ordered = kept_transcripts(protocol, transcripts, rules, decisions or {})
    cards = {task.id: task.card for task in protocol.tasks}

    taken: set[str] = set()

    def fresh_id() -> str:
        drawn = draw_id(entropy, taken)
        taken.add(drawn)
        return drawn

    study_id = fresh_id()
    opaque = {task: fresh_id() for task in sorted({transcript.origin.task for transcript in ordered})}
    kept = words_kept_by_decision(protocol, ordered, rules, decisions or {})
    terms = _terms(protocol, ordered, rules)
    leaks = leaks_in_own_texts(protocol, terms)
    spool = ItemSpool()
    items: list[SpooledItem] = []
    logs: dict[str, Json] = {}
    replaced: Counter[str] = Counter()
    origins = {}
    for transcript in ordered:
        result = scrub(
            transcript.conversation,
            rules,
            token=protocol.redaction.token,
            decide=decider(transcript.origin, decisions or {}),
            policy=policy_of(protocol),
        )
        item = Item(
            id=fresh_id(),
            task_id=opaque[transcript.origin.task],
            conversation=result.conversation,
            card=cards[transcript.origin.task],
        )
        leaks += [leak for leak in leaks_in_items([item], terms) if leak.found not in kept]
        items.append(spool.add(item))
        logs[item.id] = result.log()
        origins[item.id] = transcript.origin
        replaced.update(replacement.rule for replacement in result.replacements)
    _refuse(list(dict.fromkeys(leaks)))

    by_task: dict[str, list[str]] = {}
    for item in items:
        by_task.setdefault(item.task_id, []).append(item.id)
    drawn = assign(by_task, protocol.design, sites=sites, entropy=entropy)
    arms = {task: [_arm(origins[item_id]) for item_id in own] for task, own in by_task.items()}
    faults = design_faults(drawn.teams, protocol.design.raters, arms, baseline=protocol.baseline.id)
    refuse_faults(faults)
    repeat_of = {item_id: fresh_id() for item_id in _repeated(drawn.shares)}
    shares = tuple(_with_ids_of_repeats(share, repeat_of) for share in drawn.shares)
    repeats = {repeat: first for first, repeat in repeat_of.items()}
    item_of = {item.id: item for item in items}
    for repeat, first in repeats.items():
        items.append(item_of[first].under_id(repeat))
        logs[repeat] = logs[first]
        origins[repeat] = origins[first]
    dimension_ids = [dimension.id for dimension in protocol.rubric.dimensions]
    plan = SeedingPlan(
        study_id=study_id,
        items=tuple(sorted(items, key=lambda item: item.id)),
        shares=shares,
        warnings=tuple(fault.sentence for fault in faults),
        repeats=repeats,
        dimension_orders={rater: tuple(shuffled(dimension_ids, entropy)) for rater in protocol.design.raters},
        manifest_ids={rater: fresh_id() for rater in protocol.design.raters},
        asked={share.rater: _draw_asked(protocol, share.items, entropy, repeats) for share in shares},
        key=AllocationKey(
            study_id=study_id,
            allocation=origins,
            tasks={opaque_id: task for task, opaque_id in opaque.items()},
            redaction_log=logs,
            study_toml=study_toml,
            allocation_salt=entropy.randbytes(SALT_BYTES).hex(),
            redaction_salt=entropy.randbytes(SALT_BYTES).hex(),
            sources=None if sources is None or sources == protocol.sources else plan_json(sources),
            fairness=fairness or {},
            intake=intake.to_json() if intake else {},
        ),
        replaced=dict(sorted(replaced.items())),
    )
    if training is None:
        return plan
    # Drawn last: a study with training has the orders it would have without.
    trained = plan_training(
        protocol,
        training,
        ordered,
        origins={item_id: origin for item_id, origin in origins.items() if item_id not in repeats},
        decisions=decisions or {},
        fresh_id=fresh_id,
        entropy=entropy,
    )
    terms = _terms(protocol, [*ordered, *training_transcripts(training)], rules)
    _refuse([*leaks_in_own_texts(protocol, terms), *leaks_in_training(trained, terms)])
    return replace(plan, training=trained)


def refuse_faults(faults: Sequence[DesignFault]) -> None:
    """Refuse an assignment from which no effect could be told.

    Raises:
        CheckFailedError: Raters are confounded with conditions; every case is named.
    """
    refused = [f"  {fault.sentence}" for fault in faults if fault.refused]
    if refused:
        raise CheckFailedError(
            "Raters are confounded with conditions:\n" + "\n".join(refused) + "\n",
            next_step="Fill the cells of every task; `rater-admin design` shows the assignment.",
        )


def _arm(origin: Origin) -> Arm:
    return Arm(model=origin.model, scaffold=origin.scaffold)


def _repeated(shares: Sequence[Share]) -> list[str]:
    """Return the items that some rater meets again, in id order."""
    return sorted({place.item for share in shares for place in share.places if place.again})


def _with_ids_of_repeats(share: Share, repeat_of: Mapping[str, str]) -> SeededShare:
    return SeededShare(
        rater=share.rater,
        items=tuple(repeat_of[place.item] if place.again else place.item for place in share.places),
    )


def _draw_asked(
    protocol: StudyProtocol, items: Sequence[str], entropy: Entropy, repeats: Collection[str] = ()
) -> tuple[str, ...]:
    """Draw the items that carry guess questions: a share of all, none in the first quarter.

    Asked from the start, the questions would train raters to look for the condition. A repeat
    carries none: on a second reading a guess is no second guess.
    """
    if not protocol.guess.questions:
        return ()
    later = [item_id for item_id in items[-(-len(items) // 4) :] if item_id not in repeats]
    first_times = sum(item_id not in repeats for item_id in items)
    count = min(len(later), round(protocol.guess.share * first_times))
    return tuple(sorted(shuffled(later, entropy)[:count]))


def _terms(
    protocol: StudyProtocol, transcripts: Sequence[Transcript], rules: RedactionRules
) -> ForbiddenTerms:
    def redacted(text: str) -> str:
        alone = Conversation(messages=(Message(role="assistant", text=text),))
        return scrub(alone, rules, token=protocol.redaction.token).conversation.messages[0].text

    return forbidden_terms(protocol, transcripts, redacted=redacted)


def _refuse(leaks: Sequence[Leak]) -> None:
    if leaks:
        shown = "\n".join(f"  {leak}" for leak in leaks[:50])
        more = f"\n  and {len(leaks) - 50} more" if len(leaks) > 50 else ""
        raise BlindError(
            f"Raters would see what tells a condition:\n{shown}{more}\n",
            next_step="Reword these texts in study.toml or in the training file, "
            "or add the words to redaction.literals.",
        )
