"""A begun study with a second batch: three further tasks for the same raters, sealed for one identity."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rater.services.amending.extending import Extended, ExtendRequest, extend_study
from rater.services.doors.doors import unblind_study
from rater.services.doors.key_files import open_key
from rater.services.reading_study import read_study_file
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.seeding.preparing import prepare
from rater.services.sitting.rating import RatingDesk
from tests.services.amended_studies import WHY, begun_study
from tests.services.bundles import Bundled, level_of
from tests.services.small_studies import (
    ADMIN,
    APP,
    RATERS,
    SmallStudy,
    _copy,
    _templates,
    clock,
    lock_small,
    protocol_text,
    rate_item,
    recipient_of,
    transcript_lines,
)

MORE_TASKS = ("task-d", "task-e", "task-f")


def batch_files(small: SmallStudy, *, text: str | None = None, lines: str | None = None) -> tuple[Path, Path]:
    """Write protocol and transcripts of the batch; return both."""
    protocol, transcripts = small.folder / "study-2.toml", small.folder / "more.jsonl"
    protocol.write_text(protocol_text(tasks=MORE_TASKS) if text is None else text, encoding="utf-8")
    transcripts.write_text(lines or transcript_lines(tasks=MORE_TASKS), encoding="utf-8")
    return protocol, transcripts


def second_key(small: SmallStudy) -> Path:
    """Return where the key of the batch is."""
    return small.folder / "study-2.key"


def extended(
    small: SmallStudy,
    *,
    text: str | None = None,
    lines: str | None = None,
    originals: Sequence[Path] | None = None,
    key: Path | None = None,
    seed: int = 1,
) -> Extended:
    """Add the batch to a study; the seed is that of the study, so that the same ids are drawn first."""
    protocol, transcripts = batch_files(small, text=text, lines=lines)
    return extend_study(
        prepare(protocol, [transcripts]),
        ExtendRequest(
            study_path=small.study,
            key_path=key or second_key(small),
            originals=[
                read_study_file(one) for one in ([small.protocol] if originals is None else originals)
            ],
            recipients=(recipient_of(small),),
        ),
        who=WHY,
        clock=clock,
        entropy=random.Random(seed),
    )


@cache
def _extended() -> SmallStudy:
    small = begun_study(_templates() / "extended")
    extended(small)
    return small


def extended_study(folder: Path) -> SmallStudy:
    """Return a copy of a begun study with a second batch."""
    return _copy(_extended(), folder / "small")


def rate_differently(desk: RatingDesk, small: SmallStudy) -> None:
    """Let a rater read every notice and complete what is left, at levels that differ by everything."""
    keys = [open_key(path.read_bytes(), small.secrets) for path in (small.key, second_key(small))]
    origins = {item: origin for key in keys for item, origin in key.allocation.items()}
    desk.start_sitting()
    for amendment in desk.unread:
        desk.mark_read(amendment)
    while (position := desk.session.next_open(0)) is not None:
        of = origins[desk.session.items[position]]
        levels = {name: level_of(of.model, of.scaffold, of.task, desk.rater, name) for name in ("D1", "D2")}
        rate_item(desk, position, levels=levels)


def unblind_both(small: SmallStudy, code: str) -> int:
    """Unblind with both keys, that of the batch first."""
    return unblind_study(
        small.study,
        second_key(small).read_bytes(),
        small.secrets,
        lock_code=code,
        who=ADMIN,
        clock=clock,
        later=[small.key.read_bytes()],
    )


@cache
def _published() -> tuple[SmallStudy, str]:
    small = extended_study(_templates() / "published")
    for rater in RATERS:
        desk = small.desk(rater)
        rate_differently(desk, small)
        desk.close()
    code = lock_small(small)
    unblind_both(small, code)
    export_public(small.study, small.folder / "public", app=APP, identities=IdentityFacts())
    return small, code


def published_extension(folder: Path) -> Bundled:
    """Return a copy of the unblinded study with two batches, and of its public bundle."""
    small, code = _published()
    copy = _copy(small, folder / "small")
    return Bundled(small=copy, folder=copy.folder / "public", lock_code=code)
