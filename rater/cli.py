"""The console script `rater`: arguments, checks that need no app, then a late import of the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from protocol.errors import NotFoundError
from protocol.safe_text import inline
from rater import __version__
from rater.entry import exit_in_words
from rater.exit_codes import ExitCode
from rater.launching import Look, check_terminal, run_sitting
from rater.settings import THEMES, read_settings, settings_path

app = typer.Typer(
    name="rater",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SAMPLE_PACK = Path(__file__).parent / "sample" / "demo.pack.db"

DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug", help="For developers: allow Textual's own log, which records every key.", hidden=True
    ),
]

PlainOption = Annotated[
    bool,
    typer.Option("--plain", help="Line by line, for screen readers, plain terminals and scripts."),
]


ThemeOption = Annotated[
    str | None,
    typer.Option(
        "--theme", metavar="NAME", help=f"One of {', '.join(THEMES)}; remembered for the next start."
    ),
]

AsciiOption = Annotated[bool, typer.Option("--ascii", help="Draw no box and no block characters.")]


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"rater {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Rate the conversations of a blinded study in the terminal."""


@app.command()
def rate(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY_OR_PACK", help="The study file or the pack you were given.")
    ],
    *,
    rater: Annotated[
        str | None,
        typer.Option("--as", metavar="CODE", help="Your code, such as R1; a pack knows it already."),
    ] = None,
    plain: PlainOption = False,
    theme: ThemeOption = None,
    ascii_only: AsciiOption = False,
    debug: DebugOption = False,
) -> None:
    """Open the rating app where you left off."""
    look = Look(plain=plain, theme=theme, ascii_only=ascii_only)
    raise typer.Exit(run_sitting(study, rater=rater, look=look, debug=debug))


@app.command()
def demo(
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="PATH",
            help="Where your demo ratings are kept; by default in your user data folder.",
        ),
    ] = None,
    plain: PlainOption = False,
    theme: ThemeOption = None,
    ascii_only: AsciiOption = False,
    debug: DebugOption = False,
) -> None:
    """Rate the shipped sample pack: nothing counts."""
    if not plain:
        check_terminal(debug=debug)
    look = Look(plain=plain, theme=theme, ascii_only=ascii_only)
    path = file if file is not None else _demo_path()
    _provide_demo(path)
    code = run_sitting(path, rater=None, look=look, debug=debug)
    typer.echo(f"Your demo ratings are in {path}. Remove that file to start afresh.", err=True)
    raise typer.Exit(code)


@app.command()
def submit(
    study: Annotated[
        Path, typer.Argument(metavar="PACK_OR_STUDY", help="The pack or study file you rated in.")
    ],
    rater: Annotated[
        str | None,
        typer.Option("--as", metavar="CODE", help="Your code, such as R1; a pack knows it already."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The file to write (default: CODE.ratings.jsonl beside it).",
        ),
    ] = None,
    interim: Annotated[
        bool, typer.Option("--interim", help="A safe copy of the work so far; you go on rating.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="ADDRESS", help="Send it, too: a folder, sftp://HOST/FOLDER, s3://BUCKET/PREFIX."
        ),
    ] = None,
) -> None:
    """Write the file to send back, and your receipt."""
    from rater.services.exchange.exchange import open_exchange, refuse_address, send_ratings
    from rater.services.sitting.submitting import submit as hand_in

    refuse_address(output, option="-o")
    place = None if to is None else open_exchange(to)
    done = hand_in(study, rater=rater, output=output, interim=interim, app=__version__)
    typer.echo(inline(str(done.path)))
    typer.echo(f"receipt {done.receipt}")
    training = "" if done.training_events is None else f" and {done.training_events} of training"
    typer.echo(
        f"{done.completed} of {done.items} items completed, {done.events} events{training}. "
        + ("" if place else "Send the file as it is to the person who runs the study. ")
        + "Keep the receipt: it proves later what was in it.",
        err=True,
    )
    if not done.interim:
        typer.echo("Your ratings are handed in and no longer change.", err=True)
    if place is not None:
        name = send_ratings(place, done.rater, done.path.read_bytes())
        typer.echo(f"Sent to {inline(place.address)} as {name}", err=True)


@app.command()
def timesheet(
    study: Annotated[
        Path, typer.Argument(metavar="PACK_OR_STUDY", help="The pack or study file you rated in.")
    ],
    rater: Annotated[
        str | None,
        typer.Option("--as", metavar="CODE", help="Your code, such as R1; a pack knows it already."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show items, sittings and active hours, for an invoice."""
    from protocol.timesheet import RULE, hours_text
    from rater.services.sitting.timesheets import read_timesheet

    found = read_timesheet(study, rater=rater)
    if json:
        _print_json({"schema": "timesheet/1", **asdict(found), "rule": RULE})
        return
    typer.echo(f"{inline(found.rater)}: {found.items} of {found.assigned} items completed")
    for one in found.sittings:
        typer.echo(
            f"{one.began_at[:16].replace('T', ' ')} to {one.ended_at[11:16]} UTC: "
            f"{one.completed} items, {hours_text(one.active_s)}"
        )
    if found.active_s is None:
        typer.echo(f"{found.starts} sittings; active hours are not known: {found.undefined}")
        return
    typer.echo(f"{len(found.sittings)} sittings, {hours_text(found.active_s)} active")
    typer.echo(RULE, err=True)


@app.command("check-receipt")
def check_receipt(
    ratings: Annotated[Path, typer.Argument(metavar="FILE", help="The ratings file you handed in.")],
    receipt: Annotated[str, typer.Argument(metavar="CODE", help="The receipt you kept.")],
    lock_manifest: Annotated[
        Path, typer.Argument(metavar="LOCK_MANIFEST", help="The lock manifest you were sent.")
    ],
    lock_code: Annotated[
        str | None,
        typer.Option("--lock-code", metavar="CODE", help="The lock code as it was published."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask whether your work was counted, unchanged."""
    from rater.services.packs.receipts import check_receipt_of

    found = check_receipt_of(ratings, receipt, lock_manifest, lock_code=lock_code)
    if json:
        _print_json(
            {
                "schema": "receipt-check/1",
                "rater": found.rater,
                "counted": found.counted,
                "answer": found.answer,
                "events": found.events,
                "locked_events": found.locked_events,
                "lock_code": found.lock_code,
                "lock_code_given": lock_code is not None,
            }
        )
    else:
        typer.echo(f"{inline(found.rater)}: {found.answer}")
    if lock_code is None:
        typer.echo(f"This holds if the lock code that was published is {found.lock_code}", err=True)
    if not found.counted:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def keys() -> None:
    """Print every action with its keys, for your settings."""
    from rater.tui.key_table import keys_as_toml, make_key_table

    path = settings_path()
    typer.echo(keys_as_toml(make_key_table(read_settings(path).keys)), nl=False)
    typer.echo(f"To change keys, put lines of this table into {inline(str(path))}.", err=True)


@app.command()
def serve(
    study: Annotated[Path, typer.Argument(metavar="STUDY_OR_PACK", help="The study file to rate in.")],
    *,
    rater: Annotated[
        list[str] | None,
        typer.Option("--rater", metavar="CODE", help="Make a link for this rater only; repeatable."),
    ] = None,
    host: Annotated[str, typer.Option(help="What to listen on; other machines need more than this one.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 0,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="What raters' browsers call the server, behind a proxy or tunnel."),
    ] = None,
    idle_minutes: Annotated[
        int, typer.Option(min=1, help="Close a session that nobody touches for so long.")
    ] = 60,
) -> None:
    """Serve the rating app to browsers, one link each."""
    from rater.serve.options import ServeOptions
    from rater.serve.server import serve as serve_until_stopped

    serve_until_stopped(
        ServeOptions(
            path=study,
            raters=tuple(rater or ()),
            host=host,
            port=port,
            public_url=public_url,
            idle_minutes=idle_minutes,
        ),
        hand_out=typer.echo,
        tell=lambda line: typer.echo(line, err=True),
    )


def main() -> None:
    """Run `rater`."""
    exit_in_words(app)


def _print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object; what a terminal could obey is escaped, as JSON allows."""
    import json

    typer.echo(json.dumps(value, indent=2))


def _demo_path() -> Path:
    from platformdirs import user_data_path

    return user_data_path("blindrater", appauthor=False) / "demo.pack.db"


def _provide_demo(path: Path) -> None:
    """Copy the shipped pack to where it can be rated, unless it is there already.

    Raises:
        NotFoundError: The installation has no demo pack.
        StorageError: It cannot be written there.
    """
    from db.atomic_file import cannot_write, write_whole

    if path.exists():
        return
    if not SAMPLE_PACK.exists():
        raise NotFoundError(
            "This installation has no demo pack.",
            where=str(SAMPLE_PACK),
            next_step="Install blindrater anew, or rate a pack with `rater rate`.",
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    write_whole(path, SAMPLE_PACK.read_bytes(), mode=0o600)


if __name__ == "__main__":
    main()
