"""The guessability audit as tables and sentences, for the admin alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocol.analysis.verdicts import p_text
from protocol.deidentify.guessability.audit import AuditResult, QuestionAudit, TreatedFigures
from protocol.deidentify.guessability.exclusivity import Telling
from protocol.deidentify.guessability.kernel_audit import KernelFigures, WithInterval
from protocol.deidentify.guessability.wording import (
    KEEP_APART,
    band_sentence,
    few_tasks,
    guessability_of,
    meaning,
)
from protocol.report.number_text import UNDEFINED, count_text, decimal_text, interval_text, signed_text
from protocol.report.text_block import Block, Sentences, TextTable

RECOGNISED_SHOWN = 20
TOKENS_SHOWN = 8
"""Of each arm; the JSON output has more."""
CELL_CHARACTERS = 60


def guessability_blocks(result: AuditResult) -> list[Block]:
    """Return the report of both questions."""
    blocks = [block for found in result.questions for block in _question(found)]
    return [*blocks, Sentences(lines=(*_method(result), KEEP_APART))]


def _question(found: QuestionAudit) -> Iterable[Block]:
    yield Sentences(lines=tuple(_findings(found)))
    if found.as_it_is is not None and found.as_it_is.figures is not None:
        yield _arms(found, found.as_it_is.figures)
        yield _views(found)
        yield _treatments(found)
        yield from _recognised(found)
    yield from _tokens(found)
    if found.notes:
        yield Sentences(lines=found.notes)


def _findings(found: QuestionAudit) -> Iterable[str]:
    title = f"Can the {found.about} be told?"
    if found.undefined is not None:
        yield f"{title} Undefined: {found.undefined}."
        return
    first = found.as_it_is
    if first is None or first.figures is None or first.null is None or found.band is None:
        yield f"{title} Undefined: the texts of every task are the same."
        return
    accuracy = first.figures.accuracy
    yield (
        f"{title} A program trained on labelled examples from this very study picks the right {found.about} "
        f"for {_percent(accuracy.value.value or 0.0)} of the texts (balanced over {len(found.arms)} "
        f"{found.about}s; 95% interval {_percents(accuracy)}; chance {_percent(1 / len(found.arms))}; p "
        f"{p_text(first.null.p)}). Guessability {decimal_text(found.guessability(first) or 0.0, digits=2)}: "
        "0 is chance, 1 is every text."
    )
    yield band_sentence(
        found.band, found.about, n_texts=found.n_texts, n_tasks=found.n_tasks, upper95=first.null.upper95
    )
    yield meaning(found.about)
    caution = few_tasks(found.n_tasks)
    if caution:
        yield caution
    if found.n_left_out:
        yield (
            f"{count_text(found.n_left_out, 'text')} left out: no other {found.about} in the same task to "
            "compare with."
        )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _cut(name: str) -> str:
    return name if len(name) <= CELL_CHARACTERS else f"{name[:CELL_CHARACTERS]}..."


def _percents(found: WithInterval) -> str:
    interval = found.ci95.interval
    if interval is None:
        return "none"
    return f"{_percent(interval.lower)} to {_percent(interval.upper)}"


def _value(found: WithInterval) -> str:
    return UNDEFINED if found.value.value is None else decimal_text(found.value.value)


def _arms(found: QuestionAudit, figures: KernelFigures) -> TextTable:
    return TextTable(
        title=f"Each {found.about}: share recognised, and area under the curve against all others",
        columns=(found.about, "texts", "recognised", "95% interval", "area", "95% interval of area"),
        rows=tuple(
            (
                one.arm,
                str(one.n),
                _value(one.recall),
                interval_text(one.recall.ci95.interval),
                _value(one.auc),
                interval_text(one.auc.ci95.interval),
            )
            for one in figures.arms
        ),
        left=(found.about,),
    )


def _views(found: QuestionAudit) -> TextTable:
    rows = []
    for one in found.views:
        if one.figures is None:
            rows.append((one.view, "the same in every task", "-", "-"))
            continue
        accuracy = one.figures.accuracy
        own = guessability_of(accuracy.value.value or 0.0, len(found.arms))
        rows.append(
            (one.view, _value(accuracy), interval_text(accuracy.ci95.interval), decimal_text(own, digits=2))
        )
    return TextTable(
        title=f"{found.about}: what each view of the texts gives alone",
        columns=("view", "accuracy", "95% interval", "guessability"),
        rows=tuple(rows),
        left=("view",),
    )


def _treatments(found: QuestionAudit) -> TextTable:
    return TextTable(
        title=f"{found.about}: what could be done for all texts alike, and what it would give",
        columns=(
            "treatment",
            "accuracy",
            "95% interval",
            "guessability",
            "change",
            "95% interval of change",
            "p",
        ),
        rows=tuple(_treatment(found, one) for one in found.treated),
        left=("treatment",),
    )


def _treatment(found: QuestionAudit, one: TreatedFigures) -> tuple[str, ...]:
    if one.figures is None or one.null is None:
        return (one.treatment.name, "the same in every task", "-", "-", "-", "-", "-")
    change, ends = "-", "-"
    if one.change is not None and one.change.value.value is not None:
        change = signed_text(one.change.value.value)
        ends = interval_text(one.change.ci95.interval, signed=True)
    return (
        one.treatment.name,
        _value(one.figures.accuracy),
        interval_text(one.figures.accuracy.ci95.interval),
        decimal_text(found.guessability(one) or 0.0, digits=2),
        change,
        ends,
        p_text(one.null.p),
    )


def _recognised(found: QuestionAudit) -> Iterable[Block]:
    right = found.surest_right
    if right is None:
        return
    yield Sentences(
        lines=(
            f"The tenth of the texts the program is surest of: {right.k} of {right.n} right "
            f"({_percent(right.share)}, exact 95% interval {_percent(right.lower(0.975))} to "
            f"{_percent(right.upper(0.975))}). These are the transcripts to look at.",
        )
    )
    rows = tuple(
        (
            _cut(one.item),
            _cut(one.task),
            one.arm,
            one.guessed,
            "yes" if one.right else "no",
            decimal_text(one.margin),
        )
        for one in found.recognised[:RECOGNISED_SHOWN]
    )
    rest = len(found.recognised) - len(rows)
    yield TextTable(
        title=f"{found.about}: texts most likely recognised"
        + (f" (first {len(rows)}, {rest} more)" if rest else ""),
        columns=("transcript", "task", found.about, "program says", "right", "margin"),
        rows=rows,
        left=("transcript", "task", found.about, "program says", "right"),
    )


def _tokens(found: QuestionAudit) -> Iterable[Block]:
    tables = found.exclusivity
    yield Sentences(
        lines=(
            f"Tokens by texts: {count_text(tables.n_tested, 'test')} (tokens that share all their texts "
            f"count once, each against every {found.about}), {tables.n_significant} with q at most .05 "
            "(Fisher, Benjamini and Hochberg; texts taken as independent).",
        )
    )
    if tables.exclusive:
        yield _token_table(f"Tokens that only one {found.about} has", tables.exclusive, found)
    if tables.leaning:
        yield _token_table(f"Most telling tokens of each {found.about}", tables.leaning, found)


def _token_table(title: str, tokens: Sequence[Telling], found: QuestionAudit) -> TextTable:
    rows = []
    for arm in dict.fromkeys(one.arm for one in tokens):
        for one in [one for one in tokens if one.arm == arm][:TOKENS_SHOWN]:
            more = f" (+{one.n_tokens - len(one.tokens)})" if one.n_tokens > len(one.tokens) else ""
            rows.append(
                (
                    one.arm,
                    _cut(" / ".join(one.tokens)) + more,
                    f"{one.n_in_arm} of {one.n_arm}",
                    f"{one.n_elsewhere} of {one.n_others}",
                    p_text(one.p),
                    p_text(one.q),
                    _cut(one.examples[0]) if one.examples else "-",
                )
            )
    return TextTable(
        title=title,
        columns=(found.about, "token", "texts of it", "of others", "p", "q", "for example"),
        rows=tuple(rows),
        left=(found.about, "token", "for example"),
    )


def _method(result: AuditResult) -> Iterable[str]:
    yield (
        f"Method: runs of 2 to 4 characters, words, 14 surface counts and counts of messages; centred within "
        f"task; kernel ridge with whole tasks held out in 5 folds; {result.permutations} permutations of the "
        f"labels within task; seed {result.seed}. Intervals leave out one task at a time (jackknife with t) "
        "without training the program anew; a dash stands where every task gives the same value. Texts are "
        "cut at 20,000 characters."
    )
    yield (
        "p-values of the two questions and of the treatments are not adjusted for their number. A treatment "
        "that lowers accuracy also takes from raters what it takes from the program."
    )
