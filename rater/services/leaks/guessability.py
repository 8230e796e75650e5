"""How well could a program tell the conditions from what raters would see? Asked before seeding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from protocol.deidentify.decisions import Decision
from protocol.deidentify.guessability.audit import AuditResult, guessability_audit
from protocol.deidentify.guessability.audit_item import AuditItem
from protocol.deidentify.scrubbing import scrub
from protocol.sources.source_plan import SourceOverrides, overridden
from rater.services.leaks.leak_rules import decider, kept_transcripts, policy_of, rules_of
from rater.services.reading_study import read_study_file
from rater.services.sources.reading_sources import read_sources


def audit_sources(
    protocol_path: Path,
    sources: Sequence[Path],
    *,
    overrides: SourceOverrides,
    decisions: Mapping[str, Decision],
    seed: int | None,
    progress: Callable[[str], None],
) -> AuditResult:
    """Audit the transcripts as raters would see them: de-identified, by the plan and the decisions.

    Args:
        protocol_path: The study.toml.
        sources: Files of transcripts.
        overrides: What the command line says on how they are read, besides the protocol.
        decisions: Decisions on leaks.
        seed: Of folds and permutations; that of the plan unless given.
        progress: Called with the name of each step.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file has mistakes.
        BlindError: A leak is undecided.
        UsageError: The extra `audit` is not installed.
    """
    protocol = read_study_file(protocol_path).protocol
    transcripts = read_sources(sources, plan=overridden(protocol.sources, overrides)).transcripts
    rules = rules_of(protocol, transcripts)
    items = [
        AuditItem(
            id=f"{transcript.origin.model} x {transcript.origin.scaffold} x {transcript.origin.task}"
            f" #{transcript.origin.replicate}",
            model=transcript.origin.model,
            scaffold=transcript.origin.scaffold,
            task=transcript.origin.task,
            conversation=scrub(
                transcript.conversation,
                rules,
                token=protocol.redaction.token,
                decide=decider(transcript.origin, decisions),
                policy=policy_of(protocol),
            ).conversation,
        )
        for transcript in kept_transcripts(protocol, transcripts, rules, decisions)
    ]
    return guessability_audit(items, seed=protocol.analysis.seed if seed is None else seed, progress=progress)
