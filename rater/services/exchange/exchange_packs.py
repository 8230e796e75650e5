"""Laying packs and letters down in an exchange, under the names the letter speaks of."""

from __future__ import annotations

from pathlib import Path

from protocol.errors import StorageError
from rater.services.exchange.exchange import Exchange, send_new


def send_pack(place: Exchange, pack: Path, letter: Path | None) -> None:
    """Lay a pack that is out down in an exchange, and its letter.

    Raises:
        UsageError: Another file got the name meanwhile.
        StorageError: It did not arrive; the files stay where they were written.
    """
    try:
        for path in (pack, letter):
            if path is not None:
                send_new(place, path.name, path.read_bytes())
    except StorageError as fault:
        raise StorageError(
            f"{fault.what} The pack is out and lies in {pack}.",
            where=fault.where,
            next_step="Copy it and its letter there yourself, or void it: --replace --reason TEXT. Packs of"
            " raters after this one are not made yet.",
        ) from fault
