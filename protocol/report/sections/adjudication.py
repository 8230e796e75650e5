"""What became of the raters' disagreements, for a study or audit whose plan has an adjudication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from protocol.adjudication.consensus import counts_by
from protocol.report.document import Part
from protocol.report.number_text import count_text
from protocol.report.report_facts import AdjudicationFacts, StudyRecordFacts
from protocol.report.text_block import Sentences, TextTable


def adjudication(record: StudyRecordFacts) -> Iterator[Part]:
    """Yield how many disagreements there were, what was decided why, and where the consensus is from."""
    found = record.adjudication
    if found is None:
        return
    yield Sentences(lines=tuple(_sentences(found)))
    reasons = Counter(cell.reason for cell in found.cells if cell.reason is not None)
    labels = {one.code: one.label for one in found.plan.reasons}
    if reasons:
        yield TextTable(
            title="Why raters differed, as the adjudicator saw it",
            columns=("reason", "in words", "decisions"),
            rows=tuple((code, labels.get(code, ""), str(count)) for code, count in reasons.most_common()),
            left=("reason", "in words"),
        )
    yield TextTable(
        title="Where the consensus is from",
        columns=("from", "cells"),
        rows=tuple((by, str(count)) for by, count in counts_by(found.cells).items()),
        left=("from",),
    )


def _sentences(found: AdjudicationFacts) -> Iterator[str]:
    apart = found.plan.difference
    rule = f"levels {count_text(apart, 'place')} apart or more, and a level against a not-ratable code"
    if found.every_code:
        rule += ", and every cell in which a coder could give no level"
    yield f"A disagreement, by the rule that was fixed at seeding: {rule}."
    yield (
        f"{found.plan.who} decided {found.decided} of {count_text(found.disagreements, 'disagreement')} "
        "after the lock, without the conditions and without knowing who had said what."
    )
    if found.told:
        yield f"Items whose condition the adjudicator said to know or to have been told: {found.told}."
    if found.waived_because is not None:
        yield f"The rest was waived. The reason on the record: {found.waived_because}"
    yield (
        "Agreement and the effects of the main analysis are computed from the raters' own ratings, which "
        "adjudication does not change; the consensus is a column of its own."
    )
