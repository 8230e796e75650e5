"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from protocol.errors import StorageError, UsageError


def write_whole(path: Path, data: bytes, *, mode: int = 0o644, replace: bool = False) -> None:
    """Write a file under another name and move it into place when it is on disk.

    Args:
        path: Where it goes; its folder exists.
        data: The content.
        mode: Rights of the new file.
        replace: Put it in the place of a file that is there.

    Raises:
        UsageError: A file is there already, or it is a folder.
        StorageError: It cannot be written; nothing is left behind.
    """
    part = part_of(path)
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(data)
        move_into_place(part, path, replace=replace)
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    finally:
        remove(part)


def part_of(path: Path) -> Path:
    """Return the name under which a file is built, beside the place it goes to.

    Raises:
        UsageError: The path names a folder.
        StorageError: No file can have this name.
    """
    if path.name in ("", "..") or is_folder(path):
        raise UsageError("This is a folder.", where=str(path), next_step="Name a file in it.")
    return path.with_name(f".{path.name}.part")


def is_folder(path: Path) -> bool:
    """Whether a folder is there.

    Raises:
        StorageError: The system cannot say, as for a name that is too long.
    """
    try:
        return path.is_dir()
    except OSError as fault:
        raise cannot_write(path, fault) from fault


def is_taken(path: Path) -> bool:
    """Whether anything is there, a link to nowhere included; errors as `is_folder`."""
    try:
        return path.exists() or path.is_symlink()
    except OSError as fault:
        raise cannot_write(path, fault) from fault


def remove(leftover: Path) -> None:
    """Remove what a write left behind, if anything can be there."""
    with suppress(OSError):
        leftover.unlink(missing_ok=True)


def move_into_place(part: Path, path: Path, *, replace: bool) -> None:
    """Give a finished file its name, and make sure that both are on disk.

    Raises:
        UsageError: A file is there already and `replace` is not set.
        OSError: The file system refused.
    """
    with part.open("rb") as file:
        os.fsync(file.fileno())
    if replace:
        part.replace(path)
    else:
        _link_into_place(part, path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _link_into_place(part: Path, path: Path) -> None:
    """Move without replacing: rename() would replace a file that is there without a word."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise _already_there(path) from None
    except OSError:  # a file system without hard links
        if path.exists():
            raise _already_there(path) from None
        part.rename(path)
    else:
        part.unlink()


def _already_there(path: Path) -> UsageError:
    return UsageError(
        "A file is there already.", where=str(path), next_step="Give another name, or move it away."
    )


def cannot_write(path: Path, fault: OSError) -> StorageError:
    """Return the sentence for a file that could not be written."""
    if fault.errno == errno.ENOSPC:
        what, next_step = "The disk is full.", "Free some space, then try again. Nothing was left behind."
    else:
        what = f"The file cannot be written: {fault.strerror}."
        next_step = "Choose a folder that exists, can be written and has room."
    return StorageError(what, where=str(path), next_step=next_step)
