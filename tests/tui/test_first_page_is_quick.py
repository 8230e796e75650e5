"""What stands between the start and the first page: no module and no reading of styles that can wait."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from textual.css.stylesheet import Stylesheet

import rater.tui
from rater.tui.guarded_app import SHEETS
from tests.conftest import BuildStudy
from tests.tui.driving import sitting
from tests.tui.terminal import ROOT

CAN_WAIT = (
    "protocol.chain.amendment",
    "protocol.chain.ratings_file",
    "protocol.event_rules",
    "protocol.training.attempts",
    "rater.services.sitting.training_desk",
    "rater.tui.key_table",
    "rater.tui.screens.rating",
    "rater.tui.screens.text_entry",
    "rater.tui.widgets.conversation",
    "tomllib",
)

TO_THE_FIRST_PAGE = """
import sys
from pathlib import Path
import rater.entry, rater.launching
from rater.settings import read_settings
from rater.services.sitting.opening import open_desk
desk = open_desk(Path(sys.argv[1]), rater="R1", app="0")
from rater.tui.app import RaterApp
RaterApp(desk, settings=read_settings(Path("no such file"))).get_default_screen()
print("\\n".join(sys.modules))
"""


def test_nothing_is_loaded_for_the_first_page_that_can_wait(build_study: BuildStudy) -> None:
    """Screens of rating, training, amendments and what is only written later come after it."""
    done = subprocess.run(
        [sys.executable, "-c", TO_THE_FIRST_PAGE, str(build_study().path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "rater.tui.screens.welcome" in loaded
    assert sorted(loaded & set(CAN_WAIT)) == []


def test_the_app_names_every_style_sheet() -> None:
    """One that is missing would be read when its screen comes up, and all others once more."""
    folder = Path(rater.tui.__file__).parent
    assert {folder / str(sheet) for sheet in SHEETS} == set(folder.rglob("*.tcss"))


async def test_styles_are_read_once(build_study: BuildStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start to screens over the first item none is read a second time; another theme does that."""
    read: list[Stylesheet] = []
    reparse = Stylesheet.reparse

    def counted(stylesheet: Stylesheet) -> None:
        read.append(stylesheet)
        reparse(stylesheet)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    async with sitting(build_study()) as app:
        await app.press("question_mark", "escape", "i", "escape")
        assert read == []
        await app.press("T")
        assert read
