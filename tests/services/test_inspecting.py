"""What inspect finds in transcripts."""

from __future__ import annotations

import json
from pathlib import Path

from rater.services.seeding.starting import study_text
from rater.services.sources.inspecting import Spread, inspect_sources


def _write(path: Path, *talks: tuple[str, str, str, list[tuple[str, str]]]) -> Path:
    path.write_text(
        "".join(
            json.dumps(
                {
                    "id": str(number),
                    "model": model,
                    "scaffold": scaffold,
                    "task": task,
                    "messages": [{"role": role, "content": text} for role, text in messages],
                }
            )
            + "\n"
            for number, (model, scaffold, task, messages) in enumerate(talks)
        ),
        encoding="utf-8",
    )
    return path


def test_conditions_have_counts_and_lengths_without_system_messages(tmp_path: Path) -> None:
    """The system message is counted among the roles and in no length."""
    source = _write(
        tmp_path / "a.jsonl",
        ("A", "S0", "1", [("system", "x" * 99), ("user", "abc"), ("assistant", "de")]),
        ("A", "S0", "2", [("user", "abc"), ("assistant", "d" * 7), ("user", ""), ("assistant", "")]),
        ("A", "S1", "1", [("assistant", "d")]),
    )
    found = inspect_sources([source])
    first = found.conditions[0]
    assert (first.model, first.scaffold, first.transcripts, first.tasks) == ("A", "S0", 2, 2)
    assert first.messages == Spread(lowest=2, median=3, highest=4)
    assert first.characters == Spread(lowest=5, median=7.5, highest=10)
    assert [(role.what, role.times) for role in found.roles] == [("assistant", 4), ("user", 3), ("system", 1)]
    assert [(cell.scaffold, cell.task) for cell in found.cells.missing] == [("S1", "2")]


def test_a_study_decides_what_is_missing(tmp_path: Path) -> None:
    """With a protocol the cells of the study are expected, and its name is given."""
    protocol = tmp_path / "study.toml"
    protocol.write_text(study_text(), encoding="utf-8")
    source = _write(tmp_path / "a.jsonl", ("A", "S0", "water-notice", [("assistant", "d")]))
    found = inspect_sources([source], protocol=protocol)
    assert found.study == "My study"
    assert len(found.cells.missing) == 4 * 15 - 1


def test_nothing_is_written(tmp_path: Path) -> None:
    """The folder holds after inspection what it held before."""
    source = _write(tmp_path / "a.jsonl", ("A", "S0", "1", [("assistant", "d")]))
    before = source.read_bytes()
    inspect_sources([source])
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    assert source.read_bytes() == before
