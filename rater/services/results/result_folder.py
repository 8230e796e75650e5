"""Folders of results: there whole or not at all.

In a folder that is there already the files are replaced one by one, the last of `files` last: a
manifest there tells a mixture. The folder itself stays, as somebody may be standing in it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from db.atomic_file import cannot_write, is_taken
from protocol.errors import UsageError


def write_folder(folder: Path, files: Mapping[str, str | bytes], *, replace: bool = False) -> None:
    """Write files into a new folder, moved into place when all of them are written.

    Args:
        folder: Where they go; its parent exists.
        files: Content by file name, or by "folder/file".
        replace: Put the folder in the place of one that an earlier run wrote: one whose files all
            have a name in `files`.

    Raises:
        UsageError: A folder or file is in the way.
        StorageError: It cannot be written; nothing is left behind.
    """
    if is_taken(folder) and not _is_empty(folder):
        _require_replaceable(folder, files, replace=replace)
    try:
        folder = folder.resolve()  # the folder we stand in has a name, too
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as fault:
        raise cannot_write(folder, fault) from fault
    try:
        for name, content in files.items():
            (part / name).parent.mkdir(exist_ok=True)
            (part / name).write_bytes(content.encode() if isinstance(content, str) else content)
        part.chmod(0o755)
        if folder.exists():
            for name in files:
                (folder / name).parent.mkdir(exist_ok=True)
                (part / name).replace(folder / name)
        else:
            part.rename(folder)
    except OSError as fault:
        raise cannot_write(folder, fault) from fault
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _require_replaceable(folder: Path, files: Mapping[str, str | bytes], *, replace: bool) -> None:
    if not replace:
        raise UsageError(
            "There is something already.",
            where=str(folder),
            next_step="Name a new folder, or add --force to write the results anew.",
        )
    found = sorted(folder.rglob("*")) if folder.is_dir() else []
    others = [
        path.name for path in found if not path.is_dir() and path.relative_to(folder).as_posix() not in files
    ]
    if not folder.is_dir() or others:
        raise UsageError(
            f"This was not written by this command ({', '.join(others[:3]) or 'a file'}).",
            where=str(folder),
            next_step="Name a new folder.",
        )
