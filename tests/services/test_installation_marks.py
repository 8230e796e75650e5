"""The mark of an installation: what a sitting records, who can compare it, and what status makes of it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from protocol.chain.events import INSTALLATION, EventDraft, EventKind, installation_mark
from protocol.errors import CheckFailedError, InvalidInputError
from protocol.odd_work import OddKind
from protocol.rating_words import recorded
from protocol.study_file import read_study
from rater.installation import installation_path, installation_secret
from rater.services.packs.handing_out import issue_packs
from rater.services.progress.progress import read_progress
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.submitting import submit
from tests.services.returned_files import forged, merge, write
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
    SmallStudy,
    clock,
    protocol_text,
    rate_item,
    seed_small,
    seeded_study,
    write_sources,
)

ONE, OTHER = b"1" * 32, b"2" * 32
UNMARKED = "\n[privacy]\ninstallation = false\n"


def sitting(path: Path, secret: bytes | None, *, rater: str | None = None) -> RatingDesk:
    desk = open_desk(path, rater=rater, app=APP, clock=clock, installation=secret)
    desk.start_sitting()
    return desk


def marks(desk: RatingDesk) -> list[str | None]:
    return [
        event.draft.texts.get(INSTALLATION) for event in desk.events if event.draft.kind is EventKind.SITTING
    ]


def test_a_sitting_records_a_mark_that_only_its_own_chain_knows_again(tmp_path: Path) -> None:
    """Another installation has another mark, and so has the same one for another rater."""
    small = seeded_study(tmp_path)
    for secret in (ONE, ONE, OTHER):
        sitting(small.study, secret, rater="R1").close()
    other = sitting(small.study, ONE, rater="R2")
    (there,) = marks(other)
    other.close()
    desk = small.desk("R1")
    first, again, elsewhere = marks(desk)
    assert first == again == installation_mark(ONE, desk.manifest.id)
    desk.close()
    assert len({first, elsewhere, there}) == 3
    assert ONE.hex().encode() not in small.study.read_bytes()


def test_a_study_that_records_no_installation_has_none(tmp_path: Path) -> None:
    """The desk leaves it out, raters are not told of it, and a file that has it is refused."""
    small = seed_small(write_sources(tmp_path, protocol=protocol_text() + UNMARKED))
    desk = sitting(small.study, ONE, rater="R2")
    assert marks(desk) == [None]
    assert not desk.visible.installation
    desk.close()
    assert "mark" not in recorded(act="key", came_up="came up", installation=False)
    assert "random mark" in recorded(act="key", came_up="came up")
    assert read_study(protocol_text(), where="study.toml").visible().installation
    data = forged(small, [EventDraft(kind=EventKind.SITTING, texts={INSTALLATION: "ab" * 16})])
    with pytest.raises(CheckFailedError, match="names an installation, which this study does not record"):
        merge(small, write(tmp_path, "F", data))


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (
            EventDraft(kind=EventKind.SITTING, texts={INSTALLATION: "laptop-of-ann"}),
            "in a way that this program",
        ),
        (
            EventDraft(kind=EventKind.SUBMIT, texts={INSTALLATION: "ab" * 16}),
            "which only the start of a sitting",
        ),
    ],
)
def test_a_mark_that_is_none_is_refused(tmp_path: Path, draft: EventDraft, why: str) -> None:
    """A name of a machine cannot come in by it, nor a mark by another event."""
    small = seeded_study(tmp_path)
    with pytest.raises((CheckFailedError, InvalidInputError), match=why):
        merge(small, write(tmp_path, "F", forged(small, [draft])))


def copies(small: SmallStudy, folder: Path) -> tuple[Path, Path]:
    """Return the files of two copies of R1's pack, rated on two installations."""
    (issued,) = issue_packs(small.study, ["R1"], every=False, folder=folder, who=ADMIN, clock=clock)
    copy = folder / "copy.db"
    copy.write_bytes(issued.path.read_bytes())
    files = []
    for pack, secret in ((issued.path, ONE), (copy, OTHER)):
        desk = sitting(pack, secret)
        rate_item(desk, 0, levels=PLAIN)
        desk.close()
        done = submit(pack, rater=None, output=folder / f"{pack.stem}.jsonl", interim=True, app=APP)
        files.append(done.path)
    return files[0], files[1]


def test_merge_says_that_a_fork_comes_from_another_installation_and_status_keeps_saying_it(
    tmp_path: Path,
) -> None:
    """The kept file is compared with the chain in the study."""
    small = seeded_study(tmp_path)
    ours, theirs = copies(small, tmp_path)
    merge(small, ours)
    with pytest.raises(CheckFailedError, match="made on two installations of the program"):
        merge(small, theirs)
    assert small.audit()[-1]["details"]["installation"] == "another"  # type: ignore[index]  # JSON
    (odd,) = read_progress(small.study).raters[0].odd
    assert odd.kind is OddKind.FORK
    assert "on another installation" in odd.text
    assert [rater.odd for rater in read_progress(small.study).raters[1:]] == [(), ()]


def test_the_random_number_is_drawn_once_and_is_the_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies in the state folder; where it cannot, there is no mark, and rating goes on."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    secret = installation_secret()
    assert secret is not None
    assert len(secret) == 32
    assert installation_secret() == secret
    assert stat.S_IMODE(installation_path().stat().st_mode) == 0o600
    installation_path().write_text("nonsense", encoding="ascii")
    assert installation_secret() is None
    assert installation_path().read_text(encoding="ascii") == "nonsense", "what others wrote stays"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state" / "blindrater" / "installation"))
    assert installation_secret() is None
