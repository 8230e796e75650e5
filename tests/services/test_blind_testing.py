"""The self-test of the blind fails, and says where, for each way in which a condition can leak."""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from protocol.sources import content
from rater.services.packs.handing_out import IssuedPack, issue_packs
from rater.services.selftest import blind_testing, byte_search, canary_faults, canary_story
from rater.services.selftest.blind_testing import Answer, BlindTest, Check, run_blind_test
from rater.services.selftest.byte_search import Form
from rater.services.selftest.canaries import MODELS, SCAFFOLDS, TASKS, Canaries, draw_canaries
from rater.services.selftest.canary_faults import Mishap, suffer
from rater.services.selftest.canary_story import CanaryStory
from rater.services.selftest.canary_workplace import Workplace, admin_command

Run = Callable[..., int]
NEEDED = ("plain", "crash-over-note", "submit", "merge", "status", "agreement", "export", "lock")
"""Programs that leave what is searched; starting all of them would take three times as long."""
HARMLESS = (
    "extend",
    "amend",
    "clarify",
    "withdraw",
    "reassign",
    "questions",
    "pack-again",
    "help",
    "submit-interim",
    "status-json",
    "agreement-json",
    "verify",
    "status-locked",
)


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch, entropy: random.Random) -> Canaries:
    """Return the canaries that the self-test will plant."""
    drawn = draw_canaries(entropy)
    monkeypatch.setattr(blind_testing, "draw_canaries", lambda entropy: drawn)
    return drawn


@pytest.fixture
def without_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the half that has tests of its own."""
    monkeypatch.setattr(blind_testing, "watch_plans", lambda *_, **__: None)
    monkeypatch.setattr(blind_testing, "watch_files", lambda *_, **__: None)


def _run(root: Path, entropy: random.Random) -> BlindTest:
    """Run all that needs no terminal; the command's test runs the rest."""
    return run_blind_test(root, entropy=entropy, seed=1, who="tester", app="0", in_terminal=False)


def _of(test: BlindTest, question: str) -> Check:
    (found,) = [check for check in test.checks if check.question.startswith(question)]
    return found


@pytest.mark.usefixtures("without_counting")
def test_every_leak_is_found_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entropy: random.Random, canaries: Canaries
) -> None:
    """A reader that keeps reasoning, a file beside a pack, an export, a log, a cache, a key, a time."""
    words = canaries.words
    monkeypatch.setitem(content._TEXT_PARTS, "thinking", "thinking")

    def leaky_packs(*arguments: object, **options: object) -> list[IssuedPack]:
        issued = issue_packs(*arguments, **options)  # type: ignore[arg-type]  # handed on as they came
        beside = issued[0].path.with_name("R1.pack.db.bak")
        beside.write_bytes(base64.b64encode(f"order of {words[MODELS[0]]}".encode()))
        return issued

    run: Run = Workplace.run

    def leaky_run(work: Workplace, name: str, command: Sequence[str], **options: object) -> int:
        if name not in NEEDED:
            return 0 if name in HARMLESS else 7
        code = run(work, name, command, **options)
        if name == "export":
            (work.export / "extra.txt").write_bytes(words[MODELS[1]].encode("utf-16-be"))
        elif name == "agreement":
            with (work.screens / "agreement.stderr").open("a") as log:
                log.write(f"reading {words[SCAFFOLDS[0]].upper()}\n")
        elif name == "lock":
            (work.home / ".cache" / "last").write_text(words[SCAFFOLDS[1]].encode().hex())
            (work.snapshots / words["source file name"]).touch()
            os.utime(work.packs / "R2.pack.db", (canaries.epoch, canaries.epoch))
            with (work.admin / "study.key").open("ab") as key:
                key.write(words[MODELS[2]].encode())
            (work.admin / "study-later.key").write_text(words[TASKS[0]])
        return code

    monkeypatch.setattr(canary_story, "issue_packs", leaky_packs)
    monkeypatch.setattr(Workplace, "run", leaky_run)
    test = _run(tmp_path, entropy)

    assert test.failed
    failed = {check.question for check in test.checks if check.answer is Answer.FAILED}
    assert failed == {
        "no canary: the study file and what lies beside it",
        "no canary: packs, damaged copies, ratings files",
        "no canary: files while open and after a kill",
        "no canary: terminal, standard output and error",
        "no canary: settings, state, cache, crash reports",
        "no canary: the export of the open study",
        "no canary: the sealed keys, in the clear",
        "no file has the time of the sources",
    }
    found = {(Path(one.file).as_posix(), one.form, one.what) for one in test.findings}
    assert found >= {
        ("shared/study.db", Form.UTF_8, "reasoning"),
        ("packs/R3.pack.db", Form.UTF_8, "reasoning"),
        ("packs/R1.pack.db.bak", Form.BASE64, "model 1"),
        ("screens/plain.stdout", Form.UTF_8, "reasoning"),
        ("screens/agreement.stderr", Form.UTF_8, "scaffold 1"),
        ("export/extra.txt", Form.UTF_16, "model 2"),
        ("home/.cache/last", Form.HEX, "scaffold 2"),
        ("(file names)", Form.UTF_8, "source file name"),
        ("admin/study.key", Form.UTF_8, "model 3"),
        ("admin/study-later.key", Form.UTF_8, TASKS[0]),
    }
    assert "R2.pack.db" in _of(test, "no file has the time").why
    assert _of(test, "no canary: the export").why.endswith("extra.txt, byte 13: model 2, as UTF-16")


@pytest.mark.usefixtures("without_counting")
def test_a_seeding_that_fails_ends_in_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entropy: random.Random, canaries: Canaries
) -> None:
    """The product's own last look refuses names that scrubbing left: that is told, not raised."""
    from protocol.deidentify.rules import RedactionRules

    scrubbing = "rater.services.seeding.seeding_plan.rules_of"
    nothing = RedactionRules(patterns=(), runs=frozenset())
    monkeypatch.setattr(scrubbing, lambda protocol, transcripts: nothing)
    test = _run(tmp_path, entropy)
    assert _of(test, "the study is seeded").answer is Answer.FAILED
    assert canaries.words[MODELS[0]] in _of(test, "the study is seeded").why
    searched = [check for check in test.checks if check.question.startswith("no canary")]
    assert {check.answer for check in searched} == {Answer.NOT_CHECKED}


def test_a_seeding_that_accepts_telling_texts_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entropy: random.Random
) -> None:
    """Each text that had to stop the seeding is named."""
    story = CanaryStory(_work(tmp_path), draw_canaries(entropy), entropy=entropy, who="tester")
    assert story.prepare() is None
    assert story.refuse_telling_texts() is None
    monkeypatch.setattr("rater.services.seeding.seeding_plan._refuse", lambda *_, **__: None)
    assert (story.refuse_telling_texts() or "").startswith("seeded all the same: a card that names a model, ")


def _planting(root: Path, canaries: Canaries) -> str | None:
    run = blind_testing._Run(
        work=Workplace(root=root, app="0"), canaries=canaries, tell=lambda step: None, has_terminals=False
    )
    return run._plant_canaries()


def test_a_search_that_misses_a_form_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entropy: random.Random
) -> None:
    """The negative control of every run: nothing found means nothing if the search is blind."""
    canaries = draw_canaries(entropy)
    (tmp_path / "whole").mkdir()
    (tmp_path / "blind").mkdir()
    assert _planting(tmp_path / "whole", canaries) is None
    monkeypatch.setattr(byte_search, "_base64_patterns", lambda word: iter(()))
    missed = _planting(tmp_path / "blind", canaries)
    assert missed is not None
    assert f"{canaries.words.mark} as base64, spelling 1" in missed
    assert "UTF-8" not in missed


def test_a_search_of_empty_output_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entropy: random.Random
) -> None:
    """Words that raters are meant to see must be found, or the search looked at the wrong place."""
    work = Workplace(root=tmp_path, app="0")
    work.make()
    run = blind_testing._Run(
        work=work, canaries=draw_canaries(entropy), tell=lambda step: None, has_terminals=True
    )
    missing = run._unseen()
    assert missing is not None
    assert "text of an item in packs" in missing
    assert "words of a guess in screens" in missing


def _work(root: Path) -> Workplace:
    work = Workplace(root=root, app="0")
    work.make()
    return work


def test_a_crash_that_tells_its_values_fails(tmp_path: Path, entropy: random.Random) -> None:
    """The text of the item in a report, and a traceback on standard error."""
    canaries, work = draw_canaries(entropy), _work(tmp_path)
    text = canaries.sightings["text of an item"]
    report = work.home / "state" / "blindrater-crash-1.txt"
    report.parent.mkdir()
    (work.screens / "crash.terminal").write_bytes(b"stopped")
    assert "no crash report" in (canary_faults._what_a_crash_tells(work, "crash", 1, text) or "")
    report.write_text("ValueError at rating.py:12")
    assert canary_faults._what_a_crash_tells(work, "crash", 1, text) is None
    assert "no crash report" in (canary_faults._what_a_crash_tells(work, "crash", 0, text) or "")
    report.write_text(f"item = {text}")
    assert report.name in (canary_faults._what_a_crash_tells(work, "crash", 1, text) or "")
    report.write_text("ValueError at rating.py:12")
    (work.screens / "crash.stderr").write_bytes(b"Traceback (most recent call last):\n")
    assert "crash.stderr" in (canary_faults._what_a_crash_tells(work, "crash", 1, text) or "")


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("raise SystemExit(7)", None),
        ("pass", "exit code 0"),
        ("raise SystemExit(1)", "exit code 1"),
        ("import sys; sys.stderr.write('Traceback (most recent call last):'); sys.exit(7)", "traceback"),
    ],
)
def test_a_mishap_that_is_no_sentence_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, wrong: str | None
) -> None:
    """An error has an exit code of its own and shows no traceback."""
    import sys

    monkeypatch.setattr(canary_faults, "rater_command", lambda arguments: [sys.executable, "-c", code])
    answer = suffer(_work(tmp_path), Mishap(name="m", arguments=[]))
    assert (answer is None) if wrong is None else (answer is not None and wrong in answer)


def test_programs_know_no_home_but_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written into the user's folders, and no variable of the admin's shell goes along."""
    monkeypatch.setenv("MODEL_NAME", "a condition")
    monkeypatch.setenv("TEXTUAL_LOG", "log.txt")
    environment: Mapping[str, str] = _work(tmp_path).environment()
    assert "MODEL_NAME" not in environment
    assert "TEXTUAL_LOG" not in environment
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR", "APPDATA"):
        assert Path(environment[name]).is_relative_to(tmp_path / "home")


def test_the_admin_command_is_the_real_one(tmp_path: Path) -> None:
    """Outputs of the admin's commands come from the program that is installed."""
    work = _work(tmp_path)
    assert work.run("version", admin_command(["--version"])) == 0
    assert (work.screens / "version.stdout").read_text().startswith("rater-admin ")
