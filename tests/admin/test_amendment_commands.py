"""`clarify`, `withdraw` and `questions` from the outside."""

from __future__ import annotations

import re
from pathlib import Path

from protocol.chain.events import EventDraft, EventKind
from rater.exit_codes import ExitCode
from tests.admin.running import done, refused
from tests.services.amended_rubrics import NEW_ANCHOR, OLD_ANCHOR, new_file
from tests.services.amended_studies import begun_study, items_of, rate_rest
from tests.services.small_studies import RATERS, locked_study, seeded_study

REASON = ("--reason", "Two raters asked.")


def test_a_ruling_is_confirmed_and_stands_in_status(tmp_path: Path) -> None:
    """With its number, and with whom it is told to."""
    small = begun_study(tmp_path)
    text = ("--dimension", "D1", "--text", "A link alone is no check.")
    found = done("clarify", small.study, *text, *REASON)
    assert "D1 clarified: A link alone is no check." in found.out
    assert "Told once to R1, R2, R3" in found.out
    assert "D1 clarified" in done("status", small.study).out
    (amendment,) = done("status", small.study, "--json").json["amendments"]
    assert (amendment["kind"], amendment["reason"]) == ("clarify", "Two raters asked.")
    assert "ok" in done("verify", small.study).out


def test_a_withdrawal_as_json_and_with_a_pack_out(tmp_path: Path) -> None:
    """Whose pack is out does not know of it yet: that is said."""
    small = begun_study(tmp_path)
    done("pack", small.study, "--rater", "R1", "-o", tmp_path / "packs")
    item = items_of_r1(tmp_path)
    found = done("withdraw", small.study, "--item", item, *REASON, "--json")
    assert found.json["schema"] == "withdraw/1"
    assert found.json["amendment"]["rule"] == "task"
    assert found.json["packs_out"] == ["R1"]
    assert found.json["items_set_aside"] == 4
    assert "next pack" in found.err


def items_of_r1(folder: Path) -> str:
    """Return the second item of R1: the order is the same in every copy of the study."""
    return items_of(begun_study(folder / "copy"))[1]


def test_a_status_without_amendments_has_no_word_of_them(tmp_path: Path) -> None:
    """Neither in words nor as JSON."""
    small = seeded_study(tmp_path)
    assert "amendment" not in done("status", small.study).out
    assert "amendments" not in done("status", small.study, "--json").json


def test_questions_are_listed_with_the_raters_words(tmp_path: Path) -> None:
    """As a table and as JSON; without any, a sentence on how raters ask."""
    small = begun_study(tmp_path)
    assert "No item is flagged" in done("questions", small.study).out
    desk = small.desk("R2")
    item = desk.session.items[3]
    desk.record(EventDraft(kind=EventKind.FLAG, item_id=item, texts={"note": "Is a \x1b[31mlink a check?"}))
    desk.close()
    shown = done("questions", small.study).out
    assert item in shown
    assert "link a check?" in shown
    assert "\x1b" not in shown
    (question,) = done("questions", small.study, "--json").json["questions"]
    assert (question["rater"], question["number"], question["item"]) == ("R2", 4, item)


def test_what_cannot_be_amended_has_its_exit_code(tmp_path: Path) -> None:
    """No reason 2, no such dimension or item 5, nothing rated yet or locked 6, a name 4."""
    small = begun_study(tmp_path)
    text = ("--dimension", "D1", "--text", "x")
    refused(ExitCode.USAGE, "needs a reason", "clarify", small.study, *text)
    refused(ExitCode.NOT_FOUND, "D1, D2", "clarify", small.study, "--dimension", "D9", "--text", "x", *REASON)
    refused(ExitCode.NOT_FOUND, "no item", "withdraw", small.study, "--item", "f" * 16, *REASON)
    refused(
        ExitCode.WOULD_BREAK_BLIND, "names a model", "clarify", small.study, *text, "--reason", "As in GPT-4."
    )
    fresh = seeded_study(tmp_path / "fresh")
    item = items_of(fresh)[0]
    refused(ExitCode.WRONG_STATE, "still be replaced", "withdraw", fresh.study, "--item", item, *REASON)
    locked = locked_study(tmp_path / "l").small
    refused(ExitCode.WRONG_STATE, "locked", "clarify", locked.study, *text, *REASON)


def test_a_rubric_is_amended_after_a_dry_run(tmp_path: Path) -> None:
    """Every text now and before, nothing written; then status has it, and `verify` is content."""
    small = begun_study(tmp_path)
    new = new_file(small)
    planned = done("amend", small.study, new, "--carry", "--dry-run")
    assert f"- D1, level 3 (l3), the anchor. Now: {NEW_ANCHOR} Before: {OLD_ANCHOR}" in planned.out
    assert small.actions() == ["seeded"]
    as_json = done("amend", small.study, new, "--rerate", "D1", "--dry-run", "--json").json
    assert (as_json["amendment"], as_json["rerate"], as_json["deviations"]) == (None, ["D1"], None)
    found = done("amend", small.study, new, "--carry", "--original", small.protocol, *REASON)
    assert "rubric amended in D1, earlier ratings carried" in found.out
    assert "Told once to R1, R2, R3" in found.out
    assert small.actions()[-1] == "amend"
    assert "rubric amended in D1" in done("status", small.study).out
    verified = done("verify", small.study).out
    assert "FAILED" not in verified
    assert "amendment 1 (amend of" in verified


def test_agreement_says_what_stands_under_which_rubric(tmp_path: Path) -> None:
    """In words and as JSON; a study that was not amended has no word of it."""
    small = begun_study(tmp_path)
    assert "rubric_versions" not in done("agreement", small.study, "--json").json
    done("amend", small.study, new_file(small), "--carry", *REASON)
    for rater in RATERS:
        rate_rest(small.study, rater)
    assert "Ratings: 6 under version 1 (as seeded), 42 under version 2." in done("agreement", small.study).out
    found = done("agreement", small.study, "--json").json
    assert found["rubric_versions"] == [{"version": 1, "ratings": 6}, {"version": 2, "ratings": 42}]
    assert [(one["dimension"], one["carried"], one["ratings"]) for one in found["carried"]] == [("D1", 3, 24)]


def test_what_no_rubric_can_be_amended_by_has_its_exit_code(tmp_path: Path) -> None:
    """Both of --carry and --rerate 2, no such dimension 5, other levels 7, a name 4, locked 6."""
    small = begun_study(tmp_path)
    new = new_file(small)
    refused(ExitCode.USAGE, "what becomes of earlier", "amend", small.study, new, *REASON)
    refused(
        ExitCode.USAGE, "what becomes of", "amend", small.study, new, "--carry", "--rerate", "D1", *REASON
    )
    refused(ExitCode.USAGE, "needs a reason", "amend", small.study, new, "--carry")
    refused(ExitCode.NOT_FOUND, "no dimension D9", "amend", small.study, new, "--rerate", "D1,D9", *REASON)
    refused(ExitCode.NOT_FOUND, "no-such.toml", "amend", small.study, "no-such.toml", "--carry", *REASON)
    plain = small.protocol.read_text(encoding="utf-8")
    more = new_file(small, plain.replace("value = 3", "value = 4", 1))
    refused(ExitCode.INVALID_INPUT, "a new study", "amend", small.study, more, "--carry", *REASON)
    named = new_file(small, plain.replace(OLD_ANCHOR, "As GPT-4 would.", 1))
    refused(ExitCode.WOULD_BREAK_BLIND, "names a model", "amend", small.study, named, "--carry", *REASON)
    locked = locked_study(tmp_path / "l").small
    refused(ExitCode.WRONG_STATE, "locked", "amend", locked.study, new_file(locked), "--carry", *REASON)


def test_tasks_are_reassigned_after_a_dry_run(tmp_path: Path) -> None:
    """The dry run shows the new design and writes nothing; as JSON with the amendment."""
    small = begun_study(tmp_path)
    who = ("--from", "R3", "--to", "R5")
    planned = done("reassign", small.study, *who, "--dry-run")
    assert re.search(r"Tasks from R3 to R5: [23]; done and kept: 0", planned.out)
    assert "tasks with 2 raters: 3" in planned.out
    assert small.actions() == ["seeded"]
    found = done("reassign", small.study, *who, *REASON, "--json").json
    assert (found["amendment"]["from"], found["amendment"]["to"]) == ("R3", "R5")
    assert found["design"]["raters"][-1] == {"rater": "R5", "before": 0, "after": 8, "completed": 0}
    assert "R5" in done("status", small.study).out
    refused(ExitCode.NOT_FOUND, "no rater R9", "reassign", small.study, "--from", "R9", "--to", "R7", *REASON)
    more = done("reassign", small.study, "--from", "R1", "--to", "R2", *REASON)
    assert "tasks that stay with R1, as R2 has them already: 1" in more.out
    refused(ExitCode.USAGE, "in case alone", "reassign", small.study, "--from", "R2", "--to", "r1", *REASON)
    refused(ExitCode.USAGE, "needs a reason", "reassign", small.study, "--from", "R1", "--to", "R7")
