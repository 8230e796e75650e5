"""What the commands that amend a study say about what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol.amendment_words import summary_of
from rater.admin.output import print_json, say, talk

if TYPE_CHECKING:
    from rater.services.amending.amendments import Amended


def amended_json(amended: Amended) -> dict[str, object]:
    """Return an amendment and whom it concerns."""
    one = amended.amendment
    return {
        "schema": f"{one.kind}/1",
        "amendment": one.to_json(),
        "sha256": one.sha256,
        "raters": list(amended.raters),
        "packs_out": list(amended.packs_out),
        "items_set_aside": amended.items,
    }


def print_amended(amended: Amended, *, json: bool) -> None:
    """Print an amendment and whom it concerns."""
    if json:
        print_json(amended_json(amended))
    else:
        one = amended.amendment
        say(f"Amendment {one.number} of {one.day}: {summary_of(one)}")
        say(f"Told once to {', '.join(amended.raters) or 'nobody'}, with the reason: {one.reason}")
    warn_of_packs(amended)


def warn_of_packs(amended: Amended) -> None:
    """Say on stderr whose packs do not know of an amendment."""
    if amended.packs_out:
        talk(
            f"The packs of {', '.join(amended.packs_out)} are out and do not know of it: these raters"
            " are told with their next pack."
        )
