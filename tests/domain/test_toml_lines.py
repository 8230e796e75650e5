"""The line of every key in a TOML text."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from protocol.toml_lines import key_lines, nearest_line
from protocol.wording import path_text

TEXT = """\
# a comment
a.b = 1
[t]
s = \"\"\"
[not.a.header]
x = 1
\"\"\"
list = [
  "one", # ]
  "[two]",
]
[[rows]]
id = "first"
[rows.card]
brief = "x"
[[rows.inner]]
v = 1
[[rows.inner]]
v = 2
[[rows]]
"id of it" = "second"
[[rows.inner]]
v = { w = [1, 2] }
"""


def test_lines_of_headers_assignments_and_arrays_of_tables() -> None:
    """Array elements are counted, and text that looks like a header inside a value is not one."""
    lines = {path_text(path): line for path, line in key_lines(TEXT).items()}
    assert lines["a.b"] == 2
    assert lines["t"] == 3
    assert lines["t.s"] == 4
    assert lines["t.list"] == 8
    assert lines["rows[0]"] == 12
    assert lines["rows[0].id"] == 13
    assert lines["rows[0].card.brief"] == 15
    assert lines["rows[0].inner[1].v"] == 19
    assert lines["rows[1]"] == 20
    assert lines['rows[1]."id of it"'] == 21
    assert lines["rows[1].inner[0].v.w[1]"] == 23
    assert "not" not in lines


def test_missing_key_has_the_line_of_its_table() -> None:
    """The nearest table that is there gives the line; nothing there gives none."""
    lines = key_lines(TEXT)
    assert nearest_line(lines, ("rows", 0, "card", "claims")) == 14
    assert nearest_line(lines, ("absent", "key")) is None


_scalars = st.one_of(st.integers(), st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))


@given(st.lists(st.tuples(st.sampled_from("abc"), _scalars), max_size=8))
def test_every_key_of_a_valid_text_has_a_line_that_names_it(entries: list[tuple[str, object]]) -> None:
    """For arrays of tables with any texts, the line found is the one the key stands on."""
    text = "".join(f"[[{name}]]\n# note\nkey = {_literal(value)}\n" for name, value in entries)
    written = text.split("\n")
    lines = key_lines(text)
    for name, rows in tomllib.loads(text).items():
        for position in range(len(rows)):
            assert written[lines[name, position] - 1] == f"[[{name}]]"
            assert lines[name, position, "key"] == lines[name, position] + 2


def _literal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{escaped}"""'
