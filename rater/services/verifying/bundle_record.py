"""Whether the published record fits lock, protocol and manifests: entries, amendments, marks."""

from __future__ import annotations

from protocol.chain.amendment import AmendmentKind, fault_of_reassignment, in_order
from protocol.chain.batches import fault_of_extension
from protocol.public_bundle import layout
from protocol.rubric_versions import fault_of_rerate, rubric_history
from rater.services.verifying.bundle_parts import BundleParts


def record_faults(parts: BundleParts) -> list[str]:
    """Return what is wrong with the numbers of the record, or its entry that the lock is bound to."""
    known = _entries(parts)
    actions = [one.get("action") for one in known]
    if not known or [one.get("seq") for one in known] != list(range(1, len(known) + 1)):
        return ["its entries are not numbered from 1 without a gap"]
    if actions[0] != "seeded" or not (parts.is_audit or "unblinded" in actions):
        return ["it does not begin with the seeding, or has no unblinding"]
    hashes = [one.get("hash") for one in known]
    after = hashes.index(parts.lock.audit) + 1 if parts.lock.audit in hashes else len(hashes)
    ended = parts.lock.adjudication is not None
    meant = ("adjudicated", "adjudication-waived") if ended else ("locked",)
    return [] if actions[after : after + 1] and actions[after] in meant else ["there is no such entry"]


def amendment_faults(parts: BundleParts) -> list[str]:
    """Return what is wrong with the amendments of the lock, against protocol, manifests and record."""
    amendments, protocol = parts.lock.amendments, parts.protocol
    tasks = {item.item_id: item.task_id for one in parts.manifests for item in one.items}
    dimensions = {one.id for one in protocol.rubric.dimensions}
    wrong = [] if in_order(amendments) else ["they are not numbered from 1 without a gap"]
    rubric_history(protocol.rubric, amendments)
    for one in amendments:
        fault = fault_of_reassignment(one, parts.manifests) if one.tasks else None
        fault = fault or (fault_of_rerate(one, protocol.rubric) if one.texts else None)
        if one.kind is AmendmentKind.EXTEND:
            fault = fault_of_extension(one, amendments, parts.locked_raters)
        if fault:
            wrong.append(f"amendment {one.number}: {fault}")
        if one.dimension is not None and one.dimension not in dimensions:
            wrong.append(f"amendment {one.number} is about no dimension of the rubric")
        if one.item is not None and (tasks.get(one.item), protocol.visible.withdraw) != (
            one.task,
            one.rule,
        ):
            wrong.append(f"amendment {one.number} is about no item of its task, or by another rule")
    told = [
        (entry.get("amendment"), entry.get("action"), entry.get("day"))
        for entry in _entries(parts)
        if "amendment" in entry
    ]
    if told != [(one.number, one.kind.value, one.day) for one in amendments]:
        wrong.append(f"{layout.RECORD} has other amendments")
    return wrong


def mark_faults(parts: BundleParts) -> list[str]:
    """Return marks without any reason: what they rest on is withheld, so no more can be said of them."""
    tidy = parts.tidy()
    reported = {str(one.get("rater")) for one in _entries(parts) if one.get("action") == "incident"}
    wrong = [
        f"{rater} has ratings after an incident, and the record has none of {rater}"
        for rater in sorted({rater for rater, _, _ in tidy.after_incident} - reported)
    ]
    if tidy.gold and not parts.protocol.has_gold:
        wrong.append("items are marked as gold, and the protocol has no gold items")
    return wrong


def _entries(parts: BundleParts) -> list[dict[str, object]]:
    entries = parts.object(layout.RECORD).get("entries")
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
