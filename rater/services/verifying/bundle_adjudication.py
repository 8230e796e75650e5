"""The adjudication in a public bundle: its queue, its decisions and the consensus, made and checked.

Made from what the bundle holds, at the export as at every later check: the consensus rests on nothing that
a reader does not have.
"""

from __future__ import annotations

from protocol.adjudication.consensus import ConsensusCell, consensus_cells
from protocol.adjudication.manifest import AdjudicationManifest
from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.queue import disagreements
from protocol.adjudication.session import AdjudicationSession, fold_adjudication, impossible_step
from protocol.chain.amendment import Block, withdrawn_units
from protocol.chain.lock import LockedAdjudication
from protocol.chain.odd_events import odd_public_form
from protocol.chain.repeats import repeats_by_origin
from protocol.errors import CheckFailedError
from protocol.public_bundle import layout
from protocol.report.consensus_csv import consensus_csv
from protocol.rubric import Rubric
from protocol.rubric_versions import rubric_history
from rater.services.adjudication.adjudication_record import Adjudication
from rater.services.verifying.bundle_parts import BundleParts

NOT_BEGUN = "{}"
"""Stands for the queue where the adjudication was waived before it began."""


def adjudication_files(found: Adjudication | None) -> dict[str, str]:
    """Return queue and decisions as the bytes that were hashed; nothing where there is no adjudication."""
    if found is None or not found.has_ended:
        return {}
    session = found.session
    return {
        layout.ADJUDICATION: NOT_BEGUN if session is None else session.manifest.body().decode(),
        layout.DECISIONS: "" if session is None else layout.chain_lines(session.events),
    }


def consensus_file(parts: BundleParts) -> dict[str, str]:
    """Return the consensus that tidy data and decisions give; nothing where there is no adjudication."""
    found = consensus_of_bundle(parts)
    if found is None:
        return {}
    simulated = parts.protocol.visible.simulated
    return {layout.CONSENSUS: consensus_csv(found, parts.tidy().counted(), simulated=simulated)}


def consensus_of_bundle(parts: BundleParts) -> tuple[ConsensusCell, ...] | None:
    """Return the consensus that tidy data and decisions give, or None where there is no adjudication.

    Raises:
        CheckFailedError: The decisions do not verify.
    """
    locked = parts.lock.adjudication
    if locked is None:
        return None
    session = _session(parts, locked)
    return tuple(
        consensus_cells(
            parts.tidy().counted(),
            _plan(parts),
            {} if session is None else session.decisions,
            unsure_is_queued=parts.is_audit,
        )
    )


def adjudication_faults(parts: BundleParts) -> list[str]:
    """Return what is wrong with queue and decisions of a bundle whose lock names an adjudication."""
    locked = parts.lock.adjudication
    if locked is None:
        return []
    cells = disagreements(
        {state.manifest.id: state.session for state in parts.states},
        parts.protocol.rubric,
        left_out=_left_out(parts),
        difference=_plan(parts).difference,
        unsure_is_queued=parts.is_audit,
    )
    session = _session(parts, locked)
    decided = 0 if session is None else session.decided
    wrong = None if session is None else session.manifest.fault_of_queue(cells)
    if wrong:
        return [wrong]
    if (len(cells), decided) != (locked.cells, locked.decided):
        return [
            f"{decided} of {len(cells)} disagreements are decided, and {layout.LOCK} says "
            f"{locked.decided} of {locked.cells}"
        ]
    return []


def consensus_faults(parts: BundleParts) -> list[str]:
    """Return how the published consensus differs from the one that follows."""
    made = consensus_file(parts).get(layout.CONSENSUS)
    return [] if made == parts.text(layout.CONSENSUS) else ["it is another one"]


def _plan(parts: BundleParts) -> AdjudicationPlan:
    plan = parts.protocol.visible.adjudication
    if plan is None:
        raise CheckFailedError("The plan has no adjudication.", where=layout.PROTOCOL)
    return plan


def _session(parts: BundleParts, locked: LockedAdjudication) -> AdjudicationSession | None:
    if locked.chain is None:
        if parts.text(layout.ADJUDICATION) != NOT_BEGUN or parts.bytes(layout.DECISIONS):
            raise CheckFailedError("There are decisions of an adjudication that never began.")
        return None
    manifest = AdjudicationManifest.from_body(parts.bytes(layout.ADJUDICATION))
    bound = (manifest.sha256, manifest.rater, manifest.study_id, manifest.lock_code)
    if bound != (locked.chain.manifest, _plan(parts).who, parts.lock.study, locked.lock_code):
        raise CheckFailedError(
            f"The queue is not the one that {layout.LOCK} names.", where=layout.ADJUDICATION
        )
    stored = layout.read_chain_lines(parts.bytes(layout.DECISIONS), where=layout.DECISIONS)
    events = layout.public_events(stored.pop(manifest.id, []), manifest, where=layout.DECISIONS)
    session = fold_adjudication(manifest, events)
    if stored or (len(events), session.head.hash) != (locked.chain.events, locked.chain.head):
        raise CheckFailedError(
            f"The decisions are not the {locked.chain.events} events that were locked.",
            where=layout.DECISIONS,
        )
    odd = next((f"event {one.seq} {odd}" for one in events if (odd := odd_public_form(one))), None)
    wrong = odd or impossible_step(events, manifest, rubric=_rubric(parts, manifest), plan=_plan(parts))
    if wrong:
        raise CheckFailedError(f"No adjudicator can have made them: {wrong}.", where=layout.DECISIONS)
    return session


def _rubric(parts: BundleParts, manifest: AdjudicationManifest) -> Rubric:
    for version in rubric_history(parts.protocol.rubric, parts.lock.amendments).versions:
        if version.sha256 == manifest.rubric_sha256:
            return version.rubric
    raise CheckFailedError("The decisions are by a rubric that is none of the study's.")


def _left_out(parts: BundleParts) -> set[str]:
    orders = [[item.item_id for item in one.items] for one in parts.manifests]
    repeats = {} if parts.is_audit else repeats_by_origin(orders, parts.origins)
    blocks = {
        item.item_id: Block(task=item.task_id, model=None) for one in parts.manifests for item in one.items
    }
    return {*repeats, *parts.tidy().gold, *withdrawn_units(parts.lock.amendments, blocks)}
