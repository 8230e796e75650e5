"""The findings of an audit: agreement first, because it bounds the rest, then coverage and levels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from protocol.audit.coverage import BenchmarkFindings, Cell, Coverage
from protocol.audit.pooled_agreement import POOLED, CellAgreement, Measured
from protocol.chain.audit import LOOKS
from protocol.report.audit_facts import AuditFacts, AuditResults
from protocol.report.audit_figures import CodeGrid, LevelMap, audit_figures
from protocol.report.audit_text import audit_agreement_blocks, level_blocks, matrix_blocks
from protocol.report.document import Part, Picture
from protocol.report.number_text import UNDEFINED, count_text, decimal_text
from protocol.report.report_facts import StudyRecordFacts
from protocol.report.sections.record import looks_table, receipts_line
from protocol.report.text_block import Sentences, TextTable, word_table

DIFFER = "coders differ"
NO_CODE = "no code or not completed"


def summary(facts: AuditFacts, results: AuditResults) -> Iterator[Part]:
    """Yield what the benchmarks cover, how far coders agree, and how far claims go beyond evidence."""
    found = results.coverage
    cells = sum(len(one.cells) for one in found.benchmarks)
    yield Sentences(
        lines=(
            f"{count_text(len(found.benchmarks), 'benchmark')}, coded by"
            f" {count_text(len(found.coders), 'coder')} on {count_text(len(found.dimensions), 'dimension')}:"
            f" {count_text(cells, 'cell')}. What was coded are documents; no system was observed.",
            *(pooled_sentence(one) for one in results.cells.cells if one.cells == POOLED),
            *_beyond(found),
        )
    )
    if found.benchmarks:
        yield covered_table(found)


def covered_table(found: Coverage) -> TextTable:
    """Return how many benchmarks have each code, by dimension; a cell on which coders differ has none."""
    labels = [f"{level.value} {level.label}" for level in found.dimensions[0].levels]
    values = found.dimensions[0].values
    columns = ("dimension", *labels, DIFFER, NO_CODE)
    rows = []
    for place, dimension in enumerate(found.dimensions):
        counts = Counter(_standing(one.cells[place]) for one in found.benchmarks)
        rows.append(
            (
                f"{dimension.id} {dimension.name}",
                *(str(counts[value]) for value in values),
                str(counts[DIFFER]),
                str(counts[NO_CODE]),
            )
        )
    return TextTable(
        title="Benchmarks by code, where all coders say the same",
        columns=columns,
        rows=tuple(rows),
        left=("dimension",),
    )


def _standing(cell: Cell) -> int | float | str:
    if any(code.level is None for code in cell.codes):
        return NO_CODE
    return DIFFER if cell.agreed is None else cell.agreed


def pooled_sentence(one: CellAgreement) -> str:
    """Return the pooled agreement of two coders as a sentence."""
    first, second = one.coders
    figures = (("Cohen's kappa", one.kappa), ("raw agreement", one.raw), ("Gwet's AC1", one.ac1))
    return (
        f"Agreement of {first} and {second} over {count_text(one.n, 'cell')} of"
        f" {count_text(one.n_benchmarks, 'benchmark')}: "
        + ", ".join(f"{name} {measured_text(measured)}" for name, measured in figures)
        + "."
    )


def measured_text(found: Measured) -> str:
    """Return a value with its interval, or why there is none."""
    if found.estimate.value is None:
        return f"{UNDEFINED} ({found.estimate.undefined})"
    value, drawn = decimal_text(found.estimate.value, digits=2), found.bootstrap
    if drawn is None or drawn.lower is None or drawn.upper is None:
        return f"{value} (no interval)"
    return f"{value} [{decimal_text(drawn.lower, digits=2)}, {decimal_text(drawn.upper, digits=2)}]"


def _beyond(found: Coverage) -> Iterator[str]:
    """Yield on how many benchmarks the claim is above the evidence, by every coder or by some."""
    mapped = [one for one in found.benchmarks if one.levels]
    if not mapped:
        return
    counts = Counter(_distance(one) for one in mapped)
    yield (
        f"Claim above evidence, by every coder: {counts['above']} of"
        f" {count_text(len(mapped), 'benchmark')}; by some: {counts['differ']}; by none:"
        f" {counts['not above']}; a level is missing: {counts['missing']}."
    )


def _distance(one: BenchmarkFindings) -> str:
    distances = [level.distance for level in one.levels]
    above = [distance > 0 for distance in distances if distance is not None]
    if len(above) < len(distances):
        return "missing"
    return "above" if all(above) else "differ" if any(above) else "not above"


def flow(facts: AuditFacts, results: AuditResults) -> Iterator[Part]:
    """Yield how many benchmarks and cells there were at each step, and each coder's share."""
    found, record = results.coverage, facts.record
    cells = [cell for one in found.benchmarks for cell in one.cells]
    unfinished = [cell for cell in cells if any(_is_missing(cell))]
    no_code = [cell for cell in cells if any(code.reason is not None for code in cell.codes)]
    levelled = [cell for cell in cells if all(code.level is not None for code in cell.codes)]
    yield word_table(
        ("step", "number"),
        [
            ("benchmarks in study.toml", str(len(facts.protocol.benchmarks))),
            ("withdrawn", str(record.withdrawn)),
            (
                "completed by every coder who was to code them",
                str(sum(not any(any(_is_missing(cell)) for cell in one.cells) for one in found.benchmarks)),
            ),
            ("cells of the pooled dimensions", str(len(cells))),
            ("with a level from every coder", str(len(levelled))),
            ("for which a coder found that no code could be given", str(len(no_code))),
            ("not completed by a coder", str(len(unfinished))),
        ],
        right=("number",),
        title="Benchmarks and cells",
    )
    columns = ("assigned", "completed", "not completed", "no code could be given")
    yield word_table(
        ("coder", *columns),
        [
            (
                row.rater,
                str(row.assigned),
                str(row.completed),
                str(row.assigned - row.completed),
                str(row.not_ratable),
            )
            for row in record.flow
        ],
        right=columns,
        title="Benchmarks of each coder, and codes that a reason stands for",
    )
    yield Sentences(lines=(receipts_line(record),))


def _is_missing(cell: Cell) -> Iterator[bool]:
    return (code.level is None and code.reason is None for code in cell.codes)


def looks(record: StudyRecordFacts) -> Iterator[Part]:
    """Yield when codes were looked at before they were final."""
    found = [entry for entry in record.audit if entry.action in LOOKS]
    if not found:
        yield Sentences(lines=("Nobody looked at the codes through this program while the audit was open.",))
        return
    yield Sentences(
        lines=(
            f"Looks at the codes while the audit was open: {len(found)}. A look can steer how the rest is"
            " coded: read the results with that.",
        )
    )
    yield looks_table(found)


def unlocked(record: StudyRecordFacts) -> Iterator[Part]:
    """Yield how often the codes were opened again after a lock."""
    times = sum(entry.action == "unlocked" for entry in record.audit)
    if times:
        yield Sentences(
            lines=(
                f"Times the codes were unlocked again after a lock: {times}. The lock code is that of the"
                " last lock. Looks at codes while they were locked are not on the record.",
            )
        )


def agreement(results: AuditResults) -> Iterator[Part]:
    """Yield agreement pooled and by dimension, with the cross-table."""
    yield from audit_agreement_blocks(results.cells)
    yield Sentences(
        lines=("Counts by level, further measures and single coders stand in the appendix on agreement.",)
    )


def coverage(results: AuditResults) -> Iterator[Part]:
    """Yield the coverage matrix as a figure and as a table."""
    found = results.coverage
    if not found.benchmarks:
        yield Sentences(lines=("Every benchmark was withdrawn: there is nothing to cover.",))
        return
    for figure in audit_figures(found):
        if isinstance(figure, CodeGrid):
            yield Picture(figure=figure)
    yield from matrix_blocks(found)


def levels(results: AuditResults) -> Iterator[Part]:
    """Yield the level map as a figure and as a table, where the plan has one."""
    for figure in audit_figures(results.coverage):
        if isinstance(figure, LevelMap):
            yield Picture(figure=figure)
    yield from level_blocks(results.coverage)
