"""`rater-admin leaks` from the outside: hits in context, decisions, and seeding that waits."""

from __future__ import annotations

import json
from pathlib import Path

from rater.exit_codes import ExitCode
from tests.admin.running import Run, done, refused, run
from tests.services.small_studies import (
    MODELS,
    SmallStudy,
    protocol_text,
    recipient_of,
    transcript_lines,
    write_sources,
)

HOSTILE = "I am ChatGPT \x1b]0;title\x07\x9b31m\u202e\u200b<b>[/] and then"
REASON = ("--reason", "looked at")


def study(tmp_path: Path, *replies: str, redaction: str = 'names = "ask"', contact: str = "") -> SmallStudy:
    texts = {(MODELS[0], "plain", f"task-{'abc'[number]}"): reply for number, reply in enumerate(replies)}
    return write_sources(
        tmp_path / "s",
        protocol=protocol_text(redaction=redaction, contact=contact),
        transcripts=transcript_lines(texts),
    )


def leaks(small: SmallStudy, *more: str | Path) -> list[str | Path]:
    return ["leaks", small.transcripts, "--protocol", small.protocol, *more]


def seed(small: SmallStudy, *more: str | Path) -> list[str | Path]:
    recipient = recipient_of(small)
    return [
        "seed",
        small.protocol,
        small.transcripts,
        "-o",
        small.study,
        "--recipient",
        recipient,
        *more,
    ]


def found_by(small: SmallStudy, *more: str) -> Run:
    """Run leaks where it must answer that seeding waits."""
    found = run(*leaks(small, *more))
    assert found.code == ExitCode.WOULD_BREAK_BLIND
    return found


def test_hits_are_shown_in_context_and_exit_4_while_one_waits(tmp_path: Path) -> None:
    """The stretch between arrows, the place, what will be done, and how many wait."""
    small = study(tmp_path, "Well, I am ChatGPT indeed", "a Google search")
    found = found_by(small)
    out = " ".join(found.out.split())
    assert "Well, I am >>>ChatGPT<<< indeed" in out
    assert "canary-one x plain x task-a, message 2" in out
    assert "a >>>Google<<< search" in out
    assert "1 hits wait for a decision" in found.err


def test_without_anything_to_decide_exit_is_0(tmp_path: Path) -> None:
    """Hits that are replaced or kept by the plan hold nothing up."""
    small = study(tmp_path, "I am ChatGPT", redaction='names = "replace"')
    assert "1 hits in 12 transcripts" in done(*leaks(small)).out
    done(*seed(small))


def test_seeding_waits_with_exit_4_and_goes_on_after_the_decision(tmp_path: Path) -> None:
    """The advised command decides; then leaks and seed are content."""
    small = study(tmp_path, "I am ChatGPT", "by Anthropic")
    refused(ExitCode.WOULD_BREAK_BLIND, "2 hits of the leak rules wait", *seed(small))
    assert not small.study.exists()
    decided = done(*leaks(small, "--decide", "name=replace", *REASON))
    assert "2 decisions added" in decided.err
    assert "(decided)" in decided.out
    done(*leaks(small))
    done(*seed(small))


def test_a_dropped_task_is_seeded_without_it(tmp_path: Path) -> None:
    """Eight items of two tasks are left of twelve of three."""
    small = study(tmp_path, "I am ChatGPT")
    done(*leaks(small, "--decide", "name=drop-task", *REASON))
    assert "8 items of 2 tasks" in done(*seed(small)).out


def test_hits_as_json(tmp_path: Path) -> None:
    """Every field of a hit, by which it can be decided."""
    small = study(tmp_path, "Well, I am ChatGPT indeed")
    (hit,) = found_by(small, "--json").json["hits"]
    name = hit.pop("hit")
    assert len(name) == 12
    assert hit == {
        "class": "name",
        "rule": "name",
        "action": "ask",
        "decided": False,
        "model": "canary-one",
        "scaffold": "plain",
        "task": "task-a",
        "message": 1,
        "field": "text",
        "start": 11,
        "found": "ChatGPT",
        "before": "Well, I am ",
        "after": " indeed",
    }
    whole = done(*leaks(small, "--decide", f"{name}=keep", *REASON, "--json")).json
    assert (whole["undecided"], whole["hits"][0]["decided"]) == (0, True)


def test_context_from_a_hostile_text_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    """Escape sequences, 8-bit controls, reversed and invisible characters, markup: visible, and inert."""
    small = study(tmp_path, HOSTILE)
    for found in (found_by(small), found_by(small, "--json")):
        for char in "\x1b\x07\x9b\u202e\u200b":
            assert char not in found.out
            assert char not in found.err
    assert "<b>[/]" in found_by(small).out
    assert found_by(small, "--json").json["hits"][0]["after"].startswith(" \x1b]0;title\x07\x9b31m\u202e")


def test_the_list_can_be_shortened(tmp_path: Path) -> None:
    """How many more there are is said."""
    small = study(tmp_path, "ChatGPT " * 30)
    found = found_by(small, "--limit", "5")
    assert found.out.count(">>>ChatGPT<<<") == 5
    assert "and 25 more" in found.out


def test_the_admins_own_texts_are_exit_4_and_no_decision_helps(tmp_path: Path) -> None:
    """They are reworded in study.toml."""
    small = study(tmp_path, redaction='names = "replace"', contact="the canary-one team")
    assert "stops the seeding: study.contact: study name: 'canary-one'" in found_by(small).out
    refused(ExitCode.WOULD_BREAK_BLIND, "study.contact", *seed(small))


def test_what_decides_nothing_has_its_exit_code(tmp_path: Path) -> None:
    """No reason 2, no such action 2, no such hit 5, a decisions file that is not there 5, broken 7."""
    small = study(tmp_path, "I am ChatGPT")
    refused(ExitCode.USAGE, "reason", *leaks(small, "--decide", "name=keep"))
    refused(ExitCode.USAGE, "HIT=keep", *leaks(small, "--decide", "name=maybe", *REASON))
    refused(ExitCode.NOT_FOUND, "No hit", *leaks(small, "--decide", "nothing=keep", *REASON))
    refused(ExitCode.NOT_FOUND, "no such file", *seed(small, "--decisions", tmp_path / "nowhere"))
    small.decisions.write_text("oops\n", encoding="utf-8")
    refused(ExitCode.INVALID_INPUT, "line 1", *leaks(small))
    refused(ExitCode.INVALID_INPUT, "line 1", *seed(small))


def test_decisions_can_be_kept_elsewhere(tmp_path: Path) -> None:
    """The file is made by the first decision, and seed takes it by name."""
    small = study(tmp_path, "I am ChatGPT")
    kept = tmp_path / "kept.jsonl"
    done(*leaks(small, "--decisions", kept, "--decide", "name=replace", *REASON))
    assert not small.decisions.exists()
    refused(ExitCode.WOULD_BREAK_BLIND, "1 hits", *seed(small))
    done(*seed(small, "--decisions", kept))


def test_looking_writes_nothing(tmp_path: Path) -> None:
    """Without --decide no file is made or touched."""
    small = study(tmp_path, "I am ChatGPT")
    before = {path.name: path.read_bytes() for path in small.folder.iterdir()}
    found_by(small)
    assert {path.name: path.read_bytes() for path in small.folder.iterdir()} == before


def test_a_reason_is_kept_word_for_word(tmp_path: Path) -> None:
    """Also one in another script, with a line break."""
    small = study(tmp_path, "I am ChatGPT")
    reason = "Zitat, größer\nals 1"
    done(*leaks(small, "--decide", "name=keep", "--reason", reason))
    assert json.loads(small.decisions.read_text(encoding="utf-8"))["reason"] == reason
