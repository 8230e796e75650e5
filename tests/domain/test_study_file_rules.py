"""Every rule on the meaning of study.toml, one mistake at a time."""

from __future__ import annotations

import pytest

from protocol.errors import InvalidInputError
from protocol.study_file import read_study
from rater.services.seeding.starting import study_text

QUESTION_OPTIONS = 'options = ["Family A", "Family B", "Family C", "Family D", "Family E"]'


def _levels(values: range) -> str:
    return "".join(
        f'[[rubric.dimensions.levels]]\nvalue = {value}\nlabel = "l"\nanchor = "a"\n\n' for value in values
    )


def _with_dimension(levels: str, extra: str = "") -> tuple[str, str]:
    """An edit that adds a dimension before the first scaffold."""
    head = f'[[rubric.dimensions]]\nid = "DX"\nname = "n"\nquestion = "q"\n{extra}\n'
    return ('[[scaffolds]]\nid = "S0"', f'{head}{levels}[[scaffolds]]\nid = "S0"')


RULES: list[tuple[str, tuple[str, str], str, str]] = [
    # what, (old, new), key path, expected
    ("empty study name", ('name = "My study"', 'name = " "'), "study.name", "not empty"),
    ("subtag missing", ('subtag = "scripted"\n', ""), "study.subtag", '"scripted" or "contingent"'),
    (
        "subtag too many",
        ('evidence_level = "interaction"', 'evidence_level = "response"'),
        "study.subtag",
        "no subtag",
    ),
    ("unknown subtag", ('subtag = "scripted"', 'subtag = "script"'), "study.subtag", '"scripted" or'),
    ("empty rubric source", ('source = "Written', 'source = "" # "'), "rubric.source", "whose text"),
    ("version below 1", ("version = 1", "version = 0"), "rubric.version", "from 1"),
    ("doubled dimension", ('id = "D2"', 'id = "D1"'), "rubric.dimensions[1].id", "rubric.dimensions[0].id"),
    ("blank in a dimension id", ('id = "D2"', 'id = "D 2"'), "rubric.dimensions[1].id", "a letter"),
    (
        "doubled not-ratable code",
        ('code = "refusal"', 'code = "declined"'),
        "rubric.not_ratable[1].code",
        "stands once",
    ),
    ("levels fall", ("value = 1\n", "value = 0\n"), "rubric.dimensions[0].levels[1].value", "above 0"),
    (
        "one level",
        _with_dimension(_levels(range(1))),
        "rubric.dimensions[3].levels",
        "2 to 10 levels",
    ),
    (
        "eleven levels",
        _with_dimension(_levels(range(11))),
        "rubric.dimensions[3].levels",
        "one digit key scores each",
    ),
    (
        "doubled nominal value",
        _with_dimension(_levels(range(2)) + _levels(range(1)), 'scale = "nominal"'),
        "rubric.dimensions[3].levels[2].value",
        "stands once",
    ),
    (
        "level value without bound",
        ("value = 3", "value = 99999999999999999999"),
        "rubric.dimensions[0].levels[3].value",
        "between -1000000 and 1000000",
    ),
    (
        "empty anchor",
        ('anchor = "Neither, or both misread."', 'anchor = ""'),
        "rubric.dimensions[2].levels[0].anchor",
        "the anchor",
    ),
    (
        "foreign quote level",
        ("quote_from = 1", "quote_from = 7"),
        "rubric.dimensions[0].quote_from",
        "0, 1, 2, 3",
    ),
    ("no baseline", ("baseline = true\n", ""), "scaffolds", "exactly one"),
    (
        "two baselines",
        ('label = "verification"\n', 'label = "verification"\nbaseline = true\n'),
        "scaffolds",
        "exactly one",
    ),
    ("doubled scaffold", ('id = "S2"', 'id = "S1"'), "scaffolds[2].id", "scaffolds[1].id has it"),
    ("hidden character in an id", ('id = "S2"', 'id = "S\\u200b2"'), "scaffolds[2].id", "visible characters"),
    (
        "control character in an id",
        ('id = "S2"', 'id = "S\\u00002"'),
        "scaffolds[2].id",
        "visible characters",
    ),
    ("blank after an id", ('id = "S2"', 'id = "S2 "'), "scaffolds[2].id", "without blanks"),
    ("doubled task", ('id = "water-notice"', 'id = "phone-contracts"'), "tasks[1].id", "tasks[0].id has it"),
    (
        "empty claim on a card",
        ('"All eight flats are without water."', '""'),
        "tasks[1].card.claims[1]",
        "or no entry",
    ),
    ("no rater", ('raters = ["R1", "R2"]', "raters = []"), "design.raters", "at least one rater"),
    ("rater code with a dot", ('["R1", "R2"]', '["R1", "../x"]'), "design.raters[1]", "a rater code"),
    ("rater code too long", ('["R1", "R2"]', f'["R1", "{"R" * 17}"]'), "design.raters[1]", "a rater code"),
    ("doubled rater", ('["R1", "R2"]', '["R1", "r1"]'), "design.raters[1]", "design.raters[0] has it"),
    (
        "no rater an item",
        ("raters_per_item = 2", "raters_per_item = 0"),
        "design.raters_per_item",
        "at least 1",
    ),
    (
        "more than there are",
        ("raters_per_item = 2", "raters_per_item = 3"),
        "design.raters_per_item",
        "at most 2",
    ),
    ("spacing 0", ("spacing = 8", "spacing = 0"), "design.spacing", "at least 1"),
    ("spacing in words", ("spacing = 8", 'spacing = "far"'), "design.spacing", 'a whole number or "largest"'),
    (
        "neither share",
        ("raters_per_item = 2", ""),
        "design.raters_per_item",
        "a whole number, or items_per_rater in its place",
    ),
    (
        "both shares",
        ("raters_per_item = 2", "raters_per_item = 2\nitems_per_rater = 4"),
        "design.items_per_rater",
        "because raters_per_item is given",
    ),
    ("no item", ("raters_per_item = 2", "items_per_rater = 0"), "design.items_per_rater", "at least 1"),
    ("no wave", ("waves = 1", "waves = 0"), "design.waves", "at least 1"),
    ("too many waves", ("waves = 1", "waves = 16"), "design.waves", "at most 15, the number of tasks"),
    ("overlap below 0", ("overlap_tasks = 0", "overlap_tasks = -1"), "design.overlap_tasks", "at least 0"),
    ("overlap above all", ("overlap_tasks = 0", "overlap_tasks = 16"), "design.overlap_tasks", "at most 15"),
    ("most repeated", ("repeats = 0.0", "repeats = 0.6"), "design.repeats", "from 0 to 0.5"),
    ("repeats in words", ("repeats = 0.0", 'repeats = "some"'), "design.repeats", "a number"),
    (
        "positions",
        ('positions = "counterbalanced"', 'positions = "even"'),
        "design.positions",
        '"random" or "counterbalanced"',
    ),
    ("share above 1", ("share = 0.2", "share = 1.2"), "guess.share", "from 0 to 1"),
    ("share not a number", ("share = 0.2", "share = nan"), "guess.share", "from 0 to 1"),
    ("doubled question", ('id = "family"', 'id = "instruction"'), "guess.questions[1].id", "stands once"),
    (
        "doubled option",
        (QUESTION_OPTIONS, QUESTION_OPTIONS.replace("Family D", "family a")),
        "guess.questions[1].options[3]",
        "stands once",
    ),
    (
        "one decoy",
        (QUESTION_OPTIONS, QUESTION_OPTIONS.replace(', "Family E"', "")),
        "guess.questions[1].options",
        "at least 2 decoys",
    ),
    (
        "canonical scaffold as option",
        ('"Be as brief as possible"', '"s3"'),
        "guess.questions[0].options[5]",
        "canonical name",
    ),
    (
        "scaffold label as option",
        ('"Be as brief as possible"', '"Steering"'),
        "guess.questions[0].options[5]",
        "canonical name",
    ),
    (
        "canonical model as option",
        (QUESTION_OPTIONS, QUESTION_OPTIONS.replace("Family E", "first-model")),
        "guess.questions[1].options[4]",
        "canonical name",
    ),
    (
        "don't know as option",
        ('"Be as brief as possible"', '"Don\'t know"'),
        "guess.questions[0].options[5]",
        "always offered",
    ),
    (
        "meaning of no option",
        ('"Family A" = "first-model"', '"Family Z" = "first-model"'),
        'guess.questions[1].meaning."Family Z"',
        "one of the answers",
    ),
    (
        "meaning of no scaffold",
        ('"Just do the work well" = "S0"', '"Just do the work well" = "S9"'),
        'guess.questions[0].meaning."Just do the work well"',
        "the id of a scaffold",
    ),
    ("no headline", ('headline = ["D1", "D2"]', "headline = []"), "analysis.headline", "at least one"),
    (
        "foreign headline",
        ('headline = ["D1", "D2"]', 'headline = ["D9"]'),
        "analysis.headline[0]",
        "of a dimension",
    ),
    (
        "baseline as contrast",
        ('["S1", "S2", "S3"]', '["S0"]'),
        "analysis.contrasts[0]",
        "other than the baseline",
    ),
    ("foreign contrast", ('["S1", "S2", "S3"]', '["S9"]'), "analysis.contrasts[0]", "the id of a scaffold"),
    ("doubled contrast", ('["S1", "S2", "S3"]', '["S1", "S1"]'), "analysis.contrasts[1]", "stands once"),
    ("alpha 0", ("alpha = 0.05", "alpha = 0.0"), "analysis.alpha", "above 0 and below 1"),
    ("alpha not a number", ("alpha = 0.05", "alpha = nan"), "analysis.alpha", "above 0 and below 1"),
    (
        "changed share 1",
        ("max_changed_share = 0.25", "max_changed_share = 1"),
        "analysis.max_changed_share",
        "below 1",
    ),
    (
        "ceiling 1",
        ("share_at_top = 0.9", "share_at_top = 1"),
        "analysis.ceiling.share_at_top",
        "below 1",
    ),
    (
        "ceiling bound",
        ("lower_bound = 0.7", "lower_bound = -0.7"),
        "analysis.ceiling.lower_bound",
        "above 0",
    ),
    (
        "margin 0",
        ("equivalence_margin = 0.5", "equivalence_margin = 0"),
        "analysis.equivalence_margin",
        "above 0",
    ),
    (
        "margin beyond every level",
        ("equivalence_margin = 0.5", "equivalence_margin = 1" + "0" * 400),
        "analysis.equivalence_margin",
        "above 0",
    ),
    (
        "margin inf",
        ("equivalence_margin = 0.5", "equivalence_margin = inf"),
        "analysis.equivalence_margin",
        "above 0",
    ),
    ("seed below 0", ("seed = 20260101", "seed = -1"), "analysis.seed", "from 0"),
    ("correction", ('correction = "holm"', 'correction = "none"'), "analysis.correction", '"holm"'),
    ("empty literal", ("literals = []", 'literals = [" "]'), "redaction.literals[0]", "or no entry"),
    ("literal in its token", ("literals = []", 'literals = ["Redacted"]'), "redaction.literals[0]", "token"),
    ("empty token", ('token = "[redacted]"', 'token = ""'), "redaction.token", "a neutral word"),
    ("pattern", ("patterns = []", 'patterns = ["(a"]'), "redaction.patterns[0]", "RE2"),
    ("lookahead", ("patterns = []", 'patterns = ["(?=a)b"]'), "redaction.patterns[0]", "RE2"),
    ("action", ('block = "replace"', 'block = "hide"'), "redaction.block", '"ask"'),
    (
        "claim on no dimension",
        ('dimension = "D1"', 'dimension = "D9"'),
        "claims[0].dimension",
        "of a dimension",
    ),
    ("claim on no scaffold", ('scaffold = "S1"', 'scaffold = "S9"'), "claims[0].scaffold", "of a scaffold"),
    ("claim level", ('level = "interaction"', 'level = "use"'), "claims[0].level", '"deployment"'),
    (
        "empty scaffold text",
        ("[[tasks]]", '[[scaffolds]]\nid = "S4"\ntext = ""\n[[tasks]]'),
        "scaffolds[4].text",
        "(no system",
    ),
]


@pytest.mark.parametrize(
    ("edit", "path", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES]
)
def test_each_rule_names_the_key_and_what_was_expected(
    edit: tuple[str, str], path: str, expected: str
) -> None:
    """One edit to the complete example breaks one rule, which is told at its key path."""
    text = study_text()
    assert edit[0] in text
    with pytest.raises(InvalidInputError) as caught:
        read_study(text.replace(edit[0], edit[1], 1), where="study.toml")
    told = {problem.where.partition(", ")[2]: problem.expected for problem in caught.value.problems}
    assert expected in told.get(path, f"nothing at {path}; told: {told}")


@pytest.mark.parametrize("count", [2, 10])
def test_two_and_ten_levels_are_read(count: int) -> None:
    """The bounds of what one digit key can score are inside."""
    old, new = _with_dimension(_levels(range(count)))
    study = read_study(study_text().replace(old, new, 1), where="s")
    dimension = study.rubric.dimension("DX")
    assert [dimension.digit_of(level) for level in dimension.levels] == [str(n) for n in range(count)]


def test_nominal_levels_need_no_order() -> None:
    """A nominal dimension may declare its values in any order."""
    old, new = _with_dimension(_levels(range(4, 5)) + _levels(range(2)), 'scale = "nominal"')
    study = read_study(study_text().replace(old, new, 1), where="s")
    assert study.rubric.dimension("DX").values == (4, 0, 1)
