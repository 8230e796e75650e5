"""The protocol of a benchmark audit as typed values.

Apart from `StudyProtocol`, because an audit has nothing to hide: no conditions, no key, no contrasts.
What raters see of it is the same `VisibleProtocol`, so the rating app need not know the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.adjudication.plan import AdjudicationPlan
from protocol.rubric import Rubric
from protocol.visible import TaskCard, VisibleProtocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark at one version: what is coded."""

    id: str
    """Also the name of its folder of documents."""
    title: str
    year: str = ""
    cite: str = ""
    version: str = ""
    """Version of the paper and commit of the repository that were coded."""
    unit: str = ""
    """What gets a score."""
    paper: str = ""
    """Address of the paper."""
    repository: str = ""
    """Address of code or data."""
    licence: str = ""

    def card(self) -> TaskCard:
        """Return what coders see above the documents."""
        told = ", ".join(part for part in (self.year, self.cite) if part)
        facts = (
            ("Version coded", self.version),
            ("Unit scored", self.unit),
            ("Paper", self.paper),
            ("Repository", self.repository),
            ("Licence", self.licence),
        )
        lines = [f"{self.title} ({told})" if told else self.title]
        lines += [f"{name}: {fact}" for name, fact in facts if fact]
        return TaskCard(brief="\n".join(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """What will be computed."""

    headline: tuple[str, ...]
    """Dimensions whose cells are pooled."""
    evidence_level: str = ""
    """Dimension that codes the level of the scored evidence; empty where none does."""
    claim_level: str = ""
    """Dimension that codes the highest level the benchmark's own paper claims."""
    bootstrap: int = 2000
    """Resamples of benchmarks behind each interval."""
    seed: int = 20260101


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditProtocol:
    """The whole study.toml of an audit. Every coder codes every benchmark."""

    name: str
    contact: str = ""
    simulated: bool = False
    rendered_view: bool = False
    rubric: Rubric
    benchmarks: tuple[Benchmark, ...]
    coders: tuple[str, ...]
    plan: AuditPlan
    adjudication: AdjudicationPlan | None = None

    def visible(self) -> VisibleProtocol:
        """Return the part that stands in study files and packs."""
        return VisibleProtocol(
            name=self.name,
            contact=self.contact,
            simulated=self.simulated,
            rendered_view=self.rendered_view,
            rubric=self.rubric,
            adjudication=self.adjudication,
        )
