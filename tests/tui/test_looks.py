"""Themes, ASCII and chosen keys in the running app."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from textual.color import Color

from protocol.conversation import Conversation, Message
from rater.ascii import FRAMES, ORNAMENTS
from rater.settings import THEMES, Settings, parse_settings, read_settings, remember_theme, settings_path
from rater.tui import theme
from rater.tui.screens.choice import OneOfScreen
from rater.tui.screens.page import PageScreen
from rater.tui.screens.rating import RatingScreen
from tests.conftest import BuildStudy, make_items
from tests.tui.driving import NARROW, SIZES, item_on_disk, sitting

BACKGROUNDS = ("background", "surface")
WORDS = ("foreground", "text-primary", "text-accent", "text-warning", "text-error", "text-success")


def luminance(color: Color) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in color.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG 2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colours(name: str) -> dict[str, Color]:
    """Return the colours of a theme that words are drawn in and on."""
    found = theme.BY_NAME[name].to_color_system().generate()
    return {key: Color.parse(found[key]) for key in (*BACKGROUNDS, *WORDS)}


def test_settings_and_app_know_the_same_themes() -> None:
    """In the same order."""
    assert tuple(theme.BY_NAME) == THEMES


@pytest.mark.parametrize("name", THEMES)
def test_words_can_be_read_in_every_theme(name: str) -> None:
    """Contrast of 4.5 to 1 at least, 7 to 1 with high contrast (WCAG 2, AA and AAA)."""
    found = colours(name)
    least = 7.0 if name == "high-contrast" else 4.5
    for word, ground in itertools.product(WORDS, BACKGROUNDS):
        assert contrast(found[word], found[ground]) >= least, (word, ground)


DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
"""Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB."""


@pytest.mark.parametrize("matrix", [DEUTERANOPIA, PROTANOPIA])
def test_the_colour_blind_theme_keeps_good_and_bad_apart(matrix: tuple[tuple[float, ...], ...]) -> None:
    """Seen without red or green cones, saved and error differ by more than in the usual theme."""

    def seen(color: Color) -> tuple[float, ...]:
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in color.normalized]
        return tuple(sum(a * b for a, b in zip(row, linear, strict=True)) for row in matrix)

    def distance(name: str, one: str, other: str) -> float:
        found = colours(name)
        pairs = zip(seen(found[one]), seen(found[other]), strict=True)
        return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)

    for bad in ("text-error", "text-warning"):
        ours = distance("colour-blind", "text-success", bad)
        assert ours > 2 * distance("dark", "text-success", bad)
        assert ours > 0.3


async def test_t_takes_the_next_theme_and_keeps_it(build_study: BuildStudy) -> None:
    """Round all four; each is in the settings file at once and drawn at the next start."""
    study = build_study()
    remember = lambda name: remember_theme(settings_path(), name)  # noqa: E731
    async with sitting(study, remember=remember) as app:
        for name in (*THEMES[1:], THEMES[0], THEMES[1]):
            await app.press("T")
            assert app.app.theme == f"blindrater-{name}"
            assert f"Theme {name}." in app.message
            assert read_settings(settings_path()).theme == name
    async with sitting(study, settings=read_settings(settings_path())) as app:
        assert app.app.theme == "blindrater-light"


async def test_a_theme_that_cannot_be_kept_says_so(build_study: BuildStudy, own_folders: Path) -> None:
    """The theme changes all the same."""
    settings_path().parent.mkdir(parents=True)
    settings_path().mkdir()
    remember = lambda name: remember_theme(settings_path(), name)  # noqa: E731
    async with sitting(build_study(), remember=remember) as app:
        await app.press("T")
        assert app.app.theme == "blindrater-light"
        assert "for this time only" in app.message


async def test_without_colours_there_is_no_theme(
    build_study: BuildStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T says why."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with sitting(build_study()) as app:
        await app.press("T")
        assert "NO_COLOR" in app.message


@pytest.mark.parametrize("size", SIZES)
async def test_ascii_draws_nothing_but_ascii(build_study: BuildStudy, size: tuple[int, int]) -> None:
    """On every screen, with notes, flags, quotes and dialogues, for a text that is ASCII."""
    study = build_study()
    async with sitting(study, size=size, settings=Settings(ascii=True), start=False) as app:
        assert app.shown().isascii()
        await app.press("enter", "2", "e", "enter", "m", "x", "enter")
        for keys in ("", "E", "escape", "t", "a", "question_mark", "i", "x", "m", "f", "K", "X"):
            if keys:
                await app.press(*keys.split())
            assert app.shown().isascii(), (keys, app.shown())
            await app.press("escape")


async def test_ascii_changes_only_frames_in_the_text(build_study: BuildStudy) -> None:
    """Box characters of a transcript become ASCII, its letters and marks stay; the quote is the source."""
    text = "├── café → 中 ✓ …"
    item = replace(make_items(1)[0], conversation=Conversation(messages=(Message(role="user", text=text),)))
    study = build_study(items=[item])
    async with sitting(study, size=NARROW, settings=Settings(ascii=True)) as app:
        assert "+-- café → 中 ✓ …" in app.shown()
        await app.press("e", "enter")
    assert item_on_disk(study).mark("D1").quotes[0].text == text


def test_every_look_alike_is_one_character_of_ascii() -> None:
    """All of the box and block ranges are covered."""
    assert set(range(0x2500, 0x25A0)) <= set(FRAMES)
    assert all(len(plain) == 1 and plain.isascii() for plain in ORNAMENTS.values())


CHOSEN = """
[keys]
item.note = "v"
read.page = "s"
read.down = "q"
help.quit = "Q"
help.guide = "+"
go.list = "l"
score.2 = ["ü", "f2"]
"""


async def test_chosen_keys_act_and_are_shown(build_study: BuildStudy) -> None:
    """The new keys act, the old ones do nothing, and hints, help and pages show the new ones."""
    study = build_study()
    settings = parse_settings(CHOSEN, where="rater.toml")
    async with sitting(study, settings=settings, size=(140, 60)) as app:
        await app.press("m")
        assert isinstance(app.app.screen, RatingScreen)
        await app.press("v", "h", "i", "enter", "ü")
        assert app.screen._active == "D2"
        await app.press("f2", "2")
        hints = app.shown().splitlines()[-1]
        assert "v note" in hints
        assert "s page" in hints
        await app.press("question_mark")
        shown = app.shown()
        assert "ü F2" in shown
        assert "Q" in shown
        await app.press("q", "escape", "plus")
        assert isinstance(app.app.screen, PageScreen)
        await app.press("plus", "l")
        assert "Your items" in app.shown()
        await app.press("l", "tab", "Q")
        assert app.app._exit
    assert item_on_disk(study).note == "hi"
    assert [item_on_disk(study).mark(name).level for name in ("D1", "D2")] == [2, 2]


def test_every_key_of_the_screen_can_be_chosen() -> None:
    """No binding of the rating screen is missing from the table of actions."""
    from rater.tui.keymap import ALL_KEYS

    known = {binding.id for binding in ALL_KEYS}
    own = {
        binding.id
        for owner in RatingScreen.__mro__
        if owner.__module__.startswith("rater.")
        for binding in owner.__dict__.get("BINDINGS", [])
    }
    assert own == known


async def test_enter_gives_no_reason_that_was_not_chosen(build_study: BuildStudy) -> None:
    """After x, Enter alone leaves the question open; an arrow or a digit answers it."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("x", "enter")
        assert isinstance(app.app.screen, OneOfScreen)
        await app.press("down", "down", "enter")
    assert item_on_disk(study).mark("D1").reason == "truncated"


async def test_the_wide_text_stays_for_the_sitting(build_study: BuildStudy) -> None:
    """Key z counts for the items that follow, until z again; a score shows the rubric once."""
    async with sitting(build_study()) as app:
        await app.press("z", "n")
        assert "Anchor" not in app.shown()
        await app.press("1")
        assert "Anchor" in app.shown()
        await app.press("n")
        assert "Anchor" not in app.shown()
        await app.press("z", "n")
        assert "Anchor" in app.shown()
