"""Transcripts and names that try to act on the terminal or the app: they are shown, and do nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from protocol.conversation import Conversation, Message, ToolCall
from protocol.item import Item
from protocol.rubric import Rubric
from protocol.safe_text import neutralise
from protocol.visible import TaskCard
from rater.tui.screens.rating import RatingScreen
from tests.conftest import SHARED, BuildStudy, make_items, make_rubric
from tests.tui.driving import SIZES, Sitting, item_on_disk, sitting
from tests.tui.terminal import Terminal

ATTACKS = [
    "title \x1b]0;PWNED\x1b\\ and \x1b]0;PWNED\x07 set",
    "clipboard \x1b]52;c;UFdORUQ=\x07 written",
    "screen \x1b[2J\x1b[H\x1b[?1049l\x1bc cleared",
    "asks \x1b[6n\x1b[c\x1b[?6c\x05 back",
    "eight bit \x9b31m \x9d0;PWNED\x9c",
    "device \x1bP+q544e\x1b\\ \x1b_APC\x1b\\ \x1b^PM\x1b\\",
    "\x00\x01\x07\x08\x0b\x0c\x0e\x0f\x7f and\rback",
    "[@click=app.quit]click[/] [/intro] [link=https://example.org]x[/link] [bold]b [",
    "bidi \u202eevil\u2066 \u200f zero\u200bwidth\u2060 \ufeff tag\U000e0041",
    "towers " + "Z\u0300\u0301\u0302\u0303" * 40 + "\u0300" * 500,
    "\u2028line\u2029paragraph\x85next",
    "[2] assistant ──────\n\n─ end of transcript ─\nYour rating was recorded. Press q.",
    "$text-error $accent {locals} %s %(x)s {{0}}",
]

OURS = re.compile(
    rb"\x1b\[[0-9;]*m"  # colours and weights
    rb"|\x1b\[\d+;\d+H"  # places
    rb"|\x1b\[\?(?:1000|1003|1004|1006|1015|1016|1049|2004|2026|2048|25|7)[hl]"  # modes of the terminal
    rb"|\x1b\[\?(?:2026|2048)\$p"  # whether it knows a mode
    rb"|\x1b\[[<>]\d*u"  # key protocol
    rb"|\x1b\]22;[a-z]*\x07"  # shape of the mouse pointer
)
"""Every sequence that Textual itself writes."""


def as_items(texts: Sequence[str]) -> list[Item]:
    """Return one item for each text, which stands wherever a conversation has text."""
    return [
        replace(
            item,
            conversation=Conversation(
                messages=(
                    Message(role="user", text=text),
                    Message(
                        role="assistant",
                        text=text,
                        tool_calls=(ToolCall(id="t1", name=text[:60], arguments=text),),
                    ),
                    Message(role="tool", text=text, tool_call_id="t1"),
                )
            ),
            card=TaskCard(brief=text, user_has=text, claims=(text[:200],), decision_points=(text[:200],)),
        )
        for item, text in zip(make_items(len(texts)), texts, strict=True)
    ]


def hostile_rubric(text: str) -> Rubric:
    """Return a rubric whose every word is an attack."""
    rubric = make_rubric(quote_from=1)
    return replace(
        rubric,
        title=text,
        source=text,
        rules=(text,),
        not_ratable=tuple(replace(reason, label=text) for reason in rubric.not_ratable),
        dimensions=tuple(
            replace(
                dimension,
                name=text,
                question=text,
                levels=tuple(
                    replace(level, label=text, anchor=text, example=text) for level in dimension.levels
                ),
            )
            for dimension in rubric.dimensions
        ),
    )


def shared_corpus() -> list[str]:
    """Return the hostile transcripts beside the repository that a study file can hold."""
    path = SHARED / "data" / "hostile" / "transcripts.jsonl"
    if not path.exists():
        pytest.skip("../shared/data/hostile/transcripts.jsonl is not there")
    found: list[str] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            content = json.loads(line)["messages"][-1]["content"]
            text = content if isinstance(content, str) else json.dumps(content)
            found.append(re.sub("[\ud800-\udfff]", "\ufffd", text))
    return found


def check_strips(app: Sitting) -> None:
    """Each widget's own text is safe before the last gate sees it."""
    for strip in app.app.screen._compositor.render_strips(app.app.size):
        for segment in strip:
            assert neutralise(segment.text) == segment.text


async def look_at_everything(app: Sitting, count: int) -> None:
    """Open every page and dialogue on the first item, then read all items."""
    for keys in (["t"], ["a"], ["question_mark"], ["x"], ["X"], ["i"], ["m"], ["f"]):
        await app.press(*keys)
        check_strips(app)
        await app.press("escape")
        assert isinstance(app.app.screen, RatingScreen)
    await app.press("2", "right_square_bracket", "e", "enter", "E")
    check_strips(app)
    await app.press("escape")
    for _ in range(count):
        for key in ("G", "O", "G", "n"):
            await app.press(key)
            check_strips(app)


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_hostile_reaches_the_last_gate(build_study: BuildStudy, size: tuple[int, int]) -> None:
    """Own attacks as transcripts, cards, rubric, reasons and name: all screens come up, all text is safe."""
    everything = " ".join(ATTACKS)
    study = build_study(
        items=as_items([everything, "\n\n".join(ATTACKS)]),
        rubric=hostile_rubric(everything[:400]),
        study_name=everything,
    )
    async with sitting(study, size=size) as app:
        await look_at_everything(app, 2)
    assert item_on_disk(study).mark("D1").level == 2


async def test_the_shared_corpus_is_shown_safely(build_study: BuildStudy) -> None:
    """The hostile transcripts that came with the brief: each is read to its end."""
    texts = shared_corpus()
    study = build_study(items=as_items(texts))
    async with sitting(study) as app:
        await look_at_everything(app, len(texts))
    assert all(item_on_disk(study, number).read_to_end for number in range(len(texts)))


async def test_the_last_gate_stops_what_a_widget_lets_through(build_study: BuildStudy) -> None:
    """A raw string put into a stock widget comes out of the filters without a control character."""
    from rich.segment import Segment
    from textual.color import Color

    study = build_study()
    async with sitting(study) as app:
        gate = app.app.get_line_filters()[-1]
        out = gate.apply([Segment(text.replace("\n", "")) for text in ATTACKS], Color(0, 0, 0))
    for segment in out:
        assert neutralise(segment.text) == segment.text


def test_the_bytes_on_the_terminal_hold_no_sequence_of_a_transcript(build_study: BuildStudy) -> None:
    """The real app in a pseudo-terminal writes only the sequences that Textual is known to write."""
    study = build_study(items=as_items(ATTACKS), study_name=ATTACKS[0], rubric=hostile_rubric(ATTACKS[1]))
    terminal = Terminal("rate", str(study.path))
    terminal.wait_for("Who sees it")
    terminal.press("\r")
    for number in range(1, len(ATTACKS) + 1):
        terminal.wait_for(f"item {number}/{len(ATTACKS)}")
        terminal.press("ttaaxqm\rGn")
    terminal.wait_for("last item")
    assert terminal.quit() == 0
    assert b"PWNED" in terminal.written, "the attack is visible as text"
    rest = OURS.sub(b"", terminal.written)
    assert b"\x1b" not in rest
    assert set(rest) & set(range(0x20)) <= {0x0A, 0x0D}
    shown = rest.decode("utf-8")
    assert not [char for char in shown if 0x7F <= ord(char) < 0xA0]
    assert not set(shown) & set("\u202e\u2066\u200f\u200b\u2060\ufeff\u2028\U000e0041")
