"""`rater-admin verify` from the outside: a line for each question, exit 3 where one failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.allocation.sealing import open_with_identities
from rater.exit_codes import ExitCode
from tests.admin.running import Run, done, refused, run
from tests.services.forging import forging
from tests.services.small_studies import MODELS, PastDoor, locked_study, rated_study, unblinded_study


def receipts_of(past: PastDoor, folder: Path) -> Path:
    path = folder / "receipts.txt"
    lines = [f"{rater} {receipt}\n" for rater, receipt in past.small.receipts().items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def with_everything(past: PastDoor, folder: Path) -> list[str | Path]:
    return [
        "verify",
        past.small.study,
        "--lock-code",
        past.lock_code,
        "--receipts",
        receipts_of(past, folder),
        "--key",
        past.small.key,
        "--identity",
        past.small.identity,
    ]


def answers(found: Run) -> list[str]:
    return [line.split("  ")[0].strip() for line in found.out.splitlines()]


def test_with_everything_at_hand_one_line_is_left_open(tmp_path: Path) -> None:
    """Locked and unblinded; exit 0, nothing on stderr. No code covers the log behind the lock."""
    for name, door in (("l", locked_study), ("u", unblinded_study)):
        (tmp_path / name).mkdir()
        past = door(tmp_path / name)
        found = done(*with_everything(past, tmp_path))
        (line,) = [line for line in found.out.splitlines() if not line.startswith("ok ")]
        assert line.startswith("cannot be excluded  entries of the log after the lock")
        assert found.err == ""


def test_verify_writes_nothing(tmp_path: Path) -> None:
    """Not a byte of the study, no side file left, nothing in its log."""
    past = locked_study(tmp_path)
    arguments = with_everything(past, tmp_path)
    before = past.small.study.read_bytes()
    done(*arguments)
    assert past.small.study.read_bytes() == before
    assert sorted(path.name for path in past.small.folder.iterdir()) == [
        "identity.txt",
        "study.db",
        "study.key",
        "study.toml",
        "transcripts.jsonl",
    ]


def test_without_anchors_nothing_is_ok_that_cannot_be_known(tmp_path: Path) -> None:
    """Four lines cannot be excluded; that is no failure: exit 0."""
    found = done("verify", locked_study(tmp_path).small.study)
    assert answers(found).count("cannot be excluded") == 4
    assert "FAILED" not in found.out


def test_a_failure_is_exit_3_with_the_reason_on_its_line(tmp_path: Path) -> None:
    """The other lines are there too; a sentence on stderr says what to do."""
    past = locked_study(tmp_path)
    arguments = with_everything(past, tmp_path)
    with forging(past.small, restore=True) as forger:
        forger.db.execute("DELETE FROM event WHERE chain_id = ? AND seq > 9", (forger.manifest().id,))
    found = run(*arguments)
    assert found.code == ExitCode.CHECK_FAILED
    failed = [line for line in found.out.splitlines() if line.startswith("FAILED")]
    assert any("receipt" in line and "cut or written anew" in line for line in failed)
    assert any("as they were at the lock" in line for line in failed)
    assert "ok" in answers(found)
    assert f"{len(failed)} of {len(answers(found))} checks FAILED" in found.err


def test_answers_as_json(tmp_path: Path) -> None:
    """Question, answer and reason; the flag says whether anything failed."""
    past = locked_study(tmp_path)
    whole = done(*with_everything(past, tmp_path), "--json").json
    assert whole["failed"] is False
    assert {check["answer"] for check in whole["checks"]} == {"ok", "cannot be excluded"}
    wrong = run("verify", past.small.study, "--lock-code", "ab" * 32, "--json")
    assert wrong.code == ExitCode.CHECK_FAILED
    assert wrong.json["failed"] is True
    assert [check["why"] for check in wrong.json["checks"] if check["answer"] == "FAILED"] == [
        "it is another code"
    ]


def test_a_part_of_the_lock_code_is_another_code(tmp_path: Path) -> None:
    """The first digits, which anybody can look up in the study, prove nothing."""
    past = locked_study(tmp_path)
    found = run("verify", past.small.study, "--lock-code", past.lock_code[:16])
    assert found.code == ExitCode.CHECK_FAILED
    assert done("verify", past.small.study, "--lock-code", f" {past.lock_code.upper()}\n")


def test_inputs_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    """No study, no receipts, a key file that is not there, an identity without a key."""
    past = locked_study(tmp_path)
    bad = tmp_path / "bad"
    bad.write_text("R1\n", encoding="utf-8")
    study = past.small.study
    refused(ExitCode.NOT_FOUND, "no such file", "verify", tmp_path / "nowhere.db")
    refused(ExitCode.INVALID_INPUT, "folder", "verify", tmp_path)
    refused(ExitCode.INVALID_INPUT, "line 1", "verify", study, "--receipts", bad)
    refused(ExitCode.NOT_FOUND, "no such file", "verify", study, "--receipts", tmp_path / "nowhere")
    refused(ExitCode.NOT_FOUND, "no such file", "verify", study, "--key", tmp_path / "nowhere")
    refused(ExitCode.USAGE, "--key", "verify", study, "--identity", past.small.identity)


def test_verify_tells_no_condition(tmp_path: Path) -> None:
    """Neither of a locked study with its key, nor of an unblinded one that was tampered with."""
    past = unblinded_study(tmp_path)
    arguments = with_everything(past, tmp_path)
    with forging(past.small, restore=True) as forger:
        forger.db.execute("UPDATE allocation SET model = 'canary-one'")
    found = run(*arguments)
    assert found.code == ExitCode.CHECK_FAILED
    assert not any(model in found.out + found.err for model in MODELS)


def test_words_from_the_file_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    """A table whose name holds an escape sequence, a rater's code in the receipts."""
    small = rated_study(tmp_path)
    with small.raw() as db:
        db.execute('CREATE TABLE "x\x1b]0;title\x07" (a)')
    receipts = tmp_path / "r"
    receipts.write_text("\x1b[31m ABCD-EFGH-IJKL-MNOP\n", encoding="utf-8")
    found = run("verify", small.study, "--receipts", receipts)
    assert found.code == ExitCode.CHECK_FAILED
    assert "\x1b" not in found.out + found.err


def test_a_key_under_a_passphrase_is_opened_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrase comes from a file or descriptor, as everywhere; sealing itself is not tried here."""
    past = locked_study(tmp_path)
    plaintext = open_with_identities(past.small.key.read_bytes(), past.small.secrets.identities)
    given: list[str] = []

    def opened(sealed: bytes, passphrase: str) -> bytes:
        given.append(passphrase)
        return plaintext

    monkeypatch.setattr("rater.services.doors.key_files.is_passphrase_sealed", lambda sealed: True)
    monkeypatch.setattr("rater.services.doors.key_files.open_with_passphrase", opened)
    secret = tmp_path / "secret"
    secret.write_text("six random words of mine\n", encoding="utf-8")
    study, key = past.small.study, past.small.key
    found = done("verify", study, "--key", key, "--passphrase-file", secret)
    assert "ok                  the key opens" in found.out
    assert given == ["six random words of mine"]
    refused(ExitCode.USAGE, "--key", "verify", study, "--passphrase-file", secret)
