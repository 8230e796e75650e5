"""A study with something of everything, its public bundle, and both verifiers asked about a folder.

Changed levels, a retraction, a not-ratable item, a missing one, guesses, confidence, hidden repeats, a told
item and an incident: what the bundle has to carry and the verifiers have to derive.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from protocol.canonical_json import sha256_hex
from protocol.chain.events import EventDraft, EventKind, Span
from rater.services.amending.incidents import record_incident
from rater.services.doors.doors import lock_study
from rater.services.doors.key_files import open_key
from rater.services.progress.looks import record_look
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.sitting.rating import RatingDesk
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer, Check
from rater.services.verifying.verifying_bundle import read_bundle, verify_bundle
from tests.services.small_studies import (
    ADMIN,
    APP,
    RATERS,
    SmallStudy,
    _templates,
    clock,
    protocol_text,
    seed_small,
    unblind_small,
    write_sources,
)

NOTE = "a private note that nobody else may read"
QUOTED = 'read_to_end = true\nquote_from = 3\n[[rubric.dimensions.levels]]\nvalue = 0\nlabel = "l0"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """An unblinded study and its bundle."""

    small: SmallStudy
    folder: Path
    lock_code: str

    def file(self, name: str) -> Path:
        return self.folder / name

    def index_anew(self) -> None:
        """Write the hashes of the files into the index, as a careful forger does."""
        index = json.loads(self.file("bundle.json").read_text(encoding="utf-8"))
        index["files"] = {
            path.name: sha256_hex(path.read_bytes())
            for path in sorted(self.folder.iterdir())
            if path.name != "bundle.json"
        }
        index["lock_code"] = sha256_hex(self.file("lock.json").read_bytes())
        self.file("bundle.json").write_text(json.dumps(index), encoding="utf-8")


def rich_protocol(**options: str) -> str:
    """Return a protocol that asks for everything it can.

    The first dimension asks for reading and, from its top level, a quote, the second for confidence; a
    quarter of the items comes twice.
    """
    text = protocol_text(guess_share=0.5, **options)  # type: ignore[arg-type]  # texts alone are given
    first = '[[rubric.dimensions.levels]]\nvalue = 0\nlabel = "l0"'
    text = text.replace(first, QUOTED, 1).replace("spacing = 1", "spacing = 1\nrepeats = 0.25")
    return text.replace('id = "D2"', 'id = "D2"\nconfidence = true')


def level_of(model: str, scaffold: str, task: str, rater: str, dimension: str) -> int:
    """Return a level that differs by everything."""
    known = int(sha256_hex(f"{model}{scaffold}{task}{rater}{dimension}".encode())[:4], 16)
    return known % 3 + (scaffold == "checks")


def rate_richly(small: SmallStudy) -> None:
    """Let every rater complete all items but one of R3, each in a way of its own."""
    allocation = open_key(small.key.read_bytes(), small.secrets).allocation
    for rater in RATERS:
        desk = small.desk(rater)
        desk.start_sitting()
        for position, item in enumerate(desk.session.items):
            origin = allocation[item]
            levels = {
                name: level_of(origin.model, origin.scaffold, origin.task, rater, name)
                for name in ("D1", "D2")
            }
            _rate(desk, position, levels, rater=rater)
        desk.close()


def _rate(desk: RatingDesk, position: int, levels: dict[str, int], *, rater: str) -> None:
    item = desk.session.items[position]
    desk.show(position)
    if rater == "R3" and position == 3:
        return
    if rater == "R2" and position == 2:
        desk.record(EventDraft(kind=EventKind.NOT_RATABLE, item_id=item, reason="refusal"))
        desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))
        return
    if rater == "R1" and position == 1:
        desk.record(EventDraft(kind=EventKind.TOLD, item_id=item))
    desk.record(EventDraft(kind=EventKind.READ_TO_END, item_id=item))
    quote = EventDraft(
        kind=EventKind.QUOTE,
        item_id=item,
        dimension="D1",
        span=Span(message=1, start=0, end=5),
        texts={"quote": "It is"},
    )
    desk.record(quote)
    desk.record(EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D2", level=0))
    if position == 0:
        undo = desk.session.undo_draft()
        assert undo is not None
        desk.record(undo)
    for name, level in levels.items():
        desk.record(EventDraft(kind=EventKind.SCORE, item_id=item, dimension=name, level=level))
    desk.record(EventDraft(kind=EventKind.CONFIDENCE, item_id=item, dimension="D2", sure=1 + position % 3))
    if position == 0:
        desk.record(EventDraft(kind=EventKind.NOTE, item_id=item, texts={"note": f"{NOTE}, says {rater}"}))
    desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))
    if item in desk.session.asked:
        answer = EventDraft(
            kind=EventKind.GUESS, item_id=item, question="family", option=position % 4, sure=2
        )
        desk.record(answer)


@cache
def _bundled() -> tuple[SmallStudy, str]:
    small = seed_small(write_sources(_templates() / "bundled", protocol=rich_protocol()))
    record_look(small.study, action="agreement", who="admin", app=APP)
    record_incident(
        small.study, rater="R2", items=(), text="Heard it in the corridor.", who=ADMIN, clock=clock
    )
    rate_richly(small)
    code = lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True).lock_code
    unblind_small(small, code)
    export_public(small.study, small.folder / "public", app=APP, identities=IdentityFacts())
    return small, code


def bundled(folder: Path) -> Bundled:
    """Return a copy of the study and of its bundle."""
    small, code = _bundled()
    copy = SmallStudy(folder=Path(shutil.copytree(small.folder, folder / "small")))
    return Bundled(small=copy, folder=copy.folder / "public", lock_code=code)


def by_program(one: Bundled, *, code: bool = True, recompute: bool = True) -> list[Check]:
    """Return what `rater-admin verify` answers."""
    anchors = Anchors(lock_code=one.lock_code if code else None)
    return verify_bundle(read_bundle(one.folder), anchors, app=APP, recompute=recompute)


def program_fails(one: Bundled, *, recompute: bool = True) -> str:
    """Return what fails by `rater-admin verify`, as lines."""
    checks = by_program(one, recompute=recompute)
    return "\n".join(f"{one.question}: {one.why}" for one in checks if one.answer is Answer.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the bundled verifier said."""

    code: int
    out: str
    err: str


def by_script(one: Bundled, *arguments: str) -> Run:
    """Run the verifier of the bundle with nothing but the standard library at hand."""
    return run_script(one.file("verify.py"), *(arguments or ("--lock-code", one.lock_code)))


def run_script(script: Path, *arguments: str) -> Run:
    """Run a verifier, isolated and without site packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return Run(code=done.returncode, out=done.stdout, err=done.stderr)


def script_fails(one: Bundled) -> str:
    """Return the lines that fail by the bundled verifier."""
    run = by_script(one)
    assert run.err == ""
    return "\n".join(line for line in run.out.split("\n") if line.startswith("FAILED"))


def change_json(path: Path, change: Callable[[dict[str, object]], None], *, canonical: bool) -> None:
    """Change a JSON file in place, in the form it has."""
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    written = (
        json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if canonical
        else json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    )
    path.write_text(written, encoding="utf-8")


def change_text(path: Path, pattern: str, replacement: str) -> None:
    """Replace the first match of a pattern, which must be there."""
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, replacement, text, count=1)
    assert changed != text, pattern
    path.write_text(changed, encoding="utf-8", newline="")
