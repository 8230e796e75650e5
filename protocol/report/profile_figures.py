"""The figures of a profile: rows as stacked bars, and what the scaffold changed on each."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.profile.profile import Profile, Row
from protocol.report.figure import IntervalChart, IntervalRow, LevelBar, LevelBars
from protocol.report.profile_text import NO_EVIDENCE, flag_text
from protocol.report.result_figures import MAX_LEVELS_DRAWN
from protocol.safe_text import inline

_MOVED = ("raised", "raised_to_ceiling", "lowered")


def profile_bars(profile: Profile) -> tuple[LevelBars, ...]:
    """Return the rows as bars, one figure for each set of levels; rows without evidence are in the first."""
    by_levels: dict[tuple[int | float, ...], list[tuple[str, Row]]] = {}
    for group, members in (("", profile.rows), ("beside the rows", profile.guards)):
        for row in members:
            if row.result is not None:
                by_levels.setdefault(tuple(level.value for level in row.result.levels), []).append(
                    (group, row)
                )
    empty = [("", row) for row in profile.rows if row.result is None]
    if not by_levels:
        return ()
    drawn = {levels: rows for levels, rows in by_levels.items() if len(levels) <= MAX_LEVELS_DRAWN}
    return tuple(
        _bars(place, levels, rows, () if place else empty)
        for place, (levels, rows) in enumerate(drawn.items())
    )


def _bars(
    place: int,
    levels: Sequence[int | float],
    rows: Sequence[tuple[str, Row]],
    empty: Sequence[tuple[str, Row]],
) -> LevelBars:
    plain = [one for one in rows if not one[0]]
    guards = [one for one in rows if one[0]]
    return LevelBars(
        id="profile" if not place else f"profile-{place + 1}",
        title="How often each level was given",
        caption=(
            "Every rating counts once; numbers in the bars are counts, lengths are shares. An empty row is a"
            " row without evidence. Rows are never added up."
        ),
        levels=tuple(f"{level:g}" for level in levels),
        bars=tuple(_bar(group, row) for group, row in (*plain, *empty, *guards)),
    )


def _bar(group: str, row: Row) -> LevelBar:
    if row.result is None:
        return LevelBar(group=group, label=inline(row.name), counts=(), note=NO_EVIDENCE)
    flag = flag_text(row)
    return LevelBar(
        group=group,
        label=inline(row.name),
        counts=row.result.counts,
        not_ratable=sum(one.n for one in row.result.not_ratable),
        note="" if flag == "-" else flag.removesuffix(": read the counts"),
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
                group="",
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
