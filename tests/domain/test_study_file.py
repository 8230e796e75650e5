"""study.toml to a protocol: what is read, and how mistakes are told."""

from __future__ import annotations

import pytest

from protocol.claims.evidence_level import claims_above
from protocol.errors import InvalidInputError
from protocol.rubric import Scale
from protocol.study import CeilingRule, Design, EvidenceLevel, Guess, RedactionPlan
from protocol.study_file import read_study
from protocol.visible import StudyKind

SMALLEST = """\
format = 1

[study]
name = "Smallest"
kind = "stress-test"
evidence_level = "response"

[rubric]
id = "r"
title = "Rubric"
source = "Ours"

[[rubric.dimensions]]
id = "D1"
name = "First"
question = "How far?"

[[rubric.dimensions.levels]]
value = 0
label = "none"
anchor = "Nothing."

[[rubric.dimensions.levels]]
value = 1
label = "some"
anchor = "Something."

[[scaffolds]]
id = "S0"
text = "Help."
baseline = true

[[tasks]]
id = "T1"

[tasks.card]
brief = "Do it."

[design]
raters = ["R1"]
raters_per_item = 1

[analysis]
headline = ["D1"]
"""


def _mistakes(text: str) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        read_study(text, where="study.toml")
    return caught.value


def test_smallest_file_is_read_with_every_default() -> None:
    """A file with the needed keys alone gives a protocol; the rest has the documented defaults."""
    study = read_study(SMALLEST, where="study.toml")
    assert (study.name, study.kind, study.evidence_level) == (
        "Smallest",
        StudyKind.STRESS_TEST,
        EvidenceLevel.RESPONSE,
    )
    assert study.subtag is None
    assert study.rubric.dimension("D1").scale is Scale.ORDINAL
    assert study.rubric.dimension("D1").values == (0, 1)
    assert study.baseline.text == "Help."
    assert study.design.spacing == 8
    assert study.guess == Guess()
    assert study.redaction == RedactionPlan()
    assert study.analysis.ceiling == CeilingRule(share_at_top=0.9, lower_bound=0.7)
    assert study.claims == ()


def test_byte_order_mark_and_windows_line_ends_are_read() -> None:
    """A file saved by a Windows editor means the same."""
    assert read_study("\ufeff" + SMALLEST.replace("\n", "\r\n"), where="s") == read_study(SMALLEST, where="s")


def test_whole_number_is_read_where_a_number_is_wanted() -> None:
    """equivalence_margin = 1 is a number of levels."""
    study = read_study(SMALLEST + "equivalence_margin = 1\n", where="s")
    assert study.analysis.equivalence_margin == 1


def test_five_mistakes_are_told_at_once_with_path_line_found_and_expected() -> None:
    """Shape, spelling and meaning are reported together, in the order of the file."""
    text = (
        SMALLEST.replace('kind = "stress-test"', 'kind = "benchmark"')
        .replace('anchor = "Something."\n', "")
        .replace("raters_per_item = 1", "raters_per_item = 4\nspacin = 3")
        .replace('headline = ["D1"]', 'headline = ["D1", "D9"]')
    )
    error = _mistakes(text)
    told = [(problem.where, problem.found, problem.expected) for problem in error.problems]
    assert told == [
        ("line 5, study.kind", 'the text "benchmark"', '"stress-test" or "benchmark-audit"'),
        (
            "line 23, rubric.dimensions[0].levels[1].anchor",
            "nothing",
            "a text in quotation marks",
        ),
        ("line 40, design.raters_per_item", "the number 4", "at most 1, the number of raters"),
        ("line 41, design.spacin", 'the unknown key "spacin"', "the key spacing"),
        ("line 44, analysis.headline[1]", 'the text "D9"', 'the id of a dimension: "D1"'),
    ]
    assert "5 mistakes" in str(error)


def test_a_misspelt_needed_key_is_told_once() -> None:
    """The key that is there with a wrong letter is not also reported as missing."""
    error = _mistakes(SMALLEST.replace("question =", "qestion ="))
    assert [(problem.where, problem.expected) for problem in error.problems] == [
        ("line 16, rubric.dimensions[0].qestion", "the key question")
    ]


def test_an_unknown_key_far_from_every_other_lists_the_keys() -> None:
    """Where no key is near, those that exist are named."""
    error = _mistakes(SMALLEST + "zzzzzz = 1\n")
    assert "one of the keys headline, contrasts, alpha" in error.problems[0].expected


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("true", "true"),
        ("1.5", "the number 1.5"),
        ('"0"', 'the text "0"'),
        ("[0]", "a list of 1"),
        ("{ a = 1 }", "a table"),
        ("2026-01-01", "the date or time 2026-01-01"),
    ],
)
def test_nothing_is_silently_converted(value: str, found: str) -> None:
    """Text, truth value, fraction or date never become a level value."""
    error = _mistakes(SMALLEST.replace("value = 0", f"value = {value}"))
    assert [(problem.found, problem.expected) for problem in error.problems] == [(found, "a whole number")]


def test_a_date_in_place_of_an_optional_value_is_refused() -> None:
    """A date has no JSON form, yet does not pass as an absent value."""
    error = _mistakes(
        SMALLEST.replace('question = "How far?"', 'question = "How far?"\nquote_from = 2026-01-01')
    )
    assert error.problems[0].where == "line 17, rubric.dimensions[0].quote_from"


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ('format = 1\nname = "x\n', "line 2, column 10", "the line ends inside a text"),
        ("format = 1\n[study]\n[study]\n", "line 3, column 7", "Cannot declare study twice"),
        ("[a.b]\n[a.b]\n", "line 2, column 5", "Cannot declare a.b twice"),
        ('a = """\nnever closed\n', "line 3, the end of the file", "Unterminated string"),
        ("a = 1" + "1" * 5000, "somewhere in the file", "a number that can be read"),
    ],
)
def test_broken_toml_names_the_line(text: str, line: str, expected: str) -> None:
    """A syntax mistake has line and column, and no word of Python."""
    problem = _mistakes(text).problems[0]
    assert problem.where == line
    assert expected in problem.expected
    assert "(" not in problem.expected.removeprefix("valid TOML (")


def test_deep_nesting_is_a_sentence() -> None:
    """Ten thousand brackets are an invalid file, not a crash."""
    assert "nested too deeply" in str(_mistakes("format = 1\na = " + "[" * 10_000 + "]" * 10_000))


@pytest.mark.parametrize("text", ["", "  \n\n"])
def test_empty_file_points_to_init(text: str) -> None:
    """An empty file says how to get a complete one."""
    assert "rater-admin init" in str(_mistakes(text))


def test_newer_format_is_one_sentence() -> None:
    """A file of a later version is not checked against this one's keys."""
    error = _mistakes("format = 2\nanything = 1\n")
    assert not error.problems
    assert "format 2" in str(error)


def test_missing_sections_are_all_named() -> None:
    """A file with the format alone says which tables it lacks."""
    where = {problem.where for problem in _mistakes("format = 1\n").problems}
    assert where == {"study", "rubric", "scaffolds", "tasks", "design", "analysis"}


def test_untrusted_keys_and_values_are_shown_safely() -> None:
    """An escape sequence in a key or value does not reach the terminal."""
    shown = str(_mistakes(SMALLEST + '"\\u001b]0;x" = 1\n').problems[0])
    assert "\x1b" not in shown
    assert "\x1b" not in str(_mistakes(SMALLEST.replace('"D1"]', '"\\u001b[2J"]')))


def test_claims_above_the_evidence_are_flagged_not_refused() -> None:
    """A claim of deployment on evidence of responses is legal and stands out."""
    claims = "".join(
        f'\n[[claims]]\nid = "{name}"\ntext = "They do."\nlevel = "{name}"\n'
        for name in ("model", "response", "interaction", "deployment")
    )
    study = read_study(SMALLEST + claims, where="s")
    above = claims_above(study.claims, study.evidence_level)
    assert [claim.id for claim in above] == ["interaction", "deployment"]


def test_a_design_says_itself_in_words() -> None:
    """For the report: how many rate what, and in which order."""
    plain = Design(raters=("R1",), raters_per_item=1)
    assert plain.share_text == "1 for each item"
    assert plain.order_text == "drawn for each rater; items of one task at least 8 apart"
    full = Design(
        raters=("R1",),
        items_per_rater=9,
        spacing="largest",
        waves=3,
        positions="counterbalanced",
        repeats=0.1,
    )
    assert full.share_text == "at most 9 items for each"
    assert full.order_text == (
        "drawn for each rater; items of one task as far apart as can be; 3 waves of whole tasks; turns "
        "inside a task mirrored between its raters; 10% of a rater's items shown again under another id"
    )
