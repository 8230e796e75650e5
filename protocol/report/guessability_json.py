"""The guessability audit as JSON; figures that could not be made are null with their reason."""

from __future__ import annotations

from protocol.deidentify.guessability.audit import AuditResult, QuestionAudit, TreatedFigures
from protocol.deidentify.guessability.exclusivity import Telling
from protocol.deidentify.guessability.kernel_audit import KernelFigures, WithInterval


def guessability_to_json(result: AuditResult) -> dict[str, object]:
    """Return `guessability/1`."""
    return {
        "schema": "guessability/1",
        "seed": result.seed,
        "permutations": result.permutations,
        "n_items": result.n_items,
        "questions": [_question(found) for found in result.questions],
    }


def _question(found: QuestionAudit) -> dict[str, object]:
    return {
        "about": found.about,
        "arms": list(found.arms),
        "n_texts": found.n_texts,
        "n_tasks": found.n_tasks,
        "n_left_out": found.n_left_out,
        "undefined": found.undefined,
        "band": str(found.band) if found.band is not None else None,
        "treatments": [_treatment(found, one) for one in found.treated],
        "views": [
            {"view": view.view, **(_figures(view.figures) if view.figures else {"accuracy": None})}
            for view in found.views
        ],
        "recognised": [
            {
                "item": one.item,
                "task": one.task,
                "arm": one.arm,
                "guessed": one.guessed,
                "margin": one.margin,
                "right": one.right,
            }
            for one in found.recognised
        ],
        "telling": [_telling(one) for one in found.exclusivity.leaning],
        "exclusive": [_telling(one) for one in found.exclusivity.exclusive],
        "notes": list(found.notes),
    }


def _treatment(found: QuestionAudit, one: TreatedFigures) -> dict[str, object]:
    return {
        "treatment": one.treatment.name,
        "guessability": found.guessability(one),
        **(_figures(one.figures) if one.figures else {"accuracy": None}),
        "p": one.null.p if one.null else None,
        "null_95": one.null.upper95 if one.null else None,
        "change": _estimate(one.change) if one.change else None,
    }


def _figures(figures: KernelFigures) -> dict[str, object]:
    return {
        "accuracy": _estimate(figures.accuracy),
        "arms": [
            {"arm": arm.arm, "n": arm.n, "recall": _estimate(arm.recall), "auc": _estimate(arm.auc)}
            for arm in figures.arms
        ],
    }


def _estimate(found: WithInterval) -> dict[str, object]:
    interval = found.ci95.interval
    return {
        "value": found.value.value,
        "undefined": found.value.undefined,
        "ci95": [interval.lower, interval.upper] if interval else None,
        "ci_undefined": found.ci95.undefined,
    }


def _telling(one: Telling) -> dict[str, object]:
    return {
        "tokens": list(one.tokens),
        "n_tokens": one.n_tokens,
        "arm": one.arm,
        "n_in_arm": one.n_in_arm,
        "n_arm": one.n_arm,
        "n_elsewhere": one.n_elsewhere,
        "n_others": one.n_others,
        "p": one.p,
        "q": one.q,
        "examples": list(one.examples),
    }
