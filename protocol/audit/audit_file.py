"""study.toml of a benchmark audit: text in, typed protocol out, every mistake reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.plan_rules import adjudication_mistakes
from protocol.audit.audit_protocol import AuditPlan, AuditProtocol, Benchmark
from protocol.design_rules import rater_mistakes
from protocol.rubric import Rubric
from protocol.rubric_rules import rubric_mistakes
from protocol.study_file import read_document
from protocol.toml_nodes import Mistake, Node, doubled, free_name, patterned

FEWEST_CODERS = 2
FEWEST_RESAMPLES = 200
_LARGEST_SEED = 2**63 - 1
_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LEVEL_KEYS = ("evidence_level", "claim_level")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSection:
    """The table [study] of an audit."""

    name: str
    kind: Literal["benchmark-audit"]
    contact: str = ""
    simulated: bool = False
    rendered_view: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDesign:
    """The table [design] of an audit: every coder codes every benchmark."""

    raters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDocument:
    """The whole file, table by table."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    format: Literal[1]
    study: AuditSection
    rubric: Rubric
    benchmarks: tuple[Benchmark, ...]
    design: AuditDesign
    analysis: AuditPlan
    adjudication: AdjudicationPlan | None = None


def read_audit(text: str, *, where: str) -> AuditProtocol:
    """Read the protocol of an audit.

    Args:
        text: The text of study.toml.
        where: The file's name, for messages.

    Raises:
        InvalidInputError: The text is no TOML, or has mistakes; `problems` holds all of them.
    """
    document = read_document(text, where=where, form=AuditDocument, rules=audit_mistakes)
    return AuditProtocol(
        name=document.study.name,
        contact=document.study.contact,
        simulated=document.study.simulated,
        rendered_view=document.study.rendered_view,
        rubric=document.rubric,
        benchmarks=document.benchmarks,
        coders=document.design.raters,
        plan=document.analysis,
        adjudication=document.adjudication,
    )


def audit_mistakes(document: dict[str, object]) -> Iterator[Mistake]:
    """Report everything the document gets wrong in meaning."""
    root = Node(document)
    yield from free_name(root["study"]["name"], "a name of the audit that coders see")
    yield from rubric_mistakes(root["rubric"])
    benchmarks = root["benchmarks"]
    if benchmarks.value == []:
        yield benchmarks.mistake("at least one benchmark", found="none")
    # Ids name folders, and some file systems do not tell A from a.
    yield from doubled((one["id"] for one in benchmarks), "an id of a benchmark", fold_case=True)
    for one in benchmarks:
        yield from patterned(one["id"], _FOLDER_NAME, "a folder's name: letters, digits, _ or -")
        yield from free_name(one["title"], "a title that coders see")
    raters = root["design"]["raters"]
    yield from rater_mistakes(raters)
    yield from adjudication_mistakes(root["adjudication"], raters)
    if isinstance(raters.value, list) and 0 < len(raters.value) < FEWEST_CODERS:
        yield raters.mistake("two coders or more: agreement needs them", found="one")
    yield from _plan_mistakes(root)


def _plan_mistakes(root: Node) -> Iterator[Mistake]:
    analysis = root["analysis"]
    levels = {
        name: [level["value"].whole for level in one["levels"]]
        for one in root["rubric"]["dimensions"]
        if (name := one["id"].text) is not None
    }
    headline = analysis["headline"]
    if headline.value == []:
        yield headline.mistake("at least one dimension", found="none")
    yield from doubled(headline, "a headline dimension")
    first: list[int | None] | None = None
    for one in headline:
        if one.text is None:
            continue
        if one.text not in levels:
            yield one.mistake(f"the id of a dimension: {', '.join(levels)}")
            continue
        first = levels[one.text] if first is None else first
        if levels[one.text] != first:
            yield one.mistake("a dimension with the levels of the first: their cells are pooled")
    for key in _LEVEL_KEYS:
        if analysis[key].text and analysis[key].text not in levels:
            yield analysis[key].mistake(f"the id of a dimension: {', '.join(levels)}")
    drawn = analysis["bootstrap"]
    if drawn.whole is not None and drawn.whole < FEWEST_RESAMPLES:
        yield drawn.mistake(f"{FEWEST_RESAMPLES} resamples or more")
    seed = analysis["seed"]
    if seed.whole is not None and not 0 <= seed.whole <= _LARGEST_SEED:
        yield seed.mistake("a whole number from 0 to 9223372036854775807")
