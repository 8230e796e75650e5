"""Key and identity files: mode 0600, never in the clear, never replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from db.atomic_file import write_whole
from protocol.allocation.allocation_key import AllocationKey
from protocol.allocation.sealing import (
    KeyPair,
    generate_key_pair,
    identities_in,
    is_passphrase_sealed,
    open_with_identities,
    seal_for_all_of,
    seal_for_recipients,
)
from protocol.errors import InvalidInputError, UsageError
from rater.services.doors.passphrase_process import open_with_passphrase, seal_with_passphrase
from rater.services.input_files import read_bounded

LARGEST_KEY = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What opens a key: identities, or a passphrase."""

    identities: tuple[str, ...] = field(default=(), repr=False)
    passphrase: str | None = field(default=None, repr=False)


def write_identity(path: Path) -> KeyPair:
    """Make a new identity and write it; only its recipient is for others.

    Raises:
        UsageError: A file is there already.
        StorageError: It cannot be written.
    """
    pair = generate_key_pair()
    text = f"# blindrater identity: keep it secret, keep two copies\n# recipient: {pair.recipient}\n"
    write_whole(path, f"{text}{pair.identity}\n".encode(), mode=0o600)
    return pair


def read_bytes(path: Path, *, wanted: str) -> bytes:
    """Read a small file whole.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: A folder, empty, unreadable or far too large.
    """
    return read_bounded(path, wanted=wanted, largest=LARGEST_KEY, too_large="The file is far too large.")


def read_secret_text(path: Path, *, wanted: str) -> str:
    """Read a small UTF-8 file whole; errors as `read_bytes`, or that it is no text."""
    try:
        return read_bytes(path, wanted=wanted).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError(
            "The file is no UTF-8 text.", where=str(path), next_step=f"Name a file with {wanted}."
        ) from None


def read_identities(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return all identities of the given files."""
    return tuple(
        identity for path in paths for identity in identities_in(read_secret_text(path, wanted="an identity"))
    )


def seal(
    key: AllocationKey, *, recipients: Sequence[str], passphrase: str | None, require_all: bool = False
) -> bytes:
    """Seal a key for recipients, or with a passphrase.

    Args:
        key: What is sealed.
        recipients: Any of them opens it, or all together.
        passphrase: Instead of recipients.
        require_all: The identities of all recipients are needed together.

    Raises:
        UsageError: Neither or both were given.
        InvalidInputError: A recipient is none, or the passphrase too short.
    """
    if bool(recipients) == (passphrase is not None):
        raise UsageError(
            "A key is sealed either for recipients or with a passphrase.",
            next_step="Give --recipient (from `rater-admin keygen`), or --passphrase-file.",
        )
    if passphrase is not None:
        return seal_with_passphrase(key.to_bytes(), passphrase)
    if require_all:
        if len(set(recipients)) < max(2, len(recipients)):
            raise UsageError(
                "Two custodians are needed.", next_step="Give --recipient twice, with two recipients."
            )
        return seal_for_all_of(key.to_bytes(), recipients)
    return seal_for_recipients(key.to_bytes(), recipients)


def open_key(sealed: bytes, secrets: Secrets) -> AllocationKey:
    """Open a sealed key in memory.

    Raises:
        UsageError: The key was sealed the other way.
        InvalidInputError: No age file, or no identity.
        CheckFailedError: It does not open, or holds no allocation key.
    """
    if is_passphrase_sealed(sealed):
        if secrets.passphrase is None:
            raise UsageError(
                "This key was sealed with a passphrase.",
                next_step="Give --passphrase-file, or run the command in a terminal and type it.",
            )
        return AllocationKey.from_bytes(open_with_passphrase(sealed, secrets.passphrase))
    if not secrets.identities:
        raise UsageError(
            "This key was sealed for an identity.", next_step="Give --identity with the identity file."
        )
    return AllocationKey.from_bytes(open_with_identities(sealed, secrets.identities))
