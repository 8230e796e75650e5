"""The domain opens no file, and the desk loads nothing that knows an origin while it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.services.small_studies import protocol_text, seeded_study, transcript_lines

ROOT = Path(__file__).parents[2]

WATCHED = """
import importlib, pathlib, random, sys

EVENTS = {"open", "os.mkdir", "os.remove", "os.rename", "os.listdir", "os.scandir", "sqlite3.connect",
          "socket.connect", "subprocess.Popen"}
seen = []
watching = False

def watch(event, arguments):
    # An import inside a function reads files by itself; those are not ours.
    if watching and event in EVENTS:
        frame = sys._getframe(1)
        while frame is not None:
            if "importlib" in frame.f_code.co_filename:
                return
            frame = frame.f_back
        seen.append((event, str(arguments[0])))

sys.addaudithook(watch)
root = pathlib.Path("protocol")
names = sorted(".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in root.rglob("*.py"))
for name in names:
    if "guessability" not in name:
        importlib.import_module(name)
watching = True
"""

USED = """
from protocol.allocation.allocation_key import AllocationKey
from protocol.allocation.sealing import generate_key_pair, open_with_identities, seal_for_recipients
from protocol.analysis.agreement import agreement
from protocol.analysis.rating_table import RatingRow, RatingTable, specs_of
from protocol.chain.events import EventDraft, EventKind, Head, genesis, make_event, read_event
from protocol.deidentify.rules import build_rules
from protocol.deidentify.scrubbing import scrub
from protocol.design.assignment import assign
from protocol.safe_text import inline
from protocol.session import fold_session
from protocol.sources.reading import SourceReading
from protocol.sources.source_input import source_of_bytes
from protocol.study import Design
from protocol.study_file import read_study

study = read_study(STUDY, where="study.toml")
reading = SourceReading()
transcripts = list(reading.read(source_of_bytes(b"\\n".join(LINES), where="lines")))
reading.finish()
rules = build_rules(study_names={one.origin.model for one in transcripts},
                    hidden_texts=[one.text for one in study.scaffolds])
scrubbed = [scrub(one.conversation, rules, token="[x]") for one in transcripts]
shares = assign({"t": ["a", "b"], "u": ["c", "d"]},
                Design(raters=("R1",), raters_per_item=1, spacing=1), entropy=random.Random(1))
key = AllocationKey(study_id="0", allocation={}, tasks={}, redaction_log={}, study_toml=STUDY,
                    allocation_salt="00", redaction_salt="00")
pair = generate_key_pair()
assert AllocationKey.from_bytes(
    open_with_identities(seal_for_recipients(key.to_bytes(), [pair.recipient]), [pair.identity])) == key
head = Head(chain_id="0", seq=0, hash=genesis("00" * 32, "0"))
event = make_event(EventDraft(kind=EventKind.SCORE, item_id="a", dimension="D1", level=1), head=head,
                   rubric_sha256="0", app="0", at="t", entropy=random.Random(1))
assert read_event(body=event.body, withheld=event.withheld_bytes(), previous=head).hash == event.hash
fold_session(rubric=study.rubric, items=("a",), events=[event])
rows = [RatingRow(unit=unit, rater=rater, dimension="D1", value=value, task="t", not_ratable=None,
                  model=None, scaffold=None, replicate=1)
        for unit, rater, value in [("a", "R1", 1), ("a", "R2", 1), ("b", "R1", 0), ("b", "R2", 1)]]
table = RatingTable(rows=tuple(rows), dimensions=specs_of(study.rubric))
agreement(table)
inline("x")
watching = False
print(len(names), len(transcripts), seen)
"""


def fresh(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_watch_sees_what_it_should() -> None:
    """An open file, a folder that is read and a database are all noticed."""
    code = (
        "open('pyproject.toml').close()\n__import__('os').listdir('.')\n"
        "__import__('sqlite3').connect(':memory:').close()\nprint(sorted({event for event, _ in seen}))\n"
    )
    assert fresh(WATCHED + code).strip() == "['open', 'os.listdir', 'sqlite3.connect']"


def test_the_domain_opens_nothing() -> None:
    """Reading, scrubbing, assigning, sealing, folding, computing: no file, folder, socket or process."""
    lines = [line.encode() for line in transcript_lines().splitlines(keepends=True)]
    given = f"STUDY = {protocol_text()!r}\nLINES = {lines!r}\n"
    counts = fresh(WATCHED + given + USED).strip()
    modules, transcripts, seen = counts.split(" ", 2)
    assert int(modules) > 60
    assert transcripts == "12"
    assert seen == "[]"


FORBIDDEN = (
    "protocol.allocation",
    "protocol.analysis",
    "protocol.deidentify",
    "protocol.design",
    "protocol.sources",
    "protocol.stats",
    "protocol.study_file",
    "protocol.transcript",
    "db.allocation_store",
    "db.audit_store",
    "db.lock_store",
    "db.schema",
    "rater.admin",
    "rater.services.doors.doors",
    "rater.services.doors.lock_manifests",
    "rater.services.seeding.seeding",
    "rater.services.doors.key_files",
    "pyrage",
    "sqlite_utils",
    "numpy",
    "pydantic",
)


def test_a_desk_at_work_loads_nothing_that_knows_an_origin(tmp_path: Path) -> None:
    """Opened, shown, scored, undone and closed in a fresh interpreter: late imports included."""
    small = seeded_study(tmp_path)
    code = f"""
import sys
from pathlib import Path
from rater.services.sitting.opening import open_desk
from protocol.chain.events import EventDraft, EventKind
desk = open_desk(Path({str(small.study)!r}), rater="R1", app="0")
desk.start_sitting()
desk.show(0)
item = desk.item(0)
for level in (1, 2):
    desk.record(EventDraft(kind=EventKind.SCORE, item_id=item.id, dimension="D1", level=level))
desk.record(desk.session.undo_draft())
desk.record(EventDraft(kind=EventKind.NOTE, item_id=item.id, texts={{"note": "x"}}))
desk.close()
print("rater.services.sitting.rating" in sys.modules)
forbidden = {FORBIDDEN!r}
print([name for name in sys.modules if any(f"{{name}}.".startswith(f"{{bad}}.") for bad in forbidden)])
"""
    assert fresh(code).split("\n")[:2] == ["True", "[]"]
