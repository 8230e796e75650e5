"""What would tell a rater the condition: every hit in context, and decisions on record."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.atomic_file import cannot_write
from protocol.deidentify.decisions import DECIDED, Decision, parse_decisions
from protocol.deidentify.finding import LeakHit, dropped_tasks, find_hits
from protocol.errors import InvalidInputError, NotFoundError, UsageError
from protocol.sources.source_plan import SourceOverrides, overridden
from rater.services.doors.key_files import read_secret_text
from rater.services.leaks.blind_lint import Leak, forbidden_terms, leaks_in_own_texts
from rater.services.leaks.leak_rules import policy_of, rules_of
from rater.services.reading_study import read_study_file
from rater.services.seeding.reading_training import read_training_sources
from rater.services.seeding.training_plan import find_training_hits, leaks_in_references, training_transcripts
from rater.services.sources.reading_sources import read_sources

DECISIONS_NAME = "leaks.decisions.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakReport:
    """Every hit, and what in the admin's own texts stops the seeding."""

    hits: tuple[LeakHit, ...]
    own_texts: tuple[Leak, ...]
    """Leaks in cards, rubric and names, which are never changed."""
    transcripts: int

    @property
    def undecided(self) -> int:
        """Hits seeding waits for; those of a task that is left out anyway do not count."""
        dropped = dropped_tasks(self.hits)
        return sum(hit.is_undecided and hit.place.origin.task not in dropped for hit in self.hits)


def decisions_path(protocol: Path, given: Path | None) -> Path:
    """Return where the decisions of a protocol are kept: beside it, unless said otherwise."""
    return given or protocol.with_name(DECISIONS_NAME)


def read_decisions(path: Path) -> dict[str, Decision]:
    """Return the decisions of a file; none where there is no file yet.

    Raises:
        InvalidInputError: A line is no decision.
    """
    if not path.exists():
        return {}
    return parse_decisions(read_secret_text(path, wanted="decisions on leaks"), where=str(path))


def find_leaks(
    protocol_path: Path,
    sources: Sequence[Path],
    *,
    overrides: SourceOverrides,
    decisions: Mapping[str, Decision],
) -> LeakReport:
    """Return what would tell a rater the condition. Writes nothing.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file has mistakes.
    """
    protocol = read_study_file(protocol_path).protocol
    training = read_training_sources(protocol_path, protocol)
    read = read_sources(sources, plan=overridden(protocol.sources, overrides))
    transcripts = sorted(read.transcripts, key=lambda transcript: transcript.origin)
    hits = find_hits(transcripts, rules_of(protocol, transcripts), decisions, policy=policy_of(protocol))
    shown = [*transcripts, *training_transcripts(training)]
    terms = forbidden_terms(protocol, shown)
    return LeakReport(
        hits=(*hits, *find_training_hits(protocol, transcripts, training, decisions)),
        own_texts=(
            *leaks_in_own_texts(protocol, terms),
            *(leaks_in_references(training, terms) if training else ()),
        ),
        transcripts=len(shown),
    )


def decide_hits(
    path: Path, report: LeakReport, entries: Sequence[str], *, reason: str, who: str, at: str
) -> list[Decision]:
    """Add decisions to the file.

    Args:
        path: The file of decisions.
        report: The hits as they are now.
        entries: HIT=ACTION; HIT is a fingerprint, a rule's name, or a class.
        reason: Why; goes with every decision.
        who: Who decides.
        at: When.

    Raises:
        UsageError: An entry has another form, or the reason is blank.
        InvalidInputError: The reason cannot be written as UTF-8.
        NotFoundError: An entry names no hit.
        StorageError: The file cannot be written.
    """
    if not reason.strip():
        raise UsageError("A decision needs a reason for the record.", next_step="Add --reason.")
    made: list[Decision] = []
    for entry in entries:
        name, _, action = entry.rpartition("=")
        if not name or action not in DECIDED:
            raise UsageError(
                f"{entry!r} is no decision.",
                where="--decide",
                next_step="Write HIT=replace, HIT=keep or HIT=drop-task.",
            )
        chosen = [
            hit.place.fingerprint
            for hit in report.hits
            if name in (hit.place.fingerprint, hit.place.rule, hit.leak_class.value)
        ]
        if not chosen:
            raise NotFoundError(
                f"No hit is called {name!r}.",
                where="--decide",
                next_step="Take the twelve digits that `rater-admin leaks` shows, a rule, or a class.",
            )
        made.extend(
            Decision(hit=one, action=DECIDED[action], reason=reason, who=who, at=at) for one in chosen
        )
    try:
        data = "".join(decision.line() for decision in made).encode()
    except UnicodeEncodeError:
        raise InvalidInputError(
            "The reason holds half a character.", where="--reason", next_step="Type it again."
        ) from None
    try:
        with path.open("a+b") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
            unfinished = file.read(1) not in (b"", b"\n")  # an editor left the last line end off
            file.write(b"\n" + data if unfinished else data)
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    return made
