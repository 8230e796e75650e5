"""The importers on real files: what nobody of this project wrote, to the text."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from protocol.study import SourcesPlan
from rater.services.sources.reading_sources import read_sources

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def _there(*parts: str) -> Path:
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not beside the repository")
    return path


def _said(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["role"], one["content"] or "") for one in messages]


@pytest.mark.parametrize("form", ["json", "eval"])
def test_inspect_logs_of_both_forms_give_the_same_conversations(form: str) -> None:
    """The archive is packed with zstd; ids and times of the two runs differ, the answers do not."""
    if form == "eval":
        pytest.importorskip("zstandard", reason="these archives need the extra sources")
    stems = ("smollm2_everyday_none", "smollm2_everyday_verification", "mockllm_tool_call")
    read = read_sources([_there("inspect", f"{stem}.{form}") for stem in stems])
    raw = [json.loads(_there("inspect", f"{stem}.json").read_text(encoding="utf-8")) for stem in stems]
    expected = {
        (log["eval"]["model"], log["eval"]["metadata"]["scaffold"], sample["id"]): _said(sample["messages"])
        for log in raw
        for sample in log["samples"]
    }
    assert {
        (one.origin.model, one.origin.scaffold, one.origin.task): [
            (message.role, message.text) for message in one.conversation.messages
        ]
        for one in read.transcripts
    } == expected
    assert {one.origin.replicate for one in read.transcripts} == {1}


def test_tau2_results_keep_every_word_and_pair_every_call() -> None:
    """Two models in two modes over 15 tasks; no result is left without its call."""
    files = sorted(_there("tau2", "sierra").glob("*telecom*.json"))
    read = read_sources(files)
    assert Counter((one.origin.model, one.origin.scaffold) for one in read.transcripts) == {
        ("gpt-4.1", "llm_agent"): 15,
        ("gpt-4.1", "llm_agent_solo"): 15,
        ("ft:gpt-4.1-2025-04-14:sierra:tau2-full-sft:BzrYdMNm", "llm_agent"): 15,
        ("ft:gpt-4.1-2025-04-14:sierra:tau2-full-sft:BzrYdMNm", "llm_agent_solo"): 15,
    }
    raw = {
        simulation["id"]: simulation
        for file in files
        for simulation in json.loads(file.read_text(encoding="utf-8"))["simulations"]
    }
    for one in read.transcripts:
        said = [(message.role, message.text) for message in one.conversation.messages]
        flagged = [
            (role, f"[tool error]\n\n{text}" if message.get("error") else text)
            for message, (role, text) in zip(
                raw[one.origin.source]["messages"], _said(raw[one.origin.source]["messages"]), strict=True
            )
        ]
        assert said == flagged
    assert not any("tool result" in count.what for count in read.report.replaced)


def test_tau_bench_trajectories_are_read_with_both_trials() -> None:
    """The model is in the name of the file alone, so it is given."""
    plan = SourcesPlan(map={"model": ":gpt-4o", "scaffold": ":tool-calling"})
    read = read_sources([_there("tau-bench", "gpt-4o-airline.json")], plan=plan)
    assert Counter(one.origin.replicate for one in read.transcripts) == {0: 15, 1: 15}
    raw = json.loads(_there("tau-bench", "gpt-4o-airline.json").read_text(encoding="utf-8"))
    assert [[(m.role, m.text) for m in one.conversation.messages] for one in read.transcripts] == [
        _said(run["traj"]) for run in raw
    ]


def test_names_that_stand_in_real_fields_reach_no_conversation() -> None:
    """raw_data, ids and headers of tau2-bench name models and makers; what was said does not."""
    read = read_sources([_there("tau2")])
    assert len(read.transcripts) == 132
    for one in read.transcripts:
        said = json.dumps(
            [
                [m.text, [[call.name, call.arguments] for call in m.tool_calls]]
                for m in one.conversation.messages
            ]
        ).casefold()
        assert one.origin.model.casefold() not in said
        assert "toolu_" not in said
        assert "anthropic" not in said
