"""Opens what is named on a command line as sources: files, folders and archives, nothing beyond them.

Named paths are followed; links found in folders are not, nor are pipes and devices opened. A format
gets a way to open what was listed here and no way to open anything else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from protocol.errors import InvalidInputError, NotFoundError
from protocol.sources.archive import ZipSource, is_zip, member_source
from protocol.sources.json_line import UnreadableLineError
from protocol.sources.reading import SourceReading
from protocol.sources.source_input import HEAD_BYTES, Member, SourceInput
from protocol.transcript import Transcript
from protocol.wording import quoted
from rater.services.input_files import unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A source that can be read until the next one is asked for."""

    source: SourceInput
    optional: bool
    """It was found in a folder or archive, not named."""


def read_paths(paths: Sequence[Path], reading: SourceReading) -> Iterator[Transcript]:
    """Yield the transcripts of files, folders and archives, one at a time.

    Args:
        paths: What was named.
        reading: Takes in the sources; its `finish` tells their mistakes.

    Raises:
        NotFoundError: There is nothing of a name.
        InvalidInputError: A named path cannot be opened or is no file and no folder.
    """
    for opened in _open_all(paths, reading):
        try:
            yield from reading.read(opened.source, optional=opened.optional)
        except OSError as error:
            raise unreadable(Path(opened.source.where), error) from None


def read_fields(paths: Sequence[Path], reading: SourceReading) -> Iterator[dict[str, object]]:
    """Yield the fields of every record that `--map` can name; mistakes are passed over.

    Raises:
        NotFoundError: There is nothing of a name.
        InvalidInputError: A named path cannot be opened or is no file and no folder.
    """
    for opened in _open_all(paths, reading):
        yield from reading.fields(opened.source, optional=opened.optional)


def _open_all(paths: Sequence[Path], reading: SourceReading) -> Iterator[Opened]:
    for path in paths:
        _require_readable(path)
    for path in paths:
        try:
            if path.is_dir():
                yield from _open_named_folder(path, reading)
            else:
                yield from _open_file(path, reading, optional=False)
        except OSError as error:
            raise unreadable(path, error) from None


def _require_readable(path: Path) -> None:
    if path.suffix.casefold() == ".toml" and path.is_file():
        raise InvalidInputError(
            "This is a protocol, such as study.toml, and no source of transcripts.",
            where=str(path),
            next_step="Name the transcripts, and the protocol with --protocol.",
        )
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and path.stat().st_size == 0:
            raise InvalidInputError(
                "The file is empty.", where=str(path), next_step="Name a file with one transcript on a line."
            )
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError(
            "There is no such file.", where=str(path), next_step="Look at the name and the folder."
        ) from None
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise NotFoundError(
            "No file can have this name.", where=str(path), next_step="Look at the name."
        ) from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InvalidInputError(
            "This is a pipe or device, not a file.",
            where=str(path),
            next_step="Write it to a file first: sources are read more than once.",
        )


def _open_file(path: Path, reading: SourceReading, *, optional: bool) -> Iterator[Opened]:
    with _open(path, follow=not optional) as file:
        head = file.read(HEAD_BYTES)
    if is_zip(head):
        yield from _open_archive(path, head, reading, optional=optional)
        return
    source = SourceInput(
        where=str(path),
        name=path.name,
        head=head,
        opener=lambda _member: _open(path, follow=not optional),
        limits=reading.options.limits,
    )
    yield Opened(source=source, optional=optional)


def _open_archive(path: Path, head: bytes, reading: SourceReading, *, optional: bool) -> Iterator[Opened]:
    limits = reading.options.limits
    try:
        archive = ZipSource(lambda: _open(path, follow=not optional), limits)
    except UnreadableLineError as error:
        reading.problem(str(path), found=error.found, expected=error.expected)
        return
    with closing(archive):
        whole = SourceInput(
            where=str(path),
            name=path.name,
            head=head,
            members=archive.members(),
            opener=archive.open,
            limits=limits,
        )
        if reading.knows(whole):
            yield Opened(source=whole, optional=optional)
            return
        before = reading.sources_read
        for member in whole.members:
            inner = _open_member(archive, member, path, reading)
            if inner is not None:
                yield Opened(source=inner, optional=True)
        if reading.sources_read == before and not optional:
            reading.unknown(whole)


def _open_member(
    archive: ZipSource, member: Member, path: Path, reading: SourceReading
) -> SourceInput | None:
    try:
        with closing(archive.open(member.name)) as stream:
            start = stream.read(HEAD_BYTES)
    except UnreadableLineError as error:
        reading.problem(f"{path}/{member.name}", found=error.found, expected=error.expected)
        return None
    if is_zip(start):
        reading.skipped("archive inside an archive")
        return None
    if not start:
        reading.skipped("empty file")
        return None
    return member_source(archive, member, where=str(path), limits=reading.options.limits, head=start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    files: tuple[Member, ...]
    """Everything below, by path from here."""
    here: tuple[str, ...]
    folders: tuple[str, ...]


def _open_named_folder(path: Path, reading: SourceReading) -> Iterator[Opened]:
    before, mistakes = reading.sources_read, reading.mistakes
    yield from _open_below(path, reading, depth=0)
    if reading.sources_read == before and reading.mistakes == mistakes:
        reading.problem(
            str(path), found="no file of a known format", expected="at least one file with transcripts"
        )


def _open_below(path: Path, reading: SourceReading, *, depth: int) -> Iterator[Opened]:
    limits = reading.options.limits
    if depth > limits.folder_depth:
        reading.problem(
            str(path), found=f"more than {limits.folder_depth} folders in each other", expected="fewer"
        )
        return
    listing = _list(path, most=limits.members, depth=limits.folder_depth - depth)
    if len(listing.files) > limits.members:
        reading.problem(
            str(path), found=f"a folder of more than {limits.members} files", expected="fewer files"
        )
        return
    if listing.files:
        whole = _folder_source(path, listing, reading)
        if reading.knows(whole):
            yield Opened(source=whole, optional=True)
            return
    for name in listing.here:
        one = path / name
        status = one.lstat()
        if stat.S_ISLNK(status.st_mode):
            reading.skipped("link in a folder")
        elif not stat.S_ISREG(status.st_mode):
            reading.skipped("pipe or device in a folder")
        elif status.st_size == 0:
            reading.skipped("empty file")
        else:
            yield from _open_file(one, reading, optional=True)
    for name in listing.folders:
        yield from _open_below(path / name, reading, depth=depth + 1)


def _folder_source(path: Path, listing: _Listing, reading: SourceReading) -> SourceInput:
    names = {member.name for member in listing.files}

    def opener(member: str) -> BinaryIO:
        if member not in names:
            raise UnreadableLineError(f"no file {quoted(member)} in the folder", "a whole folder")
        return _open(path / member, follow=False)

    return SourceInput(
        where=str(path),
        name=path.name,
        members=listing.files,
        opener=opener,
        limits=reading.options.limits,
    )


def _list(path: Path, *, most: int, depth: int) -> _Listing:
    """List a folder; links are named but not followed."""
    files: list[Member] = []
    for folder, folders, names in os.walk(path, followlinks=False):
        folders.sort()
        below = Path(folder).relative_to(path)
        if len(below.parts) > depth:
            folders.clear()
        for name in sorted(names):
            status = (Path(folder) / name).lstat()
            if stat.S_ISREG(status.st_mode):
                files.append(Member(name=(below / name).as_posix(), size=status.st_size))
        if len(files) > most:
            break
    with os.scandir(path) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    return _Listing(
        files=tuple(sorted(files, key=lambda member: member.name)),
        here=tuple(entry.name for entry in found if not entry.is_dir(follow_symlinks=False)),
        folders=tuple(entry.name for entry in found if entry.is_dir(follow_symlinks=False)),
    )


def _open(path: Path, *, follow: bool) -> BinaryIO:
    """Open a regular file; never wait for a pipe that took its place since it was looked at."""
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NONBLOCK", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, "it is no file")
    return os.fdopen(descriptor, "rb")
