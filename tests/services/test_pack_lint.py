"""The lint: a finished pack is looked at once more before it gets its name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.errors import (
    BlindError,
    InvalidInputError,
)
from rater.services.packs.pack_lint import lint_pack
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verifying import verify_study
from tests.services.small_studies import (
    desk_of,
    pack_of_r1,
    seeded_study,
)

Tamper = Callable[[sqlite3.Connection], object]


def _foreign_events(pack: sqlite3.Connection) -> None:
    pack.execute("PRAGMA foreign_keys = OFF")
    pack.execute("INSERT INTO event VALUES ('ffff', 1, 'h', '{\"kind\":\"score\"}', '{}')")


def _freed_pages(pack: sqlite3.Connection) -> None:
    pack.execute("CREATE TABLE allocation (model TEXT)")
    pack.executemany("INSERT INTO allocation VALUES (?)", [("canary-one" * 50,)] * 200)
    pack.execute("DROP TABLE allocation")


def _second_manifest(pack: sqlite3.Connection) -> None:
    pack.execute("DROP TRIGGER manifest_seeded")
    (body,) = pack.execute("SELECT body FROM manifest").fetchone()
    value = json.loads(body) | {"rater": "R2", "manifest": "ffff"}
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    pack.execute("INSERT INTO manifest VALUES ('ffff', 'R2', ?)", (text,))
    _restore(pack, "manifest_seeded")


def _restore(pack: sqlite3.Connection, trigger: str) -> None:
    """Put a dropped trigger back word for word, as a careful forger would."""
    from sqlite_utils import Database

    from db.connection import FileKind
    from db.schema import create_tables

    fresh = sqlite3.connect(":memory:")
    create_tables(Database(fresh, execute_plugins=False), FileKind.PACK)
    (sql,) = fresh.execute("SELECT sql FROM sqlite_master WHERE name = ?", (trigger,)).fetchone()
    fresh.close()
    pack.execute(sql)


def _item_body(change: Callable[[dict[str, object]], None]) -> Tamper:
    def tamper(pack: sqlite3.Connection) -> None:
        pack.execute("DROP TRIGGER item_no_update")
        item_id, body = pack.execute("SELECT item_id, body FROM item").fetchone()
        value = json.loads(body)
        change(value)
        pack.execute(
            "UPDATE item SET body = ? WHERE item_id = ?",
            (json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False), item_id),
        )
        _restore(pack, "item_no_update")

    return tamper


def _visible(change: Callable[[dict[str, object]], None]) -> Tamper:
    def tamper(pack: sqlite3.Connection) -> None:
        pack.execute("DROP TRIGGER study_fixed")
        value = json.loads(pack.execute("SELECT visible FROM study").fetchone()[0])
        change(value)
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        pack.execute("UPDATE study SET visible = ?", (text,))
        _restore(pack, "study_fixed")

    return tamper


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "a table more": (lambda pack: pack.execute("CREATE TABLE notes (text TEXT)"), "table notes"),
    "an index more": (lambda pack: pack.execute("CREATE INDEX by_task ON item (task_id)"), "index by_task"),
    "a trigger less": (lambda pack: pack.execute("DROP TRIGGER event_no_update"), "event_no_update"),
    "freed pages": (_freed_pages, "freed pages"),
    "a second manifest": (_second_manifest, "another rater's manifest"),
    "events of another chain": (_foreign_events, "another chain"),
    "an item more": (
        lambda pack: pack.execute(
            "INSERT INTO item SELECT 'ffffffffffffffff', task_id, body FROM item LIMIT 1"
        ),
        "items",
    ),
    "another text": (_item_body(lambda value: value.update(messages=[])), "items"),
    "a word beside the text": (_item_body(lambda value: value.update(model="canary-one")), "items"),
    "a word beside the protocol": (_visible(lambda value: value.update(model="canary-one")), "description"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_the_lint_refuses_a_pack_that_holds_more_or_other(tmp_path: Path, name: str) -> None:
    """The sentence names what is wrong."""
    pack = pack_of_r1(tmp_path, rated=0)
    tamper, named = TAMPERED[name]
    connection = sqlite3.connect(pack)
    tamper(connection)
    connection.commit()
    connection.close()
    with pytest.raises(BlindError, match=named):
        lint_pack(pack, rater="R1")


def test_a_file_with_a_view_is_not_even_read(tmp_path: Path) -> None:
    """A view could answer without end: the lint, the desk and verify refuse it at once."""
    pack = pack_of_r1(tmp_path, rated=0)
    connection = sqlite3.connect(pack)
    connection.execute("DROP TABLE event")
    connection.execute(
        "CREATE VIEW event AS WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
        " SELECT 'c' AS chain_id, x AS seq, '' AS hash, '' AS body, '' AS withheld FROM c"
    )
    connection.commit()
    connection.close()
    for step in (
        lambda: lint_pack(pack, rater="R1"),
        lambda: verify_study(pack, Anchors()),
        lambda: desk_of(pack),
    ):
        with pytest.raises(InvalidInputError, match="views"):
            step()


def test_the_lint_takes_a_pack_as_it_is_made(tmp_path: Path) -> None:
    """Also one that carries ratings."""
    lint_pack(pack_of_r1(tmp_path, rated=3), rater="R1")


def test_the_lint_refuses_somebody_elses_pack_a_study_and_a_side_file(tmp_path: Path) -> None:
    """The whole study under the name of a pack is what a mistake would mail."""
    pack = pack_of_r1(tmp_path, rated=0)
    with pytest.raises(BlindError, match="another rater"):
        lint_pack(pack, rater="R2")
    with pytest.raises(BlindError, match="study file"):
        lint_pack(seeded_study(tmp_path).study, rater="R1")
    pack.with_name(pack.name + "-wal").write_bytes(b"")
    with pytest.raises(BlindError, match="side file"):
        lint_pack(pack, rater="R1")
