"""The rater's handbook: every key in it does what it says, and it stays short."""

from __future__ import annotations

import re
from pathlib import Path

from rater.cli import app as command_line
from rater.tui.key_table import shown, usual_keys
from rater.tui.keymap import ALL_KEYS

TEXT = (Path(__file__).parents[2] / "docs" / "rater-handbook.md").read_text(encoding="utf-8")
TWO_PAGES_OF_WORDS = 1350

DOES = {
    "Space": {"read.page"},
    "j": {"read.down"},
    "k": {"read.up"},
    "]": {"read.turn"},
    "G": {"read.end"},
    "t": {"help.card"},
    "}": {"read.tool"},
    "o": {"read.fold", "quote.other"},
    "O": {"read.fold_all"},
    "2": {"score.2"},
    "3": {"score.3"},
    "Tab": {"score.next"},
    "Backspace": {"score.clear"},
    "a": {"help.guide"},
    "e": {"quote.start"},
    "w": {"quote.word"},
    "W": {"quote.word_back"},
    "E": {"quote.list"},
    "c": {"score.sure"},
    "Enter": {"item.enter"},
    "/": {"find.start"},
    "n": {"find.next", "go.next"},
    "N": {"find.back", "go.open"},
    "p": {"go.back"},
    "Esc": {"help.escape"},
    "R": {"help.training"},
    "x": {"score.nr"},
    "X": {"score.nr_item"},
    "m": {"item.note"},
    "M": {"item.note_dim"},
    "f": {"item.flag"},
    "K": {"item.told"},
    "i": {"go.list"},
    "z": {"read.wide"},
    "r": {"read.rendered"},
    "q": {"help.quit"},
    "u": {"item.undo"},
    "U": {"item.redo"},
    "T": {"help.theme"},
    "?": {"help.keys"},
}
"""The actions the handbook means by each key."""
NO_KEYS = {"▌", "✗", ">", "␛"}
"""What the screen shows, not what is pressed."""


def test_every_key_of_the_handbook_does_what_it_says() -> None:
    """A key that is named there is looked up here, and has exactly these actions on the rating screen."""
    named = set(re.findall(r"`([^`\s]|Space|Tab|Backspace|Enter|Esc)`", TEXT)) - NO_KEYS
    assert named == set(DOES)
    actions: dict[str, set[str]] = {}
    for binding in ALL_KEYS:
        for key in usual_keys(binding):
            actions.setdefault(shown(key), set()).add(binding.id or "")
    assert {key: actions.get(key) for key in DOES} == DOES


def test_every_command_of_the_handbook_is_one() -> None:
    """`rater ...` in it begins with a command there is."""
    commands = {
        one.name or (one.callback and one.callback.__name__) for one in command_line.registered_commands
    }
    named = set(re.findall(r"`rater ([a-z-]+)", TEXT))
    assert {"rate", "demo", "submit", "timesheet", "check-receipt"} <= named
    assert named <= commands


def test_the_handbook_has_two_pages() -> None:
    """Who is to rate for four hours does not read for one."""
    assert len(re.findall(r"\S*\w\S*", TEXT)) <= TWO_PAGES_OF_WORDS
