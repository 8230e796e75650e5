"""The one check that an input path is a file that can be read, and the sentences where it is not."""

from __future__ import annotations

from pathlib import Path

from protocol.errors import InvalidInputError, NotFoundError


def require_file(path: Path, *, wanted: str) -> None:
    """Refuse a path that is no file with something in it.

    Args:
        path: What was named on the command line.
        wanted: What the file should hold, such as "one transcript on a line".

    Raises:
        NotFoundError: There is nothing of that name.
        InvalidInputError: It is a folder, an empty file, or cannot be looked at.
    """
    try:
        if path.is_dir():
            raise InvalidInputError(
                "This is a folder.", where=str(path), next_step=f"Name a file with {wanted}."
            )
        if not path.exists():
            raise NotFoundError(
                "There is no such file.", where=str(path), next_step="Look at the name and the folder."
            )
        if path.is_file() and path.stat().st_size == 0:
            raise InvalidInputError(
                "The file is empty.", where=str(path), next_step=f"Name a file with {wanted}."
            )
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise NotFoundError(
            "No file can have this name.", where=str(path), next_step="Look at the name."
        ) from None


def unreadable(path: Path, error: OSError) -> InvalidInputError:
    """Return the error for a file that the system does not let us read."""
    return InvalidInputError(
        f"The file cannot be read ({error.strerror}).",
        where=str(path),
        next_step="Look at its permissions and run the command again.",
    )
