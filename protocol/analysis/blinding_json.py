"""Blinding success as the JSON object `blinding/1`."""

from __future__ import annotations

from protocol.analysis.blinding_success import (
    ArmIndex,
    BlindingResult,
    ClusteredIndex,
    CueCount,
    GuessFigures,
    HitRate,
    QuestionBlinding,
)
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.estimate import IntervalEstimate
from protocol.stats.james_index import JamesIndex

SCHEMA = "blinding/1"
FOR_COMPARISON = "for comparison with trials: answers taken as independent"


def blinding_to_json(result: BlindingResult, *, notes: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the object; undefined values are null beside a sentence, floats are finite.

    Args:
        result: The analysis.
        notes: Sentences that belong to the numbers, such as that the ratings are simulated.
    """
    return {
        "schema": SCHEMA,
        "notes": list(notes),
        "seed": result.seed,
        "sure_from": result.sure_from,
        "questions": [_question(one) for one in result.questions],
    }


def _question(found: QuestionBlinding) -> dict[str, object]:
    test = found.permutation
    return {
        "question": found.asked.id,
        "about": found.asked.about,
        "arms": list(found.asked.arms),
        "decoys": list(found.asked.decoys),
        "undefined": found.undefined,
        "n_raters": len(found.raters),
        "n_items": len({row.item for row in found.asked.rows}),
        "headline": {"measure": "bang_mean_over_arms", **_clustered(found.headline)},
        "permutation": {
            "hits": test.hits,
            "expected_hits": test.expected,
            "n_informative": test.n_informative,
            "p": test.p.value,
            "undefined": test.p.undefined,
            "method": test.method,
            "replicates": test.replicates,
            "seed": test.seed,
        },
        **_figures(found.figures, found),
        "sure_guesses": (
            {"undefined": None, **_figures(found.sure.figures, None)}
            if found.sure.figures
            else {"undefined": found.sure.undefined}
        ),
        "raters": [
            {
                "rater": one.rater,
                "n_answers": one.n_answers,
                "n_guesses": one.n_guesses,
                "n_hits": one.n_hits,
                "bang_mean_over_arms": None if one.index is None else float(one.index),
            }
            for one in found.raters
        ],
        "cues": [_cue(one) for one in found.cues],
    }


def _figures(figures: GuessFigures, found: QuestionBlinding | None) -> dict[str, object]:
    return {
        "n_answers": figures.n_answers,
        "n_dont_know": figures.n_dont_know,
        "counts": figures.counts.tolist(),
        "hit_rate": _hit_rate(figures.hit_rate),
        "james": _james(figures.james),
        "bang": [_arm(one, found) for one in figures.arms],
    }


def _hit_rate(found: HitRate | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        **_proportion(found.hits),
        "chance_same_guesses_dealt": found.dealt,
        "chance_even_among_answers": found.even,
    }


def _proportion(found: Proportion) -> dict[str, object]:
    return {
        "k": found.k,
        "n": found.n,
        "share": found.share,
        "ci95": [found.lower(0.975), found.upper(0.975)],
    }


def _james(found: JamesIndex) -> dict[str, object]:
    return {
        "value": found.estimate.value,
        "undefined": found.estimate.undefined,
        "se": found.estimate.se,
        "ci95": _ends(found.ci95),
        "ci_undefined": found.ci95.undefined,
        "kappa": found.kappa,
        "form": found.form,
        "only_dont_know": found.only_dont_know,
        "label": FOR_COMPARISON,
    }


def _arm(found: ArmIndex, question: QuestionBlinding | None) -> dict[str, object]:
    bang, answers = found.bang, found.answers
    return {
        "arm": found.arm,
        "n": answers.n,
        "correct": answers.correct,
        "wrong": answers.wrong,
        "decoy": answers.decoy,
        "dont_know": answers.dont_know,
        "value": bang.estimate.value,
        "undefined": bang.estimate.undefined,
        "se": bang.estimate.se,
        "ci95": _ends(bang.ci95),
        "one_sided95": _ends(bang.one_sided95),
        "ci_undefined": bang.ci95.undefined,
        "no_arm_named": bang.no_arm_named,
        "label": FOR_COMPARISON,
        **({"by_rater": _clustered(question.by_arm[found.arm])} if question else {}),
    }


def _clustered(found: ClusteredIndex) -> dict[str, object]:
    return {
        "value": found.value.value,
        "undefined": found.value.undefined,
        "se": found.value.se,
        "ci95": _ends(found.ci95),
        "ci_undefined": found.ci95.undefined,
        "method": found.ci95.interval.method if found.ci95.interval else None,
        "n_raters": found.n_raters,
        "n_raters_left_out": found.n_left_out,
    }


def _cue(found: CueCount) -> dict[str, object]:
    return {
        "cue": found.cue,
        "n_answers": found.n_answers,
        "hits": _proportion(found.guesses) if found.guesses else None,
    }


def _ends(found: IntervalEstimate) -> list[float] | None:
    return [found.interval.lower, found.interval.upper] if found.interval else None
