"""The audit of a whole study before it is seeded: models and scaffolds apart, with treatments tried.

Features are computed once for each treatment and serve both questions; labels enter only after.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from protocol.deidentify.guessability.audit_item import About, AuditItem
from protocol.deidentify.guessability.exclusivity import Exclusivity, count_tokens, exclusivity
from protocol.deidentify.guessability.features import feature_blocks
from protocol.deidentify.guessability.kernel_audit import (
    KernelFigures,
    Labels,
    NullAccuracies,
    WithInterval,
    change,
    figures,
    permuted,
    predict,
)
from protocol.deidentify.guessability.ridge import CrossValidatedRidge, fit, task_folds
from protocol.deidentify.guessability.treatments import Treatment, available_treatments
from protocol.deidentify.guessability.wording import Band, band_of, guessability_of, too_few
from protocol.errors import InvalidInputError
from protocol.stats.clopper_pearson import Proportion
from protocol.wording import quoted

PERMUTATIONS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewAccuracy:
    """What one view of the texts gives alone: characters, words, counts."""

    view: str
    figures: KernelFigures | None
    """None where the texts of every task are the same in this view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatedFigures:
    """What all views together give under one treatment."""

    treatment: Treatment
    figures: KernelFigures | None
    null: NullAccuracies | None
    change: WithInterval | None
    """Against the texts as they are; None for these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A text among the tenth that the program is surest of."""

    item: str
    task: str
    arm: str
    guessed: str
    margin: float

    @property
    def right(self) -> bool:
        """Whether the program is right."""
        return self.arm == self.guessed


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAudit:
    """Everything about one question: which model, or which scaffold."""

    about: About
    arms: tuple[str, ...]
    n_texts: int
    n_tasks: int
    n_cells: int
    n_left_out: int
    """Texts of tasks with a single arm: nothing to compare them with."""
    undefined: str | None
    """Why the program was not asked; the table of tokens stands all the same."""
    treated: tuple[TreatedFigures, ...] = ()
    views: tuple[ViewAccuracy, ...] = ()
    recognised: tuple[Recognised, ...] = ()
    exclusivity: Exclusivity
    notes: tuple[str, ...] = ()

    @property
    def as_it_is(self) -> TreatedFigures | None:
        """The texts without treatment."""
        return self.treated[0] if self.treated else None

    def guessability(self, treated: TreatedFigures) -> float | None:
        """Return the accuracy of a treatment on the scale from chance to certainty."""
        if treated.figures is None or treated.figures.accuracy.value.value is None:
            return None
        return guessability_of(treated.figures.accuracy.value.value, len(self.arms))

    @property
    def band(self) -> Band | None:
        """What may be said of the texts as they are."""
        found = self.as_it_is
        if found is None or found.null is None:
            return None
        value = self.guessability(found)
        return None if value is None else band_of(value, found.null.p)

    @property
    def surest_right(self) -> Proportion | None:
        """How many of the surest tenth are right."""
        if not self.recognised:
            return None
        return Proportion(k=sum(one.right for one in self.recognised), n=len(self.recognised))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """The audit of a set of transcripts."""

    questions: tuple[QuestionAudit, ...]
    n_items: int
    seed: int
    permutations: int


def guessability_audit(
    items: Sequence[AuditItem],
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
    treatments: Sequence[Treatment] | None = None,
    progress: Callable[[str], None] | None = None,
) -> AuditResult:
    """Return how far a program can tell the models and the scaffolds from what raters would see.

    Args:
        items: De-identified conversations with their origins; system messages only where raters see them.
        seed: Of folds and permutations; the same seed gives the same result.
        permutations: Of labels within task, for each question and treatment.
        treatments: What is tried; the first is what the others are compared with.
        progress: Called with the name of each step.

    Raises:
        UsageError: scikit-learn is not installed.
        InvalidInputError: No items, or two with the same name.
    """
    _require_sound(items)
    tell = progress or (lambda _: None)
    # One order for any order of the sources.
    ordered = sorted(items, key=lambda item: (item.task, item.model, item.scaffold, item.id))
    tell("counting tokens")
    counted = count_tokens(ordered)
    comparisons = {about: _comparison(about, ordered) for about in get_args(About)}
    tasks = comparisons["model"].labels.task
    folds = task_folds(tasks, seed=seed)
    asked = [one for one in comparisons.values() if one.undefined is None]
    treated: dict[About, list[TreatedFigures]] = {about: [] for about in comparisons}
    views: dict[About, list[ViewAccuracy]] = {about: [] for about in comparisons}
    for number, treatment in enumerate(treatments or available_treatments()):
        if not asked:
            break
        tell(f"features, {treatment.name}")
        blocks = feature_blocks([treatment.apply(item.conversation) for item in ordered])
        # The ridge knows no label: both questions share it.
        tell(f"all views, {treatment.name}")
        ridge = fit(blocks, tasks, folds, seed=seed)
        for one in asked:
            before = treated[one.about][0].figures if treated[one.about] else None
            treated[one.about].append(
                _treated(one, treatment, ridge, before, permutations=permutations, seed=seed)
            )
        for block in blocks if number == 0 else ():
            tell(f"{block.name} alone")
            ridge = fit([block], tasks, folds, seed=seed)
            for one in asked:
                views[one.about].append(ViewAccuracy(view=block.name, figures=_figures(one, ridge)))
    return AuditResult(
        questions=tuple(
            QuestionAudit(
                about=about,
                arms=one.labels.arms,
                n_texts=int(one.labels.counted.sum()),
                n_tasks=one.n_tasks,
                n_cells=one.n_cells,
                n_left_out=int((~one.labels.counted).sum()),
                undefined=one.undefined,
                treated=tuple(treated[about]),
                views=tuple(views[about]),
                recognised=_recognised(one, ordered, treated[about]),
                exclusivity=exclusivity(counted, ordered, about=about),
                notes=_notes(about, one.of(ordered)),
            )
            for about, one in comparisons.items()
        ),
        n_items=len(ordered),
        seed=seed,
        permutations=permutations,
    )


def _require_sound(items: Sequence[AuditItem]) -> None:
    if not items:
        raise InvalidInputError("There is no transcript to audit.")
    name, times = Counter(item.id for item in items).most_common(1)[0]
    if times > 1:
        raise InvalidInputError(
            f"{times} transcripts have the name {quoted(name)}; the audit lists them by name."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """One question with the labels it is about."""

    about: About
    labels: Labels
    n_tasks: int
    n_cells: int
    undefined: str | None

    def of(self, ordered: Sequence[AuditItem]) -> list[AuditItem]:
        """Return the texts that count: those of tasks with two arms or more."""
        return [item for item, counted in zip(ordered, self.labels.counted, strict=True) if counted]


def _comparison(about: About, ordered: Sequence[AuditItem]) -> _Comparison:
    labels = Labels.of([item.arm(about) for item in ordered], [item.task for item in ordered])
    cells = {(item.task, item.arm(about)) for item, kept in zip(ordered, labels.counted, strict=True) if kept}
    n_tasks = len({task for task, _ in cells})
    return _Comparison(
        about=about,
        labels=labels,
        n_tasks=n_tasks,
        n_cells=len(cells),
        undefined=too_few(about, n_cells=len(cells), n_tasks=n_tasks, n_arms=labels.n_arms),
    )


def _figures(comparison: _Comparison, ridge: CrossValidatedRidge | None) -> KernelFigures | None:
    labels = comparison.labels
    return None if ridge is None else figures(predict(ridge, labels), labels)


def _treated(
    comparison: _Comparison,
    treatment: Treatment,
    ridge: CrossValidatedRidge | None,
    before: KernelFigures | None,
    *,
    permutations: int,
    seed: int,
) -> TreatedFigures:
    found = _figures(comparison, ridge)
    if found is None or ridge is None:
        return TreatedFigures(treatment=treatment, figures=None, null=None, change=None)
    return TreatedFigures(
        treatment=treatment,
        figures=found,
        null=permuted(
            ridge,
            comparison.labels,
            observed=found.accuracy.value.value or 0.0,
            replicates=permutations,
            seed=seed,
        ),
        change=None if before is None else change(before, found),
    )


def _recognised(
    comparison: _Comparison, ordered: Sequence[AuditItem], treated: Sequence[TreatedFigures]
) -> tuple[Recognised, ...]:
    """Return the tenth of the texts as they are that the program is surest of, surest first."""
    if not treated or treated[0].figures is None:
        return ()
    labels, predictions = comparison.labels, treated[0].figures.predictions
    counted = np.flatnonzero(labels.counted)
    surest = counted[np.argsort(-predictions.margin[counted], kind="stable")]
    return tuple(
        Recognised(
            item=ordered[text].id,
            task=ordered[text].task,
            arm=labels.arms[labels.arm[text]],
            guessed=labels.arms[predictions.arm[text]],
            margin=float(predictions.margin[text]),
        )
        for text in surest[: math.ceil(len(counted) / 10)].tolist()
    )


def _notes(about: About, used: Sequence[AuditItem]) -> tuple[str, ...]:
    """Say where the arms of one question did not meet the same arms of the other."""
    other: About = "scaffold" if about == "model" else "model"
    met: dict[str, dict[str, Counter[str]]] = {}
    for item in used:
        met.setdefault(item.task, {}).setdefault(item.arm(about), Counter())[item.arm(other)] += 1
    mixed = sum(any(one != next(iter(arms.values())) for one in arms.values()) for arms in met.values())
    if not mixed:
        return ()
    return (
        f"In {mixed} of {len(met)} tasks the {about}s did not meet the same {other}s: what tells the {other} "
        f"also helps to tell the {about} there.",
    )
