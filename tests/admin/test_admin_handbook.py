"""The handbook of the admin: its command lines, run one after the other on a small study."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from protocol.chain.events import EventDraft, EventKind
from rater.admin.app import app as admin_app
from rater.cli import app as rater_app
from rater.services.sitting.rating import RatingDesk
from tests.services.small_studies import PLAIN, desk_of, protocol_text, rate_item, transcript_lines

HANDBOOK = Path(__file__).parents[2] / "docs" / "admin-handbook.md"
LINES = re.findall(r"^\$ (.+)$", HANDBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)


def finish(desk: RatingDesk, *, upto: int = 8) -> None:
    """Rate the rest, up to a number of items."""
    for position in range(desk.session.completed_count, upto):
        rate_item(desk, position, levels=PLAIN)
    desk.close()


class Reader:
    """Does what a reader of the handbook does: types each line, and between them edits and rates."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def type(self, line: str) -> None:
        self._before(line)
        program, *words = shlex.split(line)
        arguments = [self.known.get(word, word) for word in words]
        found = CliRunner().invoke({"rater-admin": admin_app, "rater": rater_app}[program], arguments)
        assert found.exit_code == 0, (line, found.output)
        self._after(line, found.stdout)

    def _before(self, line: str) -> None:
        if line.startswith("rater submit packs/R1") and "--interim" in line:
            finish(desk_of(Path("packs/R1.pack.db")), upto=3)
        elif line.startswith("rater submit packs-new/R1"):
            finish(desk_of(Path("packs-new/R1.pack.db")))
        elif line.startswith("rater submit packs/R3"):
            finish(desk_of(Path("packs/R3.pack.db")))
        elif line.startswith("rater-admin agreement"):
            desk = desk_of(Path("mystudy/study.db"), "R2")
            finish(desk)
            desk = desk_of(Path("mystudy/study.db"), "R2", seed="end")
            desk.record(EventDraft(kind=EventKind.SUBMIT))
            desk.close()

    def _after(self, line: str, printed: str) -> None:
        if line.startswith("rater-admin init"):
            Path("mystudy/study.toml").write_text(protocol_text(), encoding="utf-8")
            Path("transcripts.jsonl").write_text(transcript_lines(), encoding="utf-8")
        elif line.startswith("rater-admin keygen"):
            self.known["RECIPIENT"] = printed.strip()
        elif line.startswith("rater submit packs-new/R1"):
            self.known["RECEIPT"] = printed.rsplit(maxsplit=1)[-1]
        elif line == "rater-admin lock mystudy/study.db":
            self.known["CODE"] = printed.rsplit(maxsplit=1)[-1]
            self.known["LOCK_MANIFEST"] = f"mystudy/study.lock-{printed.rsplit(maxsplit=1)[-1][:8]}.json"


def test_the_handbook_can_be_typed_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line succeeds where it stands, with what the lines before it printed."""
    monkeypatch.chdir(tmp_path)
    reader = Reader()
    assert len(LINES) > 20
    for line in LINES:
        reader.type(line)
    assert set(reader.known) == {"RECIPIENT", "RECEIPT", "CODE", "LOCK_MANIFEST"}
    assert Path("public/verify.py").exists()
