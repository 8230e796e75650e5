"""What `agreement` and `effects` share: where ratings come from, and how blocks of text are printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.options import login_name
from rater.admin.output import print_table, say, talk

if TYPE_CHECKING:
    from protocol.report.text_block import Block
    from rater.services.results.analysing import Ratings

RatingsOption = Annotated[
    Path | None,
    typer.Option(
        "--ratings",
        metavar="FILE",
        help="CSV or Parquet, tidy (unit, rater, dimension, value ...) or wide; Label Studio; Potato.",
    ),
]
WideOption = Annotated[
    str | None,
    typer.Option(
        "--wide",
        metavar="PATTERN",
        help="How a wide table names its columns of ratings: {rater}, {dimension} or {rater}_{dimension}.",
    ),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME=COLUMN", help="What the file calls a column: unit=item_id."),
]
DimensionOption = Annotated[
    list[str] | None,
    typer.Option("--dimension", metavar="NAME", help="Read only these dimensions of the file."),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="WORD=NUMBER", help="The level a word of the file stands for: Good=3."),
]
PlotOption = Annotated[
    bool, typer.Option("--plot", help="Draw instead of tables: plain text, under 80 columns.")
]
OriginsOption = Annotated[
    Path | None,
    typer.Option("--origins", metavar="FILE", help="Model, scaffold and task of the file's units, as CSV."),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="COLUMN=VALUE",
        help="Keep matching rows. Repeat: several columns must all match, one column may have either value.",
    ),
]
LevelsOption = Annotated[
    list[str] | None,
    typer.Option("--levels", metavar="0,1,2", help="Declared levels of the file, or DIMENSION=0,1,2."),
]
ScaleOption = Annotated[
    list[str] | None,
    typer.Option("--scale", metavar="SCALE", help="nominal, ordinal or interval, or DIMENSION=SCALE."),
]
ProtocolOption = Annotated[
    Path | None,
    typer.Option(
        "--protocol", metavar="STUDY.TOML", help="Takes levels, scales and plan of a file from here."
    ),
]

WithGoldOption = Annotated[
    bool, typer.Option("--with-gold", help="Count gold items of a study, whose levels were known, too.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsSource:
    """Where ratings come from, and what was said about a file of them."""

    study: Path | None
    ratings: Path | None
    levels: Sequence[str] | None
    scale: Sequence[str] | None
    protocol: Path | None
    wide: str | None
    column: Sequence[str] | None
    dimension: Sequence[str] | None
    label: Sequence[str] | None
    origins: Path | None
    with_gold: bool

    @property
    def about_a_file(self) -> bool:
        """Whether an option was given that has no meaning for a study."""
        said = (
            self.levels,
            self.scale,
            self.protocol,
            self.wide,
            self.column,
            self.dimension,
            self.label,
            self.origins,
        )
        return any(said)


def load_ratings(source: RatingsSource, *, where: Sequence[str] | None, needs_origin: bool) -> Ratings:
    """Return the ratings of a study or of a file.

    Raises:
        UsageError: Both or neither are named, or options of a file stand beside a study.
    """
    from protocol.analysis.raw_ratings import ReadingOptions
    from protocol.analysis.row_filter import parse_filters
    from rater.services.results.analysing import Ratings, read_ratings_file

    study = source.study
    if (study is None) == (source.ratings is None):
        raise UsageError("Name one source of ratings.", next_step="Give a study file, or --ratings FILE.")
    if source.ratings is not None:
        if source.with_gold:
            raise UsageError("--with-gold belongs to a study.", next_step="Leave it out.")
        return read_ratings_file(
            source.ratings,
            where=where or (),
            levels=source.levels or (),
            scale=source.scale or (),
            protocol=source.protocol,
            options=ReadingOptions.from_texts(
                wide=source.wide,
                columns=source.column or (),
                dimensions=source.dimension or (),
                labels=source.label or (),
            ),
            origins=source.origins,
        )
    if study is None or source.about_a_file:
        raise UsageError(
            "--levels, --scale, --protocol, --wide, --column, --dimension, --label and --origins belong to "
            "--ratings: a study declares its own.",
            next_step="Leave them out.",
        )
    from rater.services.progress.looks import ON_RECORD, record_look
    from rater.services.results.study_ratings import read_study_ratings, read_unblinded_ratings

    read = read_unblinded_ratings if needs_origin else read_study_ratings
    found = read(study, with_gold=source.with_gold)
    if record_look(study, action="agreement", who=login_name(), app=__version__):
        talk(ON_RECORD)
    return Ratings(
        table=found.table,
        source=study.name,
        baseline=found.protocol.baseline.id if found.protocol else None,
        plan=found.protocol.analysis if found.protocol else None,
        leave_out=found.leave_out,
        notice=found.notices,
        audit=found.audit.plan if found.audit else None,
        consensus=found.consensus,
    ).where(parse_filters(where or ()))


def refuse_plot_as_json(plot: bool, as_json: bool) -> None:
    """Refuse two forms of output at once.

    Raises:
        UsageError: Both were asked for.
    """
    if plot and as_json:
        raise UsageError("--plot draws text, and --json prints data.", next_step="Give one of them.")


def announce(loaded: Ratings, *, on_stdout: bool) -> None:
    """Say what the numbers rest on: what they are goes with them, warnings are talk.

    Args:
        loaded: The ratings.
        on_stdout: Print the notices with the numbers; JSON carries them itself.
    """
    for line in loaded.notice if on_stdout else ():
        say(line)
    for line in loaded.warnings:
        talk(f"Warning: {line}")


def print_blocks(blocks: Iterable[Block]) -> None:
    """Print tables and sentences on stdout."""
    from protocol.report.text_block import TextTable

    for block in blocks:
        if isinstance(block, TextTable):
            print_table(block.columns, block.rows, title=block.title, right=block.right)
        else:
            for line in block.lines:
                say(line)
        say("")
