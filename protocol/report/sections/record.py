"""What the log of a study says: the blind, the looks, the amendments, the flow, and who did each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from protocol.allocation.intake_counts import read_intake
from protocol.allocation.redaction_counts import read_redactions
from protocol.amendment_words import changes_of, deviation_of, summary_of
from protocol.chain.audit import LOOKS, AuditEntry
from protocol.chain.receipts_recorded import receipts_confirmed
from protocol.report.blinding_text import blinding_blocks
from protocol.report.document import Callout, Part
from protocol.report.report_facts import ReportFacts, Results, StudyRecordFacts
from protocol.report.shown_text import left_out_text
from protocol.report.text_block import Sentences, TextTable, word_table
from protocol.rubric import Rubric
from protocol.rubric_versions import rubric_history


def blinding(facts: ReportFacts, results: Results) -> Iterator[Part]:
    """Yield how raters were blinded, what may have broken it, and whether they could guess."""
    record = facts.record
    if record is None:
        yield Sentences(
            lines=(
                "The ratings came as a file: whether raters knew the conditions, and whether ratings were"
                " final"
                " before anybody did, is not known to this program.",
            )
        )
        return
    yield Sentences(
        lines=(
            left_out_text(facts.protocol),
            "The allocation was sealed at seeding and opened into the study once, after the ratings were"
            " locked.",
            *_exceptions(record.audit),
            "Items whose condition a rater said to know or to have been told:"
            f" {sum(row.told for row in record.flow)}.",
            f"Lock code, from before the key was opened: {record.lock_code}",
        )
    )
    yield from _redactions(record)
    if results.blinding is None:
        yield Sentences(
            lines=("Whether raters could have guessed the condition was not measured: they were not asked.",)
        )
    else:
        yield from blinding_blocks(results.blinding)


def looks(facts: ReportFacts, record: StudyRecordFacts) -> Iterator[Part]:
    """Yield when the ratings were looked at before they were final, and the rule that was to hold."""
    rule = facts.protocol.analysis.stopping_rule
    found = [entry for entry in record.audit if entry.action in LOOKS]
    lines = [
        f"The stopping rule, written before seeding: {rule}"
        if rule
        else "No stopping rule was written before seeding."
    ]
    if not found:
        lines.append("Nobody looked at the ratings through this program while the study was open.")
        yield Sentences(lines=tuple(lines))
        return
    counts = Counter(entry.action for entry in found)
    kinds = ", ".join(f"{action} {counts[action]}" for action in LOOKS if counts[action])
    lines.append(
        f"Looks at the ratings while the study was open: {len(found)} ({kinds}). They were taken without the"
        " conditions. A look can still steer when a study ends and what it asks: read the results with that."
    )
    yield Sentences(lines=tuple(lines))
    yield looks_table(found)


def looks_table(found: Sequence[AuditEntry]) -> TextTable:
    """Return every look with its time."""
    return word_table(("time", "what was shown"), [(entry.at, entry.action) for entry in found])


def amendments(record: StudyRecordFacts) -> Iterator[Part]:
    """Yield what was changed while raters were at work, and what may have told them a condition."""
    changed = [entry for entry in record.audit if "amendment" in entry.details or entry.action == "incident"]
    if changed:
        yield word_table(
            ("time", "step", "about", "reason"),
            [(entry.at, entry.action, _about(entry, record), entry.reason) for entry in changed],
        )


def new_texts(rubric: Rubric, record: StudyRecordFacts) -> Iterator[Part]:
    """Yield what raters read in place of the seeded texts, each with what stood there before."""
    for before, after in pairwise(rubric_history(rubric, record.amendments).versions):
        if after.amendment is not None:
            changes = changes_of(after.amendment, before.rubric)
            which = f"Version {after.number}, from {after.amendment.day} on, SHA-256 {after.sha256}."
            yield Sentences(lines=(which, *changes))


def deviations(record: StudyRecordFacts) -> Iterator[Part]:
    """Yield what amended study files held that differs from the sealed plan, loudly."""
    for one in record.amendments:
        said = deviation_of(one)
        if said is not None:
            yield Callout(text=said, tone="bad" if one.deviations else "middling")


def flow(facts: ReportFacts, results: Results) -> Iterator[Part]:
    """Yield how many transcripts and ratings there were at each step, and which are in the numbers."""
    rows = facts.table.rows
    first = [row for row in rows if row.occasion == 1]
    answered = {row.unit for row in first if row.value is not None or row.not_ratable is not None}
    levelled = {row.unit for row in first if row.value is not None}
    record = facts.record
    if facts.filters:
        only = f"Only the rows of the file with {', '.join(facts.filters)} are in this report."
        yield Callout(text=only, tone="middling")
    steps: list[tuple[str, str]] = []
    if record:
        steps += _intake(record)
        steps.append(("transcripts seeded", str(record.items)))
        steps.append(("withdrawn", str(record.withdrawn)))
    else:
        steps.append(("transcripts in the ratings file", str(facts.units)))
    steps += [
        ("with a completed answer of at least one rater", str(len(answered))),
        ("of these not ratable for every rater and dimension", str(len(answered - levelled))),
        ("with a level, so in the analysis", str(len(levelled))),
    ]
    yield word_table(("step", "transcripts"), steps, right=("transcripts",), title="Transcripts")
    if record:
        yield _rater_flow(record)
        yield Sentences(lines=(receipts_line(record),))
    yield word_table(
        ("dimension", "ratings", "not ratable", "missing", "comparisons not estimable"),
        [
            (
                found.spec.id,
                str(found.n_ratings),
                str(found.n_not_ratable),
                str(found.n_missing),
                str(
                    sum(
                        one.comparison is None
                        for one in results.effects.effects
                        if one.dimension == found.spec.id
                    )
                ),
            )
            for found in results.agreement.dimensions
        ],
        right=("ratings", "not ratable", "missing", "comparisons not estimable"),
        title="Ratings",
    )


def _intake(record: StudyRecordFacts) -> Iterator[tuple[str, str]]:
    """Yield what was collected and left out; what was not counted is not on record."""
    found = read_intake(record.details_of("unblinded"))
    if found is None:
        yield "transcripts collected, and excluded before seeding", "not on record"
        return
    yield "transcripts collected", str(found.collected)
    yield "left out: the run did not come to its end", str(found.failed_runs)
    yield "left out by the rule for replicates", str(found.replicates)
    if found.passed_over:
        yield "passed over: no transcripts, not among those collected", str(found.passed_over)


def steps(record: StudyRecordFacts) -> Iterator[Part]:
    """Yield every step with who did it."""
    yield word_table(
        ("time", "step", "by", "reason"),
        [(entry.at, entry.action, entry.who, entry.reason) for entry in record.audit],
    )


def provenance(facts: ReportFacts) -> Iterator[Part]:
    """Yield ids, hashes, seed and program."""
    rows = [("ratings from", facts.ratings_name)]
    if facts.filters:
        rows.append(("only rows with", ", ".join(facts.filters)))
    if facts.record:
        rows += record_rows(facts.record)
    if facts.ratings_sha256:
        rows.append(("ratings, SHA-256", facts.ratings_sha256))
    rows += [
        ("study.toml, SHA-256", facts.protocol_sha256),
        ("rubric, SHA-256", facts.protocol.rubric.sha256),
        ("seed of resampling", str(facts.protocol.analysis.seed)),
        ("program", f"blindrater {facts.app}"),
    ]
    yield word_table(("", ""), rows)
    if facts.warnings:
        yield Sentences(lines=facts.warnings)


def record_rows(record: StudyRecordFacts) -> Iterator[tuple[str, str]]:
    """Yield what tells a study from all others."""
    yield "study", record.study_id
    if record.sealed_sha256 is not None:
        yield "sealed key, SHA-256", record.sealed_sha256
    yield "lock code", record.lock_code


def _exceptions(audit: Sequence[AuditEntry]) -> Iterator[str]:
    """Yield what a reader would otherwise have to find among the steps."""
    times = Counter(entry.action for entry in audit)
    if count := times["unlocked"]:
        yield (
            f"Times the ratings were unlocked again after a lock: {count}. The lock code is that of the last"
            " lock; codes from before an unlocking are void. Looks at ratings while they were locked are"
            " not on"
            " the record."
        )
    if count := times["key-check"]:
        yield (
            f"Checks of the key on the record: {count}. A check opens the key in memory and says only whether"
            " it opens."
        )
    if count := times["incident"]:
        yield (
            f"Incidents by which a rater may have learned a condition: {count}, with their texts among the"
            " amendments and incidents. `rater-admin blinding` shows the effects without the ratings"
            " completed"
            " after them."
        )


def _redactions(record: StudyRecordFacts) -> Iterator[Part]:
    found = read_redactions(record.details_of("unblinded"))
    if not found:
        return
    yield word_table(
        ("model", "scaffold", "items", "items with a replacement", "replaced stretches"),
        [
            (one.model, one.scaffold, str(one.items), str(one.items_replaced), str(one.stretches))
            for one in found
        ],
        right=("items", "items with a replacement", "replaced stretches"),
        title="What was replaced before raters saw it, by condition",
    )
    yield Sentences(
        lines=("Where one condition has many more replacements, the neutral word itself may tell it.",)
    )


def receipts_line(record: StudyRecordFacts) -> str:
    """Return how many raters confirmed that what is counted is what they handed in."""
    found = receipts_confirmed(record.audit)
    if found is None:
        return "Receipts confirmed by raters: not on record."
    return (
        f"Receipts confirmed by raters: {found.confirmed} of {found.raters}, as the person who ran the study"
        " recorded it; a rater can ask for the check again."
    )


def _rater_flow(record: StudyRecordFacts) -> TextTable:
    return word_table(
        ("rater", "assigned", "completed", "not completed", "not ratable", "condition known or told"),
        [
            (
                row.rater,
                str(row.assigned),
                str(row.completed),
                str(row.assigned - row.completed),
                str(row.not_ratable),
                str(row.told),
            )
            for row in record.flow
        ],
        right=("assigned", "completed", "not completed", "not ratable", "condition known or told"),
        title="Raters",
    )


def _about(entry: AuditEntry, record: StudyRecordFacts) -> str:
    number = entry.details.get("amendment")
    amended = [summary_of(one) for one in record.amendments if str(one.number) == number]
    if amended:
        return amended[0]
    shown = [entry.details[key] for key in ("rater", "items") if entry.details.get(key)]
    return ", ".join(shown) or "the whole study"
