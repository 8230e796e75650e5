"""The benchmark of a thousand raters with twenty: all are merged, once, one file in memory at a time."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rater.services.exchange.exchange import SentFile
from rater.services.packs.merging import merge_files
from tests.admin.running import done
from tests.services.small_studies import ADMIN, clock, returned_by, seeded_study

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "many_raters.py"
RATERS, ITEMS = 20, 10


@pytest.fixture(scope="module")
def bench() -> dict[str, Any]:
    """Return what the benchmark defines."""
    return runpy.run_path(str(SCRIPT))


def test_twenty_raters_from_an_exchange_to_the_lock(tmp_path: Path, bench: dict[str, Any]) -> None:
    """Every file is merged, a second call takes none, and the lock finds nothing missing."""
    size = bench["Size"](raters=RATERS, items=ITEMS)
    protocol = bench["write_protocol"](tmp_path / "study.toml", size)
    source = bench["write_source"](tmp_path / "all.jsonl", size)
    recipient = done("keygen", "-o", tmp_path / "identity.txt").out.strip()
    study, exchange = tmp_path / "study.db", tmp_path / "exchange"
    done("seed", protocol, source, "-o", study, "--recipient", recipient)
    exchange.mkdir()
    bench["write_exchange"](study, exchange)
    merged = done("merge", study, exchange, "--json").json
    assert [one["outcome"] for one in merged["files"]] == ["merged"] * RATERS
    again = done("merge", study, exchange, "--json").json
    assert (again["files"], again["known"], again["set_aside"]) == ([], RATERS, [])
    raters = done("status", study, "--json").json["raters"]
    assert [(one["items"], one["completed"], one.get("odd")) for one in raters] == [(10, 10, None)] * RATERS
    found = done("agreement", study, "--json").json["dimensions"][0]
    assert (found["n_raters"], found["n_ratings"]) == (RATERS, RATERS * ITEMS)
    assert done("lock", study, "--json").json["missing"] == {}


class Tracked(bytes):
    """Bytes that say when nobody holds them any more."""

    let_go: ClassVar[int] = 0

    def __del__(self) -> None:
        """Count."""
        Tracked.let_go += 1


def test_a_file_is_let_go_before_the_next_but_one_is_read(tmp_path: Path) -> None:
    """However many files come, they are not in memory together."""
    small = seeded_study(tmp_path)
    before = Tracked.let_go

    def files() -> Iterator[SentFile]:
        for place, rater in enumerate(("R1", "R2", "R3")):
            assert Tracked.let_go - before >= place - 1
            yield SentFile(where=rater, data=Tracked(returned_by(rater).final))

    merged = merge_files(small.study, files(), who=ADMIN, clock=clock)
    assert [one.outcome for one in merged] == ["merged"] * 3
    assert Tracked.let_go - before == 3
