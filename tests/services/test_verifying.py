"""Verify, line by line: what each line says when nothing is wrong, and that each can fail."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.allocation.sealing import generate_key_pair, seal_for_recipients
from protocol.canonical_json import sha256_hex
from protocol.chain.ratings_file import parse_ratings_text, receipt_code
from protocol.errors import InvalidInputError, NotFoundError
from rater.services.key_files import Secrets, open_key
from rater.services.merging import merge_files
from rater.services.submitting import submit
from rater.services.verify_anchors import Anchors, parse_receipts
from rater.services.verifying import Answer, Check, verify_study
from tests.services.forging import Forger, canonical, forging
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
    PastDoor,
    SmallStudy,
    clock,
    locked_study,
    pack_of_r1,
    rate_item,
    rated_study,
    returned_by,
    seeded_study,
    unblinded_study,
)

AFTER_LOCK = "entries of the log after the lock were changed or left out"
"""Open whatever is at hand: nothing that left the admin's hands covers them."""


def by_question(checks: list[Check]) -> dict[str, Check]:
    assert len({check.question for check in checks}) == len(checks)
    return {check.question: check for check in checks}


def failed(checks: list[Check]) -> dict[str, str]:
    return {check.question: check.why for check in checks if check.answer is Answer.FAILED}


def full_anchors(past: PastDoor) -> Anchors:
    return Anchors(
        lock_code=past.lock_code,
        receipts={rater: (receipt,) for rater, receipt in past.small.receipts().items()},
        sealed=past.small.key.read_bytes(),
        secrets=past.small.secrets,
    )


def test_an_open_study_without_anchors_says_what_cannot_be_excluded(tmp_path: Path) -> None:
    """Inside everything fits; whether all was written anew only the outside can tell."""
    checks = verify_study(rated_study(tmp_path).study, Anchors())
    assert failed(checks) == {}
    assert {check.question: check.why for check in checks if check.answer is Answer.OPEN} == {
        "ratings or log were changed as a whole": "the study is not locked yet",
        "a rater's whole chain was written anew or cut short": "give --receipts with the codes the raters "
        "kept",
        "the key was lost or replaced": "give --key",
    }


def test_a_key_without_what_opens_it_leaves_its_content_open(tmp_path: Path) -> None:
    """The hash fits; what is inside cannot be known without an identity."""
    past = unblinded_study(tmp_path)
    checks = by_question(
        verify_study(past.small.study, replace(full_anchors(past), secrets=None, lock_code=None))
    )
    assert checks["the key is the one the study was seeded with"].answer is Answer.OK
    open_lines = {question for question, check in checks.items() if check.answer is Answer.OPEN}
    assert open_lines == {
        "ratings or log were changed as a whole and locked anew",
        "the key does not open or holds something else",
        "the opened allocation is not the sealed one",
        AFTER_LOCK,
    }


def test_a_rater_without_a_receipt_is_named(tmp_path: Path) -> None:
    """The others' receipts say nothing about that chain."""
    past = locked_study(tmp_path)
    receipts = {rater: (one,) for rater, one in past.small.receipts().items() if rater != "R2"}
    checks = verify_study(past.small.study, Anchors(receipts=receipts, lock_code=past.lock_code))
    assert [check.question for check in checks if "R2" in check.question and check.answer is Answer.OPEN] == [
        "the whole chain of R2 was written anew or cut short"
    ]


def test_every_receipt_of_a_rater_is_looked_for(tmp_path: Path) -> None:
    """An interim and a final receipt both hold; a false one beside a true one fails."""
    small = seeded_study(tmp_path)
    files = returned_by("R1")
    path = tmp_path / "F"
    path.write_bytes(files.final)
    merge_files(small.study, [path], who=ADMIN, clock=clock)
    codes = [parse_ratings_text(data, where="F").receipt for data in (files.interim1, files.final)]
    assert failed(verify_study(small.study, Anchors(receipts={"R1": codes}))) == {}
    foreign = parse_ratings_text(returned_by("R2").final, where="F").receipt
    found = failed(verify_study(small.study, Anchors(receipts={"R1": [foreign, codes[1]]})))
    assert list(found) == [f"the receipt {foreign} of R1 is in the chain"]


def test_a_receipt_is_read_in_any_case(tmp_path: Path) -> None:
    """Somebody typed it from a sheet of paper."""
    small = rated_study(tmp_path)
    typed = {rater: (f" {receipt.lower()} ",) for rater, receipt in small.receipts().items()}
    assert failed(verify_study(small.study, Anchors(receipts=typed))) == {}


def test_the_receipt_of_a_copy_without_an_event_holds(tmp_path: Path) -> None:
    """A rater who wrote a copy before the first rating has a receipt too; it never becomes false."""
    small = seeded_study(tmp_path)
    done = submit(small.study, rater="R1", output=tmp_path / "F", interim=True, app=APP)
    assert done.events == 0
    for _ in range(2):
        assert failed(verify_study(small.study, Anchors(receipts={"R1": [done.receipt]}))) == {}
        desk = small.desk("R1")
        rate_item(desk, len(desk.session.progress), levels=PLAIN)
        desk.close()


def test_what_follows_an_interim_receipt_is_said_to_be_open(tmp_path: Path) -> None:
    """The receipt proves the events before it; those behind it could have been cut or written anew."""
    small = seeded_study(tmp_path)
    done = submit(small.study, rater="R1", output=tmp_path / "F", interim=True, app=APP)
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    anchors = Anchors(receipts={"R1": [done.receipt]})
    check = by_question(verify_study(small.study, anchors))["what R1 did after this receipt was changed"]
    assert (check.answer, check.why) == (Answer.OPEN, "4 events follow it")


def test_a_pack_can_be_verified(tmp_path: Path) -> None:
    """It has no log and no lock; everything else is looked at, and a changed score is found."""
    pack = pack_of_r1(tmp_path, rated=3)
    checks = verify_study(pack, Anchors())
    assert failed(checks) == {}
    assert not any("audit" in check.question or "lock" in check.question for check in checks)
    small = SmallStudy(folder=tmp_path)
    with small.raw(pack) as db:
        db.execute("DROP TRIGGER event_no_update")
        db.execute("UPDATE event SET body = replace(body, '\"level\":1', '\"level\":3')")
    assert len(failed(verify_study(pack, Anchors()))) == 2


def test_what_is_no_study_is_an_error_and_no_answer(tmp_path: Path) -> None:
    """Verify says nothing about a file it cannot read."""
    with pytest.raises(NotFoundError):
        verify_study(tmp_path / "nowhere.db", Anchors())
    with pytest.raises(InvalidInputError):
        verify_study(tmp_path, Anchors())
    (tmp_path / "x.db").write_bytes(b"SQLite format 3\x00" + bytes(100))
    with pytest.raises(InvalidInputError):
        verify_study(tmp_path / "x.db", Anchors())


# Every line can fail.

Change = Callable[[Forger], object]


def _edit_returned(forger: Forger) -> None:
    forger.db.execute("UPDATE returned_file SET body = replace(body, 'R1', 'R3')")


def _bad_item(text: str) -> Change:
    return lambda forger: forger.db.execute(
        "UPDATE item SET body = ? WHERE item_id = (SELECT min(item_id) FROM item)", (text,)
    )


def _bad_event(column: str, text: str) -> Change:
    return lambda forger: forger.db.execute(
        f"UPDATE event SET {column} = ? WHERE chain_id = ? AND seq = 2", (text, forger.manifest().id)
    )


def _drop_note(forger: Forger) -> None:
    """Take the note out of the parts beside the event: the chain itself does not need it."""
    chain = forger.manifest().id
    for seq, withheld in forger.db.execute(
        "SELECT seq, withheld FROM event WHERE chain_id = ?", (chain,)
    ).fetchall():
        parts = json.loads(withheld)
        if parts.pop("note", None):
            forger.db.execute(
                "UPDATE event SET withheld = ? WHERE chain_id = ? AND seq = ?", (canonical(parts), chain, seq)
            )


def _impossible_level(forger: Forger) -> None:
    forger.write_chain([replace(one, level=9) if one.level is not None else one for one in forger.drafts()])


def _nonsense_time(forger: Forger) -> None:
    forger.write_chain(forger.drafts(), at="yesterday")


def _audit_gap(forger: Forger) -> None:
    forger.db.execute("DELETE FROM audit WHERE seq = 1")


def _audit_of_another_seeding(forger: Forger) -> None:
    forger.write_audit(lambda entries: entries[0].update(action="looked"))


def _audit_nonsense(forger: Forger) -> None:
    forger.db.execute("UPDATE audit SET body = '{\"details\":[]}' WHERE seq = 1")


EVERY_LINE: dict[str, Change] = {
    "the file's tables and guards are those of this program": lambda forger: forger.db.execute(
        "CREATE TABLE more (text TEXT)"
    ),
    "the description of the study holds nothing else": lambda forger: forger.change_json(
        "study", "visible", lambda body: body.update(model="canary-one")
    ),
    "manifests belong to this study, its protocol, rubric and key": lambda forger: forger.db.execute(
        "UPDATE study SET allocation_commitment = 'x'"
    ),
    "every item is the text its manifests promise": lambda forger: forger.db.execute(
        "DELETE FROM item WHERE item_id = (SELECT min(item_id) FROM item)"
    ),
    "the rating events of R1 are an unbroken chain": _bad_event("hash", "x"),
    "every rating event belongs to a rater of this study": lambda forger: forger.db.execute(
        "INSERT INTO event VALUES ('x', 1, 'x', '{}', '{}')"
    ),
    "what raters sent back is unchanged and in their chains": lambda forger: forger.db.execute(
        "INSERT INTO returned_file VALUES ('x', 'R1', 'late', '{}')"
    ),
    "the audit log is an unbroken chain and fits the study's state": _audit_gap,
    "the ratings are as they were at the lock": lambda forger: forger.db.execute("DELETE FROM lock_manifest"),
    "the lock code is the published one": lambda forger: (
        forger.lock_anew() and forger.db.execute("UPDATE study SET lock_code = 'x'")
    ),
    "the receipt of R1": lambda forger: forger.write_chain([]),
    "the key is the one the study was seeded with": lambda forger: forger.db.execute(
        "UPDATE study SET sealed_sha256 = 'x'"
    ),
    "the key opens and holds what the study is bound to": lambda forger: forger.db.execute(
        "UPDATE study SET redaction_commitment = 'x'"
    ),
    "the opened plan is the one whose hash was fixed at seeding": lambda forger: forger.db.execute(
        "UPDATE opened_protocol SET study_toml = study_toml || '# more'"
    ),
    "the opened allocation names every item": lambda forger: forger.db.execute(
        "DELETE FROM allocation WHERE item_id = (SELECT min(item_id) FROM allocation)"
    ),
}


@pytest.mark.parametrize("line", EVERY_LINE)
def test_every_line_can_fail(tmp_path: Path, line: str) -> None:
    """For each line of the output there is a change that makes it say so, with a reason."""
    past = unblinded_study(tmp_path)
    anchors = full_anchors(past)
    with forging(past.small, restore=True) as forger:
        EVERY_LINE[line](forger)
    found = failed(verify_study(past.small.study, anchors))
    reasons = [
        why for question, why in found.items() if question == line or all(w in question for w in line.split())
    ]
    assert len(reasons) == 1
    assert reasons[0]


def test_no_line_of_the_output_is_without_such_a_change(tmp_path: Path) -> None:
    """The list above is the output."""
    past = unblinded_study(tmp_path)
    checks = verify_study(past.small.study, full_anchors(past))
    assert [check.question for check in checks if check.answer is Answer.OPEN] == [AFTER_LOCK]
    questions = [check.question for check in checks if check.answer is Answer.OK]
    covered = {question.replace(" R2 ", " R1 ").replace(" R3 ", " R1 ") for question in questions}
    covered = {question for question in covered if not question.startswith("the receipt ")}
    assert covered | {"the receipt of R1"} == set(EVERY_LINE)


def test_the_published_code_of_an_open_study_fails_as_a_line(tmp_path: Path) -> None:
    """A code was published, and the study says it was never locked."""
    found = failed(verify_study(rated_study(tmp_path).study, Anchors(lock_code="ab" * 32)))
    assert list(found) == ["the ratings are those of the published lock code"]


DAMAGED: dict[str, Change] = {
    "an item that is no JSON": _bad_item("nonsense"),
    "an item without a card": _bad_item('{"messages":[]}'),
    "an item that is a list": _bad_item("[]"),
    "an item nested without end": _bad_item("[" * 100_000),
    "an item with a field more": lambda forger: forger.change_json(
        "item", "body", lambda body: body.update(model="m"), "item_id = (SELECT min(item_id) FROM item)"
    ),
    "an event that is no JSON": _bad_event("body", "nonsense"),
    "an event of an unknown kind": _bad_event("body", '{"kind":"x"}'),
    "parts that are no JSON": _bad_event("withheld", "nonsense"),
    "parts that were left out": _bad_event("withheld", "{}"),
    "a note that was taken out": _drop_note,
    "a level that the rubric does not have": _impossible_level,
    "a time that is none": _nonsense_time,
    "a log that says nonsense": _audit_nonsense,
    "a log that does not begin with the seeding": _audit_of_another_seeding,
    "a manifest that is no JSON": lambda forger: forger.db.execute(
        "UPDATE manifest SET body = 'x' WHERE rater = 'R1'"
    ),
    "two manifests with each other's codes": lambda forger: (
        forger.db.execute("UPDATE manifest SET rater = 'R' WHERE rater = 'R1'"),
        forger.db.execute("UPDATE manifest SET rater = 'R1' WHERE rater = 'R2'"),
        forger.db.execute("UPDATE manifest SET rater = 'R2' WHERE rater = 'R'"),
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_an_answer_and_no_crash(tmp_path: Path, name: str) -> None:
    """Whatever stands in the rows, verify finishes and at least one line fails with a reason."""
    past = locked_study(tmp_path)
    anchors = full_anchors(past)
    with forging(past.small, restore=True) as forger:
        DAMAGED[name](forger)
    found = failed(verify_study(past.small.study, anchors))
    assert found
    assert all(found.values())


def test_random_damage_never_crashes_and_is_always_found(tmp_path: Path) -> None:
    """One character of one cell made another, in every table and column, again and again."""
    past = unblinded_study(tmp_path)
    anchors = full_anchors(past)
    cells = [
        ("study", column)
        for column in ("study_id", "lock_code", "visible", "protocol_sha256", "sealed_sha256")
    ]
    cells += [("item", "task_id"), ("item", "body"), ("manifest", "body"), ("manifest", "manifest_id")]
    cells += [("event", column) for column in ("hash", "body", "withheld")]
    cells += [("audit", "hash"), ("audit", "body"), ("lock_manifest", "body"), ("lock_manifest", "lock_code")]
    cells += [("allocation", "model"), ("allocation", "scaffold"), ("allocation", "task")]
    cells += [("opened_protocol", "study_toml")]
    original = past.small.study.read_bytes()
    rng = random.Random(4)
    for table, column in cells:
        past.small.study.write_bytes(original)
        with forging(past.small, restore=True) as forger:
            rows = forger.db.execute(f"SELECT {column} FROM {table}").fetchall()
            (text,) = rng.choice(rows)
            place = rng.randrange(len(text))
            other = rng.choice([char for char in '0aZ"}{ é' if char != text[place]])
            damaged = text[:place] + other + text[place + 1 :]
            forger.db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (damaged, text))
        try:
            checks = verify_study(past.small.study, anchors)
        except InvalidInputError as error:
            assert table == "study", error  # noqa: PT017 - the description itself cannot be read
            continue
        assert failed(checks), (table, column, text[place - 5 : place + 5], other)


def test_a_returned_file_that_was_edited_fails(tmp_path: Path) -> None:
    """What raters sent back is kept as it came; an edit shows, also with its own hash to match."""
    small = seeded_study(tmp_path)
    path = tmp_path / "F"
    path.write_bytes(returned_by("R1").final)
    merge_files(small.study, [path], who=ADMIN, clock=clock)
    assert failed(verify_study(small.study, Anchors())) == {}
    with forging(small, restore=True) as forger:
        _edit_returned(forger)
    question = "what raters sent back is unchanged and in their chains"
    assert "changed after it was kept" in failed(verify_study(small.study, Anchors()))[question]
    with forging(small, restore=True) as forger:
        (body,) = forger.db.execute("SELECT body FROM returned_file").fetchone()
        forger.db.execute("UPDATE returned_file SET sha256 = ?", (sha256_hex(body.encode()),))
    assert failed(verify_study(small.study, Anchors()))[question]


def test_the_ratings_of_a_returned_file_cannot_be_cut_from_the_chain(tmp_path: Path) -> None:
    """Without any receipt at hand, the kept file itself shows that the chain was longer."""
    small = seeded_study(tmp_path)
    path = tmp_path / "F"
    path.write_bytes(returned_by("R1").final)
    merge_files(small.study, [path], who=ADMIN, clock=clock)
    with forging(small, restore=True) as forger:
        forger.db.execute("DELETE FROM event WHERE seq > 10")
    found = failed(verify_study(small.study, Anchors()))
    assert found == {
        "what raters sent back is unchanged and in their chains": "a file of R1 was merged and is not in the "
        "chain as it came"
    }


def test_a_key_that_does_not_open_or_is_none_fails(tmp_path: Path) -> None:
    """Somebody else's identity; bytes that are no key."""
    past = locked_study(tmp_path)
    anchors = full_anchors(past)
    stranger = Secrets(identities=(generate_key_pair().identity,))
    found = failed(verify_study(past.small.study, replace(anchors, secrets=stranger)))
    assert list(found) == ["the key opens and holds what the study is bound to"]
    found = failed(verify_study(past.small.study, replace(anchors, sealed=b"no key")))
    assert list(found) == ["the key is the one the study was seeded with"]


def test_another_key_with_the_same_content_is_another_key(tmp_path: Path) -> None:
    """Sealed again for the same recipient it opens alike, and its hash is not the first one."""
    past = locked_study(tmp_path)
    content = open_key(past.small.key.read_bytes(), past.small.secrets).to_bytes()
    again = seal_for_recipients(content, [generate_key_pair().recipient])
    found = failed(verify_study(past.small.study, replace(full_anchors(past), sealed=again)))
    assert list(found) == ["the key is the one the study was seeded with"]


def test_a_description_that_is_not_the_opened_plans_fails_without_the_key(tmp_path: Path) -> None:
    """The mark of simulated ratings was taken off after unblinding: the plan in the study still has it."""
    past = unblinded_study(tmp_path)
    with forging(past.small, restore=True) as forger:
        forger.change_json("study", "visible", lambda body: body.update(simulated=False))
    found = failed(verify_study(past.small.study, Anchors()))
    assert "rubric, name or questions" in found["the opened plan is the one whose hash was fixed at seeding"]


def test_receipts_are_read_by_line() -> None:
    """Blank lines and remarks are passed over, several of one rater are kept, doubled ones count once."""
    code, other = receipt_code("ab" * 32), receipt_code("cd" * 32)
    text = f"# sent by mail\n\nR1 {code}\n  R2\t{other.lower()}\r\nR1 {other}\nR1 {code}\n"
    assert parse_receipts(text, where="F") == {"R1": (code, other), "R2": (other,)}


@pytest.mark.parametrize("line", ["R1", "R1 x y", "R1 ABCD", f"R1 {'A' * 19}", "R1 1111-1111-1111-1111"])
def test_a_line_that_is_no_receipt_is_named(line: str) -> None:
    """With the file, the line, and what a receipt looks like."""
    with pytest.raises(InvalidInputError) as caught:
        parse_receipts(f"# one\n{line}\n", where="F")
    assert caught.value.where == "F, line 2"
    assert "ABCD-EFGH-IJKL-MNOP" in caught.value.next_step


def test_a_file_without_a_receipt_is_no_anchor() -> None:
    """An empty list must not look as if every receipt had been found."""
    with pytest.raises(InvalidInputError, match="no receipt"):
        parse_receipts("# nothing yet\n", where="F")
