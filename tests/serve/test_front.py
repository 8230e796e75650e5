"""The routes and a session, with a stand-in for the app whose side of the pipes a test can see."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import BuildStudy
from tests.serve.browsing import Browser, Terminal, until

from aiohttp import WSServerHandshakeError, web  # isort: skip  after the check that they are there

from rater.serve import ending
from rater.serve.addresses import address_of
from rater.serve.client_messages import Size
from rater.serve.front import Front
from rater.serve.links import Links
from rater.serve.seats import Seats
from rater.serve.session import AppCommand, Session

_TOOLS = """
import json, os, signal, subprocess, sys, time
def say(kind, content):
    os.write(1, kind + len(content).to_bytes(4, "big") + content)
def tell(**fields):
    say(b"M", json.dumps(fields).encode())
def draw(text):
    say(b"D", text.encode())
def packet():
    head = sys.stdin.buffer.read(5)
    if not head:
        return None
    return head[:1].decode() + sys.stdin.buffer.read(int.from_bytes(head[1:], "big")).decode()
os.write(1, b"__GANGLION__\\n")
"""


@dataclass(kw_only=True)
class Stage:
    """A server in this process whose apps run a given program."""

    browser: Browser
    links: Links
    seats: Seats
    front: Front
    token: str
    told: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Terminal]:
        """Open the link and connect."""
        assert await self.browser.open_link(f"{self.browser.origin}/r/{self.token}") == 200
        async with self.browser.connected() as terminal:
            yield terminal


@asynccontextmanager
async def stage(
    program: str, *words: str, idle_s: float = 600, public_url: str | None = None
) -> AsyncIterator[Stage]:
    """Serve a program in place of the app."""
    command = AppCommand(
        arguments=(sys.executable, "-c", _TOOLS + program, *words), environment={"PATH": os.environ["PATH"]}
    )
    links = Links(["R1", "R2"])
    seats = Seats(links.raters)
    told: list[str] = []

    def make_session(rater: str, socket: web.WebSocketResponse, size: Size) -> Session:
        return Session(command, socket, size=size, idle_s=idle_s)

    listener = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    front = Front(
        links=links,
        address=address_of(host="127.0.0.1", port=port, public_url=public_url),
        port=port,
        seats=seats,
        make_session=make_session,
        log=told.append,
    )
    runner = web.AppRunner(front.application(), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    browser = Browser(f"http://127.0.0.1:{port}")
    try:
        async with browser.http:
            yield Stage(
                browser=browser, links=links, seats=seats, front=front, token=links.issue("R1"), told=told
            )
    finally:
        await front.close()
        await runner.cleanup()


def is_gone(pid: int) -> bool:
    """Whether a process ended, also where nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_input_waits_for_the_first_picture(tmp_path: Path) -> None:
    """Of several resizes the last arrives, before the keys, and nothing before the app has drawn."""
    go = tmp_path / "go"
    program = """
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
os.set_blocking(0, False)
early = sys.stdin.buffer.raw.read(9999)
os.set_blocking(0, True)
draw(f"early {early!r} ")
tell(type="painted")
while (said := packet()) is not None:
    draw(said + " ")
"""
    async with stage(program, str(go)) as theatre, theatre.connected() as terminal:
        await terminal.press("2")
        await terminal.resize(133, 36)
        await terminal.socket.send_str(json.dumps(["focus"]))
        await terminal.resize(133, 44)
        await terminal.press("é")
        await terminal.socket.send_str(json.dumps(["ping", "1"]))
        pong = await terminal.socket.receive()  # all before it was taken
        assert json.loads(pong.data) == ["pong", "1"]
        go.touch()
        await terminal.sees("Dé")
        expected = 'early None M{"type": "resize", "width": 133, "height": 44} M{"type": "focus"} D2 Dé'
        assert terminal.drawn.startswith(expected)
        await terminal.resize(99, 30)
        await terminal.sees('"width": 99')


async def test_an_app_that_ends_says_so_and_the_page_closes() -> None:
    """Leaving by a key closes the page with a sentence."""
    program = 'draw("hello"); tell(type="exit")'
    async with stage(program) as theatre, theatre.connected() as terminal:
        await terminal.sees("hello")
        assert await terminal.closes() == ending.FINISHED.text
        assert theatre.told == []


async def test_what_an_app_says_at_its_end_reaches_rater_and_server() -> None:
    """The rater reads the sentence; the person at the server the one with the place."""
    program = 'tell(type="refused", text="The study is locked.", log="/srv/study.db: The study is locked.")'
    async with stage(program) as theatre, theatre.connected() as terminal:
        assert await terminal.closes() == "The study is locked."
        assert theatre.told == ["R1: /srv/study.db: The study is locked."]


async def test_a_fault_in_the_app_is_told_without_values(build_study: BuildStudy, tmp_path: Path) -> None:
    """Rater and server learn that there was one; what the rater was reading stays in the process."""
    program = """
os.environ["XDG_STATE_HOME"] = sys.argv[2]
import rater.tui.screens.rating
def broken(*_):
    raise RuntimeError("text of a transcript")
rater.tui.screens.rating.RatingScreen = broken
from rater.serve import child
sys.argv = ["child", sys.argv[1], "R1", str(os.getppid())]
sys.exit(child.main())
"""
    async with stage(program, str(build_study().path), str(tmp_path)) as theatre:
        async with theatre.connected() as terminal:
            await terminal.sees("You are")
            await terminal.press("\r")
            reason = await terminal.closes()
        assert reason is not None
        assert "fault of its own" in reason
        (line,) = theatre.told
        assert line.startswith("R1: ")
        (report,) = tmp_path.glob("blindrater/blindrater-crash-*.txt")
        for place in (reason, line, terminal.drawn, report.read_text("utf-8")):
            assert "text of a transcript" not in place


async def test_no_room_for_a_process_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rater is told to come back, the person at the server why."""

    async def full(*words: object, **options: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", full)
    async with stage("") as theatre, theatre.connected() as terminal:
        assert "Try again in a minute" in str(await terminal.closes())
        assert theatre.told == ["R1: No app process could be started: Resource temporarily unavailable."]


async def test_an_app_that_crashes_is_told_with_its_exit_code() -> None:
    """The rater learns that nothing is lost, and the person at the server what to look for."""
    async with stage("sys.exit(3)") as theatre, theatre.connected() as terminal:
        reason = await terminal.closes()
        assert reason is not None
        assert "could not go on" in reason
        assert theatre.told == ["R1: The app process ended with exit code 3."]


async def test_an_app_that_the_watchdog_ended_is_told() -> None:
    """Spinning is named as what it was."""
    async with stage("sys.exit(71)") as theatre, theatre.connected() as terminal:
        assert await terminal.closes() == ending.SPUN.text
        assert theatre.told == [f"R1: {ending.SPUN.log}"]


async def test_an_app_that_does_not_read_is_stopped() -> None:
    """A full pipe must not block the server, nor keep the session from ending."""
    program = 'tell(type="painted"); draw(f"pid {os.getpid()}."); time.sleep(600)'
    async with stage(program) as theatre, theatre.connected() as terminal:
        await terminal.sees(".")
        pid = int(terminal.drawn[4:-1])
        for _ in range(12):
            await terminal.press("x" * 200_000)
        assert await terminal.closes() == ending.STUCK.text
        assert is_gone(pid)


async def test_a_browser_that_floods_before_the_first_picture_is_shut_out() -> None:
    """What waits for the app is bounded too."""
    async with stage("time.sleep(600)") as theatre, theatre.connected() as terminal:
        for _ in range(12):
            await terminal.press("x" * 200_000)
        assert await terminal.closes() == ending.STUCK.text


_STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
grandchild = subprocess.Popen(sleeper, stdin=subprocess.DEVNULL)
tell(type="painted")
draw(f"pids {os.getpid()} {grandchild.pid}.")
"""


@pytest.mark.parametrize("rest", ["time.sleep(600)", "while True: pass", "while True: draw('x' * 9999)"])
async def test_an_app_that_will_not_leave_is_killed_with_all_it_started(rest: str) -> None:
    """Asleep, spinning or drawing for ever: gone within five seconds of the browser."""
    async with stage(_STUBBORN + rest) as theatre:
        async with theatre.connected() as terminal:
            await terminal.sees(".")
            pids = [int(word) for word in terminal.drawn.partition(".")[0].split()[1:]]
            assert len(pids) == 2
            await terminal.vanish()
        await until(lambda: all(map(is_gone, pids)), within_s=5)


async def test_a_process_left_behind_by_an_app_is_ended_too() -> None:
    """The group is killed also when the app itself left in order."""
    async with stage(_STUBBORN + 'tell(type="exit")') as theatre, theatre.connected() as terminal:
        await terminal.sees(".")
        pids = [int(word) for word in terminal.drawn.partition(".")[0].split()[1:]]
        await terminal.closes()
        await until(lambda: all(map(is_gone, pids)), within_s=5)


async def test_an_idle_session_is_closed_and_input_keeps_it_open() -> None:
    """Time counts from the last key; sizes and pings are not a person."""
    program = 'tell(type="painted")\nwhile (said := packet()) is not None: draw(said)'
    async with stage(program, idle_s=1) as theatre, theatre.connected() as terminal:
        start = time.monotonic()
        while time.monotonic() - start < 1.5:
            await terminal.press("x")
            await terminal.reads_for(0.1)
        assert terminal.ended is None
        last = time.monotonic()
        await terminal.resize(90, 30)
        assert await terminal.closes() == ending.IDLE.text
        assert time.monotonic() - last > 0.6


async def test_nothing_but_drawing_reaches_the_page() -> None:
    """The clipboard, addresses to open and files to save stay behind."""
    program = """
tell(type="painted")
tell(type="open_url", url="http://example.org", new_tab=True)
tell(type="deliver_file_start", key="k", path="/x", open_method="browser", mime_type="", encoding="")
say(b"P", b"packed")
draw("a\\x1b]52;c;aGVsbG8=\\x07b")
tell(type="exit")
"""
    async with stage(program) as theatre, theatre.connected() as terminal:
        texts: list[object] = []
        while (message := await terminal.socket.receive()).type is not message.type.CLOSE:
            if message.type is message.type.CLOSED:
                break
            texts.append(message.data)
        assert texts == [b"ab", json.dumps(["ended", ending.FINISHED.text])]


async def test_of_many_windows_the_newest_stays() -> None:
    """However fast windows are opened, one app runs, and each older page is told why."""
    program = 'tell(type="painted"); draw(f"pid {os.getpid()}.")\nwhile packet() is not None: pass'
    async with stage(program) as theatre, theatre.connected() as first:
        await first.sees(".")
        async with (
            theatre.browser.connected() as second,
            theatre.browser.connected() as third,
            theatre.browser.connected() as fourth,
        ):
            await fourth.sees(".")
            assert [await older.closes() for older in (first, second, third)] == [ending.NEWER.text] * 3
            assert is_gone(int(first.drawn[4:-1]))
            assert len(theatre.seats.pids) == 1


async def test_a_new_link_shuts_out_the_old_browser() -> None:
    """A browser that was lost is closed at once and stays out; the new link works."""
    program = 'tell(type="painted"); draw("hello")\nwhile packet() is not None: pass'
    async with stage(program) as theatre, theatre.connected() as terminal:
        await terminal.sees("hello")
        theatre.token = theatre.links.issue("R1")
        theatre.seats.of("R1").end_now(ending.REVOKED)
        assert await terminal.closes() == ending.REVOKED.text
        assert await theatre.browser.status("/") == 403
        async with theatre.connected() as again:
            await again.sees("hello")


async def test_an_end_of_the_server_is_told_and_nobody_comes_in() -> None:
    """Everybody connected reads why; a new connection is refused."""
    program = 'tell(type="painted"); draw(f"pid {os.getpid()}.")\nwhile packet() is not None: pass'
    async with stage(program) as theatre, theatre.connected() as terminal:
        await terminal.sees(".")
        await theatre.front.close()
        assert is_gone(int(terminal.drawn[4:-1]))
        assert await terminal.closes() == ending.SERVER.text
        with pytest.raises(WSServerHandshakeError) as refused:
            async with theatre.browser.connected():
                pass
        assert refused.value.status == 503


async def test_behind_tls_the_cookie_never_travels_without() -> None:
    """It is marked Secure, and its name lets the browser take it from this host by https alone."""
    async with stage("", public_url="https://rating.example.org") as theatre:
        http, link = theatre.browser.http, f"{theatre.browser.origin}/r/{theatre.token}"
        ours = {"Origin": "https://rating.example.org"}
        async with http.post(link, headers=ours, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"] == "/"
            (cookie,) = answer.cookies.values()
        assert cookie.key.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]
