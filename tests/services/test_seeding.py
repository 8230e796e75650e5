"""Seeding: nothing of an origin leaves the sealed key, and nothing half-done stays behind."""

from __future__ import annotations

import base64
import json
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from db.connection import close, open_for_reading
from db.item_store import read_items
from db.manifest_store import read_manifests
from db.study_store import read_study
from protocol.canonical_json import sha256_hex
from protocol.errors import (
    BlindError,
    BlindraterError,
    InvalidInputError,
    NotFoundError,
    StorageError,
    UsageError,
    WrongStateError,
)
from rater.services.doors import key_files
from rater.services.doors.doors import lock_study, unblind_study
from rater.services.doors.key_files import open_key
from rater.services.seeding import seeding
from rater.services.seeding.preparing import Prepared, prepare
from rater.services.seeding.seeding import Seeded, SeedRequest, seed_study
from rater.services.seeding.seeding_plan import plan_seeding
from tests.services.small_studies import (
    ADMIN,
    APP,
    MODELS,
    PLAIN,
    TASKS,
    SmallStudy,
    clock,
    protocol_text,
    rate_item,
    recipient_of,
    transcript_lines,
    write_sources,
)

# What must not be found, and how it is looked for.


def spellings(word: str) -> Iterator[bytes]:
    """A word as it could stand in a file: UTF-8, UTF-16, hexadecimal, base64 at three alignments."""
    raw = word.encode()
    yield raw
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\x00" * shift + raw)
        first = (shift * 4 + 2) // 3  # characters that also depend on the bytes before
        yield coded[first : len(coded) - 4]


def found_in(folder: Path, words: set[str], *, skip: Collection[str] = ()) -> set[tuple[str, str]]:
    """Every word that stands in a file of a folder, in any spelling and any case."""
    hits: set[tuple[str, str]] = set()
    for path in sorted(folder.iterdir()):
        if path.name in skip or not path.is_file():
            continue
        data = path.read_bytes()
        folded = data.lower()
        for word in words:
            for spelled in spellings(word):
                if len(spelled) >= 4 and (spelled in data or spelled.lower() in folded):
                    hits.add((path.name, word))
    return hits


def runs_in(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[first : first + 6]) for first in range(len(words) - 5)}


def runs_of(folder: Path, texts: list[str], *, skip: set[str]) -> set[tuple[str, ...]]:
    """Runs of six words of the texts that stand in a file of a folder."""
    wanted = set[tuple[str, ...]]().union(*(runs_in(text) for text in texts))
    return {
        run
        for path in folder.iterdir()
        if path.is_file() and path.name not in skip
        for run in runs_in(path.read_bytes().decode("utf-8", "replace")) & wanted
    }


SOURCES = {"study.toml", "transcripts.jsonl", "identity.txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStudy:
    """The shipped sample, seeded."""

    small: SmallStudy
    prepared: Prepared

    @property
    def words(self) -> set[str]:
        """Model names, task ids, and scaffold names that stand in no ordinary text of the sample."""
        origins = [one.origin for one in self.prepared.transcripts]
        # What holds no model name holds no source id either.
        assert all(origin.source.startswith(origin.model) for origin in origins)
        visible = (self.small.folder / "visible.txt").read_text(encoding="utf-8").lower()
        scaffolds = {one.id for one in self.prepared.protocol.scaffolds if len(one.id) >= 8}
        return {
            *(origin.model for origin in origins),
            *(origin.task for origin in origins),
            *(name for name in scaffolds if name not in visible),
        }

    @property
    def hidden(self) -> list[str]:
        return [scaffold.text for scaffold in self.prepared.protocol.scaffolds]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleStudy:
    """Return the shipped sample, seeded once with the system's own randomness replaced by a seed."""
    folder = tmp_path_factory.mktemp("sample")
    shipped = files("rater.sample")
    small = write_sources(
        folder,
        protocol=(shipped / "study.toml").read_text(encoding="utf-8"),
        transcripts=(shipped / "transcripts.jsonl").read_text(encoding="utf-8"),
    )
    prepared = prepare(small.protocol, [small.transcripts])
    # Everything a rater may read by design: cards, rubric and replies, where "verification" is a word.
    visible = json.dumps(
        [str(prepared.protocol.rubric), [str(task.card) for task in prepared.protocol.tasks]]
    )
    replies = " ".join(
        message.text
        for one in prepared.transcripts
        for message in one.conversation.messages
        if message.role != "system"
    )
    (folder / "visible.txt").write_text(visible + replies, encoding="utf-8")
    seed_into(small, prepared)
    return SampleStudy(small=small, prepared=prepared)


def request_of(small: SmallStudy, **changes: Any) -> SeedRequest:
    request = SeedRequest(
        study_path=small.study, key_path=small.key, recipients=(recipient_of(small),), who="admin", app=APP
    )
    return replace(request, **changes)


def seed_into(small: SmallStudy, prepared: Prepared, *, seed: int = 1, **changes: Any) -> Seeded:
    return seed_study(
        prepared.protocol,
        prepared.study_toml,
        prepared.transcripts,
        request_of(small, **changes),
        entropy=random.Random(seed),
        clock=clock,
    )


def prepared_in(small: SmallStudy) -> Prepared:
    return prepare(small.protocol, [small.transcripts])


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - SOURCES


# The blind.


def test_the_search_finds_what_is_there(sample: SampleStudy) -> None:
    """The sources themselves are full of hits: a search that finds nothing would prove nothing."""
    skip = {"study.db", "study.key", "identity.txt"}
    assert {word for _, word in found_in(sample.small.folder, sample.words, skip=skip)} == sample.words
    assert len(runs_of(sample.small.folder, sample.hidden, skip=skip)) > 20
    word = "SmolLM2-135M-Instruct"
    for spelled in spellings(word):
        assert len(spelled) >= 4
    for shift in range(3):
        coded = base64.b64encode(b"ab"[:shift] + word.encode() + b"xyz")
        assert any(one in coded for one in spellings(word))


def test_no_byte_of_a_seeded_study_tells_a_condition(sample: SampleStudy) -> None:
    """Model names, source ids, task ids, scaffold names and texts: no hit in study or key."""
    skip = {*SOURCES, "visible.txt"}
    assert sample.small.study.stat().st_size > 200_000
    assert found_in(sample.small.folder, sample.words, skip=skip) == set()
    assert runs_of(sample.small.folder, sample.hidden, skip=skip) == set()


def test_the_side_files_of_a_rater_at_work_tell_none_either(sample: SampleStudy, tmp_path: Path) -> None:
    """While the app has the file open, and after ratings, also as a killed process leaves it."""
    small = SmallStudy(folder=tmp_path)
    small.study.write_bytes(sample.small.study.read_bytes())
    desk = small.desk("R1")
    for position in range(3):
        rate_item(desk, position, levels=PLAIN, note="a note")
    names = {path.name for path in tmp_path.iterdir()}
    assert {"study.db", "study.db-wal"} <= names
    assert found_in(tmp_path, sample.words) == set()
    assert runs_of(tmp_path, sample.hidden, skip=set()) == set()
    desk.close()
    assert found_in(tmp_path, sample.words) == set()


def test_unblinding_brings_every_origin_into_the_file(sample: SampleStudy, tmp_path: Path) -> None:
    """Nothing before, everything after."""
    small = SmallStudy(folder=tmp_path)
    small.study.write_bytes(sample.small.study.read_bytes())
    code = _locked_with_gaps(small)
    assert found_in(tmp_path, sample.words) == set()
    unblind_study(
        small.study,
        sample.small.key.read_bytes(),
        sample.small.secrets,
        lock_code=code,
        who=ADMIN,
        clock=clock,
    )
    assert {word for _, word in found_in(tmp_path, sample.words)} == sample.words


def _locked_with_gaps(small: SmallStudy) -> str:
    return lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True).lock_code


def test_items_carry_what_raters_may_see_and_no_system_message(sample: SampleStudy) -> None:
    """180 items under random ids, with their cards; user turns as imported, no system role."""
    connection = open_for_reading(sample.small.study)
    items = read_items(connection)
    study = read_study(connection)
    close(connection)
    assert len(items) == 180
    assert all(re.fullmatch(r"[0-9a-f]{16}", item.id) for item in items)
    assert {message.role for item in items for message in item.conversation.messages} == {"user", "assistant"}
    assert Counter(item.task_id for item in items).most_common()[-1][1] == 12
    assert study.visible == sample.prepared.protocol.visible()
    cards = {task.card for task in sample.prepared.protocol.tasks}
    assert {item.card for item in items} == cards


def test_every_rater_gets_a_share_with_the_promised_hashes(sample: SampleStudy) -> None:
    """Orders of their own, the spacing kept, the hash of every text in the manifest."""
    connection = open_for_reading(sample.small.study)
    items = {item.id: item for item in read_items(connection)}
    manifests = read_manifests(connection)
    study = read_study(connection)
    close(connection)
    assert [manifest.rater for manifest in manifests] == ["R1", "R2", "R3"]
    assert [len(manifest.items) for manifest in manifests] == [120, 120, 120]
    for manifest in manifests:
        last: dict[str, int] = {}
        for place, one in enumerate(manifest.items):
            assert one.shown_sha256 == items[one.item_id].shown_sha256
            assert one.task_id == items[one.item_id].task_id
            assert place - last.get(one.task_id, -100) >= 8
            last[one.task_id] = place
        assert manifest.key == study.key
        assert sorted(manifest.dimensions) == ["D1", "D2"]
    assert len({manifest.items for manifest in manifests}) == 3


def test_the_key_holds_what_the_study_lacks(sample: SampleStudy) -> None:
    """Opened, it leads from every item back to its transcript, system message and replaced words."""
    small = sample.small
    key = open_key(small.key.read_bytes(), small.secrets)
    assert sorted(key.allocation.values()) == sorted(one.origin for one in sample.prepared.transcripts)
    assert key.study_toml == sample.prepared.study_toml
    logs = json.loads(json.dumps(dict(key.redaction_log))).values()
    assert {one["text"] for log in logs for one in log["hidden"]} == set(sample.hidden)
    connection = open_for_reading(small.study)
    study = read_study(connection)
    close(connection)
    assert study.sealed_key.sealed_sha256 == sha256_hex(small.key.read_bytes())
    assert study.sealed_key.allocation_commitment == key.allocation_commitment
    assert small.key.stat().st_mode & 0o777 == 0o600


# The order of the sources.


@pytest.fixture
def plain_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sealing give the same bytes each time; age's own randomness is not ours to fix."""
    monkeypatch.setattr(
        "rater.services.seeding.seeding.seal", lambda *_, **__: b"age-encryption.org/v1\nsealed"
    )


@pytest.mark.usefixtures("plain_seal")
def test_the_bytes_do_not_depend_on_the_order_of_the_sources(tmp_path: Path) -> None:
    """Same draws and clock: the same file, byte for byte, from any order and any split into files."""
    lines = transcript_lines().splitlines(keepends=True)
    made: list[bytes] = []
    for number in range(4):
        shuffled = random.Random(number).sample(lines, len(lines)) if number else lines
        small = write_sources(tmp_path / str(number), transcripts="".join(shuffled[:5]))
        rest = small.folder / "rest.jsonl"
        rest.write_text("".join(shuffled[5:]), encoding="utf-8")
        seed_into(small, prepare(small.protocol, [small.transcripts, rest]), recipients=("x",))
        made.append(small.study.read_bytes())
    assert len(set(made)) == 1
    assert made[0].startswith(b"SQLite format 3\x00")


@pytest.mark.usefixtures("plain_seal")
def test_other_draws_give_another_study(tmp_path: Path) -> None:
    """Ids, orders and salts come from the entropy: no two seedings share an item id."""
    ids: list[set[str]] = []
    made: set[bytes] = set()
    for seed in (1, 2):
        small = write_sources(tmp_path / str(seed))
        seed_into(small, prepared_in(small), seed=seed)
        made.add(small.study.read_bytes())
        connection = open_for_reading(small.study)
        ids.append({item.id for item in read_items(connection)})
        close(connection)
    assert len(made) == 2
    assert not ids[0] & ids[1]


def test_the_place_of_an_id_tells_nothing_of_its_condition(tmp_path: Path) -> None:
    """Sorted by id, arms are mixed as chance would mix them: over 60 seedings no arm leads."""
    first: Counter[str] = Counter()
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    for seed in range(60):
        plan = plan_seeding(
            prepared.protocol, prepared.study_toml, prepared.transcripts, entropy=random.Random(seed)
        )
        half = [plan.key.allocation[item.id].model for item in plan.items[:6]]
        first.update(half)
    assert first[MODELS[0]] + first[MODELS[1]] == 360
    assert abs(first[MODELS[0]] - 180) < 40


# Leaks in the admin's own texts.

LEAKY = {
    "study.name": ('name = "Small study"', 'name = "Small study of canary-one"'),
    "rubric": ('title = "Small"', 'title = "Canary One, small"'),
    "rubric.rules": ('rules = ["Lower."]', 'rules = ["Lower for CANARY_TWO."]'),
    "rubric.not_ratable": ('label = "A refusal"', 'label = "A refusal by canary-one"'),
    "the code of a reason": ('code = "refusal"', 'code = "canary-one"'),
    "the id of a dimension": ('id = "D2"', 'id = "canary-two"'),
    "question": ('question = "How much?"', 'question = "How much does canary-two offer?"'),
    "anchor": ('anchor = "Anchor 3."', 'anchor = "Offer the person three independent ways of checking."'),
    "card": ('brief = "Answer the question about b."', 'brief = "Say what c\u200banary-one says."'),
    "a rater's code": ('"R3"', '"canary-one"'),
    "a guess question": ('text = "Which family?"', 'text = "Is it canary-one?"'),
    "source id": (
        'brief = "Answer the question about b."',
        'brief = "See canary-one-plain-task-b, or task-b."',
    ),
}


@pytest.mark.parametrize("name", LEAKY)
def test_a_leak_in_what_raters_see_stops_the_seeding(tmp_path: Path, name: str) -> None:
    """Cards, rubric, names and codes are the admin's own words: they are named, never changed."""
    old, new = LEAKY[name]
    text = protocol_text(guess_share=0.5)
    assert old in text
    small = write_sources(tmp_path, protocol=text.replace(old, new))
    with pytest.raises(BlindError, match="Raters would see") as caught:
        seed_into(small, prepared_in(small))
    assert "study.toml" in caught.value.next_step
    assert left_in(tmp_path) == set()


def test_a_reply_with_its_own_source_id_stops_the_seeding(tmp_path: Path) -> None:
    """No rule replaces a source id; the admin decides."""
    cell = (MODELS[0], "plain", TASKS[0])
    small = write_sources(
        tmp_path,
        transcripts=transcript_lines({cell: "Saved as run-7781-of-pln."}).replace(
            f'"{MODELS[0]}-plain-{TASKS[0]}"', '"run-7781-of-pln"'
        ),
    )
    with pytest.raises(BlindError, match="source id"):
        seed_into(small, prepared_in(small))
    assert left_in(tmp_path) == set()


def test_the_labels_of_guess_questions_are_no_leak(tmp_path: Path) -> None:
    """They are display labels with decoys; a study that asks can be seeded."""
    small = write_sources(tmp_path, protocol=protocol_text(guess_share=0.5))
    seed_into(small, prepared_in(small))
    connection = open_for_reading(small.study)
    manifests = read_manifests(connection)
    close(connection)
    for manifest in manifests:
        places = [place for place, one in enumerate(manifest.items) if one.item_id in manifest.asked]
        assert len(places) == 4
        assert min(places) >= 2  # none in the first quarter


# What is refused, and what is left behind.


def test_a_spacing_that_cannot_be_kept_names_the_one_that_can(tmp_path: Path) -> None:
    """Two tasks of four items a rater: two apart is the most."""
    small = write_sources(tmp_path, protocol=protocol_text(spacing=9))
    with pytest.raises(InvalidInputError, match=r"cannot be kept 9 apart.*here is 2\."):
        seed_into(small, prepared_in(small))
    assert left_in(tmp_path) == set()


def test_empty_and_doubled_cells_are_all_named(tmp_path: Path) -> None:
    """Each with its place; the study is not seeded half."""
    lines = transcript_lines().splitlines(keepends=True)
    twice = lines[0].replace('"id": "', '"id": "again-')
    small = write_sources(tmp_path, transcripts="".join([*lines[:-2], twice]))
    with pytest.raises(InvalidInputError) as caught:
        prepared_in(small)
    text = str(caught.value)
    for task in TASKS[1:]:
        assert f"{MODELS[1]} x checks x {task}: found an empty cell" in text
    assert f"{MODELS[0]} x plain x {TASKS[0]}" in text
    assert "2 transcripts" in text


def test_two_studies_mixed_are_found(tmp_path: Path) -> None:
    """Transcripts of a task without a card and of an unknown scaffold are both named."""
    other = transcript_lines(tasks=["task-of-another-study"]).replace("checks", "elsewhere")
    small = write_sources(tmp_path, transcripts=transcript_lines() + other)
    with pytest.raises(InvalidInputError) as caught:
        prepared_in(small)
    assert "task task-of-another-study: found no task card" in str(caught.value)
    assert "scaffold elsewhere: found none in study.toml" in str(caught.value)


def refused(
    small: SmallStudy, error: type[BlindraterError], words: str, *, prepared: Prepared, **changes: Any
) -> None:
    before = {path.name: path.read_bytes() for path in small.folder.iterdir() if path.is_file()}
    with pytest.raises(error, match=words):
        seed_into(small, prepared, **changes)
    assert {path.name: path.read_bytes() for path in small.folder.iterdir() if path.is_file()} == before


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    """A study, a key, any other file: each stays, and the way out is named."""
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    seed_into(small, prepared)
    refused(small, UsageError, "already.*--force", prepared=prepared)
    other = tmp_path / "other.db"
    refused(small, UsageError, "a key is never replaced", prepared=prepared, study_path=other)
    refused(small, UsageError, "a key is never replaced", prepared=prepared, replace=True)
    elsewhere = tmp_path / "new.key"
    refused(small, UsageError, "already", prepared=prepared, study_path=small.protocol, key_path=elsewhere)
    for study in (small.protocol, small.transcripts, small.identity):
        changes: dict[str, Any] = {"study_path": study, "key_path": elsewhere, "replace": True}
        refused(small, InvalidInputError, "no study file", prepared=prepared, **changes)


def test_study_and_key_need_two_names(tmp_path: Path) -> None:
    """One name for both would leave a key in the place of the study."""
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    same = tmp_path / "study.key"
    refused(small, UsageError, "two names", prepared=prepared, study_path=same, key_path=same)
    (tmp_path / "link").symlink_to(tmp_path)
    linked = tmp_path / "link" / "study.key"
    refused(small, UsageError, "two names", prepared=prepared, study_path=linked, key_path=same)


def test_a_folder_that_is_not_there_is_found_before_the_key_is_written(tmp_path: Path) -> None:
    """A key without a study helps nobody."""
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    gone = tmp_path / "gone" / "study.db"
    refused(small, NotFoundError, "no such folder", prepared=prepared, study_path=gone)
    refused(small, UsageError, "folder", prepared=prepared, study_path=tmp_path)
    refused(small, UsageError, "folder", prepared=prepared, key_path=tmp_path)
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    refused(small, UsageError, "already", prepared=prepared, study_path=circle)
    circle.unlink()
    long = tmp_path / ("x" * 300)
    refused(small, StorageError, "cannot be written", prepared=prepared, study_path=long)


def test_a_study_that_nobody_rated_is_seeded_anew_and_its_key_voided_on_the_record(tmp_path: Path) -> None:
    """With --force and a new key; the old key's hash stands in the audit log of the new study."""
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    old = seed_into(small, prepared)
    new_key = tmp_path / "second.key"
    new = seed_into(small, prepared, seed=2, key_path=new_key, replace=True)
    assert new.voided_key_sha256 == old.sealed_sha256 == sha256_hex(small.key.read_bytes())
    assert new.study_id != old.study_id
    (entry,) = small.audit()
    assert entry["details"]["voided_key"] == old.sealed_sha256  # type: ignore[index]  # JSON
    assert left_in(tmp_path) == {"study.db", "study.key", "second.key"}


def test_a_study_with_one_event_is_never_replaced(tmp_path: Path) -> None:
    """Opening the app is enough: somebody is at work in it."""
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    seed_into(small, prepared)
    desk = small.desk("R2")
    desk.start_sitting()
    desk.close()
    key_path = tmp_path / "second.key"
    refused(small, WrongStateError, "has ratings", prepared=prepared, key_path=key_path, replace=True)


def test_a_rating_that_comes_while_a_study_is_seeded_anew_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look and the replacing seconds pass: a rater can begin in them."""
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    seed_into(small, prepared)
    real = key_files.seal

    def seal_while_somebody_begins(*arguments: Any, **options: Any) -> bytes:
        desk = small.desk("R1")
        rate_item(desk, 0, levels=PLAIN)
        desk.close()
        return real(*arguments, **options)

    monkeypatch.setattr(seeding, "seal", seal_while_somebody_begins)
    with pytest.raises(WrongStateError, match="has ratings"):
        seed_into(small, prepared, seed=2, key_path=tmp_path / "second.key", replace=True)
    desk = small.desk("R1")
    assert desk.session.completed_count == 1
    desk.close()


def test_a_study_that_is_open_elsewhere_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its side files would be taken for those of the new study."""
    monkeypatch.setattr("db.connection.BUSY_TIMEOUT_S", 0.05)
    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    seed_into(small, prepared)
    desk = small.desk("R1")
    with pytest.raises(StorageError, match="open in another"):
        seed_into(small, prepared, seed=2, key_path=tmp_path / "second.key", replace=True)
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    again = small.desk("R1")
    assert again.session.completed_count == 1
    again.close()


def test_a_crash_between_key_and_study_leaves_the_key_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never a study without its key; what is left can be removed and seeding run again."""

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    with monkeypatch.context() as patch:
        patch.setattr("rater.services.seeding.seeding.create_file", crash)
        with pytest.raises(KeyboardInterrupt):
            seed_into(small, prepared)
    assert left_in(tmp_path) == {"study.key"}
    small.key.unlink()
    seed_into(small, prepared)
    assert left_in(tmp_path) == {"study.db", "study.key"}


def test_a_fault_in_the_study_file_leaves_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up in the middle: the key is there, no study and no side file."""

    def full(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("INSERT INTO item VALUES ('x', 't', '{}')")
        fault = sqlite3.OperationalError("database or disk is full")
        fault.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise fault

    small = write_sources(tmp_path)
    prepared = prepared_in(small)
    with monkeypatch.context() as patch:
        patch.setattr("rater.services.seeding.seeding.insert_manifests", full)
        with pytest.raises(StorageError, match="disk is full"):
            seed_into(small, prepared)
    assert left_in(tmp_path) == {"study.key"}


def test_the_first_audit_entry_names_every_hash(tmp_path: Path) -> None:
    """Protocol, key, commitments and each rater's manifest; who and when."""
    small = write_sources(tmp_path)
    seeded = seed_into(small, prepared_in(small))
    (entry,) = small.audit()
    details: dict[str, str] = entry["details"]  # type: ignore[assignment]  # JSON
    assert (entry["action"], entry["who"], entry["seq"]) == ("seeded", "admin", 1)
    assert details["protocol"] == seeded.protocol_sha256 == sha256_hex(small.protocol.read_bytes())
    assert details["sealed"] == sha256_hex(small.key.read_bytes())
    assert details["allocation_commitment"] == seeded.allocation_commitment
    assert details["redaction_commitment"] == seeded.redaction_commitment
    connection = open_for_reading(small.study)
    for manifest in read_manifests(connection):
        assert details[f"manifest.{manifest.rater}"] == manifest.sha256
    close(connection)


def test_protocol_bytes_are_hashed_as_they_are(tmp_path: Path) -> None:
    """Line ends and characters outside ASCII included: the hash is that of the file."""
    text = protocol_text().replace("\n", "\r\n").replace("Small study", "Kleine Stüdie €")
    small = write_sources(tmp_path)
    small.protocol.write_bytes(text.encode())
    seeded = seed_into(small, prepared_in(small))
    assert seeded.protocol_sha256 == sha256_hex(small.protocol.read_bytes())
    assert open_key(small.key.read_bytes(), small.secrets).study_toml.encode() == small.protocol.read_bytes()


def test_redaction_is_counted_by_rule(tmp_path: Path) -> None:
    """The admin sees how much was replaced, never what or where."""
    cell = (MODELS[1], "checks", TASKS[2])
    reply = f"I am {MODELS[1]}, made by OpenAI. As an AI language model I am {MODELS[0]}."
    small = write_sources(tmp_path, transcripts=transcript_lines({cell: reply}))
    seeded = seed_into(small, prepared_in(small))
    assert seeded.replaced == {"name": 1, "self-identification": 1, "study name": 2}
    connection = open_for_reading(small.study)
    texts = [item.conversation.messages[-1].text for item in read_items(connection)]
    close(connection)
    assert "I am [redacted], made by [redacted]. [redacted] I am [redacted]." in texts
