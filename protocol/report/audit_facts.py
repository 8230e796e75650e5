"""What the report of a benchmark audit rests on; apart from `report_facts`, as an audit has no conditions."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.analysis.agreement import AgreementResult
from protocol.analysis.rating_table import RatingTable
from protocol.audit.audit_protocol import AuditProtocol
from protocol.audit.coverage import Coverage
from protocol.audit.pooled_agreement import AuditAgreement
from protocol.report.report_facts import StudyRecordFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What coders read of one benchmark."""

    benchmark: str
    documents: tuple[str, ...]
    characters: int
    shown_sha256: str
    """As it stands in every assignment manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFacts:
    """What the report states beside the numbers."""

    protocol: AuditProtocol
    protocol_sha256: str
    table: RatingTable
    file_name: str
    """The study file, without its folder."""
    record: StudyRecordFacts
    material: tuple[Material, ...]
    app: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResults:
    """Everything that was computed for the report."""

    cells: AuditAgreement
    """Pooled and by dimension, as an audit reports it."""
    agreement: AgreementResult
    """The usual report of each dimension."""
    coverage: Coverage
