"""A benchmark audit as tables and sentences: agreement, coverage matrix, level map."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.adjudication.consensus import ConsensusBy
from protocol.audit.coverage import BenchmarkLevels, Cell, Code, Coverage
from protocol.audit.pooled_agreement import POOLED, AuditAgreement, CellAgreement, Measured
from protocol.report.number_text import UNDEFINED, count_text, decimal_text
from protocol.report.text_block import Block, Sentences, TextTable

NOT_COMPLETED = "."
MANY_FIGURES = 6
"""More figures that share a reason are counted and not named."""
_MEASURES = (("raw agreement", "raw"), ("Cohen kappa", "kappa"), ("Gwet AC1", "ac1"))
_INTERVALS = {"raw": "raw 95%", "kappa": "kappa 95%", "ac1": "AC1 95%"}


def audit_agreement_blocks(found: AuditAgreement) -> list[Block]:
    """Return the pooled and per-dimension agreement, the pooled cross-table and what they rest on."""
    heads = tuple(part for name, short in _MEASURES for part in (name, _INTERVALS[short]))
    table = TextTable(
        title="Agreement of the coders, cell by cell (unweighted)",
        columns=("cells", "coders", "n", "benchmarks", *heads, "no code"),
        rows=tuple(_row(one) for one in found.cells),
        left=("cells", "coders"),
    )
    crossed = [_cross_table(one) for one in found.cells if one.cells == POOLED and one.n]
    return [table, *crossed, Sentences(lines=tuple(_sentences(found)))]


def _row(one: CellAgreement) -> tuple[str, ...]:
    figures = (part for _, name in _MEASURES for part in _figure(getattr(one, name)))
    return (
        one.cells,
        f"{one.coders[0]}, {one.coders[1]}",
        str(one.n),
        str(one.n_benchmarks),
        *figures,
        str(one.n_not_ratable),
    )


def _figure(found: Measured) -> tuple[str, str]:
    value = found.estimate.value
    if value is None:
        return UNDEFINED, "-"
    drawn = found.bootstrap
    if drawn is None or drawn.lower is None or drawn.upper is None:
        return decimal_text(value), "-"
    return decimal_text(value), f"[{decimal_text(drawn.lower)}, {decimal_text(drawn.upper)}]"


def _cross_table(one: CellAgreement) -> TextTable:
    first, second = one.coders
    corner = f"{first} \\ {second}"
    return TextTable(
        title=f"{POOLED}: codes of {first} (rows) against {second} (columns)",
        columns=(corner, *(str(level) for level in one.levels)),
        rows=tuple(
            (str(level), *(str(count) for count in row))
            for level, row in zip(one.levels, one.table, strict=True)
        ),
        left=(corner,),
    )


def _sentences(found: AuditAgreement) -> Iterable[str]:
    if found.headline:
        yield f"Pooled: the cells of {', '.join(found.headline)}."
    yield (
        f"Intervals: percentile bootstrap over benchmarks, {found.replicates} resamples, seed {found.seed}. "
        "Cells of one benchmark are not independent, so whole benchmarks are drawn."
    )
    yield "Kappa misleads where nearly all codes are one level: read it beside raw agreement and the table."
    explained: dict[str, list[str]] = {}
    drawn = [
        measured.bootstrap
        for one in found.cells
        for measured in (one.raw, one.kappa, one.ac1)
        if measured.bootstrap is not None
    ]
    reasons = {one.undefined for one in drawn}
    everywhere = reasons.pop() if len(reasons) == 1 else None
    if everywhere is not None:
        yield f"No figure has an interval: {everywhere}."
    for one in found.cells:
        for name, attribute in _MEASURES:
            measured: Measured = getattr(one, attribute)
            why = measured.estimate.undefined
            if why is None and measured.bootstrap is not None:
                why = measured.bootstrap.undefined
            if why is not None and why != everywhere:
                word = f"{UNDEFINED}: " if measured.estimate.value is None else ""
                explained.setdefault(word + why, []).append(f"{name} of {one.cells}")
    for why, names in explained.items():
        named = list(dict.fromkeys(names))
        yield f"{f'{len(named)} figures' if len(named) > MANY_FIGURES else ', '.join(named)}: {why}."


def coverage_blocks(found: Coverage) -> list[Block]:
    """Return the coverage matrix, and the level map where the plan has one."""
    return [*matrix_blocks(found), *level_blocks(found)]


def matrix_blocks(found: Coverage) -> list[Block]:
    """Return the coverage matrix with what its cells mean."""
    return [_matrix(found), Sentences(lines=tuple(_legend(found)))]


def _matrix(found: Coverage) -> TextTable:
    return TextTable(
        title="Coverage: what a better system would move a reported number on",
        columns=("benchmark", *(one.id for one in found.dimensions)),
        rows=tuple((one.title, *(cell_text(cell) for cell in one.cells)) for one in found.benchmarks),
        left=("benchmark", *(one.id for one in found.dimensions)),
    )


def cell_text(cell: Cell) -> str:
    """Return a cell's codes: one where all coders say the same, else all of them in their order."""
    codes = [code_text(code) for code in cell.codes]
    said = codes[0] if len(set(codes)) == 1 else "/".join(codes)
    found = cell.consensus
    if found is None or found.by is not ConsensusBy.ADJUDICATED:
        return said
    return f"{said} = {'U' if found.value is None else found.value}"


def code_text(code: Code) -> str:
    """Return a code as a cell shows it: the level, U for a reason, a point where nothing was completed."""
    if code.level is not None:
        return str(code.level)
    return "U" if code.reason is not None else NOT_COMPLETED


def _legend(found: Coverage) -> Iterable[str]:
    named: dict[str, list[str]] = {}
    for one in found.dimensions:
        levels = ", ".join(f"{level.value} {level.label}" for level in one.levels)
        named.setdefault(levels, []).append(f"{one.id} {one.name}")
    yield from (f"{', '.join(names)}: {levels}." for levels, names in named.items())
    order = "/".join(found.coders)
    yield f"U: no code could be given. {NOT_COMPLETED}: not completed. Where coders differ: {order}."
    for benchmark in found.benchmarks:
        if benchmark.coders != found.coders:
            yield f"{benchmark.title}: coded by {', '.join(benchmark.coders)}."
    cells = [cell for one in found.benchmarks for cell in one.cells]
    agreed = sum(cell.agreed is not None for cell in cells)
    yield f"{agreed} of {count_text(len(cells), 'cell')} have one code from all coders."
    decided = sum(
        cell.consensus is not None and cell.consensus.by is ConsensusBy.ADJUDICATED for cell in cells
    )
    if decided:
        yield (
            f"After =: what the adjudicator decided, in {count_text(decided, 'cell')}. Agreement is "
            "computed without it."
        )


def level_blocks(found: Coverage) -> list[Block]:
    """Return the level map; nothing where the plan has none."""
    rows = [(one.title, *_level_row(level)) for one in found.benchmarks for level in one.levels]
    if not rows:
        return []
    return [
        TextTable(
            title="Levels: what is scored, and what the benchmark's own paper claims",
            columns=("benchmark", "coder", "evidence", "claim", "distance"),
            rows=tuple(rows),
            left=("benchmark", "coder", "evidence", "claim"),
        ),
        Sentences(lines=(f"Distance counts the levels {' < '.join(found.steps)} from evidence to claim.",)),
    ]


def _level_row(level: BenchmarkLevels) -> tuple[str, str, str, str]:
    distance = "-" if level.distance is None else str(level.distance)
    return level.coder, level.evidence or "-", level.claim or "-", distance
