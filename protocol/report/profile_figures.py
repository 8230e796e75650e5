"""The figures of a profile: rows as stacked bars, and what the scaffold changed on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.profile.comparing import Comparison
from protocol.profile.profile import Profile, Row
from protocol.report.figure import IntervalChart, IntervalRow, LevelBar, LevelBars
from protocol.report.profile_text import flag_text
from protocol.report.result_figures import MAX_LEVELS_DRAWN
from protocol.safe_text import inline

GUARDS = "beside the rows"
_MOVED = ("raised", "raised_to_ceiling", "lowered")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A row, and where and under which name its bar stands."""

    group: str
    label: str
    row: Row


def profile_bars(profile: Profile) -> tuple[LevelBars, ...]:
    """Return the rows as bars, one figure for each set of levels; rows without evidence are in the first."""
    rated = sorted(profile.rows, key=lambda row: row.result is None)
    placed = [_Placed(group="", label=row.name, row=row) for row in rated]
    placed += [_Placed(group=GUARDS, label=row.name, row=row) for row in profile.guards]
    return _figures("profile", placed, "An empty row is a row without evidence. Rows are never added up.")


def comparison_bars(found: Comparison) -> tuple[LevelBars, ...]:
    """Return the rows of two profiles as bars, those of one row under each other."""
    placed = [
        _Placed(group=one.first.name, label=f"{name}: {profile.subject.model.id}", row=row)
        for one in (*found.rows, *found.guards)
        if one.first.result is not None or one.second.result is not None
        for name, profile, row in (
            ("first", found.first, one.first),
            ("second", found.second, one.second),
        )
    ]
    return _figures("comparison", placed, "Rows that neither profile has evidence for are left out here.")


def _figures(name: str, placed: Sequence[_Placed], caption: str) -> tuple[LevelBars, ...]:
    by_levels: dict[tuple[int | float, ...], list[_Placed]] = {}
    for one in placed:
        if one.row.result is not None:
            by_levels.setdefault(tuple(level.value for level in one.row.result.levels), [])
    drawn = [levels for levels in by_levels if len(levels) <= MAX_LEVELS_DRAWN]
    for one in placed:
        levels = tuple(level.value for level in one.row.result.levels) if one.row.result else None
        own = by_levels.get(drawn[0] if levels is None else levels) if drawn else None
        if own is not None:
            own.append(one)
    return tuple(
        LevelBars(
            id=name if not place else f"{name}-{place + 1}",
            title="How often each level was given",
            caption=f"Every rating counts once; numbers are counts, lengths are shares. {caption}",
            levels=tuple(f"{level:g}" for level in levels),
            bars=tuple(_bar(one) for one in by_levels[levels]),
        )
        for place, levels in enumerate(drawn)
    )


def _bar(one: _Placed) -> LevelBar:
    flag, result = flag_text(one.row), one.row.result
    return LevelBar(
        group=inline(one.group),
        label=inline(one.label),
        counts=result.counts if result else (),
        not_ratable=sum(reason.n for reason in result.not_ratable) if result else 0,
        note="" if flag == "-" else flag.removesuffix(": read the counts"),
    )


def difference_chart(found: Comparison) -> IntervalChart | None:
    """Return the differences of two profiles; None where there is none."""
    rows = [
        IntervalRow(
            group="",
            label=inline(one.first.name),
            estimate=one.difference.value,
            lower=one.ci95.interval.lower if one.ci95.interval else None,
            upper=one.ci95.interval.upper if one.ci95.interval else None,
            note="" if one.ci95.interval else "no interval",
        )
        for one in (*found.rows, *found.guards)
        if one.difference.value is not None
    ]
    if not rows:
        return None
    first, second = (inline(one.subject.model.id) for one in (found.first, found.second))
    return IntervalChart(
        id="differences",
        title=f"{first} minus {second}",
        caption="Dot: mean difference over tasks; line: 95% interval. Nobody planned a test of these.",
        axis="difference in levels (levels taken as equally spaced)",
        rows=tuple(rows),
    )


def sensitivity_chart(profile: Profile) -> IntervalChart | None:
    """Return what the scaffold changed on each row; None for the baseline and without a comparison."""
    rows, vs = [], ""
    for row in (*profile.rows, *profile.guards):
        found = row.scaffold_sensitivity
        if found is None or found.diff is None:
            continue
        vs = found.vs
        rows.append(
            IntervalRow(
                group=GUARDS if row in profile.guards else "",
                label=inline(row.name),
                estimate=found.diff,
                lower=found.ci95[0] if found.ci95 else None,
                upper=found.ci95[1] if found.ci95 else None,
                note=(found.verdict or "no verdict").replace("_", " "),
                lit=found.verdict in _MOVED,
            )
        )
    if not rows:
        return None
    scaffold = profile.subject.scaffold.id
    return IntervalChart(
        id="scaffold-sensitivity",
        title=f"What {inline(scaffold)} changed for {inline(profile.subject.model.id)}, against {inline(vs)}",
        caption="Dot: mean paired difference over tasks; line: 95% interval.",
        axis="difference in levels (levels taken as equally spaced)",
        rows=tuple(rows),
    )
