"""The study.toml of a simulated study: the rubric and scaffolds of the shipped sample, drawn tasks.

The file is written as text, so that a simulated study goes through the same reader, the same checks
and the same seeding as any other.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import cast

from protocol.study import Scaffold
from protocol.visible import TaskCard
from rater.services.simulation.simulated_texts import SimulatedTask


def sample_scaffolds() -> tuple[Scaffold, ...]:
    """Return the scaffolds of the shipped sample, the baseline first."""
    found = cast("Sequence[Mapping[str, object]]", _sample()["scaffolds"])
    scaffolds = (
        Scaffold(
            id=str(one["id"]),
            text=str(one["text"]),
            baseline=bool(one.get("baseline", False)),
            label=str(one.get("label", "")),
        )
        for one in found
    )
    return tuple(sorted(scaffolds, key=lambda scaffold: not scaffold.baseline))


def make_study_toml(
    *,
    seed: int,
    tasks: Sequence[SimulatedTask],
    scaffolds: Sequence[Scaffold],
    raters: Sequence[str],
    raters_per_item: int,
    spacing: int,
    name: str = "Simulated study",
) -> str:
    """Return the complete study.toml of a simulated study, with the rubric of the shipped sample.

    Args:
        seed: Also the seed of the analysis.
        tasks: Each with its card.
        scaffolds: One of them the baseline; all others become contrasts.
        raters: Rater codes.
        raters_per_item: How many raters each item gets.
        spacing: Smallest distance between items of one task in a rater's order.
        name: What the study is called; raters see it.
    """
    rubric = cast("Mapping[str, object]", _sample()["rubric"])
    dimensions = cast("Sequence[Mapping[str, str]]", rubric["dimensions"])
    document: dict[str, object] = {
        "format": 1,
        "study": {
            "name": name,
            "kind": "stress-test",
            "evidence_level": "interaction",
            "subtag": "scripted",
            "simulated": True,
        },
        "rubric": rubric,
        "scaffolds": [
            {"id": one.id, "text": one.text, "baseline": one.baseline, "label": one.label}
            for one in scaffolds
        ],
        "tasks": [{"id": task.id, "card": _card(task.card)} for task in tasks],
        "design": {"raters": list(raters), "raters_per_item": raters_per_item, "spacing": spacing},
        "analysis": {
            "headline": [dimension["id"] for dimension in dimensions],
            "contrasts": [one.id for one in scaffolds if not one.baseline],
            "equivalence_margin": 0.5,
            "seed": seed,
        },
        "profile": {"context": {"users": "nobody: every text is made by a program"}},
    }
    head = (
        "# A simulated study: texts, raters and effects are made by a program from one seed.\n"
        "# Nothing in it is a finding.\n\n"
    )
    return head + "\n".join(_toml_lines(document, ())) + "\n"


def _card(card: TaskCard) -> dict[str, object]:
    return {
        "prompted": card.prompted,
        "brief": card.brief,
        "user_has": card.user_has,
        "claims": list(card.claims),
        "decision_points": list(card.decision_points),
        "steers": list(card.steers),
        "keep": list(card.keep),
    }


def _toml_lines(table: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    """Write a table: its plain values first, as TOML demands, then the tables below it."""
    for key, value in table.items():
        if not _is_table(value) and not _is_table_list(value):
            yield f"{key} = {_toml_value(value)}"
    for key, value in table.items():
        if _is_table(value):
            yield from ("", f"[{'.'.join((*path, key))}]")
            yield from _toml_lines(cast("Mapping[str, object]", value), (*path, key))
        elif _is_table_list(value):
            for entry in cast("Sequence[Mapping[str, object]]", value):
                yield from ("", f"[[{'.'.join((*path, key))}]]")
                yield from _toml_lines(entry, (*path, key))


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_table_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_table(entry) for entry in value)


def _toml_value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml_value(entry) for entry in value)}]"
    # JSON writes strings, numbers and truth values as TOML does, but leaves DEL as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _sample() -> Mapping[str, object]:
    return tomllib.loads(files("rater").joinpath("sample", "study.toml").read_text(encoding="utf-8"))
