"""The shipped sample: its protocol fits its transcripts, word for word and cell for cell."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from protocol.claims.evidence_level import claims_above
from protocol.conversation import Conversation, Message
from protocol.deidentify.folding import fold
from protocol.deidentify.rules import build_rules
from protocol.deidentify.scrubbing import scrub
from protocol.item import card_to_json
from protocol.study import EvidenceLevel, StudyProtocol
from protocol.study_file import read_study

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "rater" / "sample"
SOURCE = ROOT.parent / "shared" / "data" / "small-models" / "transcripts.jsonl"
MODELS = {"SmolLM2-135M-Instruct", "Qwen2.5-Coder-0.5B-Instruct", "Gemma-3-270M"}


@pytest.fixture(scope="module")
def study() -> StudyProtocol:
    return read_study((SAMPLE / "study.toml").read_text(encoding="utf-8"), where="study.toml")


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    text = (SAMPLE / "transcripts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def _turns(record: dict[str, Any], role: str) -> list[str]:
    return [message["content"] for message in record["messages"] if message["role"] == role]


def _six_word_runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[first : first + 6]) for first in range(len(words) - 5)}


def test_every_cell_holds_one_transcript(study: StudyProtocol, records: list[dict[str, Any]]) -> None:
    """3 models x 4 scaffolds x 15 tasks give 180 transcripts, one a cell, each under its own id."""
    cells = {(one["model"], one["scaffold"], one["task"]) for one in records}
    wanted = {
        (model, scaffold.id, task.id)
        for model in MODELS
        for scaffold in study.scaffolds
        for task in study.tasks
    }
    assert len(records) == 180
    assert cells == wanted
    assert len({one["id"] for one in records}) == 180


def test_lines_hold_the_canonical_fields_and_no_generation_record(records: list[dict[str, Any]]) -> None:
    """Every line is canonical; of the generation only how each answer ended is kept."""
    for one in records:
        assert set(one) == {"id", "model", "scaffold", "task", "messages", "metadata"}
        assert set(one["metadata"]) == {"domain", "finish_reasons"}
        assert all(set(message) == {"role", "content"} for message in one["messages"])
        roles = [message["role"] for message in one["messages"]]
        assert roles == ["system", *["user", "assistant"] * ((len(roles) - 1) // 2)]
        assert len(one["metadata"]["finish_reasons"]) == len(_turns(one, "assistant"))


def test_file_stays_small() -> None:
    """The transcripts take less than 400 kB of the installation."""
    assert (SAMPLE / "transcripts.jsonl").stat().st_size < 400_000


def test_scaffold_texts_are_the_system_messages(study: StudyProtocol, records: list[dict[str, Any]]) -> None:
    """The text of each scaffold equals, as bytes, the system message of all its transcripts."""
    seen: dict[str, set[bytes]] = defaultdict(set)
    for one in records:
        (system,) = _turns(one, "system")
        seen[one["scaffold"]].add(system.encode())
    assert seen == {scaffold.id: {scaffold.text.encode()} for scaffold in study.scaffolds}
    assert study.baseline.id == "none"


def test_user_turns_are_the_same_in_all_cells(study: StudyProtocol, records: list[dict[str, Any]]) -> None:
    """The twelve cells of a task share their user turns, and the card's steers are the later ones."""
    seen: dict[str, list[list[str]]] = defaultdict(list)
    for one in records:
        seen[one["task"]].append(_turns(one, "user"))
    for task in study.tasks:
        turns = seen[task.id]
        assert len(turns) == 12
        assert all(turn == turns[0] for turn in turns)
        assert list(task.card.steers) == turns[0][1:]


def test_every_task_has_a_full_card(study: StudyProtocol) -> None:
    """Each card has a brief, what the user has, three to five claims, two to four decision points."""
    for task in study.tasks:
        assert task.card.brief
        assert task.card.user_has
        assert 3 <= len(task.card.claims) <= 5, task.id
        assert 2 <= len(task.card.decision_points) <= 4, task.id


def test_prompted_and_health_notes_are_marked(study: StudyProtocol) -> None:
    """The ten tasks whose later turns ask for a check or a choice are marked, and the health notes stand."""
    prompted = {task.id[:3] for task in study.tasks if task.card.prompted}
    noted = {task.id[:3] for task in study.tasks if task.card.content_note}
    assert prompted == {"t01", "t03", "t05", "t08", "t09", "t10", "t12", "t13", "t14", "t15"}
    assert noted == {"t01", "t11", "t15"}


def test_rubric_is_vss_without_steer_uptake(study: StudyProtocol) -> None:
    """D1 and D2 have four anchored levels with examples; 1 and up need a quote, 0 needs the reading."""
    rubric = study.rubric
    assert (rubric.id, rubric.version) == ("vss", 1)
    assert [dimension.id for dimension in rubric.dimensions] == ["D1", "D2"]
    for dimension in rubric.dimensions:
        assert dimension.values == (0, 1, 2, 3)
        assert all(level.anchor and level.example for level in dimension.levels)
        assert not dimension.needs_quote(0)
        assert dimension.needs_quote(1)
        assert dimension.needs_reading(0)
    assert {reason.code for reason in rubric.not_ratable} >= {"truncated", "no-claim", "refusal", "declined"}


def test_rubric_is_the_one_that_init_writes(study: StudyProtocol) -> None:
    """The same id and version name the same text: rules, codes and anchors are those of the template."""
    template = (ROOT / "rater" / "templates" / "vss.toml").read_text(encoding="utf-8")
    shipped = tomllib.loads((SAMPLE / "study.toml").read_text(encoding="utf-8"))["rubric"]
    written = tomllib.loads(template)["rubric"]
    written["dimensions"] = [one for one in written["dimensions"] if one["id"] != "D3"]
    assert shipped == written
    assert study.rubric.source == written["source"]


def test_one_claim_stands_above_the_evidence(study: StudyProtocol) -> None:
    """Of the two claims one is at the study's level and one above it."""
    assert study.evidence_level is EvidenceLevel.INTERACTION
    above = claims_above(study.claims, study.evidence_level)
    assert [claim.id for claim in above] == ["users-catch-mistakes"]
    assert len(study.claims) == 2


def test_demo_can_mark_the_study_as_simulated() -> None:
    """The line that the demonstration replaces stands exactly once."""
    text = (SAMPLE / "study.toml").read_text(encoding="utf-8")
    assert text.count("simulated = false\n") == 1
    assert read_study(text.replace("simulated = false\n", "simulated = true\n"), where="x").simulated


def test_what_raters_see_tells_no_condition(study: StudyProtocol) -> None:
    """Name, rubric and cards hold no model name and no six words of a scaffold's text."""
    visible = json.dumps(
        [study.name, study.rubric.to_json(), [card_to_json(task.card) for task in study.tasks]],
        ensure_ascii=False,
    )
    assert not any(model.lower() in visible.lower() for model in MODELS)
    for scaffold in study.scaffolds:
        assert not _six_word_runs(scaffold.text) & _six_word_runs(visible)


def test_scrubbing_removes_repeated_system_messages(
    study: StudyProtocol, records: list[dict[str, Any]]
) -> None:
    """Some answers repeat their system message: it is there before scrubbing and gone after it."""
    rules = build_rules(
        study_names=[*MODELS, *(one["id"] for one in records)],
        hidden_texts=[fold(scaffold.text).text for scaffold in study.scaffolds],
    )
    runs = set[tuple[str, ...]]().union(*(_six_word_runs(scaffold.text) for scaffold in study.scaffolds))
    repeating = 0
    for one in records:
        conversation = Conversation(
            messages=tuple(
                Message(role=message["role"], text=message["content"]) for message in one["messages"]
            )
        )
        answers = " | ".join(_turns(one, "assistant"))
        repeating += bool(_six_word_runs(answers) & runs)
        shown = scrub(conversation, rules, token="[name]").conversation
        for message in shown.messages:
            assert message.role != "system"
            assert not _six_word_runs(message.text) & runs
            assert "you are a helpful assistant" not in message.text.lower()
    assert repeating == 8


def test_sample_is_made_from_the_full_record() -> None:
    """The script gives the shipped bytes again."""
    if not SOURCE.exists():
        pytest.skip("The full record of the small-model study is not beside this repository.")
    made = _script().sample_text(SOURCE.read_text(encoding="utf-8"))
    assert made.encode() == (SAMPLE / "transcripts.jsonl").read_bytes()


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "scripts" / "make_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sample_asks_no_guess_and_redacts_nothing_of_its_own() -> None:
    """study.toml has exactly these tables: no guess questions, and the shipped redaction rules suffice."""
    document = tomllib.loads((SAMPLE / "study.toml").read_text(encoding="utf-8"))
    assert set(document) == {
        "format",
        "study",
        "rubric",
        "scaffolds",
        "tasks",
        "design",
        "analysis",
        "claims",
    }
