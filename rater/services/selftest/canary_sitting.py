"""A rater at work in the real app, by keys: rates, quotes, writes, looks at every page, is killed.

What the app draws is waited for by a few words of each page, so that no key meets the wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from protocol.chain.events import EventDraft, EventKind
from protocol.errors import CheckFailedError
from rater.services.selftest.canaries import IN_GUESS, IN_ITEM, IN_NOTE, IN_STUDY_NAME, Canaries
from rater.services.selftest.canary_study import GUESS_QUESTION
from rater.services.selftest.canary_workplace import Workplace, rater_command
from rater.services.selftest.pty_session import PtySession
from rater.services.sitting.opening import open_desk

DONE_IN_THE_APP = frozenset(
    {
        EventKind.SCORE,
        EventKind.QUOTE,
        EventKind.NOTE,
        EventKind.FLAG,
        EventKind.TOLD,
        EventKind.NOT_RATABLE,
        EventKind.RETRACT,
        EventKind.COMPLETE,
        EventKind.GUESS,
    }
)
"""What must be on disk after the walk: it shows that the keys did what they are meant to do."""

SCORE_AND_QUOTE = ("2", "e", "\r")
"""The rubric of a simulated study counts a 2 only with a quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page over the rating screen."""

    key: str
    """Opens it, and closes it again."""
    shows: str


PAGES = (
    Page(key="i", shows="Your items"),
    Page(key="?", shows="Keys"),
    Page(key="t", shows="Task card"),
    Page(key="a", shows="Space b j k scroll"),
)


def rate_in_study_file(work: Workplace, rater: str, canaries: Canaries) -> None:
    """Rate in the shared study file, be killed with the work half done, and go on from there.

    Raises:
        CheckFailedError: The app did not answer as it should.
    """
    with _started(work, "study-before-kill", work.study, canaries, rater=rater) as sitting:
        sitting.rate_one_dimension()
        work.take_snapshot(work.study, "study-while-open")
        sitting.kill()
    work.take_snapshot(work.study, "study-after-kill")
    with _started(work, "study-after-kill", work.study, canaries, rater=rater) as sitting:
        sitting.rate_one_dimension()
        sitting.complete(next_item=2)
        sitting.quit()


def rate_in_pack(work: Workplace, pack: Path, canaries: Canaries) -> None:
    """Walk through everything the app does, with a kill in the middle.

    Raises:
        CheckFailedError: The app did not answer as it should, or what was done is not on disk.
    """
    with _started(work, "pack-before-kill", pack, canaries) as sitting:
        sitting.rate_one_dimension()
        work.take_snapshot(pack, "pack-while-open")
        sitting.kill()
    work.take_snapshot(pack, "pack-after-kill")
    to_asked = _steps_to_asked_item(work, pack)
    with _started(work, "pack-after-kill", pack, canaries) as sitting:
        sitting.write("m", "Note on", f"A note by {canaries.sightings[IN_NOTE]}")
        sitting.write("f", "Flag this item", "Please look")
        sitting.press("K")
        sitting.rate_one_dimension()
        sitting.look_at_pages()
        sitting.press("u", expect="Undone")
        sitting.press("U", expect="Done again")
        sitting.complete(next_item=2)
        for _ in range(2):
            sitting.press("x", expect="Why can")
            sitting.press("1")
        sitting.complete(next_item=3)
        sitting.press("i", expect="Your items")
        sitting.press("j" * to_asked)
        sitting.press("\r", expect=f"item {3 + to_asked}/")
        sitting.rate_one_dimension()
        sitting.rate_one_dimension()
        sitting.press("\r", expect="Enter again")
        sitting.press("\r", expect=GUESS_QUESTION)
        sitting.press("1", expect="How sure")
        sitting.press("2", expect="Which words")
        sitting.type_in(canaries.sightings[IN_GUESS])
        sitting.quit()
    _require_on_disk(work, pack)


def rate_at_desk(
    file: Path,
    *,
    rater: str | None,
    app: str,
    items: int | None = None,
    note: str = "",
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Complete items without the app but at the same desk.

    Args:
        file: Study file or pack.
        rater: Whose.
        app: Version of the program.
        items: How many of those that are left; all unless given.
        note: Written on each.
        meanwhile: Called while the file is still open.
    """
    desk = open_desk(file, rater=rater, app=app)
    try:
        session = desk.session
        left = [item_id for item_id in session.items if not session.of(item_id).completed]
        for item_id in left[:items]:
            desk.show(session.items.index(item_id))
            desk.record(EventDraft(kind=EventKind.READ_TO_END, item_id=item_id))
            for dimension in desk.dimensions:
                lowest = dimension.levels[0].value
                draft = EventDraft(
                    kind=EventKind.SCORE, item_id=item_id, dimension=dimension.id, level=lowest
                )
                desk.record(draft)
            if note:
                desk.record(EventDraft(kind=EventKind.NOTE, item_id=item_id, texts={"note": note}))
            desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item_id))
        meanwhile()
    finally:
        desk.close()


class _Sitting:
    """One start of the app, past its first page."""

    def __init__(self, session: PtySession) -> None:
        self._session = session

    def press(self, keys: str, *, expect: str | None = None) -> None:
        self._session.press(keys, expect=expect)

    def rate_one_dimension(self) -> None:
        for key in SCORE_AND_QUOTE:
            self.press(key)

    def complete(self, *, next_item: int) -> None:
        self.press("\r", expect=f"item {next_item}/")

    def write(self, key: str, title: str, text: str) -> None:
        self.press(key, expect=title)
        self.type_in(text)

    def type_in(self, text: str) -> None:
        """Type a line; what is sent off before it was drawn was never on a screen that is searched."""
        self.press(text, expect=text[-4:])
        self.press("\r")

    def look_at_pages(self) -> None:
        for page in PAGES:
            self.press(page.key, expect=page.shows)
            self.press(page.key)

    def kill(self) -> None:
        self._session.kill()

    def quit(self) -> None:
        self.press("q")
        code = self._session.wait_for_exit()
        if code:
            raise CheckFailedError(f"The rating app ended with exit code {code}.")


@contextmanager
def _started(
    work: Workplace, name: str, file: Path, canaries: Canaries, *, rater: str | None = None
) -> Iterator[_Sitting]:
    """Start the app and go past its first page; keep what it draws, however it ends."""
    arguments = ["rate", str(file), *(["--as", rater] if rater else [])]
    with work.terminal(rater_command(arguments)) as session:
        try:
            session.wait_for(canaries.sightings[IN_STUDY_NAME])
            session.press("\r", expect=canaries.sightings[IN_ITEM])
            work.keep_process(name, session.process.pid)
            yield _Sitting(session)
        finally:
            session.kill()
            work.keep_screen(name, session)


def _steps_to_asked_item(work: Workplace, pack: Path) -> int:
    """How far the first item with a guess question is from the third one."""
    desk = open_desk(pack, rater=None, app=work.app)
    try:
        return min(desk.session.items.index(item_id) for item_id in desk.manifest.asked) - 2
    finally:
        desk.close()


def _require_on_disk(work: Workplace, pack: Path) -> None:
    desk = open_desk(pack, rater=None, app=work.app)
    try:
        missing = DONE_IN_THE_APP - {event.draft.kind for event in desk.events}
    finally:
        desk.close()
    if missing:
        raise CheckFailedError(
            f"Keys pressed in the rating app left nothing on disk: {', '.join(sorted(missing))}."
        )
