"""What seeding does with the design: sites spread, faults told, confounded plans refused."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from protocol.errors import CheckFailedError
from rater.services.seeding.preparing import prepare
from rater.services.seeding.seeding_plan import plan_seeding
from tests.services.small_studies import RATERS, protocol_text, write_sources


def test_warnings_of_the_design_come_back_from_seeding(tmp_path: Path) -> None:
    """Raters who share no task are told; the study is planned all the same."""
    text = protocol_text().replace("raters_per_item = 2", "raters_per_item = 1")
    small = write_sources(tmp_path, protocol=text)
    ready = prepare(small.protocol, [small.transcripts])
    plan = plan_seeding(ready.protocol, ready.study_toml, ready.transcripts, entropy=random.Random(1))
    assert [warning.split(":")[0] for warning in plan.warnings] == ["No two of 3 raters share a task"]


def test_transcripts_that_confound_raters_with_conditions_are_refused(tmp_path: Path) -> None:
    """Past the check of cells, as an amendment could bring them: each task under one scaffold only."""
    text = protocol_text().replace("raters_per_item = 2", "raters_per_item = 1")
    small = write_sources(tmp_path, protocol=text)
    ready = prepare(small.protocol, [small.transcripts])
    half = [
        one for one in ready.transcripts if (one.origin.scaffold == "plain") == (one.origin.task == "task-a")
    ]
    with pytest.raises(CheckFailedError, match=r"R\d sees only transcripts under plain"):
        plan_seeding(ready.protocol, ready.study_toml, half, entropy=random.Random(1))


def test_sites_are_spread_over_the_raters_of_a_task(tmp_path: Path) -> None:
    """Of two raters at one site and two at another each task gets one of each, in every draw."""
    text = protocol_text().replace('"R3"]', '"R3", "R4"]')
    small = write_sources(tmp_path, protocol=text)
    ready = prepare(small.protocol, [small.transcripts])
    sites = {"R1": "north", "R2": "north", "R3": "south", "R4": "south"}
    together: Counter[frozenset[str]] = Counter()
    for seed in range(20):
        plan = plan_seeding(
            ready.protocol, ready.study_toml, ready.transcripts, sites=sites, entropy=random.Random(seed)
        )
        raters: defaultdict[str, set[str]] = defaultdict(set)
        for share in plan.shares:
            for item in share.items:
                raters[item].add(share.rater)
        assert all({sites[rater] for rater in own} == {"north", "south"} for own in raters.values())
        together.update(frozenset(own) for own in raters.values())
    assert len(together) == 4
    assert set(RATERS) < set(sites)
