"""Verify: every line can fail, and whatever stands in the rows is an answer and no crash."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.errors import InvalidInputError
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from tests.services.forging import Forger, canonical, forging
from tests.services.small_studies import (
    locked_study,
    rated_study,
    unblinded_study,
)
from tests.services.verified import AFTER_LOCK, failed, full_anchors

# Every line can fail.

Change = Callable[[Forger], object]


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
    "the opened allocation is the one that was committed to at seeding": lambda forger: forger.db.execute(
        "UPDATE opened_protocol SET allocation_salt = upper(allocation_salt)"
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
    cells += [("opened_protocol", "study_toml"), ("opened_protocol", "allocation_salt")]
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
