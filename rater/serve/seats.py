"""One place for each rater: a newer session ends the older one and waits until it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from rater.serve import ending
from rater.serve.ending import Ending
from rater.serve.session import Session


class Seat:
    """A rater's place."""

    def __init__(self) -> None:
        self._taken = asyncio.Lock()
        self._arrivals = 0
        self.session: Session | None = None
        """Who sits here now."""

    async def sit(self, make_session: Callable[[], Session], *, is_gone: Callable[[], bool]) -> Ending:
        """Serve a browser once the one before it is gone.

        Args:
            make_session: Called when the place is free.
            is_gone: Whether the browser left while it waited.
        """
        self.end_now(ending.NEWER)
        arrival = self._arrivals
        async with self._taken:
            if arrival != self._arrivals:
                return ending.NEWER
            if is_gone():
                return ending.GONE
            self.session = session = make_session()
            try:
                return await session.run()
            finally:
                self.session = None

    async def clear(self, why: Ending) -> None:
        """End who sits here and send away who waits; done when nothing is left of them."""
        self.end_now(why)
        async with self._taken:
            pass

    def end_now(self, why: Ending) -> None:
        """Ask who sits here to leave, and send away who waits."""
        self._arrivals += 1
        if self.session is not None:
            self.session.end(why)


class Seats:
    """The places of all raters."""

    def __init__(self, raters: Iterable[str]) -> None:
        self._seats = {rater: Seat() for rater in raters}

    def of(self, rater: str) -> Seat:
        """Return a rater's place."""
        return self._seats[rater]

    @property
    def pids(self) -> list[int]:
        """Process ids of the apps that run now."""
        found = (seat.session.pid for seat in self._seats.values() if seat.session is not None)
        return [pid for pid in found if pid is not None]

    async def clear(self, why: Ending) -> None:
        """End everybody at once."""
        await asyncio.gather(*(seat.clear(why) for seat in self._seats.values()))
