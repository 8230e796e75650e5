"""What [profile] of study.toml must mean, beyond its shape."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.profile.fixed_list import ASPECT_IDS
from protocol.toml_nodes import Mistake, Node, doubled, empty, free_name
from protocol.wording import quoted


def profile_mistakes(profile: Node, rubric: Node) -> Iterator[Mistake]:
    """Report dimensions and aspects that are none, and names that stand twice."""
    known = [name for one in rubric["dimensions"] if (name := one["id"].text) is not None]
    spoken = profile["dimensions"]
    for dimension in spoken.table:
        if known and dimension not in known:
            yield spoken[dimension].mistake(_dimension(known), found=f"the key {quoted(dimension)}")
        aspect = spoken[dimension]
        if aspect.text is not None and aspect.text not in ASPECT_IDS:
            yield aspect.mistake(f"one of {', '.join(quoted(name) for name in ASPECT_IDS)}")
    yield from doubled((spoken[dimension] for dimension in spoken.table), "an aspect")
    yield from doubled(profile["guards"], "a dimension")
    for guard in profile["guards"]:
        if guard.text is None:
            continue
        if known and guard.text not in known:
            yield guard.mistake(_dimension(known))
        elif guard.text in spoken.table:
            yield guard.mistake("a dimension that is no row under profile.dimensions")
    context = profile["context"]
    yield from empty(context["users"], "who used the system, such as a scripted persona")
    for model in profile["models"]:
        yield from free_name(model["model"], "the name of a model as in the transcripts")
    yield from doubled((model["model"] for model in profile["models"]), "a model")


def _dimension(known: list[str]) -> str:
    return f"the id of a dimension: {', '.join(quoted(name) for name in known)}"
