"""Sealing with age (x25519 recipients), through pyrage.

The sealed file opens with the ordinary `age` tool too. Passphrases are sealed in a process of
their own (`rater.services.doors.passphrase_process`): age's scrypt takes a gigabyte, and where that is
not there the process is killed without an exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from protocol.errors import CheckFailedError, InvalidInputError

MIN_PASSPHRASE = 12
AGE_HEADER = b"age-encryption.org/v1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A new age identity and the recipient that seals for it."""

    identity: str = field(repr=False)
    recipient: str


def generate_key_pair() -> KeyPair:
    """Return a new identity from the system's entropy."""
    from pyrage import x25519

    identity = x25519.Identity.generate()
    return KeyPair(identity=str(identity), recipient=str(identity.to_public()))


def seal_for_all_of(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """Seal so that the identities of all recipients are needed together: one layer for each.

    Raises:
        InvalidInputError: A recipient is no age public key.
    """
    for recipient in recipients:
        plaintext = seal_for_recipients(plaintext, [recipient])
    return plaintext


def seal_for_recipients(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """Seal for one or several recipients; any one of their identities opens it.

    Raises:
        InvalidInputError: A recipient is no age public key.
    """
    import pyrage

    keys = []
    for number, recipient in enumerate(recipients, start=1):
        try:
            keys.append(pyrage.x25519.Recipient.from_str(recipient))
        except pyrage.RecipientError:
            raise InvalidInputError(
                f"Recipient number {number} is no age recipient.",
                where="--recipient",
                next_step="A recipient is the line that begins with age1 and that "
                "`rater-admin keygen` printed.",
            ) from None
    return bytes(pyrage.encrypt(plaintext, keys))


def open_with_identities(sealed: bytes, identities: Sequence[str]) -> bytes:
    """Open a sealed file.

    Raises:
        InvalidInputError: An identity is none, or the file is no age file.
        CheckFailedError: None of the identities opens it, or it was changed.
    """
    import pyrage

    check_sealed(sealed)
    keys = []
    for identity in identities:
        try:
            keys.append(pyrage.x25519.Identity.from_str(identity))
        except pyrage.IdentityError:
            raise InvalidInputError(
                "The identity file holds no age identity.",
                where="--identity",
                next_step="Name the file that `rater-admin keygen` wrote.",
            ) from None
    try:
        opened = bytes(pyrage.decrypt(sealed, keys))
        while opened.startswith(AGE_HEADER):  # sealed for several who must be together
            opened = bytes(pyrage.decrypt(opened, keys))
        return opened
    except pyrage.DecryptError:
        raise CheckFailedError(
            "The key does not open with what was given, or its file was changed.",
            next_step="Name the identity whose recipient was given at seeding (all of them where both are "
            "required), and the study.key as it was.",
        ) from None


def check_sealed(sealed: bytes) -> None:
    """Refuse what is no age file.

    Raises:
        InvalidInputError: The bytes do not begin as an age file does.
    """
    if not sealed.startswith(AGE_HEADER):
        raise InvalidInputError(
            "This is no sealed key.", next_step="Name the study.key that `rater-admin seed` wrote."
        )


def is_passphrase_sealed(sealed: bytes) -> bool:
    """Whether a sealed file asks for a passphrase; its header says so in the clear."""
    return b"\n-> scrypt " in sealed[:400]


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is too short to protect the key.

    Raises:
        InvalidInputError: Blank or under 12 characters.
    """
    if len(passphrase.strip()) < MIN_PASSPHRASE:
        raise InvalidInputError(
            f"The passphrase has fewer than {MIN_PASSPHRASE} characters.",
            next_step="Take six random words, or use an identity from `rater-admin keygen`.",
        )


def identities_in(text: str) -> list[str]:
    """Return the identities of an age identity file, without its comment lines."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
