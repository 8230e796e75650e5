"""Sealing with age: who can open, who cannot, and what a changed file does."""

from __future__ import annotations

import pytest

from protocol.allocation.sealing import (
    AGE_HEADER,
    check_passphrase,
    generate_key_pair,
    identities_in,
    is_passphrase_sealed,
    open_with_identities,
    seal_for_all_of,
    seal_for_recipients,
)
from protocol.errors import CheckFailedError, InvalidInputError

ONE, TWO, THREE = generate_key_pair(), generate_key_pair(), generate_key_pair()
PLAIN = b'{"secret": "Zephyrion"}' + b" " * 1000


def test_any_recipient_opens_and_nobody_else() -> None:
    """Two recipients, against the loss of one identity; a third opens nothing."""
    sealed = seal_for_recipients(PLAIN, [ONE.recipient, TWO.recipient])
    assert open_with_identities(sealed, [ONE.identity]) == PLAIN
    assert open_with_identities(sealed, [TWO.identity]) == PLAIN
    assert open_with_identities(sealed, [THREE.identity, TWO.identity]) == PLAIN
    with pytest.raises(CheckFailedError, match="does not open"):
        open_with_identities(sealed, [THREE.identity])
    with pytest.raises(CheckFailedError, match="does not open"):
        open_with_identities(sealed, [])


def test_all_recipients_are_needed_where_that_was_asked() -> None:
    """Each alone opens nothing; together, in any order, they do."""
    sealed = seal_for_all_of(PLAIN, [ONE.recipient, TWO.recipient])
    assert open_with_identities(sealed, [TWO.identity, ONE.identity]) == PLAIN
    for alone in (ONE, TWO):
        with pytest.raises(CheckFailedError):
            open_with_identities(sealed, [alone.identity])


def test_the_sealed_bytes_tell_neither_content_nor_recipient() -> None:
    """The file begins as an age file does, and the same content is never sealed to the same bytes."""
    sealed = seal_for_recipients(PLAIN, [ONE.recipient])
    assert sealed.startswith(AGE_HEADER)
    assert b"Zephyrion" not in sealed
    assert ONE.recipient.encode() not in sealed
    assert sealed != seal_for_recipients(PLAIN, [ONE.recipient])
    assert not is_passphrase_sealed(sealed)


def test_a_passphrase_header_is_told_apart() -> None:
    """The header says in the clear what the file asks for."""
    assert is_passphrase_sealed(AGE_HEADER + b"-> scrypt c2FsdA 20\nAAAA\n--- mac\n")


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.99])
def test_a_flipped_byte_is_found(place: float) -> None:
    """In the header, the stanza, the middle or the end."""
    sealed = bytearray(seal_for_recipients(PLAIN, [ONE.recipient]))
    sealed[int(place * len(sealed))] ^= 1
    with pytest.raises((CheckFailedError, InvalidInputError)):
        open_with_identities(bytes(sealed), [ONE.identity])


@pytest.mark.parametrize("kept", [0, 10, len(AGE_HEADER), 150, -1])
def test_a_truncated_file_is_refused(kept: int) -> None:
    """Cut anywhere: no half content comes out."""
    sealed = seal_for_recipients(PLAIN, [ONE.recipient])[:kept]
    with pytest.raises((CheckFailedError, InvalidInputError)):
        open_with_identities(sealed, [ONE.identity])


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\x00", b"age-encryption.org/v2\n"])
def test_other_files_are_no_sealed_key(content: bytes) -> None:
    """Named so before any key is tried."""
    with pytest.raises(InvalidInputError, match="no sealed key"):
        open_with_identities(content, [ONE.identity])


@pytest.mark.parametrize(
    "recipient",
    ["", "age1", "ssh-ed25519 AAAA", ONE.identity, ONE.recipient[:-1], "R1", "\x00", "age1é"],
    ids=["empty", "short", "ssh", "an identity", "cut", "a rater", "nul", "accent"],
)
def test_what_is_no_recipient_is_named_by_number_and_never_repeated(recipient: str) -> None:
    """An identity that was pasted in the place of a recipient must not appear in the message."""
    with pytest.raises(InvalidInputError, match="Recipient number 2") as caught:
        seal_for_recipients(PLAIN, [ONE.recipient, recipient])
    assert ONE.identity not in str(caught.value)


def test_what_is_no_identity_is_refused_without_being_repeated() -> None:
    """The line of the file is a secret even where it is damaged."""
    damaged = ONE.identity[:-2] + "xx"
    with pytest.raises(InvalidInputError, match="no age identity") as caught:
        open_with_identities(seal_for_recipients(PLAIN, [ONE.recipient]), [damaged])
    assert damaged not in str(caught.value)


def test_an_identity_file_has_comments_and_blank_lines() -> None:
    """As the age tool writes it, with any line end."""
    text = f"# created: today\r\n\r\n  {ONE.identity}  \n# {TWO.identity}\n{THREE.identity}"
    assert identities_in(text) == [ONE.identity, THREE.identity]


@pytest.mark.parametrize("passphrase", ["", "           ", "elevenchars", "short      "])
def test_a_short_or_blank_passphrase_is_refused(passphrase: str) -> None:
    """Age itself would take an empty one."""
    with pytest.raises(InvalidInputError, match="fewer than 12"):
        check_passphrase(passphrase)


def test_a_long_passphrase_passes() -> None:
    """Twelve characters are the least."""
    check_passphrase("twelve chars")
