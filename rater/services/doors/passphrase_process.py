"""Seals or opens with a passphrase, in a process of its own (`python -m` and the name of this module).

age's scrypt takes a gigabyte of memory; where the system refuses it, the library aborts the whole
process. Standard input: the passphrase's length as a line, the passphrase, the data. Standard
output: the result. Exit code 3: the passphrase is wrong or the file was changed.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Literal

from protocol.allocation.sealing import check_passphrase, check_sealed
from protocol.errors import CheckFailedError, StorageError

_WRONG = 3


def seal_with_passphrase(plaintext: bytes, passphrase: str) -> bytes:
    """Seal with a passphrase of at least 12 characters.

    Raises:
        InvalidInputError: The passphrase is too short.
        StorageError: The gigabyte of memory that age asks for is not there.
    """
    check_passphrase(passphrase)
    return _run("seal", plaintext, passphrase)


def open_with_passphrase(sealed: bytes, passphrase: str) -> bytes:
    """Open a file that was sealed with a passphrase.

    Raises:
        InvalidInputError: It is no age file.
        CheckFailedError: The passphrase is wrong, or the file was changed.
        StorageError: The gigabyte of memory that age asks for is not there.
    """
    check_sealed(sealed)
    return _run("open", sealed, passphrase)


def _run(step: Literal["seal", "open"], data: bytes, passphrase: str) -> bytes:
    secret = passphrase.encode()
    # -P: a module in the working folder must not be loaded in the place of ours.
    done = subprocess.run(  # noqa: S603 - our own module, no shell, the secret goes through a pipe
        [sys.executable, "-P", "-m", "rater.services.doors.passphrase_process", step],
        input=f"{len(secret)}\n".encode() + secret + data,
        capture_output=True,
        check=False,
    )
    if done.returncode == _WRONG:
        raise CheckFailedError(
            "The key does not open with this passphrase, or its file was changed.",
            next_step="Type the passphrase again, and name the study.key as it was.",
        )
    if done.returncode != 0:
        raise StorageError(
            "Sealing or opening with a passphrase failed: it needs 1 GiB of free memory.",
            next_step="Free memory, or use an identity from `rater-admin keygen` instead.",
        )
    return done.stdout


def main() -> None:
    """Do one step between standard input and output."""
    import pyrage

    length = int(sys.stdin.buffer.readline())
    passphrase = sys.stdin.buffer.read(length).decode()
    data = sys.stdin.buffer.read()
    try:
        work = pyrage.passphrase.encrypt if sys.argv[1] == "seal" else pyrage.passphrase.decrypt
        sys.stdout.buffer.write(work(data, passphrase))
    except pyrage.DecryptError:
        sys.exit(_WRONG)


if __name__ == "__main__":
    main()
