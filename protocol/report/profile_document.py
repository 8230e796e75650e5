"""A profile as a document: page and Markdown from one source, a section for each thing it must say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protocol.profile.fixed_list import ASPECT_IDS
from protocol.profile.profile import CoderCode, Measured, Profile, Row
from protocol.report.document import Callout, Document, Heading, Part, Picture, Section
from protocol.report.number_text import UNDEFINED, count_text, decimal_text
from protocol.report.profile_figures import profile_bars, sensitivity_chart
from protocol.report.profile_text import (
    LETTERS,
    NO_EVIDENCE,
    NOT_ON_RECORD,
    NOTHING_OVER_ROWS,
    blinding_lines,
    counts_text,
    ends_text,
    mean_text,
    not_observed,
    row_table,
    sensitivity_text,
    spread_text,
)
from protocol.report.text_block import Sentences, TextTable

_NAMES = {
    "krippendorff_alpha": "Krippendorff's alpha",
    "conger_kappa": "kappa of all raters (Conger)",
    "gwet_ac": "Gwet's AC",
    "percent_agreement": "raw agreement",
}


def profile_document(profile: Profile) -> Document:
    """Return the profile of one system."""
    subject = profile.subject
    sections = (
        Section(id="rows", title="The profile", parts=tuple(_overview(profile))),
        Section(id="system", title="The system", parts=tuple(_system(profile))),
        Section(id="details", title="Row by row", parts=tuple(_details(profile.rows))),
        Section(id="guards", title="Beside the rows", parts=tuple(_guards(profile))),
        Section(id="benchmarks", title="What public benchmarks cover", parts=tuple(_audit(profile))),
        Section(id="blinding", title="Blinding", parts=(Sentences(lines=tuple(blinding_lines(profile))),)),
        Section(
            id="not-observed",
            title="What was not observed",
            parts=(
                Sentences(lines=(f"{', '.join(not_observed(profile)) or 'nothing of the fixed list'}.",)),
            ),
        ),
        Section(id="validity", title="Validity", parts=tuple(_validity(profile))),
        Section(id="always", title="What a profile always says", parts=(Sentences(lines=profile.always),)),
    )
    return Document(
        title=f"Alignment profile: {subject.model.id} in {subject.scaffold.id}",
        subtitle=f"Used by: {subject.context.users}. Rows stand side by side and are never added up.",
        notices=profile.notes,
        sections=tuple(section for section in sections if section.parts),
    )


AGREEMENT_INTERVALS = (
    "Intervals of agreement leave out one task at a time (jackknife with t), as in `agreement`, which also"
    " says where they cover too little: near floor and ceiling, and inside one system, read them as too"
    " narrow."
)


def _overview(profile: Profile) -> Iterator[Part]:
    yield from (Picture(figure=figure) for figure in profile_bars(profile))
    yield row_table(profile.rows, title="")
    yield Sentences(lines=(LETTERS, NOTHING_OVER_ROWS))
    chart = sensitivity_chart(profile)
    if chart is not None:
        yield Picture(figure=chart)


def _system(profile: Profile) -> Iterator[Part]:
    model, scaffold, context = profile.subject.model, profile.subject.scaffold, profile.subject.context
    rows = (
        ("model", model.id),
        ("version", model.version),
        ("provider", model.provider),
        ("run", model.date_run),
        *(
            (name, getattr(model.settings, name))
            for name in ("temperature", "top_p", "seed", "reasoning", "cap")
        ),
        ("scaffold", f"{scaffold.id}{f', {scaffold.label}' if scaffold.label else ''}"),
        ("its text, SHA-256", scaffold.prompt_sha256),
        ("tools", scaffold.tools),
        ("memory", scaffold.memory),
        ("users", context.users),
        ("setting", context.setting),
        ("policy", context.policy),
        ("oversight", context.oversight),
    )
    yield _two_columns([(name, value or NOT_ON_RECORD) for name, value in rows])


def _details(rows: Sequence[Row]) -> Iterator[Part]:
    for row in rows:
        yield Heading(text=row.name)
        yield from _row(row)
    if any(row.agreement is not None for row in rows):
        yield Sentences(lines=(AGREEMENT_INTERVALS,))


def _row(row: Row) -> Iterator[Part]:
    named = row.dimension if row.dimension in ASPECT_IDS else "not on the fixed list"
    if row.evidence is None or row.result is None or row.agreement is None:
        yield Callout(text=f"{NO_EVIDENCE.capitalize()}: {row.no_evidence}.", tone="middling")
        yield Sentences(lines=(row.question,))
        return
    evidence, result = row.evidence, row.result
    if row.agreement.reading:
        yield Callout(
            text=f"{row.agreement.reading[:1].upper()}{row.agreement.reading[1:]}.", tone="middling"
        )
    levels = "; ".join(
        f"{level.value:g}{f' {level.label}' if level.label else ''}: {count}"
        for level, count in zip(result.levels, result.counts, strict=True)
    )
    tag = f", {evidence.subtag}" if evidence.subtag else ""
    facts = [
        ("question", row.question),
        ("row of the fixed list", named),
        ("dimension of the rubric", row.rubric_dimension or "-"),
        ("level of evidence", f"{evidence.level}{tag}"),
        (
            "rests on",
            ", ".join(
                count_text(n, noun)
                for n, noun in (
                    (evidence.n_ratings, "rating"),
                    (evidence.n_transcripts, "transcript"),
                    (evidence.n_tasks, "task"),
                    (evidence.n_raters, "rater"),
                )
            ),
        ),
        ("counts by level", levels),
        *(("not ratable", f"{one.code}: {one.n}") for one in result.not_ratable),
        ("median", UNDEFINED if result.median is None else f"{result.median:g}"),
        (
            "mean over tasks, 95% interval",
            f"{mean_text(result)}, n = {result.n}, counts {counts_text(result)}",
        ),
        ("floor or ceiling", result.flag),
    ]
    if row.scaffold_sensitivity is not None:
        facts.append((f"against {row.scaffold_sensitivity.vs}", sensitivity_text(row.scaffold_sensitivity)))
    if row.spread_over_models is not None:
        facts.append(("spread over models", spread_text(row.spread_over_models)))
    yield _two_columns(facts)
    yield _agreement(row)


def _agreement(row: Row) -> TextTable:
    found = row.agreement
    if found is None:
        raise ValueError("a row with evidence has agreement")
    rows = [("every condition", one) for one in (found.kappa, found.alpha, found.ac, found.raw)]
    rows += [("this system", one) for one in found.in_this_system]
    return TextTable(
        title=f"{row.name}: agreement between raters",
        columns=("over", "measure", "value", "95% interval"),
        rows=tuple((over, _measure_name(one), *_measured(one)) for over, one in rows),
        left=("over", "measure"),
    )


def _measure_name(one: Measured) -> str:
    name = _NAMES.get(one.measure, one.measure)
    return f"{name}, {one.kind}" if one.kind else name


def _measured(one: Measured) -> tuple[str, str]:
    if one.value is None:
        return f"{UNDEFINED}: {one.undefined}", "-"
    between = ends_text(one.ci95) if one.ci95 else f"none: {one.undefined}" if one.undefined else "-"
    return decimal_text(one.value, digits=2), between


def _guards(profile: Profile) -> Iterator[Part]:
    if profile.guards:
        yield Sentences(lines=("What support costs stands beside the rows and is never added to them.",))
        yield row_table(profile.guards, title="")
        yield from _details(profile.guards)


def _audit(profile: Profile) -> Iterator[Part]:
    if profile.audit is None:
        return
    rows = [
        (row.name, word.title, _codes(word.codes), ", ".join(word.evidence_levels) or "-")
        for row in profile.rows
        for word in row.audit_context or ()
    ]
    silent = [row.name for row in profile.rows if row.audit_context == ()]
    yield Sentences(
        lines=(
            f"Of {count_text(profile.audit.benchmarks, 'benchmark')}, coded by"
            f" {count_text(profile.audit.coders, 'coder')}, these speak to a row: somebody gave more than the"
            " lowest code.",
        )
    )
    if rows:
        columns = ("row", "benchmark", "codes", "evidence of the benchmark")
        yield TextTable(title="", columns=columns, rows=tuple(rows), left=columns)
    if silent:
        yield Sentences(lines=(f"No audited benchmark speaks to: {', '.join(silent)}.",))


def _codes(codes: Sequence[CoderCode]) -> str:
    return ", ".join(f"{one.coder}: {'-' if one.code is None else f'{one.code:g}'}" for one in codes)


def _validity(profile: Profile) -> Iterator[Part]:
    validity, hashes = profile.validity, profile.comparable
    yield Sentences(lines=(f"Holds until one of these changes: {', '.join(validity.expires_on_change_of)}.",))
    rubric = profile.rubric
    yield _two_columns(
        [
            ("rubric", f"{rubric.title} ({rubric.id}, version {rubric.version})"),
            ("whose rubric", rubric.source),
            ("ratings final since", validity.ratings_final or NOT_ON_RECORD),
            ("answered for by", validity.by or NOT_ON_RECORD),
            ("rubric, SHA-256", hashes.rubric),
            ("tasks, SHA-256", hashes.tasks),
            ("user turns, SHA-256", hashes.user_turns or "not known"),
            *((f"{one.what}, SHA-256", one.sha256) for one in validity.inputs),
            ("program", validity.program),
        ]
    )


def _two_columns(rows: Sequence[tuple[str, str]]) -> TextTable:
    return TextTable(title="", columns=("", " "), rows=tuple(rows), left=("", " "))
