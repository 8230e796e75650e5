"""The rating app against the targets of docs/speed.md: latency in a pseudo-terminal, CPU, memory, queries.

    python benchmarks/app_speed.py            prints the table
    python benchmarks/app_speed.py --write    and puts it into docs/speed.md

Everything is a ratio with its fixed points from the same run: a busy machine moves both. The clock
stops when the marker of the new item is in the bytes the app wrote, so the terminal's own drawing is
left out. Never a test.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pexpect
from app_studies import ITEMS, build_pack, build_wide_study
from bench_row import Row

from rater.services.sitting.opening import open_desk

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "speed.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
ROUNDS = 9
KB = 1024


class App:
    """The app in a pseudo-terminal of 100 x 30."""

    def __init__(self, path: Path, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TEXTUAL")}
        environment |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        environment["XDG_CONFIG_HOME"] = str(path.parent)
        self.begun = time.perf_counter()
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", "rater", "rate", str(path), *arguments],
            dimensions=(30, 100),
            env=environment,
            timeout=120,
        )
        self.child.delaybeforesend = None  # pexpect waits 50 ms before every key else

    def seconds_until(self, marker: str, keys: str = "") -> float:
        """Press keys and return the time until a text was written."""
        begun = time.perf_counter()
        if keys:
            self.child.send(keys)
        self.child.expect_exact(marker.encode())
        return time.perf_counter() - begun

    def seconds_until_paint(self, keys: str) -> float:
        """Press keys in an idle app and return the time until it wrote anything."""
        begun = time.perf_counter()
        self.child.send(keys)
        self.child.read_nonblocking(1, timeout=10)
        return time.perf_counter() - begun

    def settle(self) -> None:
        """Read what still comes, so that the next key meets an idle app."""
        while True:
            try:
                self.child.read_nonblocking(65536, timeout=0.25)
            except pexpect.TIMEOUT:
                return

    def memory_kb(self) -> int:
        """Resident memory."""
        status = Path(f"/proc/{self.child.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0])

    def end(self) -> None:
        """Quit."""
        self.child.send("q")
        self.child.expect(pexpect.EOF)
        self.child.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Seconds and kilobytes by size of the text."""

    nexts: dict[str, list[float]]
    scores: dict[str, list[float]]
    memory: dict[str, int]


def rows() -> Iterator[Row]:
    """Yield the table."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        sizes = {"4 KB": 4 * KB, "400 KB": 400 * KB, "4 MB": 4096 * KB}
        packs = {name: build_pack(place / f"{size}.db", characters=size) for name, size in sizes.items()}
        found = _latencies(packs)
        nexts, scores, memory = found.nexts, found.scores, found.memory
        median = {name: statistics.median(values) for name, values in nexts.items()}
        score = {name: statistics.median(values) for name, values in scores.items()}
        small, large, huge = packs
        yield _ratio("T1", "next item, 400 KB / 4 KB", median[large] / median[small], 1.5)
        yield _ratio("T2", "next item, 4 MB / 4 KB", median[huge] / median[small], 3.0)
        yield _at_least("T3", "TextArea / ours, 400 KB", _text_area_seconds(place) / median[large], 5.0)
        yield _ratio("T4", "CPU of next / of a score key, 400 KB", _cpu_ratio(packs[large]), 4.0)
        yield _ratio("T5", "score key, 400 KB / 4 KB", score[large] / score[small], 1.3)
        yield _ratio("T5", "score key, 4 MB / 4 KB", score[huge] / score[small], 1.3)
        ordered = sorted(scores[large])
        yield _milliseconds("score key, median", score[large], 20)
        tail = ordered[int(0.95 * len(ordered))]
        yield _milliseconds("score key, 95th percentile", tail, 50)
        yield from _start_rows(packs[small])
        for program in ("rater.entry", "rater.admin.app"):
            yield _ratio("T8", f"CPU of {program} --help / bare Python", _help_ratio(program), 8.0)
        yield _ratio("T9", "memory, 400 KB / 4 KB", memory[large] / memory[small], 1.3)
        yield _ratio("T9", "memory, 4 MB / 4 KB", memory[huge] / memory[small], 2.5)
        yield from _wide_rows(place)
        yield from _many_rows(place)
        potato = "not measured here" if find_spec("potato") else "Potato is not installed"
        yield Row(what="T15 next item in a browser / Potato", found=potato, target="none", met=None)
        yield _preloaded_row(packs[small])


def _latencies(packs: dict[str, Path]) -> Latencies:
    """Return seconds of next and of a score by size, interleaved, and memory at the end."""
    apps = {name: App(path) for name, path in packs.items()}
    for app in apps.values():
        app.seconds_until("Who sees it")
        app.seconds_until(f"item 1/{ITEMS}", "\r")
        app.settle()
    nexts: dict[str, list[float]] = {name: [] for name in packs}
    scores: dict[str, list[float]] = {name: [] for name in packs}
    for number in range(2, ROUNDS + 2):
        for name, app in apps.items():
            scores[name].append(app.seconds_until_paint("1"))
            app.settle()
            scores[name].append(app.seconds_until_paint("2"))
            app.settle()
            nexts[name].append(app.seconds_until(f"item {number}/{ITEMS}", "\r"))
            app.settle()
    memory = {name: app.memory_kb() for name, app in apps.items()}
    for app in apps.values():
        app.end()
    return Latencies(nexts=nexts, scores=scores, memory=memory)


def _text_area_seconds(place: Path) -> float:
    """Median time in which the best stock widget shows another text of 400 KB."""
    program = place / "text_area.py"
    program.write_text(
        "import sys\n"
        "from textual.app import App\n"
        "from textual.widgets import TextArea\n"
        "text = 'A line of some forty characters of text.\\n' * 10000\n"
        "class Shown(App):\n"
        "    number = 0\n"
        "    AUTO_FOCUS = None\n"
        "    def compose(self):\n"
        "        yield TextArea(f'first\\nshown 0\\n' + text, read_only=True, soft_wrap=True)\n"
        "    def on_key(self, event):\n"
        "        if event.key == 'n':\n"
        "            self.number += 1\n"
        "            self.query_one(TextArea).load_text(f'first\\nshown {self.number}\\n' + text)\n"
        "Shown().run()\n",
        encoding="utf-8",
    )
    child: pexpect.spawn[bytes] = pexpect.spawn(
        sys.executable,
        [str(program)],
        dimensions=(30, 100),
        env={**os.environ, "TERM": "xterm-256color"},
        timeout=120,
    )
    child.delaybeforesend = None
    child.expect_exact(b"shown 0")
    times = []
    for number in range(1, ROUNDS + 1):
        time.sleep(0.3)
        begun = time.perf_counter()
        child.send("n")
        child.expect_exact(f"shown {number}".encode())
        times.append(time.perf_counter() - begun)
    child.close(force=True)
    return statistics.median(times)


def _cpu_ratio(pack: Path) -> float:
    code = (
        "import asyncio, sys, time\n"
        "from pathlib import Path\n"
        "from rater.services.sitting.opening import open_desk\n"
        "from rater.tui.app import RaterApp\n"
        "async def main():\n"
        "    desk = open_desk(Path(sys.argv[1]), rater=None, app='0')\n"
        "    app = RaterApp(desk)\n"
        "    async with app.run_test(size=(100, 30)) as pilot:\n"
        "        await pilot.press('enter')\n"
        "        await pilot.pause(0.5)\n"
        "        times = {'1': [], '2': [], 'enter': []}\n"
        f"        for _ in range({ROUNDS}):\n"
        "            for key, found in times.items():\n"
        "                begun = time.process_time()\n"
        "                await pilot.press(key)\n"
        "                await pilot.pause()\n"
        "                found.append(time.process_time() - begun)\n"
        "                await pilot.pause(0.3)\n"
        "        middle = lambda key: sorted(times[key])[len(times[key]) // 2]\n"
        "        print(middle('enter') / ((middle('1') + middle('2')) / 2))\n"
        "        app.exit()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(_copy(pack))], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return float(done.stdout.split()[-1])


def _copy(pack: Path) -> Path:
    copy = pack.with_suffix(".copy.db")
    copy.write_bytes(pack.read_bytes())
    return copy


def _start_rows(pack: Path) -> Iterator[Row]:
    """From starting the program to its first page, and to the first item if Enter is pressed at once."""
    imports, starts = [], []
    for _ in range(ROUNDS):
        imports.append(_seconds(lambda: _python("import textual.app")))
        starts.append(_start(pack))
    base = statistics.median(imports)
    page = statistics.median(start.page for start in starts)
    item = statistics.median(start.item for start in starts)
    yield _ratio("T7", "start to first page / import textual.app", page / base, 1.9)
    yield _ratio("T7", "start to first item, Enter at once / import textual.app", item / base, 1.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Seconds since the program was started."""

    page: float
    item: float


def _start(pack: Path) -> Start:
    app = App(pack)
    app.child.expect_exact(b"Who sees it")
    page = time.perf_counter() - app.begun
    app.child.send("\r")
    app.child.expect_exact(f"item 1/{ITEMS}".encode())
    item = time.perf_counter() - app.begun
    app.end()
    return Start(page=page, item=item)


def _help_ratio(program: str) -> float:
    name = "rater" if program == "rater.entry" else "rater-admin"
    code = f"import sys; sys.argv = ['{name}', '--help']; from {program} import main; main()"
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_cpu(lambda: _python(code)))
        bare.append(_cpu(lambda: _python("pass")))
    return statistics.median(ours) / statistics.median(bare)


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True, cwd=ROOT)


def _seconds(run: Callable[[], None]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _cpu(run: Callable[[], None]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _wide_rows(place: Path) -> Iterator[Row]:
    """A study of a million items beside one of 180: opening, and moving on."""
    small = build_wide_study(place / "narrow.db", raters=1)
    large = build_wide_study(place / "wide.db", raters=5556)
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from protocol.chain.events import EventDraft, EventKind\n"
        "from rater.services.sitting.opening import open_desk\n"
        "begun = time.perf_counter()\n"
        "desk = open_desk(Path(sys.argv[1]), rater='R1', app='0')\n"
        "opened = time.perf_counter() - begun\n"
        "times = []\n"
        "for place in range(60):\n"
        "    begun = time.perf_counter()\n"
        "    item = desk.item(place)\n"
        "    desk.show(place)\n"
        "    desk.session.next_open(place)\n"
        "    times.append(time.perf_counter() - begun)\n"
        "desk.close()\n"
        "print(opened, sorted(times)[30])\n"
    )
    opened: dict[Path, list[float]] = {small: [], large: []}
    moved: dict[Path, list[float]] = {small: [], large: []}
    for _ in range(5):
        for path in (small, large):
            done = subprocess.run(
                [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
            )
            first, then = map(float, done.stdout.split())
            opened[path].append(first)
            moved[path].append(then)
    middle = statistics.median
    yield _ratio("T10", "next item, 1,000,080 / 180 items", middle(moved[large]) / middle(moved[small]), 2.0)
    yield _ratio("T10", "opening, 1,000,080 / 180 items", middle(opened[large]) / middle(opened[small]), 2.0)


def _many_rows(place: Path) -> Iterator[Row]:
    """Eight raters in eight processes, ten events a second each, on one study file."""
    path = build_wide_study(place / "eight.db", raters=8)
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from rater.services.sitting.opening import open_desk\n"
        "desk = open_desk(Path(sys.argv[1]), rater=sys.argv[2], app='0')\n"
        "slowest = 0.0\n"
        "for place in range(100):\n"
        "    begun = time.perf_counter()\n"
        "    desk.show(place)\n"
        "    took = time.perf_counter() - begun\n"
        "    slowest = max(slowest, took)\n"
        "    time.sleep(max(0.0, 0.1 - took))\n"
        "desk.close()\n"
        "print(slowest)\n"
    )
    raters = [f"R{number}" for number in range(1, 9)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), rater], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for rater in raters
    ]
    slowest = max(float(one.communicate()[0]) for one in running)
    kept = 0
    for rater in raters:
        desk = open_desk(path, rater=rater, app="0")
        kept += len(desk.events)
        desk.close()
    yield Row(what="T11 events lost of 800", found=str(800 - kept), target="0", met=kept == 800)
    met = slowest <= 1.0
    yield Row(what="T11 slowest event", found=f"{1000 * slowest:.0f} ms", target="at most 1000 ms", met=met)


def _preloaded_row(pack: Path) -> Row:
    """A process that has imported the app already forks for each session; ours starts afresh."""
    code = (
        "import os, pty, sys, time\n"
        "import textual.app, rater.tui.app, rater.launching, rater.services.sitting.opening\n"
        "from pathlib import Path\n"
        "from rater.launching import Look, run_sitting\n"
        "times = []\n"
        f"for _ in range({ROUNDS}):\n"
        "    begun = time.perf_counter()\n"
        "    child, terminal = pty.fork()\n"
        "    if child == 0:\n"
        "        os.environ['COLUMNS'], os.environ['LINES'] = '100', '30'\n"
        "        import fcntl, struct, termios\n"
        "        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 100, 0, 0))\n"
        "        look = Look(plain=False, theme=None, ascii_only=False)\n"
        "        os._exit(run_sitting(Path(sys.argv[1]), rater=None, look=look, debug=False))\n"
        "    seen = b''\n"
        "    while b'Who sees it' not in seen:\n"
        "        seen += os.read(terminal, 65536)\n"
        "    times.append(time.perf_counter() - begun)\n"
        "    os.write(terminal, b'q')\n"
        "    try:\n"
        "        while os.read(terminal, 65536):\n"
        "            pass\n"
        "    except OSError:\n"
        "        pass\n"
        "    os.waitpid(child, 0)\n"
        "    os.close(terminal)\n"
        "print(sorted(times)[len(times) // 2])\n"
    )
    environment = {**os.environ, "TERM": "xterm-256color", "XDG_CONFIG_HOME": str(pack.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(_copy(pack))],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
        timeout=120,
    )
    usual = statistics.median(_start(pack).page for _ in range(ROUNDS))
    found = float(done.stdout) / usual
    return Row(
        what="T16 start from a preloaded process / ours", found=f"{found:.2f}", target="none", met=None
    )


def _ratio(target: str, what: str, found: float, most: float) -> Row:
    return Row(what=f"{target} {what}", found=f"{found:.2f}", target=f"at most {most:g}", met=found <= most)


def _at_least(target: str, what: str, found: float, least: float) -> Row:
    return Row(
        what=f"{target} {what}", found=f"{found:.1f}", target=f"at least {least:g}", met=found >= least
    )


def _milliseconds(what: str, found: float, most: float) -> Row:
    met = 1000 * found <= most
    return Row(what=f"T6 {what}", found=f"{1000 * found:.1f} ms", target=f"at most {most:g} ms", met=met)


def main() -> None:
    """Print the table, and write it where that is asked for."""
    lines = ["| target | found | gate | met |", "| --- | --- | --- | --- |"]
    for row in rows():
        lines.append("| " + " | ".join(row.cells) + " |")
        print(lines[-1], flush=True)
    if "--write" in sys.argv:
        before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN)
        table = "\n".join([BEGIN, "", *lines, "", END])
        DOCS.write_text(before + table + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
