"""The figures of an audit as files, with their words beside them."""

from __future__ import annotations

from pathlib import Path

from protocol.audit.coverage import Coverage
from protocol.errors import UsageError
from protocol.report.audit_figures import audit_figures
from rater.services.results.result_folder import write_folder


def write_figures(found: Coverage, folder: Path, *, replace: bool = False) -> tuple[str, ...]:
    """Write each figure as SVG and PNG, and what it shows as text.

    Args:
        found: What the audit covers.
        folder: Where the files go.
        replace: Write over an earlier run.

    Returns:
        The names of the files.

    Raises:
        UsageError: The extra `figures` is not installed, or the folder is in the way.
        StorageError: The folder cannot be written.
    """
    from rater.figures.drawing import can_draw, draw  # matplotlib takes half a second

    if not can_draw():
        raise UsageError(
            "Drawing needs an extra that is not installed.",
            next_step="Install blindrater with the extra figures: blindrater[figures].",
        )
    files: dict[str, str | bytes] = {}
    for figure in audit_figures(found):
        drawn = draw(figure)
        files |= {
            f"{figure.id}.svg": drawn.svg,
            f"{figure.id}.png": drawn.png,
            f"{figure.id}.txt": f"{figure.alt}\n",
        }
    write_folder(folder, files, replace=replace)
    return tuple(files)
