"""The counting half of the self-test: silent while the blind holds, and loud at each kind of leak."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest

from protocol.chain.identifiers import Entropy, draw_id
from protocol.design import assignment
from protocol.design.assignment import Assignment, Share, assign
from protocol.design.rater_order import Place, RaterPlan, draw_rater_order
from protocol.design.turns import draw_turns
from protocol.item import Item
from protocol.study import Design, StudyProtocol
from rater.services.leaks.blind_lint import Leak
from rater.services.selftest import order_check
from rater.services.selftest.order_check import (
    BlandStudy,
    bland_study,
    depends_on_source_order,
    watch_files,
    watch_plans,
)
from rater.services.selftest.prediction_odds import FALSE_ALARM, Cell, Record

ENOUGH = 40
"""Seedings after which every leak but the faintest is told."""
MANY = 80


@pytest.fixture(scope="module")
def study() -> BlandStudy:
    return bland_study()


def _telling(record: Record) -> set[str]:
    return {odds.quantity for odds in record.odds() if odds.tells}


def _watched(study: BlandStudy, *, seed: int = 1, plans: int = ENOUGH) -> Record:
    record = Record()
    watch_plans(study, record, seed=seed, plans=plans)
    return record


def test_p_values_are_exact() -> None:
    """Twice the smaller tail, by whole-number arithmetic: 9 of 12 at a chance of 1/4."""
    tail = sum(Fraction(comb(12, hits) * 3 ** (12 - hits), 4**12) for hits in range(9, 13))
    cell = Cell(rule="a rule", chance=0.25, trials=12, hits=9)
    assert cell.p_value() == pytest.approx(float(2 * tail), rel=1e-12)


@pytest.mark.parametrize(("hits", "expected"), [(0, 2 * 0.75**12), (12, 2 * 0.25**12), (3, 1.0)])
def test_p_values_at_the_ends_and_in_the_middle(hits: int, expected: float) -> None:
    """No hit, only hits, and as many as expected."""
    cell = Cell(rule="a rule", chance=0.25, trials=12, hits=hits)
    assert cell.p_value() == pytest.approx(expected, rel=1e-12)


def test_the_bound_shares_the_false_alarms_among_all_cells() -> None:
    """Bonferroni over every cell of every quantity."""
    record = Record()
    record.note_rank("one", ["a", "b", "c"])
    record.note("two", 1, "a rule", hit=True, chance=0.5)
    assert [odds.cells for odds in record.odds()] == [9, 1]
    assert {odds.bound for odds in record.odds()} == {FALSE_ALARM / 10}


@pytest.fixture(scope="module")
def full_study() -> BlandStudy:
    """The same study with waves, mirrored turns, hidden repeats and sites."""
    return bland_study(every_setting=True)


@pytest.mark.parametrize("seed", [13, 14])
def test_a_seeding_with_every_setting_predicts_nothing_either(full_study: BlandStudy, seed: int) -> None:
    """Waves, mirrored turns, repeats and sites are drawn without looking at conditions."""
    record = _watched(full_study, seed=seed, plans=MANY)
    assert _telling(record) == set()
    assert {odds.quantity for odds in record.odds()} >= {"hidden repeats", "ids of hidden repeats"}
    assert not depends_on_source_order(full_study, seed=seed)


def test_repeats_of_one_condition_are_found(full_study: BlandStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Items are drawn up condition by condition; what is repeated is always of the first."""

    def of_first_condition(
        tasks: Mapping[str, Sequence[str]], design: Design, *, sites: object, entropy: Entropy
    ) -> Assignment:
        drawn = assign(tasks, design, entropy=entropy)
        return replace(
            drawn,
            shares=tuple(
                replace(
                    share,
                    places=tuple(
                        replace(place, item=tasks[place.task][0]) if place.again else place
                        for place in share.places
                    ),
                )
                for share in drawn.shares
            ),
        )

    monkeypatch.setattr("rater.services.seeding.seeding_plan.assign", of_first_condition)
    assert "hidden repeats" in _telling(_watched(full_study))


@pytest.mark.parametrize("seed", [11, 12])
def test_a_real_seeding_predicts_nothing(study: BlandStudy, seed: int) -> None:
    """No id, row, place, order or neighbour does better than chance."""
    record = _watched(study, seed=seed, plans=MANY)
    assert _telling(record) == set()
    assert {odds.quantity for odds in record.odds()} >= {
        "number of a row",
        "bits of an item id",
        "item ids of a task",
        "place in a rater's order",
        "order of a task's items",
        "items with a guess question",
        "opaque task ids",
        "manifest ids",
    }


def test_the_same_seed_counts_the_same(study: BlandStudy) -> None:
    """A failure can be repeated."""
    one, two = (_watched(study, seed=5, plans=5).odds() for _ in range(2))
    assert one == two


class _Counting(random.Random):
    """Ids in the order in which they are drawn, as uuid7 and AUTOINCREMENT give them."""

    drawn = 0

    def randbytes(self, n: int) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(n, "big")


def test_ids_in_the_order_of_the_sources_are_found(
    study: BlandStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids that count up tell the condition, and so does every row in id order."""
    monkeypatch.setattr(order_check, "random_for", lambda seed, *names: _Counting("".join(names)))
    assert _telling(_watched(study, plans=20)) >= {
        "item ids of a task",
        "rows of a task",
        "number of a row",
        "bits of an item id",
        "opaque task ids",
        "manifest ids",
    }


def test_an_id_that_carries_the_condition_in_one_bit_is_found(
    study: BlandStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lowest bit is 1 under the baseline; the order of the ids is as random as before."""

    def with_low_bit(entropy: Entropy, taken: Collection[str]) -> str:
        bit = len(taken) // 6 % 2  # six tasks to a condition, drawn condition by condition
        return f"{int(draw_id(entropy, taken), 16) & ~1 | bit:016x}"

    monkeypatch.setattr("rater.services.seeding.seeding_plan.draw_id", with_low_bit)
    assert _telling(_watched(study)) == {"bits of an item id"}


def test_an_order_that_was_not_shuffled_is_found(study: BlandStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Items of a task in a fixed order of conditions."""
    monkeypatch.setattr(
        assignment, "draw_turns", lambda items, raters, **_: [list(items) for _ in range(raters)]
    )
    assert _telling(_watched(study)) >= {"order of a task's items", "place in a rater's order"}


def test_one_order_for_all_raters_is_found(study: BlandStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two raters who meet a condition at the same place can compare notes."""

    def same_turns(items: Sequence[str], raters: int, *, mirrored: bool, entropy: Entropy) -> list[list[str]]:
        return draw_turns(items, 1, mirrored=mirrored, entropy=entropy) * raters

    def same_order(plan: RaterPlan, *, spacing: int, entropy: Entropy) -> list[Place]:
        return draw_rater_order(plan, spacing=spacing, entropy=random.Random(plan.items))

    monkeypatch.setattr(assignment, "draw_turns", same_turns)
    monkeypatch.setattr(assignment, "draw_rater_order", same_order)
    assert "the same place for two raters" in _telling(_watched(study))


def test_small_permuted_blocks_are_found(study: BlandStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of four holds each condition once: the last of a block can be worked out."""
    drawn = random.Random(2)

    def in_blocks(
        tasks: Mapping[str, Sequence[str]], design: Design, *, sites: object, entropy: Entropy
    ) -> Assignment:
        drawn_plan = assign(tasks, design, entropy=entropy)
        place = {item: number for items in tasks.values() for number, item in enumerate(items)}
        blocked = []
        for share in drawn_plan.shares:
            columns = [[item for item in share.items if place[item] == number] for number in range(4)]
            for column in columns:
                drawn.shuffle(column)
            blocks = [list(block) for block in zip(*columns, strict=True)]
            for block in blocks:
                drawn.shuffle(block)
            order = tuple(Place(task="", item=item) for block in blocks for item in block)
            blocked.append(Share(rater=share.rater, places=order))
        return replace(drawn_plan, shares=tuple(blocked))

    monkeypatch.setattr("rater.services.seeding.seeding_plan.assign", in_blocks)
    assert "neighbours in a rater's order" in _telling(_watched(study, plans=MANY))


def test_guess_questions_on_one_condition_are_found(
    study: BlandStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Being asked must not tell what the item is."""
    number_of = {one.conversation.messages[1].text: number for number, one in enumerate(study.transcripts)}
    conditions: dict[str, int] = {}

    def note(items: Sequence[Item], _: object) -> list[Leak]:
        conditions.update({item.id: number_of[item.conversation.messages[1].text] // 6 for item in items})
        return []

    def asked(protocol: StudyProtocol, items: Sequence[str], *_: object) -> tuple[str, ...]:
        return tuple(sorted(item for item in items if conditions[item] == 0))

    monkeypatch.setattr("rater.services.seeding.seeding_plan.leaks_in_items", note)
    monkeypatch.setattr("rater.services.seeding.seeding_plan._draw_asked", asked)
    assert _telling(_watched(study)) == {"items with a guess question"}


def test_a_seeding_that_follows_its_sources_is_found(
    study: BlandStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same draws must give the same study, whatever the order of the files."""
    assert not depends_on_source_order(study, seed=3)
    monkeypatch.setattr(
        "rater.services.seeding.seeding_plan.kept_transcripts",
        lambda protocol, transcripts, *_: list(transcripts),
    )
    assert depends_on_source_order(study, seed=3)


def test_rows_of_real_files_predict_nothing(study: BlandStudy, tmp_path: Path) -> None:
    """Offsets of the rows in study files and packs, every row found."""
    record = Record()
    watch_files(study, record, folder=tmp_path, who="tester", app="0", files=2)
    found = {odds.quantity: odds for odds in record.odds()}
    assert not any(odds.tells for odds in found.values())
    assert found["bytes at which rows lie in a study file"].strongest.trials == 2 * 6
    assert found["filling of the pages of a pack"].strongest.trials == 2 * 4


def test_rows_filled_in_the_order_of_the_sources_are_found(
    study: BlandStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table with rowids, filled as the transcripts came: random ids do not hide the order of the bytes."""

    def in_source_order(connection: sqlite3.Connection, items: Sequence[Item]) -> None:
        connection.execute("DROP TABLE item")
        connection.execute("CREATE TABLE item (item_id TEXT PRIMARY KEY, task_id TEXT, body TEXT) STRICT")
        connection.executemany(
            "INSERT INTO item VALUES (?, ?, ?)",
            [
                (item.id, item.task_id, item.body().decode())
                for item in sorted(items, key=lambda item: item.conversation.messages[1].text)
            ],
        )

    monkeypatch.setattr("rater.services.seeding.seeding.insert_items", in_source_order)
    record = Record()
    watch_files(study, record, folder=tmp_path, who="tester", app="0", files=4)
    assert _telling(record) == {"filling of the pages of a study file"}
