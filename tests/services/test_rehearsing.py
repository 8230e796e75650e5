"""Rehearsal: the whole analysis on shuffled labels, which tell nothing of the real ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from functools import cache
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import pytest

from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.verdicts import Verdict
from protocol.errors import CheckFailedError, InvalidInputError, NotFoundError, WrongStateError
from protocol.simulated import SIMULATED
from rater.services.results.analysing import analyse_agreement, analyse_effects
from rater.services.results.rehearsing import REHEARSAL, Rehearsal, rehearse
from rater.services.results.study_ratings import read_study_ratings
from tests.services.small_studies import (
    PLAIN,
    SmallStudy,
    lock_small,
    locked_study,
    protocol_text,
    rate_all,
    rate_item,
    rated_study,
    seed_small,
    seeded_study,
    transcript_lines,
    unblind_small,
    unblinded_study,
    write_sources,
)

EIGHT = tuple(f"task-{letter}" for letter in "abcdefgh")
SEEDS = range(30)


def effects_of(rehearsal: Rehearsal) -> EffectsResult:
    return analyse_effects(
        rehearsal.table, baseline=rehearsal.protocol.baseline.id, plan=rehearsal.protocol.analysis
    )


def huge(model: str, scaffold: str, dimension: str) -> int:
    """Under the scaffold every transcript is at the top, without it at the bottom."""
    return 3 if scaffold == "checks" and dimension == "D1" else 0


@cache
def rehearsals_of_a_huge_effect() -> tuple[EffectsResult, tuple[EffectsResult, ...]]:
    """Return the real effects of a study, and those of thirty rehearsals before it was unblinded."""
    with TemporaryDirectory() as folder:
        small = write_sources(
            Path(folder) / "huge",
            protocol=protocol_text(tasks=EIGHT),
            transcripts=transcript_lines(tasks=EIGHT),
        )
        seed_small(small)
        rate_all(small, huge)
        shuffled = [effects_of(rehearse(small.study, small.protocol, seed=seed)) for seed in SEEDS]
        unblind_small(small, lock_small(small))
        real = read_study_ratings(small.study)
        assert real.protocol is not None
        return (
            analyse_effects(real.table, baseline="plain", plan=real.protocol.analysis),
            tuple(shuffled),
        )


def d1_shifts(result: EffectsResult) -> list[Fraction]:
    return [
        effect.comparison.figures.mean
        for effect in result.effects
        if effect.dimension == "D1" and effect.comparison is not None
    ]


def test_a_huge_effect_does_not_show_in_rehearsals() -> None:
    """The real shift is three levels in both models; over thirty rehearsals it is around none.

    One shuffled task gives -3, 0 or 3 with a third each; the mean of 8 tasks, 2 models and 30 seeds has a
    standard error of about 0.11, so four of them are allowed.
    """
    real, shuffled = rehearsals_of_a_huge_effect()
    assert d1_shifts(real) == [3, 3]
    shifts = [shift for result in shuffled for shift in d1_shifts(result)]
    assert len(shifts) == 60
    assert abs(fmean(shifts)) < 0.45
    assert min(shifts) < 0 < max(shifts)
    assert max(shifts) < 3


def test_rehearsals_find_what_is_not_there_as_rarely_as_the_plan_allows() -> None:
    """Verdicts of a change: both in the real study, about one in twenty at most when rehearsed."""
    real, shuffled = rehearsals_of_a_huge_effect()
    assert [effect.decision.verdict for effect in real.effects if effect.dimension == "D1"] == [
        Verdict.RAISED
    ] * 2
    found = Counter(
        effect.decision.verdict
        for result in shuffled
        for effect in result.effects
        if effect.dimension == "D1"
    )
    changed = found[Verdict.RAISED_TO_CEILING] + found[Verdict.RAISED] + found[Verdict.LOWERED]
    assert sum(found.values()) == 60
    # With a true rate of 0.05, more than 9 of 60 happens once in a thousand times.
    assert changed <= 9


def test_labels_are_the_same_for_a_seed_and_others_for_another(tmp_path: Path) -> None:
    """The plan's seed unless one is given; the seed that was used is named."""
    small = rated_study(tmp_path)
    first = rehearse(small.study, small.protocol, seed=3)
    assert rehearse(small.study, small.protocol, seed=3) == first
    assert rehearse(small.study, small.protocol, seed=4).table != first.table
    plan = rehearse(small.study, small.protocol, seed=None)
    assert plan.seed == 5
    assert plan == rehearse(small.study, small.protocol, seed=5)


def test_the_labels_of_an_item_are_the_same_for_all_raters_and_dimensions(tmp_path: Path) -> None:
    """Labels go with items; within a task every cell is filled once."""
    small = rated_study(tmp_path)
    cells: defaultdict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    by_task: defaultdict[str | None, list[tuple[str | None, str | None]]] = defaultdict(list)
    for row in rehearse(small.study, small.protocol, seed=3).table.rows:
        if not cells[row.unit]:
            by_task[row.task].append((row.model, row.scaffold))
        cells[row.unit].add((row.model, row.scaffold))
    assert all(len(found) == 1 for found in cells.values())
    assert len(by_task) == 3
    for labels in by_task.values():
        assert sorted(map(str, labels)) == sorted(
            str((f"shuffled-{number}", scaffold)) for number in (1, 2) for scaffold in ("plain", "checks")
        )


def test_the_real_names_of_models_are_not_in_a_rehearsal(tmp_path: Path) -> None:
    """They are in the sealed key alone."""
    small = rated_study(tmp_path)
    models = {row.model for row in rehearse(small.study, small.protocol, seed=1).table.rows}
    assert models == {"shuffled-1", "shuffled-2"}


def test_design_figures_and_agreement_are_those_of_the_study(tmp_path: Path) -> None:
    """Numbers of tasks, pairs, raters and ratings come out as after unblinding, and agreement overall too."""
    small = rated_study(tmp_path)
    rehearsal = rehearse(small.study, small.protocol, seed=1)
    before = effects_of(rehearsal)
    blinded_agreement = analyse_agreement(rehearsal.table)
    unblind_small(small, lock_small(small))
    ratings = read_study_ratings(small.study)
    assert ratings.protocol is not None
    after = analyse_effects(ratings.table, baseline="plain", plan=ratings.protocol.analysis)

    def figures(result: EffectsResult) -> list[tuple[object, ...]]:
        return [
            (
                effect.dimension,
                effect.scaffold,
                effect.family_size,
                effect.comparison.figures.n_tasks if effect.comparison else None,
                effect.comparison.n_tasks_dropped if effect.comparison else None,
                (effect.baseline.n_ratings, effect.baseline.n_not_ratable),
                (effect.with_scaffold.n_ratings, effect.with_scaffold.n_not_ratable),
            )
            for effect in result.effects
        ]

    assert figures(before) == figures(after)
    found = analyse_agreement(ratings.table)
    for one, other in zip(blinded_agreement.dimensions, found.dimensions, strict=True):
        assert (one.n_units, one.n_raters, one.n_ratings) == (other.n_units, other.n_raters, other.n_ratings)
        assert one.coefficients == other.coefficients


def test_a_locked_study_can_be_rehearsed_and_an_unblinded_one_cannot(tmp_path: Path) -> None:
    """After the second door there is nothing to rehearse; the sentence names what to run."""
    past = locked_study(tmp_path)
    assert rehearse(past.small.study, past.small.protocol, seed=1).table.rows
    (tmp_path / "u").mkdir()
    opened = unblinded_study(tmp_path / "u").small
    with pytest.raises(WrongStateError, match="unblinded") as caught:
        rehearse(opened.study, opened.protocol, seed=1)
    assert "effects" in caught.value.next_step


def test_only_the_protocol_of_the_seeding_is_rehearsed(tmp_path: Path) -> None:
    """One blank more is another plan: what is rehearsed is what will be computed."""
    small = rated_study(tmp_path)
    text = small.protocol.read_text(encoding="utf-8")
    for other in (text + "\n", text.replace("seed = 5", "seed = 6")):
        small.protocol.write_text(other, encoding="utf-8")
        with pytest.raises(CheckFailedError, match="not the protocol the study was seeded with"):
            rehearse(small.study, small.protocol, seed=1)
    with pytest.raises(NotFoundError):
        rehearse(small.study, tmp_path / "nowhere.toml", seed=1)


def test_a_study_without_a_completed_item_is_said_so(tmp_path: Path) -> None:
    """There is nothing to compute."""
    small = seeded_study(tmp_path)
    with pytest.raises(InvalidInputError, match="No item is completed"):
        rehearse(small.study, small.protocol, seed=1)


def half_rated(tmp_path: Path) -> SmallStudy:
    small = seeded_study(tmp_path)
    for rater, count in (("R1", 5), ("R2", 3)):
        desk = small.desk(rater)
        for position in range(count):
            rate_item(desk, position, levels=PLAIN)
        desk.close()
    return small


def test_a_study_that_is_half_rated_can_be_rehearsed(tmp_path: Path) -> None:
    """What was completed keeps its values, rater and task; what was not stays missing."""
    small = half_rated(tmp_path)
    real = read_study_ratings(small.study).table
    shuffled = rehearse(small.study, small.protocol, seed=2).table
    assert len(shuffled.rows) == len(real.rows)
    assert sum(row.value is not None for row in shuffled.rows) == 16
    assert all(row.scaffold in ("plain", "checks") for row in shuffled.rows)
    for one, other in zip(real.rows, shuffled.rows, strict=True):
        assert (one.unit, one.rater, one.dimension, one.value, one.task) == (
            other.unit,
            other.rater,
            other.dimension,
            other.value,
            other.task,
        )


def test_every_output_is_told_that_it_is_a_rehearsal(tmp_path: Path) -> None:
    """The sentence comes first, and that the ratings are simulated is not lost."""
    small = rated_study(tmp_path)
    assert rehearse(small.study, small.protocol, seed=1).notices == (REHEARSAL, SIMULATED)
