"""The mark of this installation: a random number of its own, kept in the user's state folder.

It is no name of a machine or person and never leaves the folder; a sitting records a hash of it together with
the rater's chain (`protocol.chain.events.installation_mark`).
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from protocol.errors import BlindraterError

SECRET_BYTES = 32
_WRITTEN = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}\n")


def installation_path() -> Path:
    """Return where the random number is, whether it exists or not."""
    from platformdirs import user_state_path

    return user_state_path("blindrater", appauthor=False) / "installation"


def installation_secret() -> bytes | None:
    """Return the random number of this installation, drawn at the first start.

    Returns:
        None where it can be neither read nor kept: nobody is kept from rating by it.
    """
    path = installation_path()
    return _read(path) or _draw(path)


def _read(path: Path) -> bytes | None:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return bytes.fromhex(text) if _WRITTEN.fullmatch(text) else None


def _draw(path: Path) -> bytes | None:
    from db.atomic_file import write_whole

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, f"{secrets.token_hex(SECRET_BYTES)}\n".encode(), mode=0o600)
    except (OSError, BlindraterError):
        pass  # perhaps another window drew it at the same time: what is there now counts
    return _read(path)
