"""A thousand raters with two hundred items each: merged, locked, analysed and reported.

    python benchmarks/many_raters.py [--raters 1000] [--items 200] [--folder DIR] [--write]

The study is seeded by the command; the ratings files are made by a program that draws levels, straight
into an exchange folder. Then each command runs once in a fresh process. What is compared is processor time,
which other work on the machine disturbs least, as a multiple of the least that anybody has to do who takes
the same files in: read them, hash them with SHA-256 and parse every line as JSON. Simulated ratings are no
findings.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.manifest_store import read_manifests
from protocol.canonical_json import sha256_hex
from protocol.chain.events import Event, EventDraft, EventKind, Head, genesis, make_event
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.ratings_file import ratings_text

DOCS = Path(__file__).parents[1] / "docs" / "speed.md"
BEGIN, END = "<!-- bench-many: begin -->", "<!-- bench-many: end -->"
ADMIN = [sys.executable, "-m", "rater.admin.app"]
MODELS, SCAFFOLDS = ("aurora-2", "basalt-70b", "cobalt-mini", "dune-4", "ember-9b"), ("none", "checks")
DIMENSIONS, LEVELS = ("D1", "D2"), 4
RATERS_PER_ITEM = 10
LEAST = """
import hashlib, json, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    data = path.read_bytes()
    hashlib.sha256(data).hexdigest()
    for line in data.splitlines():
        json.loads(line)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one command cost."""

    what: str
    wall_s: float
    processor_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the study is."""

    raters: int
    items: int
    """Of each rater."""

    @property
    def tasks(self) -> int:
        """So many tasks give every rater that share."""
        each = min(RATERS_PER_ITEM, self.raters)
        return max(1, self.raters * self.items // (each * len(MODELS) * len(SCAFFOLDS)))


def main() -> None:
    """Make the study, run the commands, print the table, and with --write put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raters", type=int, default=1000)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    size = Size(raters=given.raters, items=given.items)
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        runs = []
        for run in whole_life(Path(name), size):
            runs.append(run)
            said = f"{run.processor_s:.1f} s of {run.wall_s:.1f} s, {run.peak_mib:.0f} MiB"
            print(f"{run.what}: {said}", file=sys.stderr, flush=True)
        lines = [_about(Path(name), size), "", *_table(runs)]
    print("\n".join(lines))
    if given.write:
        before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN)
        text = "\n".join([before + BEGIN, "", *lines, "", END])
        DOCS.write_text(text + rest.split(END)[1], encoding="utf-8")


def whole_life(folder: Path, size: Size) -> Iterator[Run]:
    """Seed a study, let everybody rate, and run each command once."""
    protocol, source = write_protocol(folder / "study.toml", size), write_source(folder / "all.jsonl", size)
    identity, study, exchange = folder / "identity.txt", folder / "study.db", folder / "exchange"
    recipient = subprocess.run(
        [*ADMIN, "keygen", "-o", identity], check=True, capture_output=True, text=True
    ).stdout.strip()
    seed = [*ADMIN, "seed", protocol, source, "-o", study, "--recipient", recipient]
    seeded = measured("`seed`", seed)
    exchange.mkdir()
    write_exchange(study, exchange)
    yield measured("the least: read, SHA-256, JSON", [sys.executable, "-c", LEAST, exchange])
    yield seeded
    yield measured("`merge` of all files", [*ADMIN, "merge", study, exchange])
    yield measured("`merge` again, nothing new", [*ADMIN, "merge", study, exchange])
    yield measured("`status`", [*ADMIN, "status", study])
    yield measured("`lock`", [*ADMIN, "lock", study, "--json"])
    code = _lock_code(study)
    yield measured("`agreement`, blinded", [*ADMIN, "agreement", study, "--json"])
    opened = ["--key", study.with_suffix(".key"), "--identity", identity, "--lock-code", code]
    yield measured("`unblind`", [*ADMIN, "unblind", study, *opened, "--reason", "all rated"])
    yield measured("`effects`", [*ADMIN, "effects", study, "--json"])
    yield measured("`report`", [*ADMIN, "report", study, "-o", folder / "report"])
    yield measured("`verify`", [*ADMIN, "verify", study, "--lock-code", code])


def write_protocol(path: Path, size: Size) -> Path:
    """Write the protocol of a study with so many raters and tasks."""
    codes = [f"R{number}" for number in range(1, size.raters + 1)]
    levels = ", ".join(f'{{ value = {value}, label = "l{value}", anchor = "A." }}' for value in range(LEVELS))
    parts = [
        'format = 1\n[study]\nname = "Many"\nkind = "stress-test"\nevidence_level = "response"\n'
        'simulated = true\n[rubric]\nid = "r"\ntitle = "R"\nsource = "benchmark"\n'
    ]
    parts += [
        f'[[rubric.dimensions]]\nid = "{one}"\nname = "{one}"\nquestion = "How much?"\nlevels = [{levels}]\n'
        for one in DIMENSIONS
    ]
    parts.append(
        f"[design]\nraters = {json.dumps(codes)}\nraters_per_item = {min(RATERS_PER_ITEM, size.raters)}\n"
        f'spacing = 1\n[analysis]\nheadline = ["{DIMENSIONS[0]}"]\n'
    )
    parts += [
        f'[[scaffolds]]\nid = "{one}"\ntext = "{_system_text(one)}"\n'
        f"baseline = {str(one == SCAFFOLDS[0]).lower()}\n"
        for one in SCAFFOLDS
    ]
    parts += [
        f'[[tasks]]\nid = "t{task:05d}"\ncard = {{ brief = "Advice, case {task}." }}\n'
        for task in range(size.tasks)
    ]
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _system_text(scaffold: str) -> str:
    return f"You work in the mode {scaffold}. Say what you change and keep the user in control."


def write_source(path: Path, size: Size) -> Path:
    """Write a short transcript for each model, scaffold and task."""
    with path.open("w", encoding="utf-8") as file:
        for task in range(size.tasks):
            for model in MODELS:
                for scaffold in SCAFFOLDS:
                    said = sha256_hex(f"{model} {scaffold} {task}".encode())[:8].translate(_LETTERS)
                    messages = [
                        {"role": "system", "content": _system_text(scaffold)},
                        {"role": "user", "content": f"Which contract costs less, case {task}?"},
                        {"role": "assistant", "content": f"Read the list of {said} before you sign. " * 8},
                    ]
                    name = f"{model}__{scaffold}__t{task:05d}"
                    origin = {"id": name, "model": model, "scaffold": scaffold, "task": f"t{task:05d}"}
                    file.write(json.dumps({**origin, "messages": messages}) + "\n")
    return path


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def write_exchange(study: Path, exchange: Path) -> None:
    """Write the finished ratings file of every rater, named as `rater submit --to` names it."""
    connection = sqlite3.connect(study)
    manifests = read_manifests(connection)
    connection.close()
    for manifest in manifests:
        events = list(chain_of(manifest, random.Random(manifest.rater)))
        data = ratings_text(manifest, events, interim=False, app="0").encode()
        (exchange / f"{manifest.rater}.{sha256_hex(data)}.ratings.jsonl").write_bytes(data)


def chain_of(manifest: AssignmentManifest, noise: random.Random) -> Iterator[Event]:
    """Return the chain of a rater who scores every item: half of a level is the item's, half is drawn."""
    head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for draft in _drafts(manifest, noise):
        now += timedelta(seconds=noise.uniform(2, 20))
        at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event = make_event(
            draft, head=head, rubric_sha256=manifest.rubric_sha256, app="0", at=at, entropy=noise
        )
        head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
        yield event


def _drafts(manifest: AssignmentManifest, noise: random.Random) -> Iterator[EventDraft]:
    yield EventDraft(kind=EventKind.SITTING)
    for item in manifest.items:
        name = item.item_id
        yield EventDraft(kind=EventKind.SHOW, shown_sha256=item.shown_sha256, item_id=name)
        read = noise.randrange(20_000, 200_000)
        yield EventDraft(kind=EventKind.READ_TO_END, elapsed_ms=read, item_id=name)
        for place, dimension in enumerate(DIMENSIONS):
            own = int(item.item_id[place], 16) % LEVELS
            level = own if noise.random() < 0.5 else noise.randrange(LEVELS)
            yield EventDraft(kind=EventKind.SCORE, dimension=dimension, level=level, item_id=name)
        done = read + noise.randrange(10_000, 100_000)
        yield EventDraft(kind=EventKind.COMPLETE, elapsed_ms=done, item_id=name)
    yield EventDraft(kind=EventKind.SUBMIT)


def _lock_code(study: Path) -> str:
    connection = sqlite3.connect(study)
    try:
        return str(connection.execute("SELECT lock_code FROM study").fetchone()[0])
    finally:
        connection.close()


def measured(what: str, command: Sequence[object]) -> Run:
    """Run a command and return what it cost."""
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=said) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if process.returncode:
            sys.exit(f"{what} ended with {process.returncode}:\n{said.read().decode()}")
    return Run(
        what=what,
        wall_s=time.perf_counter() - started,
        processor_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
    )


def _about(folder: Path, size: Size) -> str:
    files = list((folder / "exchange").iterdir())
    mib = sum(path.stat().st_size for path in files) / 2**20
    study = (folder / "study.db").stat().st_size / 2**20
    items = size.tasks * len(MODELS) * len(SCAFFOLDS)
    return (
        f"{size.raters:,} raters x {size.items} items ({items:,} items in all, "
        f"{min(RATERS_PER_ITEM, size.raters)} raters each, {len(DIMENSIONS)} dimensions): "
        f"{len(files):,} files of {mib:,.0f} MiB, a study file of {study:,.0f} MiB."
    )


def _table(runs: Sequence[Run]) -> list[str]:
    least = runs[0]
    rows = [
        f"| {run.what} | {run.processor_s / least.processor_s:.1f} x | {run.processor_s:.1f} s | "
        f"{run.wall_s:.1f} s | {run.peak_mib:,.0f} MiB |"
        for run in runs
    ]
    head = [
        "| step | of the least | processor time | wall time | peak memory |",
        "| --- | --- | --- | --- | --- |",
    ]
    return [*head, *rows]


if __name__ == "__main__":
    main()
