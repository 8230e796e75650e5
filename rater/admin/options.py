"""Options that several commands share, and the ways a secret gets in: prompt, file, descriptor."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from protocol.errors import InvalidInputError, UsageError

StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help="The study file, such as study.db.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; goes on the record.")]
RatersOption = Annotated[
    Path | None,
    typer.Option(
        "--raters",
        metavar="FILE",
        help="Who the codes are and at which sites (default: raters.toml beside it).",
    ),
]
NoInputOption = Annotated[
    bool, typer.Option("--no-input", help="Never ask; a needed answer is an error that names its option.")
]
PassphraseFileOption = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Read the passphrase from the file's first line."),
]
PassphraseFdOption = Annotated[
    int | None,
    typer.Option("--passphrase-fd", metavar="N", help="Read the passphrase from an open file descriptor."),
]
RecipientOption = Annotated[
    list[str] | None,
    typer.Option("--recipient", metavar="AGE1...", help="Seal for this recipient; may be repeated."),
]
RequireBothOption = Annotated[
    bool, typer.Option("--require-both", help="All recipients are needed together to open the key.")
]


LONGEST_SECRET = 2**20
"""Bytes that are read from a descriptor."""


def login_name() -> str:
    """Return the name of the person at the keyboard, for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in the password file, as in some containers
        return "unknown"


def read_passphrase(file: Path | None, descriptor: int | None) -> str | None:
    """Return the passphrase that was given by file or descriptor, or None.

    Raises:
        UsageError: Both were given, or the descriptor is not open.
        NotFoundError: There is no such file.
        InvalidInputError: The file is empty or no text.
    """
    from rater.services.doors.key_files import read_secret_text

    if file is not None and descriptor is not None:
        raise UsageError("Give --passphrase-file or --passphrase-fd, not both.")
    if file is not None:
        return _first_line(read_secret_text(file, wanted="a passphrase on its first line"))
    if descriptor is None:
        return None
    where = f"file descriptor {descriptor}"
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return _first_line(stream.read(LONGEST_SECRET).decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidInputError(
            "This is no UTF-8 text.", where=where, next_step="Give a passphrase on its first line."
        ) from None
    except (OSError, ValueError, OverflowError):
        raise UsageError("It is not open.", where=where, next_step="Open it in the shell: 3<FILE.") from None


def sealing_passphrase(
    file: Path | None, descriptor: int | None, recipients: list[str] | None, *, no_input: bool
) -> str | None:
    """Return the passphrase a key is sealed with, asked for where nothing else is said; None with recipients.

    Raises:
        UsageError: There is none and it cannot be asked for, or two were given.
        NotFoundError: There is no such file.
        InvalidInputError: The file is empty or no text.
    """
    passphrase = read_passphrase(file, descriptor)
    if passphrase is None and not recipients:
        return ask_passphrase(no_input=no_input, option="--recipient or --passphrase-file", repeat=True)
    return passphrase


def _first_line(text: str) -> str:
    """Return the text up to its first line end, which belongs to the file and not to the passphrase."""
    return text.split("\n", 1)[0].removesuffix("\r")


def ask_passphrase(*, no_input: bool, option: str, repeat: bool) -> str:
    """Ask for a passphrase on the terminal.

    Args:
        no_input: Asking is forbidden.
        option: The options that would have answered, for the message.
        repeat: Ask twice, for a new passphrase.

    Raises:
        UsageError: There is no terminal or asking is forbidden, or the two differ.
    """
    if no_input or not sys.stdin.isatty():
        raise UsageError("Something that opens the key is needed.", next_step=f"Give {option}.")
    passphrase = getpass.getpass("Passphrase: ")
    if repeat and getpass.getpass("The same again: ") != passphrase:
        raise UsageError("The two passphrases differ.", next_step="Run the command again.")
    return passphrase
