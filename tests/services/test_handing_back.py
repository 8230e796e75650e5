"""Ratings back to where people work, each file read by a reader of its own where that is installed."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import InvalidInputError, WrongStateError
from rater.services.results.handing_back import export_dataset, export_label_studio, export_scout
from rater.services.results.inspect_scores import export_inspect
from rater.services.seeding.preparing import prepare
from rater.services.seeding.seeding import SeedRequest, seed_study
from tests.services.small_studies import (
    SmallStudy,
    clock,
    lock_small,
    protocol_text,
    rate_all,
    recipient_of,
    seeded_study,
    unblind_small,
    unblinded_study,
    write_sources,
)

LOGS = Path(__file__).parents[2].parent / "shared" / "data" / "inspect"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _levels(model: str, scaffold: str, dimension: str) -> int:
    return {"D1": 3 if scaffold in ("checks", "verification") else 0, "D2": 2}[dimension]


def test_sealed_studies_hand_nothing_back(tmp_path: Path) -> None:
    """All of it names conditions: a study that is not unblinded is refused and nothing is written."""
    small = seeded_study(tmp_path)
    for write in (export_scout, export_label_studio):
        with pytest.raises(WrongStateError):
            write(small.study, tmp_path / "out")
    with pytest.raises(WrongStateError):
        export_dataset(small.study, tmp_path / "out", app="0")
    assert not (tmp_path / "out").exists()


def test_scout_cases_have_one_file_for_each_dimension(tmp_path: Path) -> None:
    """The id is the transcript's own, the target what the raters came to; simulated ratings say so."""
    small = unblinded_study(tmp_path).small
    assert export_scout(small.study, tmp_path / "out") == ("D1.csv", "D2.csv")
    text = (tmp_path / "out" / "D2.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 12
    first = next(row for row in rows if row["id"] == "canary-one-checks-task-a")
    assert first["target"] == "2"
    assert (first["task_id"], first["task_repeat"], first["raters"]) == ("task-a", "1", "2")
    assert first["simulated"] == "yes"


def test_scout_reads_its_cases(tmp_path: Path) -> None:
    """As Inspect Scout itself reads them."""
    scout = pytest.importorskip("inspect_scout", reason="inspect-scout is not installed")
    small = unblinded_study(tmp_path).small
    export_scout(small.study, tmp_path / "out")
    cases = scout.validation_set(tmp_path / "out" / "D2.csv").cases
    assert {case.target for case in cases} == {2}
    assert len({case.id for case in cases}) == 12


def test_label_studio_tasks_fit_their_interface(tmp_path: Path) -> None:
    """Every result names a control of the interface and a choice that it offers."""
    small = unblinded_study(tmp_path).small
    assert export_label_studio(small.study, tmp_path / "out") == ("interface.xml", "tasks.json")
    interface = ET.parse(tmp_path / "out" / "interface.xml").getroot()
    choices = {
        control.attrib["name"]: {choice.attrib["value"] for choice in control}
        for control in interface.iter("Choices")
    }
    assert set(choices) == {"D1", "D2"}
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    assert len(tasks) == 12
    assert all(len(task["annotations"]) == 2 and task["data"]["simulated"] for task in tasks)
    for task in tasks:
        assert {message["author"] for message in task["data"]["dialog"]} == {"user", "assistant"}
        for annotation in task["annotations"]:
            rater, *given = annotation["result"]
            assert rater["value"]["text"][0] in ("R1", "R2", "R3")
            for one in given:
                assert set(one["value"]["choices"]) <= choices[one["from_name"]]
    assert "private note" not in json.dumps(tasks)


def test_label_studio_takes_its_tasks(tmp_path: Path) -> None:
    """As the Label Studio SDK checks them against the interface."""
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason="label-studio-sdk is not installed")
    small = unblinded_study(tmp_path).small
    export_label_studio(small.study, tmp_path / "out")
    interface = sdk.LabelInterface((tmp_path / "out" / "interface.xml").read_text(encoding="utf-8"))
    interface.validate()
    for task in json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8")):
        # validate_task of the SDK 2.1 fails on any task with annotations, so each is checked alone.
        assert interface.validate_task({"data": task["data"]})
        assert all(interface.validate_annotation(one) for one in task["annotations"])


def test_dataset_folder_has_two_tables_that_join(tmp_path: Path) -> None:
    """Types are declared, missing is null, messages are what raters saw; the card names both tables."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    small = unblinded_study(tmp_path).small
    names = export_dataset(small.study, tmp_path / "out", app="0")
    assert names == ("README.md", "data/items.parquet", "data/ratings.parquet")
    ratings: list[dict[str, Any]] = parquet.read_table(tmp_path / "out/data/ratings.parquet").to_pylist()
    items: list[dict[str, Any]] = parquet.read_table(tmp_path / "out/data/items.parquet").to_pylist()
    assert (len(items), len(ratings)) == (12, 48)
    assert {row["unit"] for row in ratings} == {item["unit"] for item in items}
    assert all(row["value"] == {"D1": 1.0, "D2": 2.0}[row["dimension"]] for row in ratings)
    assert {row["simulated"] for row in ratings} == {"yes"}
    one = next(item for item in items if item["source"] == "canary-two-plain-task-c")
    assert (one["model"], one["scaffold"], one["task"]) == ("canary-two", "plain", "task-c")
    assert [message["role"] for message in one["messages"]] == ["user", "assistant"]
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert "data_files: data/items.parquet" in card
    assert "Simulated ratings" in card


def test_datasets_loads_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `datasets.load_dataset` reads it by its card, without any network."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    small = unblinded_study(tmp_path).small
    export_dataset(small.study, tmp_path / "out", app="0")
    for name, rows in (("ratings", 48), ("items", 12)):
        loaded = datasets.load_dataset(str(tmp_path / "out"), name, cache_dir=str(tmp_path / "cache"))
        assert loaded["train"].num_rows == rows


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    """A study seeded from real Inspect logs, rated and unblinded."""
    if not LOGS.exists():
        pytest.skip("the Inspect logs are not beside the repository")
    folder = tmp_path_factory.mktemp("logs")
    text = protocol_text(tasks=("t06-data-summary", "t10-budget", "t15-news-claim"))
    text = text.replace('id = "plain"', 'id = "none"').replace('id = "checks"', 'id = "verification"')
    small = write_sources(folder, protocol=text)
    prepared = prepare(small.protocol, _logs())
    seed_study(
        prepared.protocol,
        prepared.study_toml,
        prepared.transcripts,
        SeedRequest(
            study_path=small.study, key_path=small.key, recipients=(recipient_of(small),), who="a", app="0"
        ),
        entropy=random.Random(3),
        clock=clock,
    )
    rate_all(small, _levels)
    unblind_small(small, lock_small(small))
    return small


def _logs() -> list[Path]:
    return [LOGS / "smollm2_everyday_none.eval", LOGS / "smollm2_everyday_verification.json"]


def test_inspect_logs_get_scores_with_provenance(scored: SmallStudy, tmp_path: Path) -> None:
    """Read back by Inspect: value, levels by rater, author, time; older scores and the originals stay."""
    log = pytest.importorskip("inspect_ai.log", reason="the extra collect is not installed")
    before = {path: sha256_hex(path.read_bytes()) for path in _logs()}
    written = export_inspect(scored.study, _logs(), tmp_path / "out", now=lambda: NOW)
    assert {path: sha256_hex(path.read_bytes()) for path in _logs()} == before
    assert (written.samples, written.scores, written.without_value, written.not_found) == (6, 12, 0, 0)
    for path, level in zip(_logs(), (0, 3), strict=True):
        original, copy = log.read_eval_log(str(path)), log.read_eval_log(str(tmp_path / "out" / path.name))
        for old, new in zip(original.samples, copy.samples, strict=True):
            assert new.messages == old.messages
            scores = dict(new.scores)
            first, second = scores.pop("human_D1"), scores.pop("human_D2")
            assert scores == (old.scores or {})
            assert (first.value, second.value) == (level, 2)
            (edit,) = first.history
            assert edit.provenance.timestamp == NOW
            assert edit.provenance.author.startswith("blindrater study ")
            assert "Simulated ratings" in edit.provenance.reason
            assert set(edit.metadata["levels"].values()) == {level}
            assert [one.score_name for one in new.events if one.event == "score_edit"] == [
                "human_D1",
                "human_D2",
            ]


def test_logs_of_another_study_are_refused(scored: SmallStudy, tmp_path: Path) -> None:
    """Nothing is written where no rated transcript is found."""
    pytest.importorskip("inspect_ai.log", reason="the extra collect is not installed")
    with pytest.raises(InvalidInputError, match="None of the rated transcripts"):
        export_inspect(scored.study, [LOGS / "mockllm_tool_call.eval"], tmp_path / "out", now=lambda: NOW)
    assert not (tmp_path / "out").exists()


def test_part_of_the_logs_says_what_is_missing(scored: SmallStudy, tmp_path: Path) -> None:
    """The other items are counted."""
    pytest.importorskip("inspect_ai.log", reason="the extra collect is not installed")
    written = export_inspect(scored.study, _logs()[:1], tmp_path / "out", now=lambda: NOW)
    assert (written.samples, written.not_found) == (3, 3)
