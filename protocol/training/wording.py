"""What rating app, plain mode and admin command say about training, in one place."""

from __future__ import annotations

from protocol.rubric import Dimension, Rubric
from protocol.session import ItemProgress
from protocol.training.attempts import REFRESHER_ITEMS, TrainingSession, TrainingState
from protocol.training.gate import DimensionFigures, GateResult, decimals
from protocol.training.reference import Reference
from protocol.visible import TrainingGate

RECORDED = (
    "Recorded: each score of each attempt, as later of the study's items, in a record of its own. The person"
    " who runs the study sees it. None of it counts as a rating of the study."
)


def introduction(training: TrainingSession) -> tuple[str, ...]:
    """Return what a rater is told before the first attempt."""
    count = len(training.material.manifest.items)
    gate = training.material.gate
    return (
        f"Before the study's items you score {count} training items on the same screen, with the same rubric"
        " and the same rules for quotes. After each one you see the reference scores, with the reasons for"
        " them, beside your own. A training item closes when you complete it.",
        _thresholds(gate) + (" " + _repeats(gate.repeats) if gate.repeats else ""),
        RECORDED,
    )


def refresher_introduction(training: TrainingSession) -> tuple[str, ...]:
    """Return what a rater is told before a refresher."""
    count = min(REFRESHER_ITEMS, len(training.material.manifest.items))
    items = "training item comes" if count == 1 else "training items come"
    return (
        f"Some time has passed since you last rated. {count} {items} first, with their references, to bring"
        " the rubric back. There is nothing to pass.",
        RECORDED,
    )


def _thresholds(gate: TrainingGate) -> str:
    return (
        "To pass, each dimension needs two things: agreement with the reference on a share of"
        f" {gate.agreement} of the items or more, and a kappa of {gate.kappa} or more, which counts how far"
        " apart two scores are and takes off what chance would give."
    )


def _repeats(repeats: int) -> str:
    return f"If it does not work at once, you may repeat it {_times(repeats)}, in another order."


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"


def figure_lines(result: GateResult, rubric: Rubric) -> tuple[str, ...]:
    """Return one line of numbers for each dimension."""
    return tuple(
        f"{rubric.dimension(figure.dimension).name}: {figures(figure)}."
        f" {'Reached' if figure.passed else 'Not reached'}."
        for figure in result.figures
    )


def figures(figure: DimensionFigures) -> str:
    """Return the numbers of one dimension."""
    share = figure.agreement
    agreed = f"{figure.agreed} of {figure.items} as the reference"
    if share is not None:
        agreed += f" ({decimals(share)})"
    if figure.kappa is None:
        return f"{agreed}, {figure.weights} kappa undefined: {figure.undefined}"
    return f"{agreed}, {figure.weights} kappa {decimals(figure.kappa)}"


def outcome(training: TrainingSession, *, is_pack: bool) -> tuple[str, ...]:
    """Return what the last attempt means for the rater."""
    match training.state:
        case TrainingState.PASSED:
            return ("You passed. The study's items are open now.",)
        case TrainingState.ADMITTED:
            return ("The person who runs the study let you in. The study's items are open now.",)
        case TrainingState.MAY_REPEAT:
            return (
                "Not passed yet. You may repeat the training"
                f" {_times(training.repeats_left)}{' more' if training.repeats_left > 1 else ''}, in another"
                " order. Read the references again first: that is what they are for.",
                _thresholds(training.material.gate),
            )
        case TrainingState.NOT_PASSED:
            rater = training.material.manifest.rater
            send = (
                "run `rater submit --interim` with the file you opened and send them what it writes. "
                if is_pack
                else ""
            )
            return (
                "Not passed, and no repeat is left. Please ask the person who runs the study what comes"
                f" next{': ' if send else '. '}{send}They can talk about your scores with you and let"
                f" {rater} in with an admit code.",
                _thresholds(training.material.gate),
            )
        case _:
            return ()


def given(progress: ItemProgress, dimension: Dimension) -> str:
    """Return a rater's own mark in words."""
    mark = progress.mark(dimension.id)
    reason = progress.reason or mark.reason
    if reason is not None:
        return f"not ratable ({reason})"
    return "no score" if mark.level is None else _level(dimension, mark.level)


def reference_mark(reference: Reference, dimension: Dimension) -> str:
    """Return the reference's mark in words."""
    if reference.level is None:
        return f"not ratable ({reference.reason})"
    return _level(dimension, reference.level)


def agrees(progress: ItemProgress, dimension: Dimension, reference: Reference) -> bool:
    """Whether a rater gave what the reference has; not ratable is the same whatever its code."""
    own = None if progress.reason is not None else progress.mark(dimension.id).level
    return own == reference.level


def _level(dimension: Dimension, value: int) -> str:
    label = dimension.level(value).label
    return f"{value} {label}" if label else str(value)
