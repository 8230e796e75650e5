"""`rater-admin seed`: transcripts and a protocol become a study file and a sealed key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rater import __version__
from rater.admin.audit_seeding import refuse_for_audit, seed_as_audit
from rater.admin.commands.leaks import DecisionsOption
from rater.admin.commands.source_options import (
    FailedRunsOption,
    FormatOption,
    LargestOption,
    MapOption,
    ReplicatesOption,
    RunManifestOption,
    SourcesArgument,
    named_sources,
)
from rater.admin.options import (
    JsonOption,
    NoInputOption,
    PassphraseFdOption,
    PassphraseFileOption,
    RatersOption,
    RecipientOption,
    RequireBothOption,
    login_name,
    sealing_passphrase,
)
from rater.admin.output import print_json, say, talk, typed
from rater.admin.seeding_material import read_material


def seed(
    protocol: Annotated[Path, typer.Argument(metavar="STUDY_TOML", help="The protocol of the study.")],
    sources: SourcesArgument,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The study file to write.")],
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The sealed key to write (default: beside the study)."),
    ] = None,
    recipient: RecipientOption = None,
    require_both: RequireBothOption = False,
    passphrase_file: PassphraseFileOption = None,
    passphrase_fd: PassphraseFdOption = None,
    mapping: MapOption = None,
    format_name: FormatOption = None,
    failed_runs: FailedRunsOption = None,
    largest_mib: LargestOption = None,
    replicates: ReplicatesOption = None,
    decisions: DecisionsOption = None,
    raters: RatersOption = None,
    run: RunManifestOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Seed anew over a study file that has no rating yet.")
    ] = False,
    no_input: NoInputOption = False,
    json: JsonOption = False,
) -> None:
    """De-identify, shuffle and assign the transcripts; seal what they really are.

    For a benchmark audit, SOURCE is the folder of documents, and there is no key.
    """
    import secrets

    from rater.services.auditing.audit_seeding import is_audit_protocol

    if is_audit_protocol(protocol):
        sealing = {
            "--key": key,
            "--recipient": recipient,
            "--require-both": require_both,
            "--passphrase-file": passphrase_file,
            "--passphrase-fd": passphrase_fd is not None,
            "--map": mapping,
            "--format": format_name,
            "--failed-runs": failed_runs,
            "--replicates": replicates,
            "--decisions": decisions,
            "--raters": raters,
            "--run": run,
        }
        refuse_for_audit([name for name, given in sealing.items() if given])
        seed_as_audit(protocol, sources, output=output, force=force, json=json)
        return
    from protocol.claims.evidence_level import claims_above
    from rater.services.seeding.seeding import SeedRequest, seed_study
    from rater.services.wall_clock import utc_now

    named = named_sources(
        sources,
        mapping,
        format_name=format_name,
        failed_runs=failed_runs,
        largest_mib=largest_mib,
        replicates=replicates,
    )
    material = read_material(protocol, named, decisions=decisions, run=run, raters=raters)
    prepared = material.prepared
    passphrase = sealing_passphrase(passphrase_file, passphrase_fd, recipient, no_input=no_input)
    key_path = key or output.parent / f"{output.stem}.key"
    seeded = seed_study(
        prepared.protocol,
        prepared.study_toml,
        prepared.transcripts,
        SeedRequest(
            study_path=output,
            key_path=key_path,
            recipients=tuple(recipient or ()),
            passphrase=passphrase,
            require_all=require_both,
            replace=force,
            decisions=prepared.decisions,
            decisions_sha256=prepared.decisions_sha256,
            sources=prepared.sources,
            fairness=material.fairness_for_record,
            intake=prepared.intake,
            sites=material.people.sites,
            who=login_name(),
            app=__version__,
        ),
        entropy=secrets.SystemRandom(),
        clock=utc_now,
        training=prepared.training,
    )
    material.tell_fairness()
    for claim in claims_above(prepared.protocol.claims, prepared.protocol.evidence_level):
        talk(
            f"Warning: claim {claim.id} speaks of {claim.level}, above this study's evidence "
            f"({prepared.protocol.evidence_level}); the report prints the distance."
        )
    for warning in seeded.warnings:
        talk(f"Warning: {warning}")
    people = material.people
    if people.others:
        talk(f"{people.path} also names {', '.join(people.others)}, with nothing to rate in this design.")
    if len(recipient or ()) == 1:
        talk("Warning: one recipient alone can open the key; if its identity is lost, so is the study.")
    if json:
        print_json(
            {
                "schema": "seed/1",
                "study": str(output),
                "key": str(key_path),
                "study_id": seeded.study_id,
                "items": seeded.items,
                **({"hidden_repeats": seeded.repeats} if seeded.repeats else {}),
                "tasks": seeded.tasks,
                "items_of_rater": dict(seeded.items_of_rater),
                "sealed_sha256": seeded.sealed_sha256,
                "allocation_commitment": seeded.allocation_commitment,
                "redaction_commitment": seeded.redaction_commitment,
                "protocol_sha256": seeded.protocol_sha256,
                "replaced": dict(seeded.replaced),
                "voided_key_sha256": seeded.voided_key_sha256,
                **(
                    {"training_items": seeded.training_items, "gold_items": seeded.gold_items}
                    if seeded.training_items
                    else {}
                ),
            }
        )
        return
    shares = ", ".join(f"{rater} {count}" for rater, count in seeded.items_of_rater.items())
    say(f"{output}: {seeded.items} items of {seeded.tasks} tasks; items by rater: {shares}")
    if seeded.training_items:
        gold = f", {seeded.gold_items} gold items" if seeded.gold_items else ""
        say(f"training: {seeded.training_items} items with references{gold}")
    if seeded.repeats:
        say(f"hidden repeats: {seeded.repeats} items that show somebody a transcript again")
    say(f"{key_path}: the sealed key, SHA-256 {seeded.sealed_sha256}")
    say(f"protocol SHA-256 {seeded.protocol_sha256}")
    if seeded.replaced:
        replaced = ", ".join(f"{rule} {count}" for rule, count in seeded.replaced.items())
        say(f"replaced by {prepared.protocol.redaction.token}: {replaced} (the log is in the sealed key)")
    if seeded.voided_key_sha256:
        talk(f"The key with SHA-256 {seeded.voided_key_sha256} is void; this is on the record.")
    talk(f"Keep {key_path} and the source files where no rater can read them.")
    first = next(iter(seeded.items_of_rater))
    talk(f"Next: rater rate {typed(output)} --as {first}")
