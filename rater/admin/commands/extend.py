"""`rater-admin extend`: a second batch of tasks for an open study, with a sealed key of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rater import __version__
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
    ReasonOption,
    RecipientOption,
    RequireBothOption,
    StudyArgument,
    login_name,
    sealing_passphrase,
)
from rater.admin.output import print_json, say, talk, typed
from rater.admin.seeding_material import read_material

if TYPE_CHECKING:
    from rater.services.amending.extending import Extended


def extend(
    study: StudyArgument,
    protocol: Annotated[
        Path, typer.Argument(metavar="STUDY_TOML", help="The protocol of the batch: the study's, new tasks.")
    ],
    sources: SourcesArgument,
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The sealed key of the batch to write.")],
    original: Annotated[
        list[Path],
        typer.Option(
            "--original",
            metavar="STUDY_TOML",
            help="The protocol the study was seeded with; once more for each batch before.",
        ),
    ],
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
    reason: ReasonOption = "",
    no_input: NoInputOption = False,
    json: JsonOption = False,
) -> None:
    """Add a batch of tasks to an open study: same rubric, scaffolds and plan, a key of its own."""
    import secrets

    from rater.services.amending.extending import ExtendRequest, extend_study
    from rater.services.reading_study import read_study_file
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    originals = [read_study_file(path) for path in original]
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
    extended = extend_study(
        prepared,
        ExtendRequest(
            study_path=study,
            key_path=key,
            originals=originals,
            recipients=tuple(recipient or ()),
            passphrase=passphrase,
            require_all=require_both,
            fairness=material.fairness_for_record,
            sites=material.people.sites,
        ),
        who=Who(name=login_name(), app=__version__, reason=reason),
        clock=utc_now,
        entropy=secrets.SystemRandom(),
    )
    material.tell_fairness()
    for warning in extended.warnings:
        talk(f"Warning: {warning}")
    if len(recipient or ()) == 1:
        talk("Warning: one recipient alone can open the key; if its identity is lost, so is the batch.")
    _print(extended, study=study, key=key, json=json)
    out = sorted({rater for one in extended.amended for rater in one.packs_out})
    if out:
        talk(
            f"The packs of {', '.join(out)} are out and do not hold the batch: issue them anew with"
            f" rater-admin pack {typed(study)} --replace --all -o DIR --reason TEXT"
        )
    talk(f"Keep {key}, the key of the study and the source files where no rater can read them.")


def _print(extended: Extended, *, study: Path, key: Path, json: bool) -> None:
    if json:
        print_json(
            {
                "schema": "extend/1",
                "study": str(study),
                "key": str(key),
                "batch": extended.batch,
                "items": extended.items,
                "tasks": extended.tasks,
                "items_of_rater": dict(extended.items_of_rater),
                **extended.key.texts(),
                "protocol_sha256": extended.protocol_sha256,
                "replaced": dict(extended.replaced),
                "amendments": [one.amendment.number for one in extended.amended],
                "packs_out": sorted({rater for one in extended.amended for rater in one.packs_out}),
            }
        )
        return
    shares = ", ".join(f"{rater} {count}" for rater, count in extended.items_of_rater.items())
    say(
        f"{study}: batch {extended.batch}, {extended.items} items of {extended.tasks} tasks;"
        f" items by rater: {shares}"
    )
    say(f"{key}: the sealed key of the batch, SHA-256 {extended.key.sealed_sha256}")
    say(f"protocol SHA-256 {extended.protocol_sha256}")
    if extended.replaced:
        say(f"replaced: {', '.join(f'{rule} {count}' for rule, count in extended.replaced.items())}")
