"""The guessability audit as the JSON object `guessability/1`."""

from __future__ import annotations

from protocol.deidentify.guessability.audit import AuditResult, QuestionAudit, TreatedFigures
from protocol.deidentify.guessability.exclusivity import Exclusivity, Telling
from protocol.deidentify.guessability.kernel_audit import ArmFigures, WithInterval
from protocol.deidentify.guessability.wording import KEEP_APART, guessability_of

SCHEMA = "guessability/1"


def guessability_to_json(result: AuditResult) -> dict[str, object]:
    """Return the object; undefined values are null beside a sentence, floats are finite."""
    return {
        "schema": SCHEMA,
        "notes": [KEEP_APART],
        "n_items": result.n_items,
        "seed": result.seed,
        "permutations": result.permutations,
        "questions": [_question(one) for one in result.questions],
    }


def _question(found: QuestionAudit) -> dict[str, object]:
    first = found.as_it_is
    figures = first.figures if first else None
    surest = found.surest_right
    return {
        "about": found.about,
        "arms": list(found.arms),
        "n_texts": found.n_texts,
        "n_tasks": found.n_tasks,
        "n_cells": found.n_cells,
        "n_left_out": found.n_left_out,
        "undefined": found.undefined,
        "chance": 1 / len(found.arms) if found.arms else None,
        "band": str(found.band) if found.band else None,
        "by_arm": [_arm(one) for one in figures.arms] if figures else [],
        "views": [
            {
                "view": one.view,
                "accuracy": _with_interval(one.figures.accuracy) if one.figures else None,
                "guessability": (
                    guessability_of(one.figures.accuracy.value.value, len(found.arms))
                    if one.figures and one.figures.accuracy.value.value is not None
                    else None
                ),
            }
            for one in found.views
        ],
        "treatments": [_treated(found, one) for one in found.treated],
        "surest_tenth": {
            "right": surest.k,
            "n": surest.n,
            "ci95": [surest.lower(0.975), surest.upper(0.975)],
            "texts": [
                {
                    "item": one.item,
                    "task": one.task,
                    "arm": one.arm,
                    "guessed": one.guessed,
                    "right": one.right,
                    "margin": one.margin,
                }
                for one in found.recognised
            ],
        }
        if surest
        else None,
        "tokens": _tokens(found.exclusivity),
        "notes": list(found.notes),
    }


def _treated(found: QuestionAudit, one: TreatedFigures) -> dict[str, object]:
    null = one.null
    return {
        "treatment": one.treatment.name,
        "accuracy": _with_interval(one.figures.accuracy) if one.figures else None,
        "guessability": found.guessability(one),
        "change": _with_interval(one.change) if one.change else None,
        "permutation": {
            "p": null.p,
            "upper95": null.upper95,
            "highest": null.highest,
            "replicates": null.replicates,
            "seed": null.seed,
        }
        if null
        else None,
    }


def _arm(found: ArmFigures) -> dict[str, object]:
    return {
        "arm": found.arm,
        "n": found.n,
        "recall": _with_interval(found.recall),
        "auc": _with_interval(found.auc),
    }


def _with_interval(found: WithInterval) -> dict[str, object]:
    interval = found.ci95.interval
    return {
        "value": found.value.value,
        "undefined": found.value.undefined,
        "ci95": [interval.lower, interval.upper] if interval else None,
        "ci_undefined": found.ci95.undefined,
        "method": interval.method if interval else None,
    }


def _tokens(found: Exclusivity) -> dict[str, object]:
    return {
        "n_tested": found.n_tested,
        "n_significant": found.n_significant,
        "exclusive": [_telling(one) for one in found.exclusive],
        "leaning": [_telling(one) for one in found.leaning],
    }


def _telling(found: Telling) -> dict[str, object]:
    return {
        "tokens": list(found.tokens),
        "n_tokens": found.n_tokens,
        "arm": found.arm,
        "n_in_arm": found.n_in_arm,
        "n_arm": found.n_arm,
        "n_elsewhere": found.n_elsewhere,
        "n_others": found.n_others,
        "p": found.p,
        "q": found.q,
        "examples": list(found.examples),
    }
