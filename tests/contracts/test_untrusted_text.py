"""No widget of the app parses markup in data: a rule of the source, checked in the source."""

from __future__ import annotations

import ast
from pathlib import Path

TUI = Path(__file__).parents[2] / "rater" / "tui"
NEEDS_MARKUP_OFF = {"Static", "Label", "OptionList"}
PARSES_ALWAYS = {
    "Button",
    "Checkbox",
    "RadioButton",
    "Collapsible",
    "Markdown",
    "RichLog",
    "Tree",
    "DataTable",
}
PARSES_MARKUP = {"from_markup", "notify", "border_title", "border_subtitle", "open_url", "copy_to_clipboard"}


def calls() -> list[tuple[str, ast.Call]]:
    """Return every call in the app's source with its place."""
    return [
        (f"{path.relative_to(TUI)}:{node.lineno}", node)
        for path in sorted(TUI.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def name_of(call: ast.Call) -> str:
    """Return the last part of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_every_widget_that_could_parse_markup_has_it_off() -> None:
    """Static, Label and OptionList are made with markup=False."""
    found = [
        place
        for place, call in calls()
        if name_of(call) in NEEDS_MARKUP_OFF
        and not any(
            keyword.arg == "markup"
            and isinstance(keyword.value, ast.Constant)
            and keyword.value.value is False
            for keyword in call.keywords
        )
    ]
    assert found == []
    assert sum(name_of(call) in NEEDS_MARKUP_OFF for _, call in calls()) > 10


def test_nothing_that_always_parses_is_used() -> None:
    """No widget without a switch, no markup parser, no links, no toast and no clipboard."""
    used = [(place, name_of(call)) for place, call in calls()]
    assert [one for one in used if one[1] in PARSES_ALWAYS | PARSES_MARKUP] == []
