"""What goes wrong at a rater's machine, provoked: every error there is, and a crash.

Each answer has to be a sentence with an exit code, and none may tell what it stumbled over.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protocol.errors import CheckFailedError
from rater.services.canaries import IN_ITEM, IN_STUDY_NAME, Canaries
from rater.services.canary_workplace import Workplace, rater_command
from rater.services.pty_session import TerminalSize
from rater.services.rating import open_desk

_INTERNAL_FAULT = 1
_PAGE_BYTES = 4096
_TRACEBACK = b"Traceback (most recent call last)"
_CHANGED = "NOT SAVED"
"""How the app says that an item could not be shown as it should."""
_TOO_SMALL = TerminalSize(columns=40, rows=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """Something a rater does wrong, or is done to them."""

    name: str
    arguments: Sequence[str]
    terminal: TerminalSize | None = None
    """None: without a terminal."""
    variables: Mapping[str, str] = field(default_factory=dict)


def mishaps(work: Workplace, pack: Path) -> list[Mishap]:
    """Return what can go wrong with a study file, a pack that is out, and a pack of one's own."""
    folder = work.damaged
    cut, zeroed, empty = folder / "cut.pack.db", folder / "zeroed.pack.db", folder / "empty.pack.db"
    data = pack.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    zeroed.write_bytes(data[:_PAGE_BYTES] + bytes(_PAGE_BYTES) + data[2 * _PAGE_BYTES :])
    empty.write_bytes(b"")
    log, text = work.home / "textual.log", folder / "notes.txt"
    text.write_text("Not a study.\n", encoding="utf-8")
    usual = TerminalSize()
    return [
        Mishap(name="no-terminal", arguments=["rate", str(pack)]),
        Mishap(name="unknown-command", arguments=["unblind", str(pack)]),
        Mishap(name="nothing-there", arguments=["submit", str(folder / "none.db")]),
        Mishap(name="submit-cut-pack", arguments=["submit", str(cut), "--interim"]),
        Mishap(name="submit-zeroed-pack", arguments=["submit", str(zeroed), "--interim"]),
        Mishap(name="submit-incomplete", arguments=["submit", str(pack)]),
        Mishap(name="recorder", arguments=["rate", str(pack)], variables={"TEXTUAL_LOG": str(log)}),
        Mishap(name="small-terminal", arguments=["rate", str(pack)], terminal=_TOO_SMALL),
        Mishap(name="wrong-file", arguments=["rate", str(text)], terminal=usual),
        Mishap(name="folder", arguments=["rate", str(folder)], terminal=usual),
        Mishap(name="empty-file", arguments=["rate", str(empty)], terminal=usual),
        Mishap(name="cut-pack", arguments=["rate", str(cut)], terminal=usual),
        Mishap(name="zeroed-pack", arguments=["rate", str(zeroed)], terminal=usual),
        Mishap(name="unknown-rater", arguments=["rate", str(pack), "--as", "R99"], terminal=usual),
        Mishap(name="no-rater", arguments=["rate", str(work.study)], terminal=usual),
        Mishap(name="pack-is-out", arguments=["rate", str(work.study), "--as", "R1"], terminal=usual),
    ]


def suffer(work: Workplace, mishap: Mishap) -> str | None:
    """Let a mishap happen and return what was wrong with the answer, or None."""
    if mishap.terminal is None:
        code = work.run(mishap.name, rater_command(mishap.arguments), variables=mishap.variables)
    else:
        with work.terminal(mishap.arguments, size=mishap.terminal) as session:
            try:
                code = session.wait_for_exit()
            finally:
                work.keep_screen(mishap.name, session)
    said = b"".join(path.read_bytes() for path in work.screens.glob(f"{mishap.name}.*"))
    if not code or code == _INTERNAL_FAULT:
        return f"{mishap.name}: exit code {code}, not that of an error that is understood"
    return f"{mishap.name}: a traceback was shown" if _TRACEBACK in said else None


def crash(work: Workplace, pack: Path, canaries: Canaries) -> str | None:
    """Make the app crash over an item and return what its answer tells of it, or None.

    Args:
        work: Where.
        pack: A pack nobody rated in; a copy of it is damaged.
        canaries: The text of the item is what must not be told.
    """
    damaged = _with_changed_byte(work, pack, "crash.pack.db", after=b"")
    with work.terminal(["rate", str(damaged)]) as session:
        try:
            session.wait_for(canaries.sightings[IN_STUDY_NAME])
            session.press("\r")
            code = session.wait_for_exit()
        finally:
            session.kill()
            work.keep_screen("crash", session)
    reports = list(work.home.rglob("blindrater-crash-*.txt"))
    if code != _INTERNAL_FAULT or not reports:
        return f"an item that cannot be read made no crash report (exit code {code})"
    told = session.output + b"".join(report.read_bytes() for report in reports)
    if canaries.sightings[IN_ITEM].encode() in told:
        return "the answer to a crash holds text of the item"
    return "a traceback was shown" if _TRACEBACK in told else None


def meet_changed_item(work: Workplace, pack: Path, canaries: Canaries) -> str | None:
    """Meet an item with a changed text, which must not be shown; return what is wrong, or None."""
    changed = _with_changed_byte(work, pack, "changed.pack.db", after=b'"brief":"')
    with work.terminal(["rate", str(changed)]) as session:
        try:
            session.wait_for(canaries.sightings[IN_STUDY_NAME])
            session.press("\r", expect=_CHANGED)
            session.press("q")
            session.wait_for_exit()
        finally:
            session.kill()
            work.keep_screen("changed-item", session)
    shown = canaries.sightings[IN_ITEM].encode() in session.output
    return "an item was shown that is not the one that was seeded" if shown else None


def _with_changed_byte(work: Workplace, pack: Path, name: str, *, after: bytes) -> Path:
    """Copy a pack and change a byte of its first item's text; the database itself stays sound.

    The text is JSON. A changed first byte makes it unreadable, any later one makes it another text.
    """
    copy = work.damaged / name
    shutil.copyfile(pack, copy)
    desk = open_desk(copy, rater=None, app=work.app)
    first = desk.manifest.items[0]
    desk.close()
    data = bytearray(copy.read_bytes())
    # A row begins with the two ids one after the other, which stand so nowhere else.
    ids = f"{first.item_id}{first.task_id}".encode()
    row = data.find(ids)
    place = data.find(after, row + len(ids)) + len(after)
    if row < 0 or place < row:
        raise CheckFailedError("The first item of a pack does not stand where it should in the file.")
    data[place] ^= 0x20
    copy.write_bytes(data)
    return copy
