"""The paragraph on methods that a paper can take over: what was done, and nothing that was not."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.report.agreement_text import coefficient_name
from protocol.report.number_text import count_text, decimal_text, interval_text
from protocol.report.report_facts import ReportFacts, Results
from protocol.report.shown_text import left_out_text


def methods_sentences(facts: ReportFacts, results: Results) -> Iterator[str]:
    """Yield the sentences in order."""
    yield from facts.notices
    yield _what(facts)
    yield _how(facts)
    if len(facts.raters) > 1:
        yield _agreement(results)
    yield from _effects(facts, results)
    yield f"Computed with blindrater {facts.app}, seed {facts.protocol.analysis.seed}."


def _what(facts: ReportFacts) -> str:
    protocol = facts.protocol
    conditions = len({(row.model, row.scaffold) for row in facts.table.rows})
    items = facts.record.items if facts.record else facts.units
    dimensions = ", ".join(
        f"{one.id} ({one.name}, {len(one.levels)} levels)" for one in protocol.rubric.dimensions
    )
    share = f", {protocol.design.share_text}" if facts.record else ""
    tasks = count_text(len(facts.tasks), "task")
    return (
        f"{count_text(len(facts.raters), 'rater')} rated {count_text(items, 'transcript')} of"
        f" {count_text(conditions, 'condition')} (model and scaffold) on {tasks}{share}, on the rubric"
        f" {protocol.rubric.id}, version {protocol.rubric.version}: {dimensions}.{_amended(facts)}"
    )


def _amended(facts: ReportFacts) -> str:
    """Return that the rubric was not the same throughout, where it was not."""
    found = [one for one in facts.record.amendments if one.texts] if facts.record else []
    if not found:
        return ""
    again = sorted({name for one in found for name in one.rerate})
    asked = f"; {', '.join(again)} asked again where scored before" if again else ""
    return f" Texts of it were amended {count_text(len(found), 'time')} while the study was open{asked}."


def _how(facts: ReportFacts) -> str:
    if facts.record is None:
        return "Whether raters knew the conditions is for the authors to say: it is not in the ratings."
    code = facts.record.lock_code[:12]
    return (
        f"{left_out_text(facts.protocol)} Each rater had an order of their own. The allocation was sealed"
        f" before the first rating and opened after the ratings were locked (lock code {code}…)."
    )


def _agreement(results: Results) -> str:
    parts = []
    for found in results.agreement.dimensions:
        alpha = found.coefficients[0]
        if alpha.estimate.value is None:
            parts.append(f"{found.spec.id} undefined ({alpha.estimate.undefined})")
            continue
        interval = interval_text(alpha.interval.interval if alpha.interval else None, digits=2)
        value = decimal_text(alpha.estimate.value, digits=2)
        parts.append(f"{found.spec.id} {coefficient_name(alpha)} {value} {interval}")
    grouped = {found.group for found in results.agreement.dimensions}
    return (
        f"Agreement (95% intervals by a jackknife over {' and '.join(sorted(grouped))}s): {'; '.join(parts)}."
    )


def _effects(facts: ReportFacts, results: Results) -> Iterator[str]:
    plan = results.effects.plan
    if not results.effects.effects:
        return
    paired = (
        "inside task and rater, averaged over raters and then over tasks"
        if plan.aggregation == "rater_paired"
        else "between consensus levels (lower median) inside tasks, averaged over tasks"
    )
    family = count_text(max(one.family_size for one in results.effects.effects), "comparison")
    yield (
        f"Differences from the baseline {results.effects.baseline} were taken {paired}, with Student t"
        f" intervals over tasks, two-sided sign-flip tests, and Holm's correction over {family} within each"
        f" dimension at {plan.alpha:g}; equivalence was tested with two one-sided tests and a margin of"
        f" {plan.equivalence_margin:g} levels."
    )
    when = "before seeding" if facts.record else "in study.toml; when, the ratings do not show"
    yield f"Thresholds, contrasts and claims were fixed {when} (SHA-256 {facts.protocol_sha256[:12]}…)."
