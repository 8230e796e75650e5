"""Opens input files: the check that a path is a file that can be read, and the sentences where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.errors import InvalidInputError, NotFoundError
from protocol.foreign_start import foreign_start

LARGEST_TEXT_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file of text as it was found."""

    content: bytes
    """The file byte for byte."""
    text: str


def read_text(path: Path, *, wanted: str, largest: int = LARGEST_TEXT_BYTES) -> TextFile:
    """Read a file of UTF-8 text.

    Args:
        path: What was named on the command line.
        wanted: What the file should be, such as "a protocol in TOML".
        largest: More bytes are refused.

    Raises:
        NotFoundError: The file does not exist.
        InvalidInputError: It cannot be read, is too large or is no UTF-8 text.
    """
    content = read_bounded(
        path,
        wanted=wanted,
        largest=largest,
        too_large=f"The file is larger than {largest // 2**20} MiB, which {wanted} never is.",
        if_too_large="Look at the name.",
    )
    foreign = foreign_start(content[:16])
    try:
        if foreign is None:
            return TextFile(content=content, text=content.decode("utf-8"))
        fault = f"This is {foreign}"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = f"The byte 0x{content[error.start]:02X} on line {line} is no UTF-8 text"
    raise InvalidInputError(
        f"{fault}, not {wanted} in UTF-8.",
        where=str(path),
        next_step="Save the file as UTF-8 and run the command again.",
    )


def read_bounded(
    path: Path, *, wanted: str, largest: int, too_large: str, if_too_large: str | None = None
) -> bytes:
    """Read a file whole that cannot be large.

    Args:
        path: What was named on the command line.
        wanted: What the file should hold, such as "the sealed key".
        largest: More bytes are refused, and never read.
        too_large: The sentence for that.
        if_too_large: What to do then; to name a file with what is wanted unless given.

    Raises:
        NotFoundError: The file does not exist.
        InvalidInputError: It is a folder, empty, too large, or cannot be read.
    """
    require_file(path, wanted=wanted)
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise unreadable(path, error) from None
    if len(content) > largest:
        raise InvalidInputError(
            too_large, where=str(path), next_step=if_too_large or f"Name a file with {wanted}."
        )
    return content


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
