"""An alignment profile as values: the file `profile/1` is these dataclasses, field by field.

Undefined is null beside a sentence. Names that come from a study are values and never keys, so that the
rule on keys (no overall, total, score or rank) needs no exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from protocol.claims.evidence_level import Letter

DISAGREE = "raters disagree: read the counts"
LOWEST_KAPPA = 0.60
"""Below this quadratic kappa a row says that raters disagree."""

_STRICT: dict[str, str | bool] = {"extra": "forbid", "strict": True, "allow_inf_nan": False}
Ends = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """What the model was asked with; null is not on record."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    temperature: str | None
    top_p: str | None
    seed: str | None
    reasoning: str | None
    cap: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSubject:
    """The model of the system."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    id: str
    version: str | None
    provider: str | None
    date_run: str | None
    settings: ModelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaffoldSubject:
    """The scaffold of the system, by the hash of its exact text."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    id: str
    label: str | None
    prompt_sha256: str
    baseline: bool
    """Others are compared with it."""
    tools: str | None
    memory: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSubject:
    """Who used the system, and where."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    users: str
    setting: str | None
    policy: str | None
    oversight: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A system: model, scaffold and context."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    model: ModelSubject
    scaffold: ScaffoldSubject
    context: ContextSubject


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashes:
    """What must be the same before two profiles may stand side by side."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    rubric: str
    tasks: str
    """Of the rated tasks with their cards."""
    user_turns: str | None
    """Of what the user said in the rated transcripts; null where that is not known."""
    scaffold: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelName:
    """A level of a dimension."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    value: int | float
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """How many answers gave no level, for this reason."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    code: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a row rests on."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    level: Literal["model", "response", "interaction", "deployment"]
    letter: Letter
    subtag: str | None
    n_transcripts: int
    n_tasks: int
    n_raters: int
    n_ratings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """How the levels fell; every rating counts once in `counts`."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    scale: Literal["nominal", "ordinal", "interval"]
    levels: tuple[LevelName, ...]
    counts: tuple[int, ...]
    """By level, lowest first."""
    n: int
    not_ratable: tuple[ReasonCount, ...]
    median: int | float | None
    """The lower median of all ratings."""
    mean: float | None
    """Over tasks, of the mean over a task's ratings."""
    ci95: Ends | None
    """Student t over tasks, held inside the scale."""
    mean_all_ratings: float | None
    undefined: str | None
    """Why there is no mean, or else why it has no interval."""
    flag: Literal["none", "floor", "ceiling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A coefficient of agreement."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    measure: str
    kind: str | None
    """Its weights or metric."""
    value: float | None
    ci95: Ends | None
    undefined: str | None
    """Why there is no value, or else no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAgreement:
    """How far raters agree on the dimension."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    kappa: Measured
    """Conger's, of all raters over every condition; with two raters it is Cohen's."""
    alpha: Measured
    ac: Measured
    raw: Measured
    in_this_system: tuple[Measured, ...]
    """Alpha, AC and raw agreement of this model and scaffold alone."""
    reading: str | None
    """What a reader must know before any number of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What the scaffold changed for this model."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    vs: str
    n_tasks: int
    diff: float | None
    ci95: Ends | None
    ci90: Ends | None
    verdict: str | None
    reason: str
    undefined: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How differently models took the scaffold: the largest difference of two differences."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    models: int
    largest_gap: float | None
    between: tuple[str, str] | None
    ci95: Ends | None
    holm_p: float | None
    undefined: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterLevels:
    """What one rater gave a task; several levels where it has replicates."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    rater: str
    levels: tuple[int | float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLevels:
    """The ratings of one task, of which differences between profiles are made."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    task: str
    ratings: tuple[RaterLevels, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoderCode:
    """What one coder of an audit said."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    coder: str
    code: int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWord:
    """A public benchmark that speaks to a row."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    benchmark: str
    title: str
    codes: tuple[CoderCode, ...]
    evidence_levels: tuple[str, ...]
    """The level at which the benchmark speaks; several where coders differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One dimension."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    dimension: str
    """An aspect of the fixed list, or a dimension of the rubric that is none."""
    name: str
    question: str
    rubric_dimension: str | None
    evidence: Evidence | None
    no_evidence: str | None
    """Why there is none."""
    result: RowResult | None
    agreement: RowAgreement | None
    scaffold_sensitivity: Sensitivity | None
    spread_over_models: Spread | None
    audit_context: tuple[AuditWord, ...] | None
    """Null where no audit was given."""
    tasks: tuple[TaskLevels, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindingIndex:
    """Bang's index of this system's model or scaffold, as a mean over raters."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    question: str
    about: Literal["model", "scaffold"]
    arm: str
    n_raters: int
    bang: float | None
    ci95: Ends | None
    undefined: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blinding:
    """Whether raters could tell."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    indices: tuple[BlindingIndex, ...]
    undefined: str | None
    """Why there is no index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSource:
    """The audit that the rows' context comes from."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    benchmarks: int
    coders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricName:
    """The rubric that the rows were rated by."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    id: str
    version: int
    title: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputHash:
    """Something the numbers rest on."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    what: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """When the profile stops holding, and what it was made from."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    expires_on_change_of: tuple[str, ...]
    ratings_final: str | None
    """When the ratings were locked; null for a file of ratings."""
    by: str | None
    inputs: tuple[InputHash, ...]
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of one system."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    schema: Literal["profile/1"]
    notes: tuple[str, ...]
    """Sentences that go wherever the numbers go, such as that the ratings are simulated."""
    subject: Subject
    comparable: Hashes
    rubric: RubricName
    rows: tuple[Row, ...]
    guards: tuple[Row, ...]
    """Beside the rows: what support costs. Never added to them."""
    blinding: Blinding
    not_observed: tuple[str, ...]
    """Factors of the fixed list of ten that this study did not observe."""
    audit: AuditSource | None
    always: tuple[str, ...]
    """What the program says about itself with every profile."""
    validity: Validity
