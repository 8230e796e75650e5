"""One Inspect evaluation a model: the fixed turns, put one after the other, nothing scored.

Concurrency, retries, caching and logs are Inspect's. The log folder is the only memory of a run:
what was made is read back from it, also after a crash.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol.study import StudyProtocol
from rater.services.collecting.cells import CollectedModel, WantedCell

if TYPE_CHECKING:
    from inspect_ai import Task
    from inspect_ai.model import ChatMessage, Model
    from inspect_ai.solver import Solver

TASK_NAME = "fixed-scaffolding"
MOCK_PROVIDER = "mockllm"
"""Inspect's own model that asks nobody and says one sentence."""
MOCK_ANSWER = "Default output from mockllm/model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How models are asked."""

    max_tokens: int = 700
    temperature: float | None = 0.7
    """None where a model does not take one."""
    top_p: float | None = 1.0
    reasoning: str = ""
    cache: bool = False
    connections: int = 10
    retries: int = 5
    """After transport errors."""


def run_models(
    study: StudyProtocol,
    models: Sequence[CollectedModel],
    cells: Sequence[WantedCell],
    *,
    generation: Generation,
    logs: Path,
    done: Callable[[], None],
) -> None:
    """Make the transcripts of cells; everything that comes of it is in the log folder.

    Args:
        study: Scaffold texts and turns.
        models: Every model of the cells.
        cells: What is still to be made, in order.
        generation: Settings, the same for all.
        logs: Folder of Inspect's logs.
        done: Called after each transcript.
    """
    import inspect_ai
    from inspect_ai.model import GenerateConfig, get_model

    config = GenerateConfig(
        max_tokens=generation.max_tokens,
        temperature=generation.temperature,
        top_p=generation.top_p,
        reasoning_effort=generation.reasoning or None,  # type: ignore[arg-type]  # any level a provider knows
        max_connections=generation.connections,
        max_retries=generation.retries,
    )
    tasks: list[Task] = []
    for model in models:
        mine = [cell for cell in cells if cell.model == model.name]
        if mine:
            asked = get_model(model.called, config=config, memoize=False, **_own_answers(model))
            tasks.append(_task(study, model, mine, asked, _fixed_turns(generation.cache, done)))
    if tasks:
        # Inspect's own talk would mix with the data on stdout; failures are told from its logs.
        with redirect_stdout(sys.stderr):
            inspect_ai.eval(
                tasks,
                log_level="critical",
                log_dir=str(logs),
                log_format="eval",
                display="none",
                fail_on_error=False,
                score=False,
                max_tasks=len(tasks),
                max_samples=generation.connections,
                log_images=False,
            )


def count_prompts(study: StudyProtocol, model: CollectedModel) -> dict[str, int] | None:
    """Return the length of each scaffold by the model's own tokenizer.

    Returns:
        None where Inspect would only estimate it, or the provider does not answer.
    """
    from inspect_ai.model import ModelAPI, get_model

    asked = get_model(model.called, memoize=False)
    api = type(asked.api)
    if api.count_text_tokens is ModelAPI.count_text_tokens and api.count_tokens is ModelAPI.count_tokens:
        return None
    try:
        return asyncio.run(_counts(asked, {one.id: one.text for one in study.scaffolds}))
    except Exception:  # a provider's counting service fails in its own ways, and the run goes on without it
        return None


def _own_answers(model: CollectedModel) -> dict[str, Any]:
    """Return what the mock model is given; nothing for any other.

    By itself it counts tokens with a table that is fetched from the network. An answer that brings its
    usage along is not counted, so this one counts words and the whole command works offline.
    """
    if model.called.partition("/")[0] != MOCK_PROVIDER:
        return {}
    from inspect_ai.model import ModelOutput, ModelUsage

    def answer(messages: list[ChatMessage], *_: object) -> ModelOutput:
        output = ModelOutput.from_content(model=MOCK_PROVIDER, content=MOCK_ANSWER)
        asked, answered = sum(len(one.text.split()) for one in messages), len(output.completion.split())
        output.usage = ModelUsage(input_tokens=asked, output_tokens=answered, total_tokens=asked + answered)
        return output

    return {"custom_outputs": answer}


async def _counts(model: Model, texts: Mapping[str, str]) -> dict[str, int]:
    return {name: await model.count_tokens(text) for name, text in texts.items()}


def _task(
    study: StudyProtocol, named: CollectedModel, cells: Sequence[WantedCell], model: Model, solver: Solver
) -> Task:
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser

    prompts = {one.id: one.text for one in study.scaffolds}
    turns = {one.id: one.turns for one in study.tasks}
    samples = [
        Sample(
            id=cell.name,
            input=[
                ChatMessageSystem(content=prompts[cell.scaffold]),
                ChatMessageUser(content=turns[cell.task][0]),
            ],
            metadata={
                "model": cell.model,
                "scaffold": cell.scaffold,
                "task": cell.task,
                "replicate": cell.replicate,
                "seed": cell.seed,
                "place": cell.place,
                "later_turns": list(turns[cell.task][1:]),
            },
        )
        for cell in cells
    ]
    return Task(
        dataset=MemoryDataset(samples),
        solver=solver,
        model=model,
        name=TASK_NAME,
        metadata={"model": named.name, "called": named.called},
    )


def _fixed_turns(cache: bool, done: Callable[[], None]) -> Solver:
    from inspect_ai.model import ChatMessageUser
    from inspect_ai.solver import solver

    @solver(name="fixed_turns")
    def fixed_turns() -> Solver:
        async def solve(state: Any, generate: Any) -> Any:
            replies = state.metadata["replies"] = []
            try:
                for turn in [None, *state.metadata["later_turns"]]:
                    if turn is not None:
                        state.messages.append(ChatMessageUser(content=turn))
                    state = await generate(state, seed=state.metadata["seed"], cache=cache)
                    usage = state.output.usage
                    replies.append(
                        {
                            "stop_reason": state.output.stop_reason,
                            "output_tokens": usage.output_tokens if usage else None,
                            "reasoning_tokens": usage.reasoning_tokens if usage else None,
                            "answered_as": state.output.model,
                        }
                    )
            finally:
                done()
            return state

        return solve

    return fixed_turns()
