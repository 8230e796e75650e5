"""Whether the items of a bundle are what the lock and the protocol say: by allocation, or as benchmarks."""

from __future__ import annotations

from protocol.public_bundle import layout
from rater.services.bundle_parts import BundleParts


def allocation_faults(parts: BundleParts) -> list[str]:
    """Return what is wrong with the opened allocation of a study with conditions."""
    opened = parts.opened
    commitment = (parts.lock.key or {}).get("allocation_commitment")
    wrong = [
        f"an arm, a task or the salt was changed: {why}"
        for why in [opened.why_not_committed(str(commitment))]
        if why
    ]
    if opened.study_id != parts.lock.study:
        wrong.append("it is of another study")
    placed = {item.item_id: item.task_id for manifest in parts.manifests for item in manifest.items}
    if set(placed) != set(opened.allocation):
        wrong.append("its items are not those of the manifests")
    elif any(opened.tasks.get(task) != opened.allocation[item].task for item, task in placed.items()):
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
