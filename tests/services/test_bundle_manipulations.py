"""Twelve manipulations of a public bundle, each named by both verifiers.

Each is done by somebody who writes the index anew. The lock code is at hand, from outside the bundle; it is
what a careful forger cannot make fit.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from protocol.canonical_json import sha256_hex
from protocol.chain.events import genesis, link
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying_bundle import read_bundle, verify_bundle
from tests.services.bundles import (
    Bundled,
    bundled,
    by_script,
    change_json,
    change_text,
    program_fails,
    script_fails,
)
from tests.services.forging import canonical
from tests.services.small_studies import APP

Change = Callable[[Bundled], None]


@dataclass(frozen=True)
class Manipulation:
    """What is done, and what each verifier must say about it, as patterns over its failed lines."""

    change: Change
    program: str
    script: str


# Tools of the forger.


def lines_of(one: Bundled, name: str) -> list[str]:
    return one.file(name).read_text(encoding="utf-8").split("\n")[:-1]


def write_lines(one: Bundled, name: str, lines: list[str]) -> None:
    one.file(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def chain_of(one: Bundled, rater: str = "R1") -> str:
    found = [json.loads(line) for line in lines_of(one, "manifests.jsonl")]
    return str(next(manifest["manifest"] for manifest in found if manifest["rater"] == rater))


def change_events(one: Bundled, change: Callable[[list[dict[str, Any]]], None], *, anew: bool) -> None:
    """Change the events of R1's chain; with hashes computed anew where the forger is careful."""
    chain = chain_of(one)
    stored = [json.loads(line) for line in lines_of(one, "chains.jsonl")]
    own = [line for line in stored if json.loads(line["body"])["chain"] == chain]
    bodies = [json.loads(line["body"]) for line in own]
    change(bodies)
    manifest = next(line for line in lines_of(one, "manifests.jsonl") if chain in line)
    head = genesis(sha256_hex(manifest.encode()), chain)
    written = []
    for place, body in enumerate(bodies, start=1):
        if anew:
            body["seq"] = place
        text = canonical(body)
        head = link(head, text.encode())
        hash_ = (
            head
            if anew
            else next((o["hash"] for o in own if json.loads(o["body"])["seq"] == body["seq"]), "")
        )
        written.append({"body": text, "hash": hash_})
    others = [line for line in stored if line not in own]
    write_lines(one, "chains.jsonl", [canonical(line) for line in [*written, *others]])


def first_score(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    return next(body for body in bodies if body["kind"] == "score" and body["dimension"] == "D1")


def edit_score(one: Bundled) -> None:
    def change(bodies: list[dict[str, Any]]) -> None:
        first_score(bodies)["level"] = 3 - first_score(bodies)["level"]

    change_events(one, change, anew=False)


def delete_event(one: Bundled) -> None:
    def change(bodies: list[dict[str, Any]]) -> None:
        del bodies[6]

    change_events(one, change, anew=False)


def cut_tail(one: Bundled) -> None:
    def change(bodies: list[dict[str, Any]]) -> None:
        del bodies[-4:]

    change_events(one, change, anew=False)


def rewrite_chain(one: Bundled) -> None:
    """Every score of R1 raised, the chain whole, and the lock manifest made to match."""

    def change(bodies: list[dict[str, Any]]) -> None:
        for body in bodies:
            if body["kind"] == "score":
                body["level"] = 2

    change_events(one, change, anew=True)


def rewrite_chain_and_lock(one: Bundled) -> None:
    """The same with the head in lock.json: only the published code is left to tell."""
    rewrite_chain(one)
    chain = chain_of(one)
    own = [json.loads(line) for line in lines_of(one, "chains.jsonl")]
    head = [line["hash"] for line in own if json.loads(line["body"])["chain"] == chain][-1]

    def change(lock: dict[str, Any]) -> None:
        next(entry for entry in lock["raters"] if entry["chain"] == chain)["head"] = head

    change_json(one.file("lock.json"), change, canonical=True)


def swap_items(one: Bundled) -> None:
    lines = lines_of(one, "manifests.jsonl")
    manifest = json.loads(lines[0])
    items = manifest["items"]
    items[0], items[1] = items[1], items[0]
    write_lines(one, "manifests.jsonl", [canonical(manifest), *lines[1:]])


def swap_arms(one: Bundled) -> None:
    def change(opened: dict[str, Any]) -> None:
        for origin in opened["allocation"]["items"].values():
            origin["scaffold"] = {"plain": "checks", "checks": "plain"}[origin["scaffold"]]

    change_json(one.file("allocation.json"), change, canonical=True)


def swap_two_arms(one: Bundled) -> None:
    def change(opened: dict[str, Any]) -> None:
        items = list(opened["allocation"]["items"].values())
        other = next(item for item in items if item["scaffold"] != items[0]["scaffold"])
        items[0]["scaffold"], other["scaffold"] = other["scaffold"], items[0]["scaffold"]

    change_json(one.file("allocation.json"), change, canonical=True)


def change_salt(one: Bundled) -> None:
    change_json(one.file("allocation.json"), lambda opened: opened.update(salt="0" * 64), canonical=True)


def change_plan(one: Bundled) -> None:
    change_text(one.file("study.toml"), r'headline = \["D1"\]', 'headline = ["D2"]')


def change_rubric(one: Bundled) -> None:
    change_text(one.file("visible.json"), "Anchor 3", "Any check at all")


def change_rubric_everywhere(one: Bundled) -> None:
    change_rubric(one)
    change_text(one.file("study.toml"), "Anchor 3", "Any check at all")


def change_row(one: Bundled) -> None:
    """One value of one rating; both levels are declared."""
    rows = list(csv.DictReader(io.StringIO(one.file("ratings.csv").read_text(encoding="utf-8"))))
    row = next(row for row in rows if row["value"])
    row["value"] = str((int(row["value"]) + 1) % 4)
    write_table(one, "ratings.csv", rows)


def drop_row(one: Bundled) -> None:
    rows = list(csv.DictReader(io.StringIO(one.file("ratings.csv").read_text(encoding="utf-8"))))
    write_table(one, "ratings.csv", [row for row in rows if row != next(r for r in rows if r["value"])])


def swap_labels(one: Bundled) -> None:
    """Two raters' values on one item both rated change places: no count of levels changes."""
    rows = list(csv.DictReader(io.StringIO(one.file("ratings.csv").read_text(encoding="utf-8"))))
    first = next(
        row for row in rows for other in rows if pair(row, other) and row["value"] and other["value"]
    )
    second = next(other for other in rows if pair(first, other) and other["value"])
    first["value"], second["value"] = second["value"], first["value"]
    write_table(one, "ratings.csv", rows)


def pair(one: dict[str, str], other: dict[str, str]) -> bool:
    same = (one["unit"], one["dimension"]) == (other["unit"], other["dimension"])
    return same and one["rater"] != other["rater"] and one["value"] != other["value"]


def write_table(one: Bundled, name: str, rows: list[dict[str, str]]) -> None:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    one.file(name).write_text(buffer.getvalue(), encoding="utf-8", newline="")


def change_mean(one: Bundled) -> None:
    def change(effects: dict[str, Any]) -> None:
        found = next(effect for effect in effects["effects"] if effect["mean_diff"] is not None)
        found["mean_diff"] += 0.25

    change_json(one.file("effects.json"), change, canonical=False)


def change_percent(one: Bundled) -> None:
    def change(agreement: dict[str, Any]) -> None:
        found = next(
            c for c in agreement["dimensions"][0]["coefficients"] if c["measure"] == "percent_agreement"
        )
        found["value"] = 0.99

    change_json(one.file("agreement.json"), change, canonical=False)


def change_count(one: Bundled) -> None:
    def change(agreement: dict[str, Any]) -> None:
        agreement["dimensions"][1]["raters"][0]["counts"][0] += 1

    change_json(one.file("agreement.json"), change, canonical=False)


def change_lock(one: Bundled) -> None:
    change_json(one.file("lock.json"), lambda lock: lock.update(reason="all was well"), canonical=True)


def remove(name: str) -> Change:
    return lambda one: one.file(name).unlink()


def add_file(one: Bundled) -> None:
    one.file("errata.txt").write_text("read this instead", encoding="utf-8")


CHAIN = r"the rating events of R1 are the chain of lock\.json: .*"
CHAINS = r"rating events are the chains.*"
MANIPULATIONS: dict[str, Manipulation] = {
    "1 edited score": Manipulation(
        edit_score, CHAIN + r"Event \d+ was changed", CHAINS + r"event \d+ of R1 was changed"
    ),
    "2 deleted event": Manipulation(
        delete_event, CHAIN + "Event 7", CHAINS + "event 7 of R1 was changed, or one before"
    ),
    "3 cut tail": Manipulation(
        cut_tail, CHAIN + r"\d+ events are not the \d+", CHAINS + r"the \d+ events of R1 are not"
    ),
    "4 chain rewritten": Manipulation(
        rewrite_chain, CHAIN + r"events are not the \d+ that", CHAINS + r"the \d+ events of R1 are not"
    ),
    "4 chain rewritten, lock to match": Manipulation(
        rewrite_chain_and_lock, "published one: lock.json is not what", "published one: lock.json is not what"
    ),
    "5 swapped items": Manipulation(
        swap_items,
        r"manifests are those of lock\.json.*the manifest of R\d was changed",
        "a manifest is missing or was",
    ),
    "6 swapped arms": Manipulation(
        swap_arms, "committed to at seeding: an arm", "lock.json names: arm, task or salt"
    ),
    "6 two arms swapped": Manipulation(
        swap_two_arms, "committed to at seeding: an arm", "lock.json names: arm, task or salt"
    ),
    "7 changed salt": Manipulation(
        change_salt,
        "committed to at seeding: an arm, a task or the salt",
        "lock.json names: arm, task or salt",
    ),
    "8 changed plan": Manipulation(change_plan, "study.toml was changed", "study.toml was changed"),
    "8 changed rubric": Manipulation(change_rubric, "visible.json was changed", "visible.json was changed"),
    "8 changed rubric everywhere": Manipulation(
        change_rubric_everywhere,
        "study.toml was changed.*visible.json was changed",
        "study.toml.*visible.json was",
    ),
    "9 changed row": Manipulation(
        change_row, r"ratings\.csv, P\d, item \w+: .*value \d", r"what chains and allocation give: P\d \w+"
    ),
    "9 dropped row": Manipulation(
        drop_row,
        r"ratings\.csv, P\d, item \w+: .* is what the chains give",
        "what chains and allocation give: P",
    ),
    "9 values of two raters swapped": Manipulation(
        swap_labels, r"ratings\.csv, P\d.*which the chains do not give", "what chains and allocation give: P"
    ),
    "10 changed mean": Manipulation(
        change_mean,
        r"figure of effects\.json.*effects\[D\d [^\]]*\]\.mean_diff: published \S+, recomputed",
        r"effects\.json, D\d \S+ checks mean_diff: published \S+, recomputed",
    ),
    "10 changed percent agreement": Manipulation(
        change_percent,
        r"figure of agreement\.json.*coefficients\[percent_agreement[^\]]*\]\.value: published 0\.99",
        r"agreement\.json, D1 percent_agreement: published 0\.99",
    ),
    "10 changed count": Manipulation(
        change_count,
        r"figure of agreement\.json.*dimensions\[D2\]\.raters\[P1\]\.counts\[0\]",
        r"D2 P1 counts: published \[",
    ),
    "11 changed lock manifest": Manipulation(
        change_lock, "published one: lock.json is not what", "published one: lock.json is not what"
    ),
    "12 missing results": Manipulation(
        remove("effects.json"), "effects.json is missing", "effects.json is missing"
    ),
    "12 missing record": Manipulation(
        remove("record.json"), "record.json is missing", "record.json is missing"
    ),
    "12 missing chains": Manipulation(
        remove("chains.jsonl"), "chains.jsonl is missing", "chains.jsonl is missing"
    ),
    "12 foreign file": Manipulation(add_file, "errata.txt is a foreign file", "errata.txt is a foreign file"),
}


def test_the_twelve_of_the_list_are_all_there() -> None:
    """One and more of each."""
    assert {int(name.split()[0]) for name in MANIPULATIONS} == set(range(1, 13))


@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_is_named_by_both_verifiers(tmp_path: Path, name: str) -> None:
    """The forger wrote the index anew: what is named is what was done, not that a file differs."""
    manipulation = MANIPULATIONS[name]
    one = bundled(tmp_path)
    manipulation.change(one)
    one.index_anew()
    program, script = program_fails(one), script_fails(one)
    assert re.search(manipulation.program, program, re.DOTALL), program
    assert re.search(manipulation.script, script), script


def test_a_forgotten_index_is_a_finding_of_its_own(tmp_path: Path) -> None:
    """Whatever was done, the hash of the file is another; both name the file, and the deed as well."""
    one = bundled(tmp_path)
    change_mean(one)
    for found in (program_fails(one), script_fails(one)):
        assert re.search("the bundle has its files and no other: effects.json is not what", found)
        assert re.search("mean_diff: published", found)


# What only one of them can tell.


def test_a_figure_that_needs_the_program_is_found_by_recomputing(tmp_path: Path) -> None:
    """A p-value, an interval, alpha and the seed: the script says that it does not recompute them."""
    one = bundled(tmp_path)

    def change(effects: dict[str, Any]) -> None:
        found = next(effect for effect in effects["effects"] if effect["signflip_p"] is not None)
        found["signflip_p"] = 0.001

    change_json(one.file("effects.json"), change, canonical=False)
    one.index_anew()
    fails = program_fails(one)
    assert re.search(r"effects\.json, effects\[[^\]]+\]\.signflip_p: published 0\.001, recomputed \S+", fails)
    assert fails.count("\n") == 0
    run = by_script(one)
    assert (run.code, script_fails(one)) == (0, "")
    assert "cannot be excluded  other figures" in run.out


def test_guesses_are_derived_from_the_chains(tmp_path: Path) -> None:
    """Another answer to a guess question is named with its item."""
    one = bundled(tmp_path)
    change_text(one.file("guesses.csv"), r"family,\d", "family,")
    one.index_anew()
    assert re.search(r"guesses\.csv, P\d, item \w+: question family", program_fails(one))


def test_a_changed_verifier_is_found_by_the_program(tmp_path: Path) -> None:
    """The script in the bundle is the publisher's: the program compares it with its own."""
    one = bundled(tmp_path)
    change_text(one.file("verify.py"), r"sys\.exit\(3 if any\(failed\) else 0\)", "sys.exit(0)")
    one.index_anew()
    assert program_fails(one) == "verifier and description are those of this program: verify.py was changed"


@pytest.mark.parametrize(
    ("name", "pattern", "replacement", "line"),
    [
        ("bundle.json", r'"analysis": 5', '"analysis": 6', "the index says what"),
        ("bundle.json", r'"name": "Small study"', '"name": "Great study"', "the index says what"),
        ("record.json", r'"action": "seeded"', '"action": "looked"', "the record has the entry"),
        ("record.json", r'"action": "locked"', '"action": "looked"', "the record has the entry"),
        ("record.json", r'"hash": "\w{4}', '"hash": "0000', "the record has the entry"),
        ("record.json", r'"action": "incident"', '"action": "agreement"', "marks of incidents"),
        ("ratings.csv", r",0,0,0,yes\n", ",0,0,1,yes\n", "marks of incidents and gold"),
        ("record.json", r'"seq": 2', '"seq": 3', "the record has the entry"),
        ("record.json", r'"action": "unblinded"', '"action": "looked"', "the record has the entry"),
    ],
)
def test_index_and_record_are_looked_at(
    tmp_path: Path, name: str, pattern: str, replacement: str, line: str
) -> None:
    """What they say beside the files must fit lock and protocol."""
    one = bundled(tmp_path)
    change_text(one.file(name), pattern, replacement)
    if name != "bundle.json":
        one.index_anew()
    assert line in program_fails(one)


def test_a_whole_bundle_made_anew_is_told_by_the_published_code_alone(tmp_path: Path) -> None:
    """Another study's bundle fits in itself: without the code every line is ok and one is open."""
    from tests.services.bundles import by_program

    one = bundled(tmp_path)
    other = Bundled(small=one.small, folder=one.folder, lock_code="0" * 64)
    assert (
        program_fails(other)
        == "the lock code is the published one: lock.json is not what this code belongs to"
    )
    assert script_fails(other).startswith("FAILED              the lock code is the published one")
    assert "the whole bundle was made anew" in [check.question for check in by_program(one, code=False)]


NONSENSE = (
    b'{"raters":1,"entries":[{"seq":1,"action":"incident","rater":[]}],'
    b'"files":[],"dimensions":{},"allocation":{"items":[]}}\n'
)
DAMAGED = [
    "study.toml",
    "visible.json",
    "manifests.jsonl",
    "chains.jsonl",
    "lock.json",
    "allocation.json",
    "ratings.csv",
    "agreement.json",
    "effects.json",
    "bundle.json",
    "record.json",
    "guesses.csv",
]


@pytest.mark.parametrize("name", DAMAGED)
def test_nonsense_is_a_failed_line_and_no_crash(tmp_path: Path, name: str) -> None:
    """Whatever stands in a file, the program answers every question, and so does the script."""
    one = bundled(tmp_path)
    files, anchors = read_bundle(one.folder), Anchors(lock_code=one.lock_code)
    for content in (b"\xff\xfe\n", NONSENSE):
        checks = verify_bundle({**files, name: content}, anchors, app=APP, recompute=True)
        assert any(check.answer is Answer.FAILED for check in checks)
    one.file(name).write_bytes(NONSENSE)
    run = by_script(one)
    assert (run.code, run.err) == (3, "")
    assert run.out.count("\n") == 7
