"""The plan for sources: study.toml, command line, replicates, and what is sealed of it."""

from __future__ import annotations

import pytest

from protocol.errors import InvalidInputError, UsageError
from protocol.sources.replicates import chosen
from protocol.sources.source_plan import SourceOverrides, overridden, plan_json, reading_options
from protocol.study import SourcesPlan
from protocol.study_file import read_study
from protocol.transcript import Origin
from rater.services.seeding.starting import study_text


def _origins(**replicates: int) -> list[Origin]:
    return [
        Origin(model=model, scaffold="S", task="t", replicate=number)
        for model, count in replicates.items()
        for number in range(count, 0, -1)
    ]


def _with_sources(table: str) -> str:
    return f"{study_text()}\n[sources]\n{table}\n"


def test_a_saved_plan_is_read_from_the_protocol() -> None:
    """Every key of [sources] arrives; without the table everything is as usual."""
    text = _with_sources(
        'format = "canonical"\nmap = { model = "eval.model", task = ":one" }\nfailed_runs = true\n'
        'replicates = "sample"\nsample = 2\nseed = 7'
    )
    assert read_study(text, where="s").sources == SourcesPlan(
        format="canonical",
        map={"model": "eval.model", "task": ":one"},
        failed_runs=True,
        replicates="sample",
        sample=2,
        seed=7,
    )
    assert read_study(study_text(), where="s").sources == SourcesPlan()


@pytest.mark.parametrize(
    ("table", "where", "expected"),
    [
        ('format = "csvv"', "sources.format", "one of the formats inspect"),
        ('map = { modle = "a" }', "sources.map.modle", "one of the keys model, scaffold"),
        ('map = { model = ":" }', "sources.map.model", "a field such as"),
        ("sample = 2", "sources.sample", 'no such key, because replicates is not "sample"'),
        ('replicates = "sample"\nsample = 0', "sources.sample", "a whole number from 1"),
        ("largest_mib = 0", "sources.largest_mib", "a whole number of MiB from 1"),
        ("seed = -1", "sources.seed", "a whole number from 0"),
        ('replicates = "some"', "sources.replicates", '"all" or "first" or "sample"'),
        ("map = { model = 1 }", "sources.map.model", "a text in quotation marks"),
    ],
)
def test_mistakes_of_the_table_are_named(table: str, where: str, expected: str) -> None:
    """Key path and what is expected."""
    with pytest.raises(InvalidInputError) as caught:
        read_study(_with_sources(table), where="s")
    assert [
        (one.where.partition(", ")[2], one.expected.startswith(expected)) for one in caught.value.problems
    ] == [(where, True)]


def test_command_line_goes_before_the_protocol_part_by_part() -> None:
    """What is not said on the command line stays."""
    plan = SourcesPlan(map={"model": "a", "task": "b"}, failed_runs=True)
    overrides = SourceOverrides(map=("task=:x=y",), format="canonical", replicates="sample:3")
    assert overridden(plan, overrides) == SourcesPlan(
        format="canonical",
        map={"model": "a", "task": ":x=y"},
        failed_runs=True,
        replicates="sample",
        sample=3,
    )
    assert overridden(plan, SourceOverrides()) == plan


@pytest.mark.parametrize("rule", ["none", "sample", "sample:0", "sample:x", "sample:1001", "sample:-1"])
def test_rules_for_replicates_that_cannot_be_read(rule: str) -> None:
    """The message shows the three forms."""
    with pytest.raises(UsageError, match="all, first, or sample:N"):
        overridden(SourcesPlan(), SourceOverrides(replicates=rule))


def test_unknown_format_lists_the_known_ones() -> None:
    """--format with another name is a usage error."""
    with pytest.raises(UsageError, match="canonical"):
        overridden(SourcesPlan(), SourceOverrides(format="x"))


def test_first_takes_the_lowest_replicate_of_each_cell() -> None:
    """Whatever the order of the sources."""
    origins = _origins(a=3, b=2)
    taken = [origins[place] for place in chosen(origins, SourcesPlan(replicates="first"))]
    assert [(one.model, one.replicate) for one in taken] == [("a", 1), ("b", 1)]


def test_sample_depends_on_the_seed_and_the_cell_alone() -> None:
    """The same seed draws the same, in any order and beside any other cell; a small cell gives all."""
    plan = SourcesPlan(replicates="sample", sample=2, seed=5)
    origins = _origins(a=9, b=1)

    def taken(given: list[Origin], plan: SourcesPlan) -> set[Origin]:
        return {given[place] for place in chosen(given, plan)}

    drawn = taken(origins, plan)
    assert len([one for one in drawn if one.model == "a"]) == 2
    assert [one.replicate for one in drawn if one.model == "b"] == [1]
    assert taken(list(reversed(origins)), plan) == drawn
    assert taken(origins[:9], plan) == {one for one in drawn if one.model == "a"}
    others = {
        frozenset(taken(origins, SourcesPlan(replicates="sample", sample=2, seed=seed))) for seed in range(20)
    }
    assert len(others) > 5


def test_doubled_transcripts_survive_the_choice() -> None:
    """Two with one number are both taken, so that the doubled cell is told."""
    origins = [*_origins(a=2), *_origins(a=1)]
    assert len(chosen(origins, SourcesPlan(replicates="first"))) == 2


def test_a_larger_transcript_is_read_where_the_plan_says_so() -> None:
    """The bound on one record follows the plan; all others stay."""
    usual = reading_options(SourcesPlan()).limits
    larger = reading_options(SourcesPlan(largest_mib=200)).limits
    assert (usual.record_bytes, larger.record_bytes) == (64 * 2**20, 200 * 2**20)
    assert larger.ratio == usual.ratio


def test_sealed_plan_leaves_out_what_is_usual() -> None:
    """An empty plan is an empty object; the seed is told where it decided something."""
    assert plan_json(SourcesPlan()) == {}
    assert plan_json(SourcesPlan(map={"model": "a"}, largest_mib=9, replicates="sample", sample=2)) == {
        "map": {"model": "a"},
        "largest_mib": 9,
        "replicates": "sample",
        "sample": 2,
        "seed": 20260101,
    }
