"""The exchange: a place where packs are laid down for raters and ratings files for the study.

It is a folder, such as a network drive, or with the extra `exchange` any address that fsspec knows.
The name of a ratings file there holds the hash of its content: sent twice it is one file, and one that
arrived in part is known by its name. Nothing here knows a study, for the rater's side uses it, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from db.atomic_file import write_whole
from protocol.canonical_json import sha256_hex
from protocol.errors import InvalidInputError, NotFoundError, StorageError, UsageError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/:]")
"""At least two letters, for C:/ is a drive; one slash, for paths have lost the second; :: chains two."""
_RATINGS_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,15})\.([0-9a-f]{64})\.ratings\.jsonl")

LARGEST_FILE = 64 * 2**20
"""Bytes that are taken from an exchange as one file: a hundred times the ratings of 200 items."""
MOST_FILES = 100_000
"""Names that are looked at in one exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file that lies in an exchange."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsName:
    """What the name of a ratings file in an exchange says."""

    rater: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.rater}.{self.sha256}.ratings.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A ratings file taken from an exchange; its content fits its name."""

    where: str
    data: bytes


class Exchange(Protocol):
    """A place for files, without subfolders."""

    address: str

    def entries(self) -> list[Entry]:
        """Return the files that are there."""

    def size(self, name: str) -> int | None:
        """Return the size of one file, or None where there is none."""

    def read(self, name: str, *, limit: int) -> bytes:
        """Return the first bytes of a file, at most one more than the limit."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole where the place can, over one that is there."""


def is_address(text: str | Path) -> bool:
    """Whether this begins as an address does, and not as a path."""
    return _SCHEME.match(str(text)) is not None


def refuse_address(path: Path | None, *, option: str) -> None:
    """Refuse an address where only a path can stand.

    Raises:
        UsageError: It is an address.
    """
    if path is not None and is_address(path):
        raise UsageError(f"{option} takes a path on this machine.", next_step="Give an address with --to.")


def open_exchange(address: str) -> Exchange:
    """Return the place an address or path names.

    Raises:
        UsageError: The address holds a secret or options, or what it needs is not installed.
        NotFoundError: There is no such folder.
        StorageError: It cannot be reached.
    """
    if not is_address(address):
        return _Folder(Path(address))
    _refuse_secrets(address)
    from rater.services.exchange.exchange_address import open_address

    return open_address(address)


def ratings_name(name: str) -> RatingsName | None:
    """Return what a file name says, or None where it is no name of a ratings file in an exchange."""
    found = _RATINGS_NAME.fullmatch(name)
    return RatingsName(rater=found[1], sha256=found[2]) if found else None


def send_ratings(place: Exchange, rater: str, data: bytes) -> str:
    """Lay a ratings file down under the name of its content, and return that name.

    Raises:
        StorageError: It did not arrive.
    """
    name = str(RatingsName(rater=rater, sha256=sha256_hex(data)))
    if not _holds(place, name, data):  # what else lies under this name did not arrive whole
        _write_checked(place, name, data)
    return name


def send_new(place: Exchange, name: str, data: bytes) -> None:
    """Lay a file down under a name that is free, or holds the same already.

    Raises:
        UsageError: Another file has the name.
        StorageError: It did not arrive.
    """
    if _holds(place, name, data):
        return
    refuse_taken(place, name)
    _write_checked(place, name, data)


def refuse_taken(place: Exchange, name: str) -> None:
    """Refuse to go on where a file has a name already.

    Raises:
        UsageError: It has.
        StorageError: The place cannot be reached.
    """
    if place.size(name) is not None:
        raise UsageError(
            f"A file {name} is there already.", where=place.address, next_step="Name another place with --to."
        )


def _holds(place: Exchange, name: str, data: bytes) -> bool:
    return place.size(name) == len(data) and place.read(name, limit=len(data)) == data


def _write_checked(place: Exchange, name: str, data: bytes) -> None:
    place.write(name, data)
    if place.size(name) != len(data):
        raise StorageError(
            f"The file {name} did not arrive whole.", where=place.address, next_step="Send it again."
        )


def _refuse_secrets(address: str) -> None:
    """Refuse what would stand in the history of the shell and in lists of processes; never repeat it."""
    try:
        parts = urlsplit(address)
        secret = parts.password is not None
        _ = parts.port
    except ValueError:
        raise UsageError(
            "This is no address.",
            next_step="Write it as SCHEME://HOST/FOLDER, such as sftp://site.example/in.",
        ) from None
    if secret or parts.netloc.rpartition("@")[0].count(":"):
        raise UsageError(
            "The address holds a password.",
            next_step="Leave it out, change it, for it may stand in the history of the shell, and give it"
            " by ssh agent, key file or fsspec's configuration.",
        )
    if parts.query or parts.fragment or "::" in address:
        raise UsageError(
            "The address holds options (after ? or #, or chained with ::).",
            next_step="Name the place alone, and give options in fsspec's configuration.",
        )
    if "://" not in address:
        raise UsageError("This is no address.", next_step="Write it as SCHEME://HOST/FOLDER.")


class _Folder:
    """A folder of this machine, a mounted drive too; it needs no extra."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            # Not made: where a drive is not mounted, a new folder would look like the exchange.
            raise NotFoundError(
                "There is no such folder.", where=str(path), next_step="Is the drive mounted?"
            )
        self._path = path
        self.address = str(path)

    def entries(self) -> list[Entry]:
        try:
            return [
                Entry(name=path.name, size=path.stat().st_size)
                for path in self._path.iterdir()
                if ratings_name(path.name) and path.is_file()
            ]
        except OSError as fault:
            raise unreachable(self.address, fault) from fault

    def size(self, name: str) -> int | None:
        try:
            return (self._path / name).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise unreachable(self.address, fault) from fault

    def read(self, name: str, *, limit: int) -> bytes:
        try:
            with (self._path / name).open("rb") as file:
                return file.read(limit + 1)
        except OSError as fault:
            raise unreachable(self.address, fault) from fault

    def write(self, name: str, data: bytes) -> None:
        write_whole(self._path / name, data, replace=True)


def unreachable(address: str, fault: OSError) -> StorageError:
    """Return the sentence for a place that does not answer as it should."""
    said = fault.strerror or str(fault) or type(fault).__name__
    return StorageError(
        f"The exchange cannot be used: {said.rstrip('.')}.",
        where=address,
        next_step="Check the address, your rights there and the connection, then run the command again.",
    )


def take_new(place: Exchange, known: frozenset[str]) -> Taken:
    """Return the ratings files that are not known yet; everything else there is left alone.

    What others wrote is not trusted: only names of ratings files are opened, no more than the limit is
    read, and content that does not fit its name is set aside.

    Args:
        place: Where they lie.
        known: Hashes of files that need not be read again.

    Raises:
        InvalidInputError: There are far too many names.
        StorageError: The place cannot be read.
    """
    entries = sorted(place.entries(), key=lambda entry: entry.name)
    if len(entries) > MOST_FILES:
        raise InvalidInputError(
            f"There are {len(entries)} files, more than {MOST_FILES}.",
            where=place.address,
            next_step="Move what is merged to another place.",
        )
    named = [(entry, name) for entry in entries if (name := ratings_name(entry.name)) is not None]
    fresh = [(entry, name) for entry, name in named if name.sha256 not in known]
    return Taken(place, fresh, known=len(named) - len(fresh))


class Taken:
    """What an exchange holds, read file by file: to go through it is to read it."""

    def __init__(self, place: Exchange, fresh: Sequence[tuple[Entry, RatingsName]], *, known: int) -> None:
        self._place = place
        self._fresh = fresh
        self.known = known
        """Files that were taken before."""
        self.aside: list[str] = []
        """Names of files that are too large, or arrived in part: not what their names say."""

    def __iter__(self) -> Iterator[SentFile]:
        self.aside.clear()
        for entry, name in self._fresh:
            small = entry.size <= LARGEST_FILE
            data = self._place.read(entry.name, limit=LARGEST_FILE) if small else b""
            if sha256_hex(data) == name.sha256:
                yield SentFile(where=f"{self._place.address.rstrip('/')}/{entry.name}", data=data)
            else:
                self.aside.append(entry.name)
