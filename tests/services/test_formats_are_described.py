"""Every field of every file of a study in which everything happened is named in the pages on formats."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from protocol.allocation.sealing import open_with_identities
from protocol.canonical_json import Json
from rater.services.doors.key_files import read_identities
from tests.services.whole_life import Life, lived

DOCS = Path(__file__).parents[2] / "docs"


def keys_of(value: Json) -> set[str]:
    """Return every key of a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    if isinstance(value, list):
        return set[str]().union(*map(keys_of, value))
    return set()


def unnamed(names: Iterable[str], *pages: str) -> list[str]:
    text = "".join((DOCS / page).read_text(encoding="utf-8") for page in pages)
    return sorted(name for name in set(names) if not re.search(rf'[`"]{re.escape(name)}[`"]', text))


def bodies(study: Path, query: str) -> list[Json]:
    with closing(sqlite3.connect(study)) as connection:
        return [json.loads(body) for (body,) in connection.execute(query)]


def test_tables_bodies_and_the_log_of_a_study_file_are_described(tmp_path: Path) -> None:
    """Tables, columns, canonical bodies, actions of the log and their details."""
    life = lived(tmp_path)
    with closing(sqlite3.connect(life.study)) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = [name for (name,) in connection.execute(query)]
        columns = {row[1] for table in tables for row in connection.execute(f"PRAGMA table_info({table})")}
    assert unnamed([*tables, *columns], "study-files.md") == []
    for query in (
        "SELECT visible FROM study",
        "SELECT body FROM item",
        "SELECT body FROM manifest",
        "SELECT body FROM event",
        "SELECT withheld FROM event",
        "SELECT body FROM lock_manifest",
        "SELECT body FROM amendment",
        "SELECT body FROM audit",
    ):
        found = keys_of(bodies(life.study, query))
        found = {name for name in found if not name.startswith("manifest.")}
        assert unnamed(found, "study-files.md") == [], query
    assert unnamed(life.small.actions(), "study-files.md") == []


def test_ratings_files_and_the_key_are_described(tmp_path: Path) -> None:
    """Header, events and footer; what an age file of the study holds."""
    life = lived(tmp_path)
    lines = (life.packs / "R5.ratings.jsonl").read_text(encoding="utf-8").splitlines()
    assert unnamed(keys_of([json.loads(line) for line in lines]), "study-files.md") == []
    key = _plaintext(life)
    inner = {name: value for name, value in key.items() if name not in ("allocation", "redaction")}
    allocation, redaction = key["allocation"], key["redaction"]
    assert isinstance(allocation, dict)
    assert isinstance(redaction, dict)
    each = [*allocation["items"].values(), *redaction.values()]
    assert unnamed([*key, *keys_of(inner), *allocation, *keys_of(each)], "study-files.md") == []


def test_files_of_the_public_bundle_are_described(tmp_path: Path) -> None:
    """Names of files, fields of those that are no format of their own, columns of the tables."""
    life = lived(tmp_path)
    assert unnamed((path.name for path in life.bundle.iterdir()), "public-bundle.md") == []
    index = json.loads((life.bundle / "bundle.json").read_text(encoding="utf-8"))
    record = json.loads((life.bundle / "record.json").read_text(encoding="utf-8"))
    fields = {*index, *keys_of(record)}
    assert unnamed(fields, "public-bundle.md") == []
    described = (DOCS / "public-bundle.md").read_text(encoding="utf-8")
    for name in ("ratings.csv", "guesses.csv"):
        header = (life.bundle / name).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert [column for column in header if not re.search(rf"\b{column}\b", described)] == []


def _plaintext(life: Life) -> dict[str, Json]:
    identities = read_identities([life.second_identity])
    value = json.loads(open_with_identities(life.small.key.read_bytes(), identities))
    assert isinstance(value, dict)
    return value
