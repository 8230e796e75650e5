"""Packs are filled by insertion alone: the bytes tell neither an order nor anybody else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from protocol.errors import NotFoundError, UsageError, WrongStateError
from rater.services.packs.packs import write_pack
from rater.services.seeding.preparing import prepare
from rater.services.seeding.seeding import SeedRequest, seed_study
from tests.services.small_studies import (
    APP,
    MODELS,
    clock,
    locked_study,
    seeded_study,
    transcript_lines,
    write_sources,
)


def test_the_bytes_of_a_pack_do_not_depend_on_the_order_of_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same draws, clock and sealed bytes: the same pack from any order of the transcripts."""
    monkeypatch.setattr(
        "rater.services.seeding.seeding.seal", lambda *_, **__: b"age-encryption.org/v1\nsealed"
    )
    lines = transcript_lines().splitlines(keepends=True)
    packs: list[bytes] = []
    for number in range(3):
        order = random.Random(number).sample(lines, len(lines)) if number else lines
        small = write_sources(tmp_path / str(number), transcripts="".join(order))
        prepared = prepare(small.protocol, [small.transcripts])
        request = SeedRequest(
            study_path=small.study, key_path=small.key, recipients=("x",), who="me", app=APP
        )
        seed_study(
            prepared.protocol,
            prepared.study_toml,
            prepared.transcripts,
            request,
            entropy=random.Random(5),
            clock=clock,
        )
        write_pack(small.study, "R2", small.folder / "R2.pack.db")
        packs.append((small.folder / "R2.pack.db").read_bytes())
    assert len(set(packs)) == 1
    assert not any(model.encode() in packs[0] for model in MODELS)


def test_making_a_pack_changes_no_byte_of_the_study(tmp_path: Path) -> None:
    """It is read, never derived from by deleting."""
    small = seeded_study(tmp_path)
    before = small.study.read_bytes()
    assert write_pack(small.study, "R1", tmp_path / "R1.pack.db") == 8
    assert small.study.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"small", "R1.pack.db"}


def test_packs_are_of_open_studies_and_known_raters(tmp_path: Path) -> None:
    """Each refusal leaves nothing behind."""
    small = seeded_study(tmp_path)
    target = tmp_path / "out.pack.db"
    with pytest.raises(NotFoundError, match="R1, R2, R3"):
        write_pack(small.study, "R9", target)
    with pytest.raises(NotFoundError):
        write_pack(tmp_path / "none.db", "R1", target)
    with pytest.raises(WrongStateError, match="locked"):
        write_pack(locked_study(tmp_path / "locked").small.study, "R1", target)
    with pytest.raises(UsageError, match="already"):
        write_pack(small.study, "R1", small.study)
    assert not target.exists()
