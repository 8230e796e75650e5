"""A profile as one line a row, for terminals, and the cells that every form of a profile shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protocol.claims.factors import FACTOR_WORDS, Factor
from protocol.profile.profile import BlindingIndex, Ends, Profile, Row, RowResult, Sensitivity, Spread
from protocol.report.number_text import UNDEFINED, decimal_text, signed_text
from protocol.report.text_axis import fitted, wrapped
from protocol.report.text_block import Block, Sentences, TextTable

NO_EVIDENCE = "no evidence"
NOT_ON_RECORD = "not on record"
BAR_CELLS = 12
NAME = 29
"""Columns of a row's name."""
_GLYPHS = {1: "█", 2: "░█", 3: "░▒█", 4: "░▒▓█", 5: "·░▒▓█"}
"""By number of levels, lowest first; with more levels their places are written as digits."""
LETTERS = (
    "Counts: by level, the lowest first; n: ratings. Level of evidence: M model, R response, I interaction, D"
    " deployment. Kappa: quadratic (unweighted on a nominal scale), of all raters over every condition."
    " Intervals of means and differences: Student t over tasks."
)
LEGEND = f"Bars: the share of ratings on each level, the lowest at the left and lightest; L: level. {LETTERS}"
NOTHING_OVER_ROWS = "Rows are never added up: a profile has no value over them."


def profile_blocks(profiles: Sequence[Profile]) -> Iterator[Block]:
    """Yield profiles of one study for a terminal; what holds for all of them is said once."""
    for profile in profiles:
        yield Sentences(lines=tuple(_lines(profile)))
        told = (
            *([_counts_line(profile)] if _rated(profile) else []),
            *sensitivity_lines(profile),
            *blinding_lines(profile),
        )
        yield Sentences(lines=tuple(wrapped(told)))
    expires = ", ".join(profiles[0].validity.expires_on_change_of)
    yield Sentences(
        lines=tuple(
            wrapped(
                (
                    LEGEND,
                    NOTHING_OVER_ROWS,
                    f"Not observed: {', '.join(not_observed(profiles[0])) or 'nothing of the list'}.",
                    f"Holds until one of these changes: {expires}.",
                )
            )
        )
    )


def _lines(profile: Profile) -> Iterator[str]:
    """Yield one line a row, under 80 columns."""
    yield from wrapped([subject_line(profile)])
    bar = "low to high"
    yield f"{'row':<{NAME}} L {bar:<{BAR_CELLS + 2}} {'n':>5} {'kappa':>9} flag"
    for row in profile.rows:
        yield from _row_lines(row)
    if profile.guards:
        yield "Beside them, never added to them:"
        for row in profile.guards:
            yield from _row_lines(row)


def _row_lines(row: Row) -> Iterator[str]:
    letter = row.evidence.letter if row.evidence else "-"
    counts = row.result.counts if row.result else ()
    n = str(sum(counts))
    name = fitted(row.name, NAME)
    flag = "" if row.result and row.result.flag == "none" else flag_text(row).partition(";")[0]
    line = f"{name:<{NAME}} {letter} {level_bar(counts)} {n:>5} {kappa_text(row):>9} {flag}"
    yield line.rstrip()
    if row.result is not None and row.agreement is not None and row.agreement.reading:
        yield f"  {row.agreement.reading} ({counts_text(row.result)})"


def _rated(profile: Profile) -> list[Row]:
    return [row for row in (*profile.rows, *profile.guards) if row.result is not None]


def _counts_line(profile: Profile) -> str:
    told = [f"{row.name} {counts_text(row.result)}" for row in _rated(profile) if row.result is not None]
    return f"Counts by level, lowest first: {'; '.join(told)}."


def row_table(rows: Sequence[Row], *, title: str) -> TextTable:
    """Return rows as one line each, with the mean in the place of the bar: figures show the levels."""
    return TextTable(
        title=title,
        columns=("row", "level", "counts", "n", "mean over tasks, 95%", "kappa", "flag"),
        rows=tuple(
            (row.name, row.evidence.letter if row.evidence else "-", *figure_cells(row)) for row in rows
        ),
        left=("row", "level", "counts", "mean over tasks, 95%", "flag"),
    )


def figure_cells(row: Row) -> tuple[str, ...]:
    """Return counts, number of ratings, mean with interval, kappa and flag."""
    if row.result is None:
        return "-", "0", "-", "-", NO_EVIDENCE
    return counts_text(row.result), str(row.result.n), mean_text(row.result), kappa_text(row), flag_text(row)


def level_bar(counts: Sequence[int]) -> str:
    """Return counts by level as a bar; every level that was given has at least one cell."""
    widths = _widths(counts)
    glyphs = _GLYPHS.get(len(counts), "0123456789")
    return f"|{''.join(glyph * width for glyph, width in zip(glyphs, widths, strict=False)):<{BAR_CELLS}}|"


def counts_text(result: RowResult) -> str:
    """Return how often each level was given, lowest first, and what gave none."""
    aside = sum(one.n for one in result.not_ratable)
    return " ".join(map(str, result.counts)) + (f", {aside} not ratable" if aside else "")


def kappa_text(row: Row) -> str:
    """Return the kappa of a row."""
    if row.agreement is None:
        return "-"
    if row.agreement.kappa.value is None:
        return UNDEFINED
    return decimal_text(row.agreement.kappa.value, digits=2)


def flag_text(row: Row) -> str:
    """Return what a reader must know before the numbers."""
    if row.result is None:
        return NO_EVIDENCE
    parts: list[str] = []
    if row.result.flag != "none":
        parts.append(row.result.flag)
    if row.agreement is not None and row.agreement.reading:
        parts.append(row.agreement.reading)
    return "; ".join(parts) or "-"


def subject_line(profile: Profile) -> str:
    """Return the system in a line."""
    subject = profile.subject
    version = f" ({subject.model.version})" if subject.model.version else ""
    label = f", {subject.scaffold.label}" if subject.scaffold.label else ""
    text = f" (text {subject.scaffold.prompt_sha256[:12]})"
    return (
        f"{subject.model.id}{version} in {subject.scaffold.id}{label}{text}, used by: {subject.context.users}"
    )


def sensitivity_lines(profile: Profile) -> Iterator[str]:
    """Yield what the scaffold changed on each row with evidence."""
    for row in (*profile.rows, *profile.guards):
        if row.scaffold_sensitivity is not None and not profile.subject.scaffold.baseline:
            found = row.scaffold_sensitivity
            yield f"{row.name}, against {found.vs}: {sensitivity_text(found)}."
    if profile.subject.scaffold.baseline:
        yield f"{profile.subject.scaffold.id} is the baseline that the other scaffolds are compared with."


def sensitivity_text(found: Sensitivity) -> str:
    """Return an effect with its interval and verdict."""
    if found.diff is None:
        return found.undefined or UNDEFINED
    verdict = (found.verdict or "no verdict").replace("_", " ")
    between = ends_text(found.ci95, signed=True) if found.ci95 else f"(no interval: {found.undefined})"
    return f"{signed_text(found.diff, digits=2)} {between}, {verdict}"


def spread_text(found: Spread) -> str:
    """Return the largest difference between two models of what the scaffold changed."""
    if found.largest_gap is None or found.between is None:
        return found.undefined or UNDEFINED
    between = ends_text(found.ci95, signed=True) if found.ci95 else f"(no interval: {found.undefined})"
    return (
        f"{signed_text(found.largest_gap, digits=2)} {between} between"
        f" {found.between[0]} and {found.between[1]}, the largest among {found.models} models"
    )


def mean_text(result: RowResult) -> str:
    """Return the mean with its interval, or why there is none."""
    if result.mean is None:
        return result.undefined or UNDEFINED
    between = ends_text(result.ci95) if result.ci95 else f"({result.undefined})"
    return f"{decimal_text(result.mean, digits=2)} {between}"


def ends_text(ends: Ends, *, signed: bool = False) -> str:
    """Return the two ends of an interval."""
    shown = signed_text if signed else decimal_text
    return f"[{shown(ends[0], digits=2)}, {shown(ends[1], digits=2)}]"


def blinding_lines(profile: Profile) -> Iterator[str]:
    """Yield whether raters could tell."""
    if profile.blinding.undefined:
        yield f"Blinding was not measured: {profile.blinding.undefined}."
    for one in profile.blinding.indices:
        yield f"Blinding to the {one.about} (0: no better than chance; 1: all told it): {bang_text(one)}."


def bang_text(found: BlindingIndex) -> str:
    """Return Bang's index of an arm over raters."""
    if found.bang is None:
        return f"undefined, {found.undefined}"
    between = ends_text(found.ci95, signed=True) if found.ci95 else f"({found.undefined})"
    return f"Bang {signed_text(found.bang, digits=2)} {between} over {found.n_raters} raters"


def not_observed(profile: Profile) -> list[str]:
    """Return the factors that this study did not observe, in words."""
    return [FACTOR_WORDS[factor] for factor in Factor if factor.value in profile.not_observed]


def _widths(counts: Sequence[int]) -> list[int]:
    """Share the cells of a bar by largest remainder, then give each level that was given one at least."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    exact = [count * BAR_CELLS for count in counts]
    widths = [share // total for share in exact]
    order = sorted(range(len(counts)), key=lambda place: (-(exact[place] % total), place))
    for place in order[: BAR_CELLS - sum(widths)]:
        widths[place] += 1
    for place, count in enumerate(counts):
        if count and not widths[place]:
            widths[widths.index(max(widths))] -= 1
            widths[place] = 1
    return widths
