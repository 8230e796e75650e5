"""The study.toml of a bundle, of either kind: what both verifiers ask of it, and the rest by its kind."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.audit.audit_file import read_audit
from protocol.audit.audit_protocol import AuditProtocol
from protocol.rubric import Rubric
from protocol.study import StudyProtocol
from protocol.study_file import is_audit, read_study
from protocol.visible import VisibleProtocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleProtocol:
    """The protocol of a study with conditions, or of a benchmark audit; exactly one of the two."""

    study: StudyProtocol | None = None
    audit: AuditProtocol | None = None

    @property
    def visible(self) -> VisibleProtocol:
        """What raters could see of it."""
        if self.audit is not None:
            return self.audit.visible()
        return self.with_conditions.visible()

    @property
    def with_conditions(self) -> StudyProtocol:
        """The protocol of a study with conditions."""
        if self.study is None:
            raise RuntimeError("an audit has no conditions")
        return self.study

    @property
    def rubric(self) -> Rubric:
        """What was rated by."""
        return self.visible.rubric

    @property
    def seed(self) -> int:
        """Seed of everything that is drawn in the analysis."""
        return self.with_conditions.analysis.seed if self.audit is None else self.audit.plan.seed

    @property
    def has_gold(self) -> bool:
        """Whether some items have levels that were known beforehand."""
        training = None if self.study is None else self.study.calibration
        return training is not None and training.gold is not None


def read_bundle_protocol(text: str, *, where: str) -> BundleProtocol:
    """Read a study.toml as at seeding.

    Raises:
        InvalidInputError: It is none.
    """
    if is_audit(text):
        return BundleProtocol(audit=read_audit(text, where=where))
    return BundleProtocol(study=read_study(text, where=where))
