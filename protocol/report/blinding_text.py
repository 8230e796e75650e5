"""Blinding success as tables and sentences: the raters' spread first, the trial indices after it."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.analysis.blinding_success import BlindingResult, ClusteredIndex, GuessFigures, QuestionBlinding
from protocol.analysis.verdicts import p_text
from protocol.report.number_text import UNDEFINED, count_text, decimal_text, interval_text, signed_text
from protocol.report.text_block import Block, Sentences, TextTable
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.estimate import Interval

QUALITY_CUE = "quality"
"""The cue that says "this is good, so it is the big one"."""
CUSTOMARY = 0.2
"""Size up to which trials call Bang's index fine."""
RANDOM = 0.5
"""James' index where guesses are as at random."""


def blinding_blocks(result: BlindingResult) -> list[Block]:
    """Return the report of all questions."""
    blocks = [block for found in result.questions for block in _question(found, result.sure_from)]
    if not result.questions:
        return [Sentences(lines=("No guess question was asked: whether the blind held was not measured.",))]
    return [*blocks, Sentences(lines=tuple(_traps()))]


def _question(found: QuestionBlinding, sure_from: int) -> Iterable[Block]:
    yield _counts(found)
    if found.undefined:
        yield Sentences(lines=(f"Undefined: {found.undefined}.",))
        return
    yield Sentences(lines=tuple(_findings(found)))
    yield _arms(found)
    yield Sentences(lines=tuple(_trial_lines(found)))
    if len(found.raters) > 1:
        yield _raters(found)
    yield Sentences(lines=(_sure(found, sure_from),))
    if any(one.cue is not None for one in found.cues):
        yield _cues(found)
        yield Sentences(lines=tuple(_cue_lines(found)))


def _counts(found: QuestionBlinding) -> TextTable:
    asked = found.asked
    names = (*asked.arms, *(f"{decoy} (decoy)" for decoy in asked.decoys), "don't know")
    return TextTable(
        title=f"{asked.id}: which {asked.about}? Answers (rows) on the items of each {asked.about} (columns)",
        columns=("answer", *asked.arms),
        rows=tuple(
            (name, *(str(count) for count in row))
            for name, row in zip(names, found.figures.counts.tolist(), strict=True)
        ),
        left=("answer",),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _guesses(n: int) -> str:
    return "1 guess" if n == 1 else f"{n} guesses"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _exact(found: Proportion) -> str:
    return f"{_percent(found.lower(0.975))} to {_percent(found.upper(0.975))}"


def _findings(found: QuestionBlinding) -> Iterable[str]:
    yield _headline(found)
    yield _hits(found)
    yield _permutation(found)


def _headline(found: QuestionBlinding) -> str:
    head = found.headline
    about = found.asked.about
    if head.value.value is None:
        return f"Headline, index over all {about}s: undefined: {head.value.undefined}."
    value = signed_text(head.value.value)
    if head.ci95.interval is None:
        return (
            f"Headline, index over all {about}s: {value} (1 always right, 0 as at random). No interval: "
            f"{head.ci95.undefined}.{_left_out(head)}"
        )
    interval = head.ci95.interval
    return (
        f"Headline, index over all {about}s, mean of {head.n_raters} raters: {value}, 95% interval "
        f"{interval_text(interval, signed=True)} ({interval.method}; 1 always right, 0 as at random). "
        f"{_reading(interval, about)}{_left_out(head)}"
    )


def _reading(interval: Interval, about: str) -> str:
    if interval.lower > 0:
        return f"Raters told the {about}s apart better than at random: the blind did not fully hold."
    if interval.upper < 0:
        return f"Raters named the wrong {about} more often than at random: they were misled, not unblinded."
    return (
        f"No unblinding found with these raters and answers; an index up to "
        f"{decimal_text(interval.upper)} cannot be excluded."
    )


def _left_out(head: ClusteredIndex) -> str:
    if not head.n_left_out:
        return ""
    return f" {count_text(head.n_left_out, 'rater')} without an answer for every arm left out."


def _hits(found: QuestionBlinding) -> str:
    figures = found.figures
    n = figures.n_dont_know
    dont_know = f"{n} of {count_text(figures.n_answers, 'answer')} {_were(n)} don't know."
    rate = figures.hit_rate
    if rate is None:
        return f"{dont_know} Nobody guessed."
    return (
        f"{dont_know} Of {_guesses(rate.hits.n)}, {rate.hits.k} {_were(rate.hits.k)} right: "
        f"{_percent(rate.hits.share)} (exact 95% interval {_exact(rate.hits)}, guesses taken as "
        f"independent). The same guesses dealt at random would be right in {_percent(rate.dealt)}; picking "
        f"evenly among the {len(found.asked.options)} answers offered, in {_percent(rate.even)}."
    )


def _permutation(found: QuestionBlinding) -> str:
    test = found.permutation
    if test.p.value is None or test.expected is None:
        return f"Permutation within rater and task: undefined: {test.p.undefined}."
    return (
        f"Permutation within rater and task: {test.hits} right, "
        f"{decimal_text(test.expected, digits=1)} expected if raters could not tell, one-sided p "
        f"{p_text(test.p.value)} ({test.method}; {test.n_informative} of {found.figures.n_answers} answers "
        "lie in a rater and task where dealing can change the hits)."
    )


def _arms(found: QuestionBlinding) -> TextTable:
    rows = []
    for one in found.figures.arms:
        answers, bang, clustered = one.answers, one.bang, found.by_arm[one.arm]
        value = bang.estimate.value
        rows.append(
            (
                one.arm,
                f"{answers.correct}/{answers.wrong}/{answers.decoy}/{answers.dont_know}",
                UNDEFINED if clustered.value.value is None else signed_text(clustered.value.value),
                interval_text(clustered.ci95.interval, signed=True),
                UNDEFINED if value is None else signed_text(value),
                interval_text(bang.ci95.interval, signed=True),
            )
        )
    return TextTable(
        title=f"{found.asked.id}: Bang's index for each {found.asked.about}",
        columns=(
            found.asked.about,
            "right/wrong/decoy/don't know",
            "mean of raters",
            "95% over raters",
            "pooled",
            "95% as in trials",
        ),
        rows=tuple(rows),
        left=(found.asked.about,),
    )


def _trial_lines(found: QuestionBlinding) -> Iterable[str]:
    yield (
        "Intervals as in trials take all answers as independent; they are printed for comparison with "
        "trials only."
    )
    james = found.figures.james
    if james.estimate.value is None:
        yield f"James' index: undefined: {james.estimate.undefined}."
    elif james.only_dont_know:
        yield "James' index: 1, by definition and not by evidence, because nobody guessed."
    else:
        yield _james(found.figures)
    if found.figures.james.form == "k-arm":
        yield (
            "For more than two arms, and with decoys, both indices are our generalisation: James with decoys "
            "as wrong guesses; Bang with 1 / (arms - 1) for a wrong guess, and decoys, like don't know, in "
            "the denominator alone."
        )
    for one in found.figures.arms:
        if one.bang.no_arm_named:
            yield (
                f"{one.arm}: nobody named any {found.asked.about} on its items; the index 0 is by "
                "definition, not by evidence."
            )
        elif one.bang.estimate.undefined:
            yield f"{one.arm}: index undefined: {one.bang.estimate.undefined}."
    yield from _favourite(found)


def _james(figures: GuessFigures) -> str:
    james = figures.james
    text = f"James' index, for comparison with trials: {decimal_text(james.estimate.value or 0.0)}"
    interval = james.ci95.interval
    if interval is None:
        return f"{text}, no interval: {james.ci95.undefined}."
    reading = (
        "its upper limit is below 0.5, which trials read as unblinded"
        if interval.upper < RANDOM
        else "its upper limit is not below 0.5"
    )
    scale = "0 all right, 0.5 as at random, 1 all wrong or don't know"
    return f"{text} {interval_text(interval)} ({scale}); {reading}."


def _favourite(found: QuestionBlinding) -> Iterable[str]:
    values = {one.arm: one.bang.estimate.value for one in found.figures.arms}
    known = {arm: value for arm, value in values.items() if value is not None}
    if not known:
        return
    high, low = max(known, key=lambda arm: known[arm]), min(known, key=lambda arm: known[arm])
    if known[high] > CUSTOMARY and known[low] < 0:
        yield (
            f"{high} at {signed_text(known[high], digits=2)} beside {low} at "
            f"{signed_text(known[low], digits=2)}: a favourite answer gives this without any knowledge. Read "
            "the headline over all arms, not one arm."
        )


def _raters(found: QuestionBlinding) -> TextTable:
    return TextTable(
        title=f"{found.asked.id}: each rater",
        columns=("rater", "answers", "guesses", "right", "index over arms"),
        rows=tuple(
            (
                one.rater,
                str(one.n_answers),
                str(one.n_guesses),
                str(one.n_hits),
                UNDEFINED if one.index is None else signed_text(float(one.index)),
            )
            for one in found.raters
        ),
        left=("rater",),
    )


def _sure(found: QuestionBlinding, sure_from: int) -> str:
    figures = found.sure.figures
    if figures is None or figures.hit_rate is None:
        return f"Sure guesses alone: {found.sure.undefined}."
    rate = figures.hit_rate
    return (
        f"Sure guesses alone (sure {sure_from} or more): {_proportion_text(rate.hits)}; the same guesses "
        f"dealt at random would be right in {_percent(rate.dealt)}."
    )


def _proportion_text(found: Proportion) -> str:
    return f"{found.k} of {found.n} right, {_percent(found.share)} (exact 95% interval {_exact(found)})"


def _cues(found: QuestionBlinding) -> TextTable:
    rows = []
    for one in found.cues:
        rate = one.guesses
        rows.append(
            (
                "not given" if one.cue is None else one.cue,
                str(one.n_answers),
                str(rate.n if rate else 0),
                str(rate.k if rate else 0),
                _percent(rate.share) if rate else "-",
                f"[{_percent(rate.lower(0.975))}, {_percent(rate.upper(0.975))}]" if rate else "-",
            )
        )
    return TextTable(
        title=f"{found.asked.id}: what gave it away, in the raters' view",
        columns=("cue", "answers", "guesses", "right", "share right", "exact 95%"),
        rows=tuple(rows),
        left=("cue",),
    )


def _cue_lines(found: QuestionBlinding) -> Iterable[str]:
    quality = next((one for one in found.cues if one.cue == QUALITY_CUE), None)
    if quality is not None and quality.guesses is not None:
        yield (
            f"{_guesses(quality.guesses.n)} by quality: a hunch about how good the work is, not a leak, even "
            "where it is right."
        )


def _traps() -> Iterable[str]:
    yield (
        "Raters differ, and one rater's guesses resemble each other. In simulated studies of 6 raters with "
        "40 guesses each, the interval as in trials held the truth in 52 %, the one over raters in 95 %."
    )
    yield (
        "A favourite answer moves one arm up and another down: of two arms, everybody saying A gives +1 in A "
        "and -1 in B. Do not read one arm alone."
    )
    yield (
        "A guess from quality (this is good, so it is the large model) is a hunch about what the study "
        "measures. It can be right where nothing leaked, so read the cues with the hits."
    )
