"""What goes wrong at a rater's machine, provoked: every error there is, and a crash.

Each answer has to be a sentence with an exit code, and none may tell what it stumbled over.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protocol.errors import CheckFailedError
from rater.services.selftest.canaries import IN_ITEM, IN_NOTE, IN_STUDY_NAME, Canaries
from rater.services.selftest.canary_workplace import Workplace, faulty_rater_command, rater_command
from rater.services.selftest.pty_session import TerminalSize
from rater.services.sitting.opening import open_desk

_INTERNAL_FAULT = 1
_PAGE_BYTES = 4096
_TRACEBACK = b"Traceback (most recent call last)"
_BEFORE_TEXT = b'"brief":"'
_CHANGED = "NOT SAVED"
"""How the app says that an item could not be shown as it should."""
_TOO_SMALL = TerminalSize(columns=40, rows=10)

_FAULT_OVER_ITEM = """
from rater.services.sitting.rating import RatingDesk

def show(desk, position):
    item = desk.item(position)
    raise ValueError(repr(item))

RatingDesk.show = show
"""
_FAULT_OVER_NOTE = """
from rater.services.sitting import submitting

def write_whole(path, data, **options):
    raise ValueError(data.decode())

submitting.write_whole = write_whole
"""
"""Faults whose messages and variables hold a text: only a report without values keeps it to itself."""


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
        with work.terminal(rater_command(mishap.arguments), size=mishap.terminal) as session:
            try:
                code = session.wait_for_exit()
            finally:
                work.keep_screen(mishap.name, session)
    said = b"".join(path.read_bytes() for path in work.screens.glob(f"{mishap.name}.*"))
    if not code or code == _INTERNAL_FAULT:
        return f"{mishap.name}: exit code {code}, not that of an error that is understood"
    return f"{mishap.name}: a traceback was shown" if _TRACEBACK in said else None


def crash_over_item(work: Workplace, pack: Path, canaries: Canaries) -> str | None:
    """Crash the app over an item and return what its answer tells of it, or None.

    Args:
        work: Where.
        pack: A pack nobody rated in.
        canaries: The text of the item is what must not be told.
    """
    with work.terminal(faulty_rater_command(_FAULT_OVER_ITEM, ["rate", str(pack)])) as session:
        try:
            session.wait_for(canaries.sightings[IN_STUDY_NAME])
            session.press("\r")
            code = session.wait_for_exit()
        finally:
            session.kill()
            work.keep_screen("crash-over-item", session)
    return _what_a_crash_tells(work, "crash-over-item", code, canaries.sightings[IN_ITEM])


def crash_over_note(work: Workplace, pack: Path, canaries: Canaries) -> str | None:
    """Crash the handing in over a note and return what its answer tells of it, or None."""
    command = faulty_rater_command(_FAULT_OVER_NOTE, ["submit", str(pack), "--interim"])
    code = work.run("crash-over-note", command)
    return _what_a_crash_tells(work, "crash-over-note", code, canaries.sightings[IN_NOTE])


def _what_a_crash_tells(work: Workplace, name: str, code: int, secret: str) -> str | None:
    reports = list(work.home.rglob("blindrater-crash-*.txt"))
    if code != _INTERNAL_FAULT or not reports:
        return f"a fault in the program made no crash report (exit code {code})"
    told = [*reports, *work.screens.glob(f"{name}.*")]
    for path in told:
        text = path.read_bytes()
        if secret.encode() in text or _TRACEBACK in text:
            return f"{path.name} holds what the program was working on"
    return None


def meet_changed_item(work: Workplace, pack: Path, canaries: Canaries) -> str | None:
    """Meet an item with a changed text, which must not be shown; return what is wrong, or None."""
    changed = _with_changed_text(work, pack)
    with work.terminal(rater_command(["rate", str(changed)])) as session:
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


def _with_changed_text(work: Workplace, pack: Path) -> Path:
    """Copy a pack and change a letter of its first item's card; the database itself stays sound."""
    copy = work.damaged / "changed.pack.db"
    shutil.copyfile(pack, copy)
    desk = open_desk(copy, rater=None, app=work.app)
    first = desk.manifest.items[0]
    desk.close()
    data = bytearray(copy.read_bytes())
    # A row begins with the two ids one after the other, which stand so nowhere else.
    row = data.find(f"{first.item_id}{first.task_id}".encode())
    place = data.find(_BEFORE_TEXT, row) + len(_BEFORE_TEXT)
    if row < 0 or place < row:
        raise CheckFailedError("The first item of a pack does not stand where it should in the file.")
    data[place] ^= 0x20
    copy.write_bytes(data)
    return copy
