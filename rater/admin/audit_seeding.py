"""`rater-admin seed` for a benchmark audit, beside the command: no key, no transcripts, other options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from protocol.errors import UsageError
from rater import __version__
from rater.admin.options import login_name
from rater.admin.output import print_json, say, talk, typed


def refuse_for_audit(given: Sequence[str]) -> None:
    """Refuse options of a key and of transcripts.

    Raises:
        UsageError: One was given; all of them are named.
    """
    if given:
        raise UsageError(
            f"A benchmark audit has no key and no transcripts: {', '.join(given)} does not apply.",
            next_step="Leave it out: rater-admin seed study.toml documents -o study.db",
        )


def seed_as_audit(protocol: Path, sources: Sequence[Path], *, output: Path, force: bool, json: bool) -> None:
    """Seed an audit and say what was written.

    Raises:
        UsageError: Not exactly one folder was named.
    """
    import secrets

    from rater.services.auditing.audit_seeding import AuditRequest, seed_audit
    from rater.services.wall_clock import utc_now

    if len(sources) != 1:
        raise UsageError(
            "One folder of documents is needed.", next_step="Name the folder, such as documents."
        )
    seeded = seed_audit(
        AuditRequest(
            protocol=protocol,
            documents=sources[0],
            study_path=output,
            replace=force,
            who=login_name(),
            app=__version__,
        ),
        entropy=secrets.SystemRandom(),
        clock=utc_now,
    )
    if json:
        print_json(
            {
                "schema": "seed-audit/1",
                "study": str(output),
                "study_id": seeded.study_id,
                "benchmarks": seeded.benchmarks,
                "documents": seeded.documents,
                "coders": list(seeded.coders),
                "protocol_sha256": seeded.protocol_sha256,
            }
        )
        return
    coders = ", ".join(seeded.coders)
    say(f"{output}: {seeded.benchmarks} benchmarks, {seeded.documents} documents; each is coded by {coders}")
    say(f"protocol SHA-256 {seeded.protocol_sha256}")
    talk("Nothing is blinded in an audit, and there is no key.")
    talk(f"Next: rater rate {typed(output)} --as {seeded.coders[0]}")
