"""The doors: every step that exists, every one that does not, and every way to cheat on the way."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from db.allocation_store import read_allocation, read_study_toml
from db.audit_store import read_audit
from db.connection import close, open_for_reading, open_for_writing
from db.event_store import append_event, read_head
from db.manifest_store import read_manifest
from db.study_store import StudyState, read_study
from protocol.allocation.allocation_key import AllocationKey
from protocol.allocation.sealing import generate_key_pair, open_with_identities, seal_for_recipients
from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.chain.audit import audit_genesis, audit_link
from protocol.chain.events import EventDraft, EventKind, Head, genesis, link, make_event
from protocol.errors import CheckFailedError, InvalidInputError, UsageError, WrongStateError
from rater.services.doors.doors import lock_study, unblind_study, unlock_study
from rater.services.doors.key_files import Secrets, open_key
from rater.services.progress.looks import record_look
from rater.services.progress.progress import read_progress
from rater.services.who import Who
from tests.services.small_studies import (
    ADMIN,
    MODELS,
    PLAIN,
    SmallStudy,
    clock,
    lock_small,
    locked_study,
    pack_of_r1,
    rate_all,
    rate_item,
    rated_study,
    recipient_of,
    seed_small,
    seeded_study,
    unblind_small,
    unblinded_study,
    write_sources,
)


def state_of(small: SmallStudy) -> StudyState:
    connection = open_for_reading(small.study)
    state = read_study(connection).state
    close(connection)
    return state


def without_triggers(connection: sqlite3.Connection) -> None:
    """What anybody with sqlite3 can do first."""
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def attempt(
    small: SmallStudy, code: str, *, sealed: bytes | None = None, secrets: Secrets | None = None
) -> int:
    return unblind_study(
        small.study,
        small.key.read_bytes() if sealed is None else sealed,
        secrets or small.secrets,
        lock_code=code,
        who=ADMIN,
        clock=clock,
    )


# Lock and unlock.


def test_a_complete_study_locks_without_a_reason_and_its_code_is_the_hash_of_its_manifest(
    tmp_path: Path,
) -> None:
    """The lock manifest holds every chain's head; anybody can hash it again."""
    small = rated_study(tmp_path)
    locked = lock_study(small.study, who=Who(name="admin", app="0"), clock=clock)
    assert locked.missing == {}
    with small.raw() as connection:
        code, body = connection.execute("SELECT lock_code, body FROM lock_manifest").fetchone()
        heads = dict(connection.execute("SELECT chain_id, max(seq) FROM event GROUP BY chain_id"))
    assert code == locked.lock_code == sha256_hex(body.encode())
    manifest = json.loads(body)
    assert {one["chain"]: one["events"] for one in manifest["raters"]} == heads
    assert all(one["missing"] == [] and one["completed"] == one["items"] for one in manifest["raters"])
    assert state_of(small) is StudyState.LOCKED
    assert small.actions()[-1] == "locked"
    assert small.audit()[-1]["details"]["lock_code"] == code  # type: ignore[index]  # JSON


def test_a_study_with_gaps_locks_only_where_they_are_accepted_with_a_reason(tmp_path: Path) -> None:
    """Who lacks how much is said; the manifest lists the items one by one."""
    small = seeded_study(tmp_path)
    rate_all(small, raters=["R1"])
    desk = small.desk("R2")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    with pytest.raises(WrongStateError, match=r"Items are not completed: R2 7, R3 8\."):
        lock_study(small.study, who=ADMIN, clock=clock)
    for reason in ("", "  \n"):
        who = replace(ADMIN, reason=reason)
        with pytest.raises(UsageError, match="needs a reason"):
            lock_study(small.study, who=who, clock=clock, accept_missing=True)
    assert state_of(small) is StudyState.OPEN
    assert small.actions() == ["seeded"]
    who = replace(ADMIN, reason="R2 and R3 fell ill")
    locked = lock_study(small.study, who=who, clock=clock, accept_missing=True)
    assert {rater: len(items) for rater, items in locked.missing.items()} == {"R2": 7, "R3": 8}
    with small.raw() as connection:
        (body,) = connection.execute("SELECT body FROM lock_manifest").fetchone()
    assert [len(one["missing"]) for one in json.loads(body)["raters"]] == [0, 7, 8]
    assert json.loads(body)["reason"] == "R2 and R3 fell ill"


def test_a_locked_study_takes_no_rating_and_no_second_lock(tmp_path: Path) -> None:
    """Ratings are final; the refusal names the state."""
    small = locked_study(tmp_path).small
    with pytest.raises(WrongStateError, match="locked"):
        small.desk("R1")
    with pytest.raises(WrongStateError, match="The study is locked"):
        lock_small(small)


def test_a_rater_at_work_is_told_when_the_study_locks(tmp_path: Path) -> None:
    """The next key press is refused and the session stays as it was saved."""
    small = seeded_study(tmp_path)
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    before = desk.session
    lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
    with pytest.raises(WrongStateError, match="locked while you were rating"):
        desk.start_sitting()
    assert desk.session == before
    desk.close()


def test_unlocking_voids_the_code_and_a_new_lock_has_another(tmp_path: Path) -> None:
    """The old code opens nothing any more, even where no rating changed."""
    door = locked_study(tmp_path)
    who = replace(ADMIN, reason="R1 found a slip")
    assert unlock_study(door.small.study, who=who, clock=clock) == door.lock_code
    assert state_of(door.small) is StudyState.OPEN
    assert door.small.audit()[-1]["reason"] == "R1 found a slip"
    new = lock_small(door.small)
    assert new != door.lock_code
    with pytest.raises(CheckFailedError, match="not the lock code"):
        attempt(door.small, door.lock_code)
    assert attempt(door.small, new) == 12


def test_unlocking_needs_a_locked_study_and_a_reason(tmp_path: Path) -> None:
    """Nothing leads back from unblinded."""
    with pytest.raises(UsageError, match="needs a reason"):
        unlock_study(locked_study(tmp_path / "a").small.study, who=replace(ADMIN, reason=" "), clock=clock)
    with pytest.raises(WrongStateError, match="The study is open"):
        unlock_study(seeded_study(tmp_path / "b").study, who=ADMIN, clock=clock)
    with pytest.raises(WrongStateError, match="The study is unblinded"):
        unlock_study(unblinded_study(tmp_path / "c").small.study, who=ADMIN, clock=clock)


def test_a_pack_has_no_doors(tmp_path: Path) -> None:
    """Locking, unlocking and unblinding belong to the study file, and the sentence says so."""
    pack = pack_of_r1(tmp_path, rated=0)
    small = seeded_study(tmp_path)
    steps: list[Callable[[], object]] = [
        lambda: lock_study(pack, who=ADMIN, clock=clock, accept_missing=True),
        lambda: unlock_study(pack, who=ADMIN, clock=clock),
        lambda: unblind_study(
            pack, small.key.read_bytes(), small.secrets, lock_code="x", who=ADMIN, clock=clock
        ),
    ]
    for step in steps:
        with pytest.raises(InvalidInputError, match="This is a pack"):
            step()


# Unblinding.


def test_unblinding_opens_what_was_sealed_and_records_intent_and_outcome(tmp_path: Path) -> None:
    """Every origin and the exact study.toml are in the file afterwards, and the audit log is whole."""
    door = locked_study(tmp_path)
    small = door.small
    assert attempt(small, f"  {door.lock_code.upper()}\n") == 12
    connection = open_for_reading(small.study)
    study = read_study(connection)
    assert study.state is StudyState.UNBLINDED
    assert study.lock_code == door.lock_code
    assert read_allocation(connection) == dict(open_key(small.key.read_bytes(), small.secrets).allocation)
    assert read_study_toml(connection) == small.protocol.read_text(encoding="utf-8")
    actions = [entry.action for entry in read_audit(connection, study_id=study.study_id)]
    close(connection)
    assert actions[-2:] == ["unblind-intent", "unblinded"]
    details = small.audit()[-1]["details"]
    assert details == {
        "app": "0",
        "sealed": sha256_hex(small.key.read_bytes()),
        "lock_code": door.lock_code,
        "allocation_commitment": study.sealed_key.allocation_commitment,
    }


def test_nothing_is_opened_twice(tmp_path: Path) -> None:
    """The second attempt is refused by the state, and is no entry of its own."""
    door = unblinded_study(tmp_path)
    before = door.small.audit()
    with pytest.raises(WrongStateError, match=r"unblinded.*only once"):
        attempt(door.small, door.lock_code)
    assert door.small.audit() == before


def test_an_open_study_is_not_unblinded(tmp_path: Path) -> None:
    """Lock first."""
    with pytest.raises(WrongStateError, match="Only a locked study"):
        attempt(rated_study(tmp_path), "0" * 64)


def test_unblinding_needs_a_reason(tmp_path: Path) -> None:
    """It goes on the record."""
    door = locked_study(tmp_path)
    with pytest.raises(UsageError, match="needs a reason"):
        unblind_study(
            door.small.study,
            door.small.key.read_bytes(),
            door.small.secrets,
            lock_code=door.lock_code,
            who=replace(ADMIN, reason="\t"),
            clock=clock,
        )
    assert "unblind-intent" not in door.small.actions()


def refused(small: SmallStudy, words: str, step: Callable[[], object]) -> None:
    """Check that an attempt fails, is on record as such, and opens nothing."""
    with pytest.raises((CheckFailedError, InvalidInputError, UsageError), match=words) as caught:
        step()
    assert state_of(small) is StudyState.LOCKED
    assert small.actions()[-2:] == ["unblind-intent", "unblind-refused"]
    assert small.audit()[-1]["details"]["why"] == caught.value.what  # type: ignore[index]  # JSON
    with small.raw() as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert not names & {"allocation", "opened_protocol"}
    assert not any(model.encode() in small.study.read_bytes() for model in MODELS)


@pytest.mark.parametrize("code", ["", "0" * 64, "short", "ü"])
def test_a_wrong_lock_code_opens_nothing(tmp_path: Path, code: str) -> None:
    """The full code is asked for; no prefix will do."""
    door = locked_study(tmp_path)
    refused(door.small, "not the lock code", lambda: attempt(door.small, code or door.lock_code[:12]))


def test_a_wrong_identity_opens_nothing(tmp_path: Path) -> None:
    """An age identity of somebody else, none, or a line that is none."""
    door = locked_study(tmp_path)
    other = Secrets(identities=(generate_key_pair().identity,))
    refused(door.small, "does not open", lambda: attempt(door.small, door.lock_code, secrets=other))
    refused(door.small, "--identity", lambda: attempt(door.small, door.lock_code, secrets=Secrets()))
    bad = Secrets(identities=("AGE-SECRET-KEY-1XX",))
    refused(door.small, "no age identity", lambda: attempt(door.small, door.lock_code, secrets=bad))


def flipped(sealed: bytes) -> bytes:
    return sealed[:-100] + bytes([sealed[-100] ^ 1]) + sealed[-99:]


@pytest.mark.parametrize("change", [flipped, lambda sealed: sealed[:-1], lambda _: b"", lambda _: b"junk"])
def test_a_changed_key_file_is_not_even_tried(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    """Its hash stands in the study since seeding."""
    door = locked_study(tmp_path)
    sealed = change(door.small.key.read_bytes())
    refused(door.small, "not the key", lambda: attempt(door.small, door.lock_code, sealed=sealed))


def test_the_key_of_another_study_is_refused(tmp_path: Path) -> None:
    """Also where the same identity opens it."""
    door = locked_study(tmp_path)
    other = write_sources(tmp_path / "other")
    shutil.copy(door.small.identity, other.identity)
    sealed = seed_small(other, seed=2).key.read_bytes()
    refused(door.small, "not the key", lambda: attempt(door.small, door.lock_code, sealed=sealed))


def swapped(small: SmallStudy) -> AllocationKey:
    """The key of the study with two arms exchanged: what somebody would seal who dislikes the result."""
    key = open_key(small.key.read_bytes(), small.secrets)
    exchange = dict(zip(MODELS, reversed(MODELS), strict=True))
    return replace(
        key,
        allocation={
            item: replace(origin, model=exchange[origin.model]) for item, origin in key.allocation.items()
        },
    )


def test_a_key_that_was_sealed_anew_with_swapped_arms_is_refused(tmp_path: Path) -> None:
    """Anybody who knows the recipient can seal; the hash in the study file says which key it was."""
    door = locked_study(tmp_path)
    forged = seal_for_recipients(swapped(door.small).to_bytes(), [recipient_of(door.small)])
    refused(door.small, "not the key", lambda: attempt(door.small, door.lock_code, sealed=forged))


def rebind(connection: sqlite3.Connection, key: AllocationKey, sealed: bytes) -> None:
    """Write another key into the description of a study, past its guards."""
    without_triggers(connection)
    connection.execute(
        "UPDATE study SET sealed_sha256 = ?, allocation_commitment = ?, redaction_commitment = ?",
        (sha256_hex(sealed), key.allocation_commitment, key.redaction_commitment),
    )


def test_a_forged_key_that_was_also_written_into_the_study_is_refused(tmp_path: Path) -> None:
    """Every manifest, and with it every chain, names the key of the first day: also before the lock."""
    small = rated_study(tmp_path)
    key = swapped(small)
    forged = seal_for_recipients(key.to_bytes(), [recipient_of(small)])
    with small.raw() as connection:
        rebind(connection, key, forged)
    with pytest.raises(CheckFailedError, match="was assigned with"):
        lock_small(small)
    door = locked_study(tmp_path / "later")
    with door.small.raw() as connection:
        rebind(connection, key, forged)
    refused(door.small, "not as it was", lambda: attempt(door.small, door.lock_code, sealed=forged))


def test_content_under_the_right_hash_must_fit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the sealed bytes' hash ever met by another content, the commitments would still stand."""
    door = locked_study(tmp_path)
    key = swapped(door.small)
    monkeypatch.setattr("rater.services.doors.study_keys.open_key", lambda *_: key)
    refused(door.small, "not what the study was bound to", lambda: attempt(door.small, door.lock_code))


def _rescore(connection: sqlite3.Connection) -> None:
    """Give the last score of somebody another level, and compute the chain anew to its end."""
    chain, manifest = connection.execute("SELECT manifest_id, body FROM manifest ORDER BY rater").fetchone()
    rows = connection.execute(
        "SELECT seq, body FROM event WHERE chain_id = ? ORDER BY seq", (chain,)
    ).fetchall()
    last = max(seq for seq, body in rows if '"kind":"score"' in body)
    head = Head(chain_id=chain, seq=0, hash=genesis(sha256_hex(manifest.encode()), chain))
    for seq, body in rows:
        text = (
            body.replace('"level":1', '"level":3').replace('"level":2', '"level":0') if seq == last else body
        )
        assert seq != last or text != body
        head = Head(chain_id=chain, seq=seq, hash=link(head.hash, text.encode()))
        connection.execute(
            "UPDATE event SET body = ?, hash = ? WHERE chain_id = ? AND seq = ?",
            (text, head.hash, chain, seq),
        )


def _cut_tail(connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM event WHERE (chain_id, seq) IN (SELECT chain_id, max(seq) FROM event GROUP BY chain_id)"
    )


def _hide_look(connection: sqlite3.Connection) -> None:
    """Take an entry out of the audit log and compute the rest anew."""
    (study_id,) = connection.execute("SELECT study_id FROM study").fetchone()
    rows = connection.execute("SELECT body FROM audit ORDER BY seq").fetchall()
    connection.execute("DELETE FROM audit")
    previous = audit_genesis(study_id)
    kept = [json.loads(body) for (body,) in rows if '"agreement"' not in body]
    assert len(kept) < len(rows)
    for seq, entry in enumerate(kept, start=1):
        body = canonical_bytes({**entry, "seq": seq})
        previous = audit_link(previous, body)
        connection.execute("INSERT INTO audit VALUES (?, ?, ?)", (seq, previous, body.decode()))


TAMPERINGS: dict[str, Callable[[sqlite3.Connection], object]] = {
    "an event": lambda c: c.execute("UPDATE event SET body = replace(body, '\"level\":1', '\"level\":3')"),
    "a note": lambda c: c.execute("UPDATE event SET withheld = replace(withheld, 'private', 'public')"),
    "a time": lambda c: c.execute("UPDATE event SET withheld = replace(withheld, '2026', '2027')"),
    "a whole chain": _rescore,
    "the end of a chain": _cut_tail,
    "all events": lambda c: c.execute("DELETE FROM event"),
    "a text": lambda c: c.execute("UPDATE item SET body = replace(body, 'in all', 'at all')"),
    "a task": lambda c: c.execute("UPDATE item SET task_id = (SELECT min(task_id) FROM item)"),
    "an item": lambda c: c.execute("DELETE FROM item WHERE item_id = (SELECT min(item_id) FROM item)"),
    "a manifest": lambda c: c.execute('UPDATE manifest SET body = replace(body, \'"D1","D2"\', \'"D1"\')'),
    "a rater": lambda c: c.execute("UPDATE manifest SET rater = 'R9' WHERE rater = 'R1'"),
    "a missing rater": lambda c: (
        c.execute("DELETE FROM event WHERE chain_id = (SELECT max(manifest_id) FROM manifest)"),
        c.execute("DELETE FROM manifest WHERE manifest_id = (SELECT max(manifest_id) FROM manifest)"),
    ),
    "the rubric": lambda c: c.execute("UPDATE study SET visible = replace(visible, 'Anchor 1', 'Anker 1')"),
    "that it is simulated": lambda c: c.execute(
        "UPDATE study SET visible = replace(visible, '\"simulated\":true', '\"simulated\":false')"
    ),
    "the plan": lambda c: c.execute("UPDATE study SET protocol_sha256 = ?", ("0" * 64,)),
    "the audit log": lambda c: c.execute("UPDATE audit SET body = replace(body, 'admin', 'nobody')"),
    "a look at the ratings": _hide_look,
    "the lock manifest": lambda c: c.execute("UPDATE lock_manifest SET body = replace(body, '2026', '2025')"),
    "no lock manifest": lambda c: c.execute("DELETE FROM lock_manifest"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_changed_after_the_lock_is_found_before_the_key_is_opened(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past every guard, with the hashes computed anew where that helps: the lock code tells."""
    small = rated_study(tmp_path)
    record_look(small.study, action="agreement", who="admin", app="0")
    code = lock_small(small)
    with small.raw() as connection:
        without_triggers(connection)
        before = connection.total_changes
        TAMPERINGS[name](connection)
        assert connection.total_changes > before, "the tampering must change something"
    opened: list[object] = []
    monkeypatch.setattr("rater.services.doors.study_keys.open_key", lambda *found: opened.append(found))
    with pytest.raises((CheckFailedError, InvalidInputError)):
        attempt(small, code)
    assert opened == []
    with small.raw() as connection:
        assert connection.execute("SELECT state FROM study").fetchone() == ("locked",)


def test_a_broken_chain_cannot_be_locked(tmp_path: Path) -> None:
    """A lock code never covers what does not verify."""
    for name in ("an event", "a note", "a text", "a task", "a rater", "the rubric", "the audit log"):
        small = rated_study(tmp_path / name)
        with small.raw() as connection:
            without_triggers(connection)
            TAMPERINGS[name](connection)
        with pytest.raises(CheckFailedError):
            lock_small(small)
        assert state_of(small) is StudyState.OPEN


def test_a_chain_that_says_what_no_rater_can_say_is_not_locked(tmp_path: Path) -> None:
    """Somebody with sqlite3 and our source added an event whose hashes all fit: level 99, or a stray item."""
    for draft in (
        EventDraft(kind=EventKind.SCORE, dimension="D1", level=99),
        EventDraft(kind=EventKind.SHOW, item_id="f" * 16),
    ):
        small = seeded_study(tmp_path / draft.kind)
        connection = open_for_writing(small.study)
        manifest = read_manifest(connection, "R1")
        first = replace(draft, item_id=draft.item_id or manifest.items[0].item_id)
        event = make_event(
            first,
            head=read_head(connection, manifest),
            rubric_sha256=manifest.rubric_sha256,
            app="0",
            at="t",
            entropy=random.Random(1),
        )
        append_event(connection, event)
        close(connection)
        with pytest.raises(CheckFailedError, match=f"not made by this program: event 1 .{draft.kind}"):
            lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
        with pytest.raises(CheckFailedError, match="not made by this program"):
            read_progress(small.study)


def test_the_intent_is_on_disk_before_the_key_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever kills the program while the key is open leaves the intent behind."""
    door = locked_study(tmp_path)
    seen: list[list[str]] = []

    def killed(*_: object) -> AllocationKey:
        seen.append(door.small.actions())
        raise KeyboardInterrupt

    monkeypatch.setattr("rater.services.doors.study_keys.open_key", killed)
    with pytest.raises(KeyboardInterrupt):
        attempt(door.small, door.lock_code)
    assert seen[0][-1] == "unblind-intent"
    assert state_of(door.small) is StudyState.LOCKED


def test_a_fault_while_writing_leaves_the_study_locked_and_blind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Allocation, audit entry and state are one transaction; the next attempt succeeds."""
    door = locked_study(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("rater.services.doors.doors.set_state", fail)
        with pytest.raises(Exception, match="could not be used"):
            attempt(door.small, door.lock_code)
    assert state_of(door.small) is StudyState.LOCKED
    assert "unblinded" not in door.small.actions()
    unblind_small(door.small, door.lock_code)
    assert state_of(door.small) is StudyState.UNBLINDED


def test_an_opened_protocol_that_was_changed_is_not_read(tmp_path: Path) -> None:
    """The analysis plan in force is the one whose hash was fixed at seeding."""
    door = unblinded_study(tmp_path)
    with door.small.raw() as connection:
        without_triggers(connection)
        connection.execute(
            "UPDATE opened_protocol SET study_toml = replace(study_toml, 'seed = 5', 'seed = 6')"
        )
    connection = open_for_reading(door.small.study)
    with pytest.raises(CheckFailedError, match="hashed at seeding"):
        read_study_toml(connection)
    close(connection)


def test_the_key_stays_as_it_was(tmp_path: Path) -> None:
    """Unblinding changes nothing in it: the same bytes open again, with this program or any other."""
    door = locked_study(tmp_path)
    sealed = door.small.key.read_bytes()
    attempt(door.small, door.lock_code)
    assert door.small.key.read_bytes() == sealed
    assert (
        len(AllocationKey.from_bytes(open_with_identities(sealed, door.small.secrets.identities)).tasks) == 3
    )
