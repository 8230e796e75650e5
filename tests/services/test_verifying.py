"""Verify: what it answers with and without what came from outside, and how receipts are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from protocol.allocation.sealing import generate_key_pair, seal_for_recipients
from protocol.canonical_json import sha256_hex
from protocol.chain.ratings_file import parse_ratings_text, receipt_code
from protocol.errors import InvalidInputError, NotFoundError
from rater.services.doors.key_files import Secrets, open_key
from rater.services.packs.merging import merge_files
from rater.services.sitting.submitting import submit
from rater.services.verifying.verify_anchors import Anchors, parse_receipts
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from tests.services.forging import forging
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
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
from tests.services.verified import AFTER_LOCK, by_question, failed, full_anchors


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


def test_a_returned_file_that_was_edited_fails(tmp_path: Path) -> None:
    """What raters sent back is kept as it came; an edit shows, also with its own hash to match."""
    small = seeded_study(tmp_path)
    path = tmp_path / "F"
    path.write_bytes(returned_by("R1").final)
    merge_files(small.study, [path], who=ADMIN, clock=clock)
    assert failed(verify_study(small.study, Anchors())) == {}
    with forging(small, restore=True) as forger:
        forger.db.execute("UPDATE returned_file SET body = replace(body, 'R1', 'R3')")
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
