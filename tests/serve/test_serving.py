"""`rater serve` as raters meet it: the real command, the real app, a study file on disk."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.session import ItemProgress
from rater.serve import ending
from rater.services.doors.doors import lock_study
from rater.services.sitting.opening import open_desk
from rater.services.wall_clock import utc_now
from rater.services.who import Who
from tests.conftest import BuildStudy, StudyFile, make_items
from tests.serve.browsing import Browser, RunningServer, Terminal, browser, processor_s, running, until

from aiohttp import WSServerHandshakeError  # isort: skip  after the check that it is there


@pytest.fixture
def study(build_study: BuildStudy) -> StudyFile:
    """Return a study of four items with two raters."""
    return build_study(items=make_items(4, lines=4), raters=("R1", "R2"))


@pytest.fixture
def server(study: StudyFile) -> Iterator[RunningServer]:
    """Run the command on the study."""
    with running(study.path, raters=2) as server:
        yield server


def first_item(study: StudyFile, rater: str = "R1") -> ItemProgress:
    """Return what is on disk of the first item; the chain is verified on the way."""
    desk = open_desk(study.path, rater=rater, app="0")
    try:
        return desk.session.of(study.items[0].id)
    finally:
        desk.close()


async def start(terminal: Terminal) -> None:
    """Go past the first screen."""
    await terminal.sees("You are")
    await terminal.press("\r")
    await terminal.sees("Question 1")


async def score(terminal: Terminal, level: int) -> None:
    """Score the first dimension, and wait for the mark that says it is on disk."""
    await terminal.press(str(level))
    await terminal.sees(f"[ {level}]")


async def refusal(opened: Browser, *, origin: str | None = None) -> int:
    """Try to connect and return the status of the refusal."""
    with pytest.raises(WSServerHandshakeError) as refused:
        async with opened.connected(origin=origin):
            pass
    return refused.value.status


async def test_a_link_opens_the_raters_work_once(server: RunningServer) -> None:
    """It becomes a cookie of this browser, goes on working there, and nowhere else."""
    async with browser(server, "R2") as mine, browser(server) as other:
        cookie = next(iter(mine.http.cookie_jar))
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert not cookie["domain"] or cookie["domain"] == "127.0.0.1"
        assert server.links["R2"].rpartition("/")[2] not in cookie.value
        assert await mine.status("/") == 200
        assert await mine.open_link(server.links["R2"]) == 200
        assert await other.open_link(server.links["R2"]) == 403
        async with mine.connected() as terminal:
            await terminal.sees("R2")


async def test_looking_at_a_link_does_not_use_it_up(server: RunningServer) -> None:
    """Mail programs and messengers fetch links before the rater does."""
    async with browser(server) as scanner:
        for ask in (scanner.http.get, scanner.http.head):
            async with ask(server.links["R1"]) as answer:
                assert answer.status == 200
                assert not answer.cookies
    async with browser(server, "R1") as mine:
        assert await mine.status("/") == 200


async def test_without_the_cookie_nothing_is_shown(server: RunningServer) -> None:
    """Page and WebSocket answer 403 to nobody, to a wrong link and to a made-up cookie."""
    async with browser(server) as nobody:
        assert await nobody.status("/") == 403
        assert await nobody.status("/ws") == 403
        assert await refusal(nobody) == 403
        wrong = server.links["R1"][:-1] + ("A" if server.links["R1"][-1] != "A" else "B")
        for link in (wrong, f"{server.origin}/r/R1", f"{server.origin}/r/%00", f"{server.origin}/r/"):
            assert await nobody.open_link(link) in {403, 404}
            async with nobody.http.post(link) as answer:
                assert answer.status in {403, 404}
    async with browser(server, "R1") as mine:
        name = next(iter(mine.http.cookie_jar)).key
    async with browser(server) as forger:
        forger.http.cookie_jar.update_cookies({name: "R1"})
        assert await forger.status("/") == 403
        assert await refusal(forger) == 403
    assert server.apps() == set()


async def test_another_page_cannot_connect(server: RunningServer) -> None:
    """A page elsewhere that the rater has open cannot drive the session, nor use the link."""
    async with browser(server, "R1") as mine:
        for origin in (
            "http://evil.example",
            "null",
            "",
            server.origin + ".evil.example",
            "http://127.0.0.1",
        ):
            assert await refusal(mine, origin=origin or "about:blank") == 403
        async with mine.http.ws_connect(server.origin + "/ws", headers={"Origin": server.origin}):
            pass
        with pytest.raises(WSServerHandshakeError):
            await mine.http.ws_connect(server.origin + "/ws")
        async with mine.http.post(server.links["R2"], headers={"Origin": "http://evil.example"}) as answer:
            assert answer.status == 403
        assert await mine.open_link(server.links["R2"]) == 200
    assert "http://evil.example was refused" in server.log()
    assert "--public-url" in server.log()


async def test_only_the_pages_files_are_given(study: StudyFile, server: RunningServer) -> None:
    """No folder is listed, no other file read, and every answer forbids what the page does not need."""
    async with browser(server, "R1") as mine:
        for path in (
            "/static/",
            "/static",
            "/static/js/textual.js",
            "/static/..%2fserver.py",
            "/download/x",
        ):
            assert await mine.status(path) == 404, path
        for path in (
            "/",
            "/static/page.js",
            "/static/terminal.js",
            "/static/mono.ttf",
            "/nothing",
            "/ws",
        ):
            async with mine.http.get(server.origin + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "clipboard-write=()" in answer.headers["Permissions-Policy"]
                assert "Python" not in answer.headers["Server"]
        async with mine.http.get(server.origin) as page:
            text = await page.text()
            assert page.headers["Cache-Control"] == "no-store"
        assert "<title>Rating</title>" in text
        assert "http" not in text
        assert str(study.path) not in text


async def test_an_app_gets_a_short_environment_and_its_rater_from_the_server(study: StudyFile) -> None:
    """No secret, no recorder of keys, and nothing that the browser sent."""
    secrets = {"API_TOKEN": "x", "TEXTUAL_LOG": "/tmp/keys", "TEXTUAL": "debug,devtools", "TZ": "UTC"}
    with running(study.path, raters=2, environment=secrets) as server:
        async with browser(server, "R1") as mine:
            address = f"{server.origin}/ws?width=100&height=30&rater=R2&as=R2"
            headers = {"Origin": server.origin, "Rater": "R2"}
            async with mine.http.ws_connect(address, headers=headers) as socket:
                terminal = Terminal(socket)
                await socket.send_str(json.dumps(["rater", "R2"]))
                await terminal.sees("You are")
                (app,) = server.apps()
                words = Path(f"/proc/{app}/cmdline").read_bytes().split(b"\0")
                assert b"R1" in words
                assert b"R2" not in words
                names = {
                    entry.partition(b"=")[0].decode()
                    for entry in Path(f"/proc/{app}/environ").read_bytes().split(b"\0")
                    if entry
                }
                assert "TZ" in names
                assert names.isdisjoint({*secrets, "PATH"} - {"TZ"})
                assert os.getpgid(app) == app


async def test_ratings_survive_a_lost_connection(study: StudyFile, server: RunningServer) -> None:
    """What was shown as saved is on disk, and so is a note that was being typed; the work goes on there."""
    async with browser(server, "R1") as mine:
        async with mine.connected() as terminal:
            await start(terminal)
            await score(terminal, 2)
            await terminal.press("m")
            await terminal.sees("Enter save")
            await terminal.press("half a no")
            await terminal.sees("half a no")
            await terminal.vanish(reset=True)
        await until(lambda: not server.apps(), within_s=5)
        async with mine.connected() as again:
            await again.sees("1 begun")
    saved = first_item(study)
    assert [mark.level for mark in saved.marks.values()] == [2]
    assert saved.note == "half a no"


async def test_a_newer_window_takes_over_from_the_older(study: StudyFile, server: RunningServer) -> None:
    """The older page is told, one app runs, and the newer can rate; other raters notice nothing."""
    async with (
        browser(server, "R1") as mine,
        browser(server, "R2") as other,
        mine.connected() as older,
        other.connected() as bystander,
    ):
        await start(older)
        await bystander.sees("You are")
        async with mine.connected() as newer:
            await start(newer)
            assert await older.closes() == ending.NEWER.text
            assert len(server.apps()) == 2
            await score(newer, 3)
        await start(bystander)
    assert [mark.level for mark in first_item(study).marks.values()] == [3]


async def test_a_study_that_is_locked_meanwhile_is_explained(study: StudyFile, server: RunningServer) -> None:
    """The rater reads a sentence without a path, the person at the server one with it."""
    async with browser(server, "R1") as mine:
        who = Who(name="admin", app="0", reason="no more time")
        lock_study(study.path, who=who, clock=utc_now, accept_missing=True)
        async with mine.connected() as terminal:
            reason = await terminal.closes()
        assert reason is not None
        assert "locked" in reason
        assert str(study.path.parent) not in reason
    await until(lambda: str(study.path) in server.log())


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
async def test_the_server_ends_at_once_with_all_its_apps(
    study: StudyFile, server: RunningServer, signal_number: signal.Signals
) -> None:
    """Also while raters are connected; each is told, and the study is one file again."""
    async with (
        browser(server, "R1") as mine,
        browser(server, "R2") as other,
        mine.connected() as terminal,
        other.connected() as second,
    ):
        await start(terminal)
        await score(terminal, 1)
        server.process.send_signal(signal_number)
        assert await terminal.closes() == ending.SERVER.text
        assert await second.closes() == ending.SERVER.text
        await until(lambda: server.process.poll() is not None, within_s=5)
    assert server.process.returncode == 0
    assert server.apps() == set()
    assert "Traceback" not in server.log()
    assert not study.path.with_name("study.db-wal").exists()
    assert [mark.level for mark in first_item(study).marks.values()] == [1]


async def test_a_killed_server_leaves_no_app(server: RunningServer) -> None:
    """The apps notice by themselves, whatever they are doing."""
    async with (
        browser(server, "R1") as mine,
        browser(server, "R2") as other,
        mine.connected() as terminal,
        other.connected(),
    ):
        await start(terminal)
        await until(lambda: len(server.apps()) == 2)
        server.process.kill()
        await until(lambda: not server.apps(), within_s=5)


async def test_an_idle_session_costs_nothing(server: RunningServer) -> None:
    """An app that nobody touches uses less than 2 % of a core, and so does the server."""
    async with browser(server, "R1") as mine, mine.connected() as terminal:
        await start(terminal)
        await terminal.reads_for(1)
        (app,) = server.apps()
        before = processor_s(app), processor_s(server.process.pid)
        assert min(before) > 0, "the system does not count"
        await terminal.reads_for(3)
        assert processor_s(app) - before[0] < 0.02 * 3
        assert processor_s(server.process.pid) - before[1] < 0.02 * 3


@pytest.mark.parametrize("way", ["quit", "closed", "dropped", "reset"])
async def test_no_app_lives_five_seconds_after_its_browser(
    study: StudyFile, server: RunningServer, way: str
) -> None:
    """Five times each way, at random moments between connecting and rating, with resizes on the way."""
    moments = random.Random(way)
    async with browser(server, "R1") as mine:
        for _ in range(5):
            async with mine.connected(columns=133, rows=36) as terminal:
                await terminal.resize(133, 44)
                if way == "quit":
                    await terminal.press("q")
                    assert await terminal.closes() == ending.FINISHED.text
                else:
                    await terminal.press("\r2")
                    await terminal.reads_for(moments.uniform(0, 1))
                    await terminal.resize(120, 40)
                if way in {"dropped", "reset"}:
                    await terminal.vanish(reset=way == "reset")
            await until(lambda: not server.apps(), within_s=5)
    first_item(study)
