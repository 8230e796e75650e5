"""What a report rests on: the protocol, the ratings, what was computed, and what a study file adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from protocol.adjudication.consensus import ConsensusCell
from protocol.adjudication.plan import AdjudicationPlan
from protocol.analysis.agreement import AgreementResult
from protocol.analysis.blinding_success import BlindingResult
from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.rating_table import RatingTable
from protocol.chain.amendment import Amendment
from protocol.chain.audit import AuditEntry
from protocol.claims.claim_block import ClaimBlock
from protocol.study import StudyProtocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterFlow:
    """One rater's row of the flow table."""

    rater: str
    assigned: int
    completed: int
    not_ratable: int
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationFacts:
    """An adjudication that ended, and the consensus it came to."""

    plan: AdjudicationPlan
    disagreements: int
    decided: int
    told: int
    """Items whose condition the adjudicator said to know."""
    waived_because: str | None
    """The reason; None where it was finished."""
    every_code: bool
    """Every not-ratable code was queued, as in an audit."""
    cells: tuple[ConsensusCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecordFacts:
    """What only a study file knows: ids, hashes and the log of its steps."""

    study_id: str
    items: int
    flow: tuple[RaterFlow, ...]
    sealed_sha256: str | None
    """None where nothing was sealed, as in an audit."""
    lock_code: str
    audit: tuple[AuditEntry, ...]
    amendments: tuple[Amendment, ...] = ()
    adjudication: AdjudicationFacts | None = None
    """Where an adjudication was finished or waived."""
    withdrawn: int = 0
    """Transcripts that no result counts, with all that went with them."""

    def details_of(self, action: str) -> Mapping[str, str]:
        """Return what the last step of a kind recorded; nothing where there is no such step."""
        found = [entry.details for entry in self.audit if entry.action == action]
        return found[-1] if found else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What the report states beside the numbers."""

    protocol: StudyProtocol
    protocol_sha256: str
    table: RatingTable
    ratings_name: str
    """The file that the ratings come from, without its folder."""
    ratings_sha256: str | None = None
    """Of a ratings file; a study has its lock code."""
    record: StudyRecordFacts | None = None
    """None for ratings that came as a file: nothing is then known of how they were made."""
    filters: tuple[str, ...] = ()
    """Which rows of a ratings file were taken; none means all."""
    app: str
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Models with a rating, by name."""
        return tuple(sorted({row.model for row in self.table.rows if row.model is not None}))

    @property
    def raters(self) -> tuple[str, ...]:
        """Raters with a row, by code."""
        return tuple(sorted({row.rater for row in self.table.rows}))

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks with a rating, by id."""
        return tuple(sorted({row.task for row in self.table.rows if row.task is not None}))

    @property
    def units(self) -> int:
        """Transcripts with a row."""
        return len({row.unit for row in self.table.rows})


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything that was computed for the report."""

    agreement: AgreementResult
    effects: EffectsResult
    claims: tuple[ClaimBlock, ...]
    blinding: BlindingResult | None = None
    """None where raters were not asked, or nothing is known of it."""
    by_prompting: Mapping[str, EffectsResult] = field(default_factory=dict)
    """Effects of prompted and of unprompted tasks apart, where the study has both."""
