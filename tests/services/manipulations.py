"""Twelve manipulations of a finished study, each with the lines of verify that must name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from protocol.allocation.allocation_key import AllocationKey
from protocol.allocation.sealing import seal_for_recipients
from protocol.canonical_json import sha256_hex
from protocol.chain.events import EventDraft, EventKind
from rater.services.doors.key_files import open_key
from tests.services.forging import Body, Forger, canonical
from tests.services.small_studies import (
    PastDoor,
    rate_all,
    recipient_of,
    returned_by,
    seed_small,
    write_sources,
)

SCHEMA = "the file's tables and guards are those of this program"

Change = Callable[[Forger, PastDoor], None]


@dataclass(frozen=True)
class Manipulation:
    """What is done, and what verify must say."""

    change: Change
    named: tuple[tuple[str, str], ...]
    """Part of a question that must fail, and part of the reason."""
    unblinded: bool = False


def _edit_score(forger: Forger, past: PastDoor) -> None:
    chain = forger.manifest().id
    where = f"chain_id = '{chain}' AND seq = (SELECT min(seq) FROM event WHERE body LIKE '%\"score\"%')"
    forger.change_json("event", "body", lambda body: body.update(level=3), where)


def _edit_score_and_hash(forger: Forger, past: PastDoor) -> None:
    from protocol.chain.events import link

    _edit_score(forger, past)
    chain = forger.manifest().id
    seq, body = forger.db.execute(
        "SELECT seq, body FROM event WHERE chain_id = ? AND body LIKE '%\"score\"%' ORDER BY seq", (chain,)
    ).fetchone()
    before = forger.events()[seq - 2][1]
    forger.db.execute(
        "UPDATE event SET hash = ? WHERE chain_id = ? AND seq = ?", (link(before, body.encode()), chain, seq)
    )


def _delete_event(forger: Forger, past: PastDoor) -> None:
    forger.db.execute("DELETE FROM event WHERE chain_id = ? AND seq = 4", (forger.manifest().id,))


def _delete_and_renumber(forger: Forger, past: PastDoor) -> None:
    _delete_event(forger, past)
    chain = forger.manifest().id
    for (seq,) in forger.db.execute(
        "SELECT seq FROM event WHERE chain_id = ? AND seq > 4 ORDER BY seq", (chain,)
    ).fetchall():
        forger.db.execute("UPDATE event SET seq = ? WHERE chain_id = ? AND seq = ?", (seq - 1, chain, seq))


def _cut_tail(forger: Forger, past: PastDoor) -> None:
    last = forger.events()[-1][0]
    forger.db.execute("DELETE FROM event WHERE chain_id = ? AND seq > ?", (forger.manifest().id, last - 5))


def raised(drafts: list[EventDraft]) -> list[EventDraft]:
    return [replace(one, level=3) if one.kind is EventKind.SCORE else one for one in drafts]


def _rewrite_chain(forger: Forger, past: PastDoor) -> None:
    forger.write_chain(raised(forger.drafts()))


def _swap_items(forger: Forger, past: PastDoor) -> None:
    (one, first), (other, second) = forger.db.execute("SELECT item_id, body FROM item").fetchmany(2)
    forger.db.execute("UPDATE item SET body = ? WHERE item_id = ?", (second, one))
    forger.db.execute("UPDATE item SET body = ? WHERE item_id = ?", (first, other))


def _swap_tasks(forger: Forger, past: PastDoor) -> None:
    rows = forger.db.execute("SELECT DISTINCT task_id FROM item").fetchmany(2)
    forger.db.execute("UPDATE item SET task_id = ? WHERE task_id = ?", (rows[0][0], rows[1][0]))


def _swap_items_in_manifests(forger: Forger, past: PastDoor) -> None:
    """Swap the texts and what every manifest promises of them."""
    (one, first), (other, second) = forger.db.execute("SELECT item_id, body FROM item").fetchmany(2)
    _swap_items(forger, past)
    hashes = {one: sha256_hex(second.encode()), other: sha256_hex(first.encode())}
    for (manifest_id,) in forger.db.execute("SELECT manifest_id FROM manifest").fetchall():

        def promise(body: Body) -> None:
            for item in body["items"]:  # type: ignore[attr-defined]  # JSON
                item[2] = hashes.get(item[0], item[2])

        forger.change_json("manifest", "body", promise, f"manifest_id = '{manifest_id}'")


def _replace_key(forger: Forger, past: PastDoor) -> None:
    """Seal somebody else's key for the same recipient."""
    other = seed_small(write_sources(past.small.folder / "other"), seed=77)
    past.small.key.write_bytes(other.key.read_bytes())


def _replace_key_and_hash(forger: Forger, past: PastDoor) -> None:
    _replace_key(forger, past)
    forger.db.execute("UPDATE study SET sealed_sha256 = ?", (sha256_hex(past.small.key.read_bytes()),))


def _swapped_arms(past: PastDoor) -> AllocationKey:
    key = open_key(past.small.key.read_bytes(), past.small.secrets)
    other = {"plain": "checks", "checks": "plain"}
    return replace(
        key,
        allocation={
            item: replace(origin, scaffold=other[origin.scaffold]) for item, origin in key.allocation.items()
        },
    )


def _seal_swapped_arms(forger: Forger, past: PastDoor) -> None:
    sealed = seal_for_recipients(_swapped_arms(past).to_bytes(), [recipient_of(past.small)])
    past.small.key.write_bytes(sealed)


def _bind_swapped_arms(forger: Forger, past: PastDoor) -> None:
    """The same, with hash and commitment of the study row to match."""
    _seal_swapped_arms(forger, past)
    forger.db.execute(
        "UPDATE study SET sealed_sha256 = ?, allocation_commitment = ?",
        (sha256_hex(past.small.key.read_bytes()), _swapped_arms(past).allocation_commitment),
    )


def _change_salt(forger: Forger, past: PastDoor) -> None:
    forger.db.execute("UPDATE opened_protocol SET allocation_salt = ?", ("0" * 64,))


def _swap_opened_arms(forger: Forger, past: PastDoor) -> None:
    forger.db.execute("UPDATE allocation SET scaffold = iif(scaffold = 'plain', 'checks', 'plain')")


def _change_rubric(forger: Forger, past: PastDoor) -> None:
    def soften(body: Body) -> None:
        body["rubric"]["dimensions"][0]["levels"][3]["anchor"] = "Any check."  # type: ignore[index]  # JSON

    forger.change_json("study", "visible", soften)


def _change_questions(forger: Forger, past: PastDoor) -> None:
    forger.change_json("study", "visible", lambda body: body.update(simulated=False))


def _change_plan(forger: Forger, past: PastDoor) -> None:
    text = past.small.protocol.read_text(encoding="utf-8").replace('headline = ["D1"]', 'headline = ["D2"]')
    forger.db.execute("UPDATE study SET protocol_sha256 = ?", (sha256_hex(text.encode()),))


def _change_opened_plan(forger: Forger, past: PastDoor) -> None:
    forger.db.execute("UPDATE opened_protocol SET study_toml = replace(study_toml, '[\"D1\"]', '[\"D2\"]')")


def _change_opened_plan_and_hash(forger: Forger, past: PastDoor) -> None:
    _change_opened_plan(forger, past)
    (text,) = forger.db.execute("SELECT study_toml FROM opened_protocol").fetchone()
    forger.db.execute("UPDATE study SET protocol_sha256 = ?", (sha256_hex(text.encode()),))


def _foreign_chain(forger: Forger, past: PastDoor) -> None:
    """Put another study's submission in the place of R1's."""
    other = seed_small(write_sources(past.small.folder / "other"), seed=77)
    rate_all(other, raters=["R1"])
    chain = forger.manifest().id
    forger.db.execute("DELETE FROM event WHERE chain_id = ?", (chain,))
    with other.raw() as db:
        rows = db.execute("SELECT seq, hash, body, withheld FROM event ORDER BY seq").fetchall()
    forger.db.executemany(f"INSERT INTO event VALUES ('{chain}', ?, ?, ?, ?)", rows)


def _foreign_chain_beside(forger: Forger, past: PastDoor) -> None:
    forger.db.execute("INSERT INTO event VALUES ('ffff', 1, 'h', '{}', '{}')")


def _foreign_file(forger: Forger, past: PastDoor) -> None:
    data = returned_by("R1").final
    forger.db.execute(
        "INSERT INTO returned_file VALUES (?, 'R1', 'merged', ?)", (sha256_hex(data), data.decode())
    )


def _forge_lock_body(forger: Forger, past: PastDoor) -> None:
    _rewrite_chain(forger, past)
    last = forger.events()[-1]

    def forge(body: Body) -> None:
        for entry in body["raters"]:  # type: ignore[attr-defined]  # JSON
            if entry["rater"] == "R1":
                entry["head"] = last[1]

    forger.change_json("lock_manifest", "body", forge)


def _forge_lock(forger: Forger, past: PastDoor) -> None:
    _rewrite_chain(forger, past)
    forger.lock_anew()


def _forge_lock_of_nothing(forger: Forger, past: PastDoor) -> None:
    """A lock manifest that says nothing at all, under its own hash."""
    body = canonical({"v": 1})
    code = sha256_hex(body.encode())
    forger.db.execute("UPDATE lock_manifest SET lock_code = ?, body = ?", (code, body))
    forger.db.execute("UPDATE study SET lock_code = ?", (code,))


CHAIN = "rating events of R1 are an unbroken chain"
RECEIPT = "of R1 is in the chain"
LOCKED = "ratings are as they were at the lock"
CODE = "lock code is the published one"
MANIFESTS = "manifests belong to this study"
AUDIT = "audit log"
KEY = "key is the one the study was seeded with"

MANIPULATIONS: dict[str, Manipulation] = {
    "1 edited score": Manipulation(_edit_score, ((CHAIN, "broken at number"), (LOCKED, "R1"))),
    "1 edited score, its hash anew": Manipulation(_edit_score_and_hash, ((CHAIN, "broken at number"),)),
    "2 deleted event": Manipulation(_delete_event, ((CHAIN, "number, chain or format"),)),
    "2 deleted event, renumbered": Manipulation(_delete_and_renumber, ((CHAIN, "number, chain or format"),)),
    "3 cut tail": Manipulation(
        _cut_tail, ((LOCKED, "not as it was when it was locked"), (RECEIPT, "cut or written anew"))
    ),
    "4 whole chain rewritten": Manipulation(
        _rewrite_chain, ((LOCKED, "not as it was when it was locked"), (RECEIPT, "cut or written anew"))
    ),
    "5 swapped items": Manipulation(
        _swap_items, (("every item", "not the one that was seeded|not the text"),)
    ),
    "5 swapped tasks": Manipulation(_swap_tasks, (("every item", "under another task"),)),
    "5 swapped items, manifests to match": Manipulation(
        _swap_items_in_manifests, ((CHAIN, "broken at number 1"), (AUDIT, "manifest of R1"))
    ),
    "6 replaced key": Manipulation(_replace_key, ((KEY, "bytes are not those"),)),
    "6 replaced key, hash to match": Manipulation(
        _replace_key_and_hash,
        ((MANIFESTS, "the key is not the one R1 was assigned with"), (AUDIT, "the key of the study")),
    ),
    "7 re-encrypted key with swapped arms": Manipulation(_seal_swapped_arms, ((KEY, "bytes are not those"),)),
    "7 the same, hash and commitment to match": Manipulation(
        _bind_swapped_arms, ((MANIFESTS, "the key is not the one R1 was assigned with"),)
    ),
    "7 swapped arms in the opened study": Manipulation(
        _swap_opened_arms,
        (("key opens and holds", "allocation in the study is not the sealed one"),),
        unblinded=True,
    ),
    "7 changed salt of the opened study": Manipulation(
        _change_salt, (("committed to", "another commitment"),), unblinded=True
    ),
    "8 changed rubric": Manipulation(
        _change_rubric, ((MANIFESTS, "the rubric is not the one R1 was assigned with"),)
    ),
    "8 changed description": Manipulation(
        _change_questions, (("key opens and holds", "rubric, name or questions"),)
    ),
    "9 changed plan": Manipulation(
        _change_plan, ((MANIFESTS, "the plan is not the one R1"), (AUDIT, "the plan of the study"))
    ),
    "9 changed plan, opened": Manipulation(
        _change_opened_plan, (("opened plan", "not the one that was hashed"),), unblinded=True
    ),
    "9 changed plan, opened, hash to match": Manipulation(
        _change_opened_plan_and_hash, ((MANIFESTS, "the plan is not the one R1"),), unblinded=True
    ),
    "11 foreign submission as a chain": Manipulation(_foreign_chain, ((CHAIN, "number, chain or format"),)),
    "11 foreign submission beside": Manipulation(
        _foreign_chain_beside, (("belongs to a rater of this study", "no manifest"),)
    ),
    "11 foreign submission as a file": Manipulation(
        _foreign_file, (("sent back", "merged and is not in the chain"),)
    ),
    "12 forged lock": Manipulation(_forge_lock, ((CODE, "another code"), (RECEIPT, "written anew"))),
    "12 forged lock manifest": Manipulation(
        _forge_lock_body, ((LOCKED, "not the one the lock code belongs to"),)
    ),
    "12 forged lock of nothing": Manipulation(
        _forge_lock_of_nothing, ((LOCKED, "none that this program writes"), (CODE, "another code"))
    ),
}
