"""Whether the items of a bundle are what the lock and the protocol say: by allocation, or as benchmarks."""

from __future__ import annotations

from protocol.canonical_json import sha256_hex
from protocol.chain.batches import batches_of
from protocol.public_bundle import layout
from rater.services.verifying.bundle_parts import BundleParts


def allocation_faults(parts: BundleParts) -> list[str]:
    """Return what is wrong with the opened allocation of a study with conditions."""
    later = parts.opened[1:]
    lock, batches = parts.lock, batches_of(parts.lock.amendments)
    bound = [str((lock.key or {}).get("allocation_commitment"))]
    bound += [one.key.allocation_commitment for one in batches]
    wrong = [] if len(later) == len(batches) else ["it has more or fewer batches than the amendments"]
    for opened, commitment in zip(parts.opened, bound, strict=False):
        why = opened.why_not_committed(commitment)
        if why:
            wrong.append(f"an arm, a task or the salt was changed: {why}")
        if opened.study_id != lock.study:
            wrong.append("it is of another study")
    for one, batch in zip(later, batches, strict=False):
        if sha256_hex(one.study_toml.encode()) != batch.protocol_sha256:
            wrong.append(f"the plan of batch {batch.number} was changed")
        if set(one.allocation) != batch.items:
            wrong.append(f"batch {batch.number} has other items than its amendments")
    placed = {item.item_id: item.task_id for manifest in parts.manifests for item in manifest.items}
    tasks = {opaque: task for one in parts.opened for opaque, task in one.tasks.items()}
    if set(placed) != set(parts.origins):
        wrong.append("its items are not those of the manifests")
    elif any(tasks.get(task) != parts.origins[item].task for item, task in placed.items()):
        wrong.append("an item stands under another task than in the manifests")
    return wrong


def audit_item_faults(parts: BundleParts) -> list[str]:
    """Return what is wrong with the items of an audit: each is a benchmark, the same for all coders."""
    audit = parts.protocol.audit
    if audit is None:
        return [f"{layout.PROTOCOL} is of a study with conditions, and {layout.LOCK} has no key"]
    known = {one.id for one in audit.benchmarks}
    placed = {
        (item.task_id, item.item_id, item.shown_sha256) for one in parts.manifests for item in one.items
    }
    found = [benchmark for benchmark, _, _ in placed]
    return [
        *(f"{one} is no benchmark of the protocol" for one in sorted(set(found) - known)),
        *(f"{one} is with no coder" for one in sorted(known - set(found))),
        *(f"{one} is not the same for all coders" for one in sorted(known) if found.count(one) > 1),
    ]
