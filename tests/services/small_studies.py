"""A small study that was really seeded and really rated, made once and copied for every test.

Two models under two scaffolds on three tasks, three raters of whom two rate each task: every rater
has items that another does not have. Ratings go through the desk, as a person's do.
"""

from __future__ import annotations

import atexit
import json
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from protocol.chain.events import EventDraft, EventKind
from protocol.chain.ratings_file import receipt_code
from rater.services.doors.doors import lock_study, unblind_study
from rater.services.doors.key_files import Secrets, open_key, read_identities, write_identity
from rater.services.packs.packs import write_pack
from rater.services.seeding.preparing import prepare
from rater.services.seeding.seeding import SeedRequest, seed_study
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.submitting import submit
from rater.services.who import Who

AT = "2026-11-23T13:00:00.000Z"
APP = "0"
RATERS = ("R1", "R2", "R3")
MODELS = ("canary-one", "canary-two")
TASKS = ("task-a", "task-b", "task-c")
ADMIN = Who(name="admin", app=APP, reason="a test")
NOTE = "a private note of"
"""Every rater's notes begin with it; the code follows."""

LevelOf = Callable[[str, str, str], int]
"""Level by model, scaffold and dimension."""

Texts = Mapping[tuple[str, str, str], str]
"""The assistant's reply by model, scaffold and task, where it is not the plain one."""


def clock() -> str:
    """Return the time of every test."""
    return AT


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStudy:
    """The files of one study, in a folder of its own."""

    folder: Path

    @property
    def study(self) -> Path:
        return self.folder / "study.db"

    @property
    def key(self) -> Path:
        return self.folder / "study.key"

    @property
    def identity(self) -> Path:
        return self.folder / "identity.txt"

    @property
    def protocol(self) -> Path:
        return self.folder / "study.toml"

    @property
    def transcripts(self) -> Path:
        return self.folder / "transcripts.jsonl"

    @property
    def decisions(self) -> Path:
        return self.folder / "leaks.decisions.jsonl"

    @property
    def secrets(self) -> Secrets:
        return Secrets(identities=read_identities([self.identity]))

    def desk(self, rater: str) -> RatingDesk:
        """Open the study for a rater."""
        return desk_of(self.study, rater)

    @contextmanager
    def raw(self, path: Path | None = None) -> Iterator[sqlite3.Connection]:
        """Open a file past the program, as anybody with sqlite3 can, and keep what is changed."""
        connection = sqlite3.connect(path or self.study)
        try:
            yield connection
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def audit(self) -> list[dict[str, object]]:
        """Return the bodies of the audit log."""
        with self.raw() as connection:
            rows = connection.execute("SELECT body FROM audit ORDER BY seq").fetchall()
        return [json.loads(body) for (body,) in rows]

    def actions(self) -> list[str]:
        """Return the actions of the audit log."""
        return [str(entry["action"]) for entry in self.audit()]

    def receipts(self) -> dict[str, str]:
        """Return every rater's receipt."""
        with self.raw() as connection:
            rows = connection.execute(
                "SELECT manifest.rater, event.hash FROM event JOIN manifest ON manifest_id = chain_id"
                " ORDER BY seq"
            ).fetchall()
        return {rater: receipt_code(hash_) for rater, hash_ in rows}


def desk_of(path: Path, rater: str | None = None, *, seed: str = "salts") -> RatingDesk:
    """Open a study file or pack, with a clock that stands still and salts drawn from a seed."""
    return open_desk(path, rater=rater, app=APP, entropy=random.Random(f"{seed} {rater}"), clock=clock)


def protocol_text(
    *,
    guess_share: float | None = None,
    redaction: str = "",
    spacing: int = 1,
    tasks: Sequence[str] = TASKS,
    contact: str = "",
) -> str:
    """Return the study.toml of a small study."""
    lines = [
        "format = 1",
        '[study]\nname = "Small study"\nkind = "stress-test"\nevidence_level = "response"\nsimulated = true\n'
        f'contact = "{contact}"',
        '[rubric]\nid = "small"\nversion = 1\ntitle = "Small"\nsource = "ours"\nrules = ["Lower."]',
        '[[rubric.not_ratable]]\ncode = "refusal"\nlabel = "A refusal"\nscope = "both"',
    ]
    for dimension in ("D1", "D2"):
        lines.append(
            f'[[rubric.dimensions]]\nid = "{dimension}"\nname = "{dimension}"\nquestion = "How much?"'
        )
        lines += [
            f'[[rubric.dimensions.levels]]\nvalue = {level}\nlabel = "l{level}"\nanchor = "Anchor {level}."'
            for level in range(4)
        ]
    lines.append('[[scaffolds]]\nid = "plain"\ntext = "(no system prompt)"\nbaseline = true')
    lines.append(
        '[[scaffolds]]\nid = "checks"\n'
        'text = "Always offer the person three independent ways of checking each figure you state."'
    )
    for task in tasks:
        lines.append(
            f'[[tasks]]\nid = "{task}"\n[tasks.card]\nbrief = "Answer the question about {task[-1]}."'
        )
    codes = ", ".join(f'"{code}"' for code in RATERS)
    lines.append(f"[design]\nraters = [{codes}]\nraters_per_item = 2\nspacing = {spacing}")
    lines.append('[analysis]\nheadline = ["D1"]\nseed = 5')
    if redaction:
        lines.append(f"[redaction]\n{redaction}")
    if guess_share is not None:
        lines.append(
            f'[guess]\nshare = {guess_share}\n[[guess.questions]]\nid = "family"\nabout = "model"\n'
            'text = "Which family?"\noptions = ["Family A", "Family B", "Family C", "Family D"]\n'
            f'[guess.questions.meaning]\n"Family A" = "{MODELS[0]}"\n"Family B" = "{MODELS[1]}"'
        )
    return "\n\n".join(lines) + "\n"


def transcript_lines(texts: Texts | None = None, *, tasks: Sequence[str] = TASKS) -> str:
    """Return canonical transcripts of every cell."""
    lines: list[str] = []
    for model in MODELS:
        for scaffold in ("plain", "checks"):
            for task in tasks:
                reply = (texts or {}).get((model, scaffold, task), f"It is {len(lines)} in all.")
                messages = [
                    {"role": "user", "content": f"What about {task[-1]}?"},
                    {"role": "assistant", "content": reply},
                ]
                lines.append(
                    json.dumps(
                        {
                            "id": f"{model}-{scaffold}-{task}",
                            "model": model,
                            "scaffold": scaffold,
                            "task": task,
                            "messages": messages,
                        }
                    )
                )
    return "\n".join(lines) + "\n"


def write_sources(folder: Path, *, protocol: str | None = None, transcripts: str | None = None) -> SmallStudy:
    """Write the protocol, the transcripts and an identity."""
    folder.mkdir(parents=True, exist_ok=True)
    small = SmallStudy(folder=folder)
    small.protocol.write_text(protocol if protocol is not None else protocol_text(), encoding="utf-8")
    small.transcripts.write_text(transcripts or transcript_lines(), encoding="utf-8")
    if not small.identity.exists():
        write_identity(small.identity)
    return small


def recipient_of(small: SmallStudy) -> str:
    """Return the recipient of the study's identity."""
    return small.identity.read_text(encoding="utf-8").split("recipient: ")[1].split("\n")[0]


def seed_small(small: SmallStudy, *, seed: int = 1) -> SmallStudy:
    """Seed the study from its sources."""
    prepared = prepare(small.protocol, [small.transcripts])
    seed_study(
        prepared.protocol,
        prepared.study_toml,
        prepared.transcripts,
        SeedRequest(
            study_path=small.study,
            key_path=small.key,
            recipients=(recipient_of(small),),
            decisions=prepared.decisions,
            decisions_sha256=prepared.decisions_sha256,
            who=ADMIN.name,
            app=APP,
        ),
        entropy=random.Random(seed),
        clock=clock,
    )
    return small


def plain_levels(model: str, scaffold: str, dimension: str) -> int:
    """Return a level that depends on nothing but the dimension."""
    return 1 if dimension == "D1" else 2


PLAIN = {"D1": plain_levels("", "", "D1"), "D2": plain_levels("", "", "D2")}


def rate_item(desk: RatingDesk, position: int, *, levels: Mapping[str, int], note: str = "") -> None:
    """Show, score and complete one item."""
    item = desk.session.items[position]
    desk.show(position)
    for dimension in desk.dimensions:
        desk.record(
            EventDraft(kind=EventKind.SCORE, item_id=item, dimension=dimension.id, level=levels[dimension.id])
        )
    if note:
        desk.record(EventDraft(kind=EventKind.NOTE, item_id=item, texts={"note": note}))
    desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))


def rate_all(small: SmallStudy, level_of: LevelOf = plain_levels, *, raters: Sequence[str] = RATERS) -> None:
    """Let raters complete every item of theirs in the study file, and hand in."""
    allocation = open_key(small.key.read_bytes(), small.secrets).allocation
    for rater in raters:
        desk = small.desk(rater)
        desk.start_sitting()
        for position, item in enumerate(desk.session.items):
            origin = allocation[item]
            rate_item(
                desk,
                position,
                levels={name: level_of(origin.model, origin.scaffold, name) for name in ("D1", "D2")},
                note=f"{NOTE} {rater}" if position == 0 else "",
            )
        desk.record(EventDraft(kind=EventKind.SUBMIT))
        desk.close()


def lock_small(small: SmallStudy) -> str:
    """Lock the study and return the lock code."""
    return lock_study(small.study, who=ADMIN, clock=clock).lock_code


def unblind_small(small: SmallStudy, lock_code: str) -> None:
    """Unblind the study."""
    unblind_study(
        small.study, small.key.read_bytes(), small.secrets, lock_code=lock_code, who=ADMIN, clock=clock
    )


@cache
def _templates() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="small-studies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _seeded(guess_share: float | None) -> SmallStudy:
    folder = _templates() / f"seeded-{guess_share}"
    return seed_small(write_sources(folder, protocol=protocol_text(guess_share=guess_share)))


@cache
def _rated() -> SmallStudy:
    small = _copy(_seeded(None), _templates() / "rated")
    rate_all(small)
    return small


@cache
def _locked() -> tuple[SmallStudy, str]:
    small = _copy(_rated(), _templates() / "locked")
    return small, lock_small(small)


@cache
def _unblinded() -> tuple[SmallStudy, str]:
    locked, code = _locked()
    small = _copy(locked, _templates() / "unblinded")
    unblind_small(small, code)
    return small, code


def _copy(small: SmallStudy, folder: Path) -> SmallStudy:
    shutil.copytree(small.folder, folder)
    return SmallStudy(folder=folder)


@cache
def _pack(rated: int) -> Path:
    folder = _templates() / f"pack-{rated}"
    small = _copy(_seeded(None), folder / "small")
    desk = small.desk("R1")
    for position in range(rated):
        rate_item(desk, position, levels=PLAIN)
    desk.close()
    write_pack(small.study, "R1", folder / "R1.pack.db")
    return folder / "R1.pack.db"


def pack_of_r1(folder: Path, *, rated: int) -> Path:
    """Return a copy of R1's pack of the study that `seeded_study` gives, with so many items completed."""
    return Path(shutil.copy(_pack(rated), folder / "R1.pack.db"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The ratings files that one rater sends in the course of a study."""

    interim1: bytes
    interim2: bytes
    final: bytes


@cache
def returned_by(rater: str, *, copy: str = "salts") -> Returned:
    """Return the files of a rater of the study that `seeded_study` gives.

    Args:
        rater: The rater's code.
        copy: Files of two names come from two copies of one pack that diverge from the first event.
    """
    folder = _templates() / f"returned-{rater}-{copy}"
    small = _copy(_seeded(None), folder)
    files: list[bytes] = []
    for count in (2, 5, 8):
        desk = desk_of(small.study, rater, seed=f"{copy} {count}")
        desk.start_sitting()
        for position in range(desk.session.completed_count, count):
            rate_item(desk, position, levels=PLAIN, note=f"{NOTE} {rater}")
        desk.close()
        done = submit(small.study, rater=rater, output=folder / f"{count}.jsonl", interim=count < 8, app=APP)
        files.append(done.path.read_bytes())
    return Returned(interim1=files[0], interim2=files[1], final=files[2])


def seeded_study(folder: Path, *, guess_share: float | None = None) -> SmallStudy:
    """Return a copy of a study in which nobody has rated."""
    return _copy(_seeded(guess_share), folder / "small")


def rated_study(folder: Path) -> SmallStudy:
    """Return a copy of an open study in which everything is rated and handed in."""
    return _copy(_rated(), folder / "small")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDoor:
    """A study behind a door, with what left the admin's hands."""

    small: SmallStudy
    lock_code: str


def locked_study(folder: Path) -> PastDoor:
    """Return a copy of a locked study."""
    small, code = _locked()
    return PastDoor(small=_copy(small, folder / "small"), lock_code=code)


def unblinded_study(folder: Path) -> PastDoor:
    """Return a copy of an unblinded study."""
    small, code = _unblinded()
    return PastDoor(small=_copy(small, folder / "small"), lock_code=code)
