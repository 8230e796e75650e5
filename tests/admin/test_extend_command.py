"""`extend` from the outside: a batch added, both keys asked for, the batch in every result."""

from __future__ import annotations

import json
from pathlib import Path

from rater.exit_codes import ExitCode
from tests.admin.running import done, refused
from tests.services.amended_studies import begun_study, rate_rest
from tests.services.extended_studies import MORE_TASKS, batch_files, extended_study, second_key
from tests.services.small_studies import RATERS, SmallStudy, lock_small, protocol_text, recipient_of

REASON = ("--reason", "More tasks came in.")


def arguments(small: SmallStudy, **files: str) -> tuple[str | Path, ...]:
    """Return what `extend` is given."""
    protocol, transcripts = batch_files(small, **files)
    sealing = ("--key", second_key(small), "--recipient", recipient_of(small))
    return ("extend", small.study, protocol, transcripts, *sealing, "--original", small.protocol)


def test_a_batch_is_added_and_told(tmp_path: Path) -> None:
    """Items by rater and the hash of the key; whose pack is out is named; status and verify know it."""
    small = begun_study(tmp_path)
    done("pack", small.study, "--rater", "R1", "-o", tmp_path / "packs")
    found = done(*arguments(small), *REASON)
    assert "batch 2, 12 items of 3 tasks; items by rater: R1 8, R2 8, R3 8" in found.out
    assert "The packs of R1 are out and do not hold the batch" in found.err
    assert "batch 2: 8 items added for R3" in done("status", small.study).out
    assert "FAILED" not in done("verify", small.study).out
    assert done("key-check", second_key(small), "--study", small.study, "--identity", small.identity).out
    done("pack", small.study, "--replace", "--rater", "R1", "-o", tmp_path / "again", *REASON)


def test_what_extend_answers_as_json(tmp_path: Path) -> None:
    """The batch, its key and the numbers of the amendments."""
    small = begun_study(tmp_path)
    found = done(*arguments(small), *REASON, "--json").json
    assert (found["schema"], found["batch"], found["amendments"]) == ("extend/1", 2, [1, 2, 3])
    assert found["items_of_rater"] == dict.fromkeys(RATERS, 8)


def test_each_refusal_has_its_exit_code(tmp_path: Path) -> None:
    """No reason 2, another plan 7, a name in the reason 4, locked 6; every one leaves no key behind."""
    small = begun_study(tmp_path)
    refused(ExitCode.USAGE, "needs a reason", *arguments(small))
    other = protocol_text(tasks=MORE_TASKS).replace("seed = 5", "seed = 6")
    refused(ExitCode.INVALID_INPUT, "analysis.seed", *arguments(small, text=other), *REASON)
    arguments(small)
    refused(ExitCode.WOULD_BREAK_BLIND, "names a model", *arguments(small), "--reason", "gpt-4 was missing.")
    done("lock", small.study, "--accept-missing", *REASON)
    refused(ExitCode.WRONG_STATE, "extended while it is open", *arguments(small), *REASON)
    assert not second_key(small).exists()


def test_both_keys_open_the_study_and_the_batch_stands_in_every_result(tmp_path: Path) -> None:
    """One key alone is refused; then effects, agreement, a filter and the export know the batch."""
    small = extended_study(tmp_path)
    for rater in RATERS:
        rate_rest(small.study, rater)
    code = lock_small(small)
    opener = ("--identity", small.identity, "--lock-code", code, *REASON)
    first, second = ("--key", small.key), ("--key", second_key(small))
    refused(ExitCode.CHECK_FAILED, "key of batch 2 is missing", "unblind", small.study, *first, *opener)
    assert done("unblind", small.study, *first, *second, *opener, "--json").json["items"] == 24
    assert "D1: shift in each batch of tasks, and in all together" in done("effects", small.study).out
    variants = done("effects", small.study, "--json").json["robustness"]
    assert [one["label"] for one in variants if one["variant"] == "batch"] == ["batch 1", "batch 2"]
    assert "D1: inside each batch of tasks" in done("agreement", small.study).out
    strata = done("agreement", small.study, "--json").json["dimensions"][0]["by_batch"]
    assert [(one["batch"], one["n_units"]) for one in strata] == [(1, 12), (2, 12)]
    alone = done("agreement", small.study, "--where", "batch=2", "--json").json["dimensions"][0]
    assert alone["n_units"] == 12
    done("export", small.study, "-o", tmp_path / "out")
    head = (tmp_path / "out" / "ratings.csv").read_text(encoding="utf-8").split("\n")[0]
    assert "batch" in head.split(",")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert [(one["batch"], one["items"]) for one in manifest["batches"]] == [(2, 12)]
    done("report", small.study, "-o", tmp_path / "report")
    opened = (*first, *second, "--identity", small.identity, "--lock-code", code)
    assert "FAILED" not in done("verify", small.study, *opened).out
