"""`rater-admin key-check` from the outside: one line, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from rater.exit_codes import ExitCode
from rater.services.doors.key_files import write_identity
from tests.admin.running import done, refused
from tests.services.small_studies import SmallStudy, seeded_study, write_sources


def test_it_says_that_the_key_opens_and_nothing_else(tmp_path: Path) -> None:
    """Not a word on stdout or stderr but the answer; the study beside the key is found."""
    small = seeded_study(tmp_path)
    found = done("key-check", small.key, "--identity", small.identity)
    assert (found.out, found.err) == ("opens: yes\n", "")
    assert small.actions() == ["seeded", "key-check"]


def test_the_answer_as_json(tmp_path: Path) -> None:
    """The same one fact."""
    small = seeded_study(tmp_path)
    found = done("key-check", small.key, "--identity", small.identity, "--json")
    assert found.json == {"schema": "key-check/1", "opens": True}


def test_somebody_elses_identity_is_exit_3_and_on_record(tmp_path: Path) -> None:
    """Nothing on stdout; the log has the attempt."""
    small = seeded_study(tmp_path)
    write_identity(tmp_path / "other.txt")
    refused(
        ExitCode.CHECK_FAILED, "does not open", "key-check", small.key, "--identity", tmp_path / "other.txt"
    )
    assert small.actions() == ["seeded", "key-check"]
    assert "opens: no" in str(small.audit()[-1]["details"])


def test_the_key_can_lie_elsewhere(tmp_path: Path) -> None:
    """Then its study is named; without one nothing is opened."""
    small = seeded_study(tmp_path)
    key = tmp_path / "safe.key"
    shutil.move(small.key, key)
    refused(ExitCode.NOT_FOUND, "safe.db", "key-check", key, "--identity", small.identity)
    assert small.actions() == ["seeded"]
    done("key-check", key, "--study", small.study, "--identity", small.identity)


def test_what_is_missing_has_its_exit_code(tmp_path: Path) -> None:
    """No identity, no key, a file that is no identity."""
    small = seeded_study(tmp_path)
    refused(ExitCode.USAGE, "--identity", "key-check", small.key)
    refused(ExitCode.NOT_FOUND, "no such file", "key-check", tmp_path / "k", "--identity", small.identity)
    refused(ExitCode.INVALID_INPUT, "identity", "key-check", small.key, "--identity", small.protocol)


def seed_for_both(tmp_path: Path) -> tuple[SmallStudy, list[Path]]:
    small = write_sources(tmp_path / "both")
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    recipients = [write_identity(path).recipient for path in files]
    done(
        "seed",
        small.protocol,
        small.transcripts,
        "-o",
        small.study,
        "--require-both",
        "--recipient",
        recipients[0],
        "--recipient",
        recipients[1],
    )
    return small, files


def test_two_custodians_open_together_in_any_order(tmp_path: Path) -> None:
    """Neither alone: exit 3, and the sentence says that all are needed."""
    small, (one, other) = seed_for_both(tmp_path)
    done("key-check", small.key, "--identity", one, "--identity", other)
    done("key-check", small.key, "--identity", other, "--identity", one)
    for path in (one, other):
        refused(
            ExitCode.CHECK_FAILED,
            "all of them where both are required",
            "key-check",
            small.key,
            "--identity",
            path,
        )
    assert small.actions() == ["seeded"] + ["key-check"] * 4
