"""Why a session ended, in the words the rater reads; nothing in them names a file or a condition."""

from __future__ import annotations

from dataclasses import dataclass

from rater.serve.watchdogs import EXIT_SPINNING

_SAFE = "Everything shown as saved is on disk."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One way for a session to end."""

    text: str
    """For the rater, on the page."""
    log: str | None = None
    """For the person who runs the server, where it is worth a line."""


FINISHED = Ending(text=f"You left the rating app. {_SAFE}")
GONE = Ending(text=f"The connection was lost. {_SAFE}")
NEWER = Ending(
    text=f"Your work was opened in another window or on another computer, so it goes on there. {_SAFE}"
)
IDLE = Ending(text=f"You were away for a while, so the session was closed. {_SAFE}")
SERVER = Ending(text=f"The server is being stopped. {_SAFE} Try again later.")
REVOKED = Ending(text=f"A new link was made for you: open that one. {_SAFE}")
STUCK = Ending(
    text=f"The app did not answer any more and was stopped. {_SAFE}",
    log="The app did not read its input any more and was stopped.",
)
SPUN = Ending(
    text=f"The app did not answer any more and was stopped. {_SAFE}",
    log="The app used the processor without anything to do and was stopped.",
)


def not_started(why: str) -> Ending:
    """Return that the system has no room for another process."""
    return Ending(
        text="Your work cannot be opened now. Try again in a minute, or tell the person who runs the study.",
        log=f"No app process could be started: {why}.",
    )


def of_exit(code: int | None) -> Ending:
    """Return why an app process ended by itself without a word."""
    if code == EXIT_SPINNING:
        return SPUN
    if code is not None and code > 0:
        return Ending(
            text=f"The app could not go on. {_SAFE} Tell the person who runs the study.",
            log=f"The app process ended with exit code {code}.",
        )
    return FINISHED
