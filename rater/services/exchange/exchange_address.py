"""An exchange by address, through fsspec: sftp, object storage, memory and what else it knows.

Apart, for fsspec is an extra and nobody who works with files needs to load it. Who one is comes from
the ssh agent, key files and fsspec's own configuration, never from the address.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from protocol.errors import StorageError, UsageError
from rater.services.exchange.exchange import Entry, ratings_name, unreachable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

RENAMING = frozenset({"file", "local", "sftp", "ssh", "smb"})
"""Where a file is seen while it grows, and a rename is one step; object stores show whole objects only."""
OVER_SSH = frozenset({"sftp", "ssh"})


def open_address(address: str) -> AddressExchange:
    """Return the place an address names.

    Raises:
        UsageError: The scheme is unknown, or what it needs is not installed.
        StorageError: The place cannot be reached.
    """
    scheme = address.partition(":")[0].lower()
    try:
        from fsspec import get_filesystem_class, register_implementation, url_to_fs
    except ModuleNotFoundError:
        raise UsageError(
            "Addresses need an extra that is not installed.",
            next_step="Install blindrater with the extra: blindrater[exchange]; a folder needs none.",
        ) from None
    try:
        get_filesystem_class(scheme)
    except ValueError:
        raise UsageError(
            f"There is no kind of address {scheme}://.", next_step="Use sftp://, s3://, or a folder."
        ) from None
    except ImportError as missing:
        raise UsageError(
            f"Addresses with {scheme}:// need a package that is not installed.", next_step=f"{missing}."
        ) from None
    with _sentences(address):
        if scheme in OVER_SSH:
            from rater.services.exchange.exchange_hosts import KnownHostsSFTP

            register_implementation(scheme, KnownHostsSFTP, clobber=True)
        system, folder = url_to_fs(address)
        return AddressExchange(system, folder, address=address, renames=scheme in RENAMING)


class AddressExchange:
    """A folder or prefix of a file system that fsspec knows."""

    def __init__(self, system: AbstractFileSystem, folder: str, *, address: str, renames: bool) -> None:
        self._system = system
        self._folder = folder.rstrip("/")
        self._renames = renames
        self.address = address

    def entries(self) -> list[Entry]:
        """Return the ratings files by name; listings of others are not trusted with more."""
        with _sentences(self.address):
            self._system.invalidate_cache()
            found = self._system.ls(self._folder or "/", detail=True)
            named = [(str(one["name"]).rpartition("/")[2], one) for one in found if one["type"] == "file"]
            return [Entry(name=name, size=int(one["size"])) for name, one in named if ratings_name(name)]

    def size(self, name: str) -> int | None:
        """Return the size of one file, or None where there is none."""
        with _sentences(self.address):
            self._system.invalidate_cache()
            try:
                return int(self._system.info(self._path(name))["size"])
            except FileNotFoundError:
                return None

    def read(self, name: str, *, limit: int) -> bytes:
        """Return the first bytes of a file, at most one more than the limit."""
        with _sentences(self.address), self._system.open(self._path(name), "rb") as file:
            return bytes(file.read(limit + 1))

    def write(self, name: str, data: bytes) -> None:
        """Write a file over one that is there, under another name first where it would be seen growing."""
        with _sentences(self.address):
            if not self._renames:
                self._system.pipe_file(self._path(name), data)
                return
            part = self._path(f".{name}.part")
            self._system.pipe_file(part, data)
            self._system.mv(part, self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"


@contextmanager
def _sentences(address: str) -> Iterator[None]:
    """Turn what a place answers into a sentence."""
    try:
        yield
    except (OSError, EOFError) as fault:
        raise unreachable(address, fault if isinstance(fault, OSError) else OSError("it hung up")) from fault
    except _own_errors() as fault:
        raise StorageError(
            f"The exchange cannot be used: {str(fault).rstrip('.')}.",
            where=address,
            next_step="Check the address, the key or agent that says who you are, and the connection.",
        ) from fault


def _own_errors() -> tuple[type[Exception], ...]:
    """Return the errors of the libraries at work that are no OSError, where loaded."""
    owners = (("paramiko", "SSHException"), ("botocore.exceptions", "BotoCoreError"))
    loaded = [(sys.modules[module], name) for module, name in owners if module in sys.modules]
    return tuple(getattr(module, name) for module, name in loaded)
