"""The protocol of a study as typed values: the whole of study.toml, which belongs to the admin.

The part a rater may see is in `protocol.visible`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from protocol.adjudication.plan import AdjudicationPlan
from protocol.chain.amendment import WithdrawRule
from protocol.claims.factors import Factor
from protocol.profile.profile_plan import ProfilePlan
from protocol.rubric import Rubric
from protocol.timing import Timing
from protocol.visible import StudyKind, TaskCard, TrainingGate, VisibleProtocol, VisibleQuestion


class EvidenceLevel(StrEnum):
    """How near the evidence stands to use: `methods` section 3."""

    MODEL = "model"
    RESPONSE = "response"
    INTERACTION = "interaction"
    DEPLOYMENT = "deployment"


InteractionTag = Literal["scripted", "contingent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The block in which conditions are paired."""

    id: str
    card: TaskCard
    turns: tuple[str, ...] = ()
    """What the user says, the same in every condition; empty where transcripts come from elsewhere."""
    allowed_words: dict[str, str] = field(default_factory=dict)
    """Words a turn cannot do without although they ask for what is scored, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """A scaffold with its exact text."""

    id: str
    text: str
    baseline: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Who rates how much, and how far apart the items of one task stand."""

    raters: tuple[str, ...]
    raters_per_item: int | None = None
    """Either this is given, or `items_per_rater`."""
    items_per_rater: int | None = None
    """The most items a rater gets, repeats not counted; whole tasks that fit into it."""
    spacing: int | Literal["largest"] = 8
    """Smallest allowed difference between the positions of two items of one task."""
    waves: int = 1
    """So many parts, each of whole tasks; every rater finishes one part before the next begins."""
    overlap_tasks: int = 0
    """So many tasks go to every rater."""
    positions: Literal["random", "counterbalanced"] = "random"
    """Whether the orders in which a task's raters meet its items are drawn apart or mirror each other."""
    repeats: float = 0.0
    """Share of each rater's items that come back under another id."""

    @property
    def share_text(self) -> str:
        """Who rates how much, in words."""
        if self.raters_per_item is not None:
            return f"{self.raters_per_item} for each item"
        return f"at most {self.items_per_rater} items for each"

    @property
    def order_text(self) -> str:
        """In which order items are met, in words."""
        apart = "as far apart as can be" if self.spacing == "largest" else f"at least {self.spacing} apart"
        parts = [f"drawn for each rater; items of one task {apart}"]
        if self.waves > 1:
            parts.append(f"{self.waves} waves of whole tasks")
        if self.positions == "counterbalanced":
            parts.append("turns inside a task mirrored between its raters")
        if self.repeats:
            parts.append(f"{self.repeats:.0%} of a rater's items shown again under another id")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessQuestion:
    """A closed question on the condition, with decoys and never with canonical names."""

    id: str
    about: Literal["model", "scaffold"]
    text: str
    options: tuple[str, ...]
    """Display labels; "don't know" is added by the app."""
    meaning: dict[str, str] = field(default_factory=dict)
    """Display label to canonical name; labels without an entry are decoys. Never leaves study.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Which questions are asked on which share of the items."""

    share: float = 0.2
    questions: tuple[GuessQuestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CeilingRule:
    """When a condition counts as at the top level: `statistics` section 3."""

    share_at_top: float = 0.9
    lower_bound: float = 0.7
    """One-sided 95% Clopper-Pearson lower bound the share must reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPlan:
    """What will be computed; hashed before unblinding."""

    headline: tuple[str, ...]
    """Dimension ids of the headline result."""
    contrasts: tuple[str, ...] = ()
    """Scaffold ids compared with the baseline; empty means all of them."""
    alpha: float = 0.05
    equivalence_margin: float = 0.5
    """In levels."""
    ceiling: CeilingRule = CeilingRule()
    max_changed_share: float = 0.25
    """Upper bound on the share of changed tasks below which "unchanged" may be said."""
    correction: Literal["holm"] = "holm"
    aggregation: Literal["rater_paired", "median_low"] = "rater_paired"
    seed: int = 20260101
    """Seed of every resampling step, printed with its results."""
    stopping_rule: str = ""
    """When rating ends, and what a look at the ratings before that may change; empty: none was written."""


Finding = Literal[
    "raised_to_ceiling", "raised", "lowered", "unchanged", "equivalent", "no_headroom", "inconclusive"
]
"""A verdict on an effect, as a claim names it beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence somebody wants to say, with the level its words imply."""

    id: str
    text: str
    level: EvidenceLevel
    dimension: str = ""
    model: str = ""
    scaffold: str = ""
    acts: str = ""
    """Who will act on it, and what they will do."""
    words: tuple[str, ...] = ()
    """The words in it that set its level, such as "in use"."""
    expects: tuple[Finding, ...] = ()
    """Verdicts of which each would bear it out: the line set beforehand."""
    needs: tuple[Factor, ...] = ()
    """Factors its words speak of."""


LeakAction = Literal["replace", "keep", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionPlan:
    """What is done about texts that may tell a condition, class by class."""

    literals: tuple[str, ...] = ()
    """Words of the admin's own, taken literally."""
    patterns: tuple[str, ...] = ()
    """Regular expressions of the admin's own, in RE2 syntax."""
    token: str = "[redacted]"  # noqa: S105 - a neutral word, no secret
    block: LeakAction = "replace"
    """The study's own names and hidden texts, self-identification, literals and patterns."""
    names: LeakAction = "replace"
    """The shipped list of models, makers and products."""
    parts: LeakAction = "ask"
    """Parts of the study's names that stand in texts of that name alone."""
    echo: LeakAction = "keep"
    """Forms of scaffolds, such as `Thought:`, that are not in the study's own."""
    review: LeakAction = "keep"
    """What may be ordinary text."""
    system: Literal["hide", "show"] = "hide"
    """System messages; they can be shown only where all conditions of a task have the same."""
    tools: Literal["show", "drop"] = "show"
    """Tool calls and their results, the same for all conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Training before rating: the material, the gate, and gold items among the study's own."""

    file: str
    """Training transcripts with references, beside study.toml."""
    kappa: float = 0.7
    """Smallest chance-corrected agreement with the reference, in every dimension."""
    agreement: float = 0.7
    """Smallest share of items on which a rater gives the reference, in every dimension."""
    repeats: int = 2
    """How often a gate that was not passed may be tried again."""
    refresher_after_days: int | None = None
    """Length of the pause after which a refresher comes first; None asks for none."""
    gold: str | None = None
    """References of study items, beside study.toml; never in a pack."""
    gold_share: float | None = None
    """Share of all items that are drawn from that file; None takes all it names."""

    def visible(self) -> TrainingGate:
        """Return the part raters may see."""
        return TrainingGate(
            kappa=repr(self.kappa),
            agreement=repr(self.agreement),
            repeats=self.repeats,
            refresher_after_days=self.refresher_after_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What is not recorded of raters."""

    timing: Timing = "full"
    """Times and durations as they are, minutes alone, or none."""
    installation: bool = True
    """A mark of the installation at each sitting, by which two of one rater can be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRules:
    """What is fixed beforehand about amendments."""

    withdraw: WithdrawRule = "task"
    """What goes with a withdrawn item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPlan:
    """How the transcripts are read, so that a study can be seeded again the same way."""

    format: str = ""
    """Name of the format; empty finds it by content."""
    map: dict[str, str] = field(default_factory=dict)
    """Part of the origin to where it stands, as in --map."""
    failed_runs: bool = False
    """Runs that did not come to their end are transcripts too."""
    largest_mib: int = 64
    """The largest single transcript that is read."""
    replicates: Literal["all", "first", "sample"] = "all"
    """Which replicates of a cell are taken."""
    sample: int = 1
    """With "sample": how many of each cell."""
    seed: int = 20260101
    """Of the sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProtocol:
    """The whole of study.toml."""

    name: str
    kind: StudyKind
    evidence_level: EvidenceLevel
    subtag: InteractionTag | None = None
    observed: tuple[Factor, ...] = ()
    """Factors of the fixed list that this study did observe; all others stand as not observed."""
    contact: str = ""
    simulated: bool = False
    """The ratings are made by a program; every output says so."""
    rendered_view: bool = False
    """Raters may see Markdown rendered, in all arms alike."""
    rubric: Rubric
    scaffolds: tuple[Scaffold, ...]
    tasks: tuple[Task, ...]
    design: Design
    guess: Guess = Guess()
    analysis: AnalysisPlan
    redaction: RedactionPlan = RedactionPlan()
    sources: SourcesPlan = field(default_factory=SourcesPlan)
    claims: tuple[Claim, ...] = ()
    calibration: Calibration | None = None
    amendments: AmendmentRules = AmendmentRules()
    privacy: Privacy = Privacy()
    profile: ProfilePlan | None = None
    adjudication: AdjudicationPlan | None = None

    @property
    def baseline(self) -> Scaffold:
        """The scaffold every other is compared with."""
        return next(scaffold for scaffold in self.scaffolds if scaffold.baseline)

    def visible(self) -> VisibleProtocol:
        """Return the part raters may see."""
        return VisibleProtocol(
            name=self.name,
            contact=self.contact,
            simulated=self.simulated,
            rendered_view=self.rendered_view,
            rubric=self.rubric,
            questions=tuple(
                VisibleQuestion(id=question.id, text=question.text, options=question.options)
                for question in self.guess.questions
            ),
            training=self.calibration.visible() if self.calibration else None,
            withdraw=self.amendments.withdraw,
            timing=self.privacy.timing,
            installation=self.privacy.installation,
            adjudication=self.adjudication,
        )
