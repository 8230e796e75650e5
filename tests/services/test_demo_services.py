"""The sample as a study, and the pack that `rater demo` opens."""

from __future__ import annotations

import base64
import re
import shutil
import sqlite3
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from db.connection import APPLICATION_ID, SCHEMA_VERSION, FileKind
from protocol.errors import UsageError
from rater.services.doors.key_files import write_identity
from rater.services.seeding.preparing import prepare
from rater.services.seeding.seeding import SeedRequest, seed_study
from rater.services.simulation.demonstrating import RATERS, copy_sample, rate_sample
from rater.services.simulation.simulated_raters import random_for
from rater.services.sitting.opening import open_desk
from tests.conftest import BuildStudy

SAMPLE = files("rater.sample")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Return a copy of the shipped demo pack."""
    with SAMPLE.joinpath("demo.pack.db").open("rb") as shipped:
        path = tmp_path / "demo.pack.db"
        path.write_bytes(shipped.read())
    return path


def test_the_demo_pack_opens_and_can_be_rated(pack: Path) -> None:
    """60 items of one rater, nobody has begun, and every item is the text its manifest promises."""
    desk = open_desk(pack, rater=None, app="0")
    assert desk.is_pack
    assert len(desk.session.items) == 60
    assert desk.session.completed_count == 0
    assert desk.events == []
    assert [desk.item(position).card.brief != "" for position in range(60)] == [True] * 60
    desk.start_sitting()
    desk.close()
    assert [path.name for path in pack.parent.iterdir()] == ["demo.pack.db"]


def test_the_demo_pack_has_the_schema_of_a_pack_made_today(pack: Path, build_study: BuildStudy) -> None:
    """When the schema changes, the pack is made anew: `make sample`."""

    def described(path: Path) -> list[object]:
        connection = sqlite3.connect(path)
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        marks = [
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        ]
        connection.close()
        return [*rows, *marks]

    fresh = build_study(name="fresh.db", kind=FileKind.PACK).path
    assert described(pack) == described(fresh)
    assert described(pack)[-2:] == [(APPLICATION_ID,), (SCHEMA_VERSION,)]


def test_no_byte_of_the_demo_pack_tells_a_condition(pack: Path) -> None:
    """No model, task or source name in plain, UTF-16, hexadecimal or base64; no run of a scaffold's text."""
    protocol = tomllib.loads(SAMPLE.joinpath("study.toml").read_text(encoding="utf-8"))
    models = ("SmolLM2-135M", "Qwen2.5-Coder", "Gemma-3-270M", "SmolLM", "Qwen", "Gemma")
    data = pack.read_bytes()
    for word in (*models, *(task["id"] for task in protocol["tasks"]), "__none__", "__combined__"):
        raw = word.encode()
        forms = [raw, word.encode("utf-16-le"), raw.hex().encode()]
        forms += [base64.b64encode(b"\0" * shift + raw)[-(-shift * 4 // 3) + 1 : -4] for shift in range(3)]
        assert not any(form.lower() in data.lower() for form in forms if len(form) >= 4), word
    seen = runs(data.decode("utf-8", "replace"))
    for scaffold in protocol["scaffolds"]:
        assert not runs(scaffold["text"]) & seen
    assert b"You are a helpful assistant" not in data


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[first : first + 6]) for first in range(len(words) - 5)}


def test_the_demo_pack_has_nothing_deleted_in_it(pack: Path) -> None:
    """No freed page, no side file, not in WAL: one file at any moment."""
    connection = sqlite3.connect(pack)
    assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_the_sample_is_copied_whole_and_marked(tmp_path: Path) -> None:
    """As it is shipped, or with the one line that says simulated."""
    plain = copy_sample(tmp_path / "plain", simulated=False)
    marked = copy_sample(tmp_path / "marked", simulated=True)
    assert plain.protocol.read_bytes() == SAMPLE.joinpath("study.toml").read_bytes()
    assert plain.transcripts.read_bytes() == marked.transcripts.read_bytes()
    one, other = plain.protocol.read_text("utf-8"), marked.protocol.read_text("utf-8")
    assert [(a, b) for a, b in zip(one.splitlines(), other.splitlines(), strict=True) if a != b] == [
        ("simulated = false", "simulated = true")
    ]
    with pytest.raises(UsageError, match="something already"):
        copy_sample(tmp_path / "plain", simulated=True)


def test_simulated_readers_rate_the_same_text_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids and orders are drawn anew with each seeding; what a reader says hangs on the text alone."""
    reader = RATERS[0]
    monkeypatch.setattr("rater.services.simulation.demonstrating.RATERS", (reader,))
    said = []
    for number in range(2):
        sample = copy_sample(tmp_path / str(number), simulated=True)
        prepared = prepare(sample.protocol, [sample.transcripts])
        folder = tmp_path / str(number)
        seed_study(
            prepared.protocol,
            prepared.study_toml,
            prepared.transcripts,
            SeedRequest(
                study_path=folder / "study.db",
                key_path=folder / "study.key",
                recipients=(write_identity(folder / "id").recipient,),
                who="me",
                app="0",
            ),
            entropy=random_for(number, "allocation"),
            clock=lambda: "2026-01-01T00:00:00.000Z",
        )
        assert rate_sample(folder / "study.db", seed=1, app="0") == 120
        found: dict[str, set[tuple[int | None, int | None]]] = {}
        desk = open_desk(folder / "study.db", rater=reader.code, app="0")
        for position in range(len(desk.session.items)):
            item = desk.item(position)
            progress = desk.session.of(item.id)
            levels = (progress.mark("D1").level, progress.mark("D2").level)
            found.setdefault(item.shown_sha256, set()).add(levels)
        desk.close()
        said.append(found)
        shutil.rmtree(folder)
    shared = said[0].keys() & said[1].keys()
    assert len(shared) > 50
    assert all(said[0][key] == said[1][key] for key in shared)
