"""The page in a real browser: what only scripts, keyboard and cookies of a browser can show."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rater.serve import ending
from rater.services.sitting.opening import open_desk
from tests.conftest import BuildStudy, StudyFile, make_items
from tests.serve.browsing import RunningServer, browser, running, until
from tests.serve.chromium import chromium, find_chromium


@pytest.fixture
def study(build_study: BuildStudy) -> StudyFile:
    """Return a study of four items with two raters."""
    return build_study(items=make_items(4, lines=4), raters=("R1", "R2"))


@pytest.fixture
def server(study: StudyFile) -> Iterator[RunningServer]:
    """Run the command on the study."""
    find_chromium()
    with running(study.path, raters=2) as server:
        yield server


@pytest.fixture
def foreign_origin() -> Iterator[str]:
    """Serve an empty page at another origin whose requests carry the cookie: a cookie has no port."""

    class Empty(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, format: str, *words: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_address[1]}"
        other.shutdown()


def levels(study: StudyFile) -> list[list[int | None]]:
    """Return R1's levels on disk, item by item."""
    desk = open_desk(study.path, rater="R1", app="0")
    try:
        progress = (desk.session.of(item.id) for item in study.items)
        return [[mark.level for mark in item.marks.values()] for item in progress]
    finally:
        desk.close()


async def test_a_rater_scores_by_keyboard_reloads_and_goes_on(
    study: StudyFile, server: RunningServer, tmp_path: Path
) -> None:
    """From the link to the second item without a mouse, and nowhere else on the network."""
    async with chromium(tmp_path / "profile") as page:
        await page.open(server.links["R1"])
        # The first key comes as early as a person could press it, before the app runs.
        await page.becomes("document.activeElement?.className === 'xterm-helper-textarea'")
        await page.press("Enter")
        await page.sees("Question 1")
        await page.press("2", "1", "Enter")
        await page.sees("Question 2")
        await page.press("3")
        await until(lambda: levels(study)[:2] == [[2, 1], [3]])
        assert await page.value("document.title") == "Rating"
        assert await page.value("location.pathname") == "/"
        assert await page.value("document.cookie") == ""

        page.forget()
        await page.reload()
        await page.sees("1 completed, 1 begun")
        await page.press("Enter")
        await page.sees("Question 2")
        await page.press("0", "Enter")
        await page.sees("Question 3")
        assert levels(study)[:3] == [[2, 1], [3, 0], []]
        assert len(server.apps()) == 1

        assert {urlsplit(address).netloc for address in page.requests} == {urlsplit(server.origin).netloc}
        assert page.complaints == []
        assert not any(status >= 400 for status in page.statuses.values())
    await until(lambda: not server.apps(), within_s=5)


async def test_the_page_gives_texts_no_way_out(server: RunningServer, tmp_path: Path) -> None:
    """A click on an address opens no window; the clipboard is closed; the fonts are the shipped ones."""
    async with chromium(tmp_path / "profile") as page:
        await page.open(server.links["R1"])
        await page.sees("You are")
        assert await page.value("window.open('http://127.0.0.1:1/') === null")
        write = "navigator.clipboard.writeText('x').then(() => 'written', (fault) => fault.name)"
        assert await page.value(write) == "NotAllowedError"
        fetched = "fetch('http://127.0.0.1:1/').then(() => 'sent', () => 'refused')"
        assert await page.value(fetched) == "refused"
        assert any("Content Security Policy" in complaint for complaint in page.complaints)
        assert await page.value("[...document.fonts].every((face) => face.status === 'loaded')")


async def test_the_app_follows_the_window(server: RunningServer, tmp_path: Path) -> None:
    """A window made smaller than rating needs says so, and a larger one goes on."""
    async with chromium(tmp_path / "profile") as page:
        await page.open(server.links["R1"])
        await page.sees("You are")
        await page.resize(300, 200)
        await page.sees("rating needs at least")
        page.forget()
        await page.resize(1200, 800)
        await page.sees("You are")


async def test_the_way_back_is_one_key(server: RunningServer, tmp_path: Path) -> None:
    """However a session ends, the page says why, and Enter connects again."""
    take_over = """(() => {
        const Plain = Object.getPrototypeOf(WebSocket);
        window.other = new Plain(`ws://${location.host}/ws`);
    })()"""
    async with chromium(tmp_path / "profile") as page:
        await page.open(server.links["R1"])
        for why in (ending.FINISHED, ending.NEWER, ending.GONE):
            await page.sees("You are")
            if why is ending.FINISHED:
                await page.press("q")
            elif why is ending.NEWER:
                await page.value(take_over)
            else:
                server.process.kill()
            await page.becomes("getComputedStyle(document.getElementById('ended')).display === 'flex'")
            assert await page.value("document.getElementById('why').textContent") == why.text
            await page.becomes("document.activeElement.id === 'again'")
            page.forget()
            await page.press("Enter")


async def test_what_is_not_the_raters_browser_is_refused(
    server: RunningServer, foreign_origin: str, tmp_path: Path
) -> None:
    """No cookie, a wrong link, a used link: 403 in words. A page of another origin: no WebSocket."""
    async with browser(server, "R2"), chromium(tmp_path / "profile") as page:
        for path in ("/", "/r/wrong", urlsplit(server.links["R2"]).path):
            address = server.origin + path
            await page.open(address)
            await page.becomes("document.body?.textContent.includes('not valid here')")
            assert page.statuses[address] == 403
        connect = f"""new Promise((tell) => {{
            const socket = new WebSocket("{server.origin.replace("http", "ws")}/ws");
            socket.onopen = () => tell("open");
            socket.onerror = () => tell("refused");
        }})"""
        assert await page.value(connect) == "refused"

        await page.open(server.links["R1"])
        await page.sees("You are")
        assert await page.value(connect) == "open"
        await page.open(foreign_origin)
        await page.becomes(f"location.origin === '{foreign_origin}' && document.readyState === 'complete'")
        await until(lambda: not server.apps(), within_s=5)
        assert await page.value(connect) == "refused"
        assert f"A page of {foreign_origin} was refused" in server.log()
        assert server.apps() == set()
