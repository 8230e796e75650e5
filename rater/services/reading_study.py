"""Opens a study.toml: the protocol as values, and the exact bytes that are hashed and sealed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.errors import InvalidInputError
from protocol.sources.json_line import foreign_start
from protocol.study import StudyProtocol
from protocol.study_file import read_study
from rater.services.input_files import require_file, unreadable

MAX_STUDY_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """A protocol and the file it was read from."""

    protocol: StudyProtocol
    content: bytes
    """The file byte for byte."""


def read_study_file(path: Path) -> StudyFile:
    """Read a protocol from a file.

    Raises:
        NotFoundError: The file does not exist.
        InvalidInputError: It is no readable UTF-8 text, no TOML, or has mistakes.
    """
    require_file(path, wanted="a protocol in TOML")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_STUDY_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from None
    if len(content) > MAX_STUDY_BYTES:
        raise InvalidInputError(
            f"The file is larger than {MAX_STUDY_BYTES // 2**20} MiB, which no protocol is.",
            where=str(path),
            next_step="Name the study.toml.",
        )
    return StudyFile(protocol=read_study(_text(content, path), where=str(path)), content=content)


def _text(content: bytes, path: Path) -> str:
    foreign = foreign_start(content[:16])
    try:
        if foreign is None:
            return content.decode("utf-8")
        fault = f"This is {foreign}"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = f"The byte 0x{content[error.start]:02X} on line {line} is no UTF-8 text"
    raise InvalidInputError(
        f"{fault}; a protocol is TOML in UTF-8.",
        where=str(path),
        next_step="Save the file as UTF-8 and run the command again.",
    )
