"""A server in a process of its own, and browsers without a screen: HTTP clients with cookies."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_WHY = "serving to browsers needs the extra `serve`"
pytest.importorskip("aiohttp", reason=f"{_WHY}: no aiohttp")
pytest.importorskip("textual_serve", reason=f"{_WHY}: no textual-serve")
if not Path("/proc/self/stat").exists():
    pytest.skip("finds the app processes in /proc, which is not here", allow_module_level=True)

from aiohttp import (  # noqa: E402  what the checks above are for
    ClientSession,
    ClientWebSocketResponse,
    CookieJar,
    TCPConnector,
    WSMsgType,
)

DEADLINE_S = 60.0
"""For what a loaded machine may take; a test that passes never waits for it."""
_SEQUENCE = re.compile(r"\x1b\[[0-9;?$<]*[a-zA-Z]|\x1b[=>]")


@dataclass(kw_only=True)
class RunningServer:
    """A server that was started for a test."""

    process: subprocess.Popen[str]
    study: Path
    links: dict[str, str]
    told: Path

    @property
    def origin(self) -> str:
        """What its links begin with."""
        return next(iter(self.links.values())).partition("/r/")[0]

    def apps(self) -> set[int]:
        """Process ids of all apps on the study, whoever their parent is now."""
        return app_processes(self.study)

    def log(self) -> str:
        """Return what it told on stderr."""
        return self.told.read_text("utf-8")


@contextmanager
def running(
    study: Path, *options: str, raters: int = 1, environment: dict[str, str] | None = None
) -> Iterator[RunningServer]:
    """Run `rater serve` on a study until the block ends."""
    told = study.with_suffix(".told")
    with told.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "rater", "serve", str(study), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().rstrip("\n") for _ in range(raters)]
            assert all(lines), told.read_text("utf-8")
            links = dict(line.split("\t") for line in lines)
            yield RunningServer(process=process, study=study, links=links, told=told)
        finally:
            process.kill()
            process.communicate()


def app_processes(study: Path) -> set[int]:
    """Return the process ids of the apps that run on a study."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"rater.serve.child" in words and os.fsencode(study) in words:
                    found.add(int(folder.name))
    return found


def processor_s(pid: int) -> float:
    """Return the processor time a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until(holds: Callable[[], bool], *, within_s: float = DEADLINE_S) -> float:
    """Wait until something holds.

    Returns:
        How many seconds it took.
    """
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < within_s, f"not so within {within_s} s"
        await asyncio.sleep(0.01)
    return time.monotonic() - start


class Terminal:
    """A WebSocket to an app and all it has drawn."""

    def __init__(self, socket: ClientWebSocketResponse, connector: TCPConnector | None = None) -> None:
        self.socket = socket
        self._connector = connector
        self.raw = b""
        self.ended: str | None = None
        """The reason the server gave, once it did."""

    @property
    def drawn(self) -> str:
        """All text ever drawn, without the sequences."""
        return self.plain(self.raw)

    @staticmethod
    def plain(drawing: bytes) -> str:
        """Return the text in a drawing."""
        return _SEQUENCE.sub("", drawing.decode("utf-8", "replace"))

    async def press(self, keys: str) -> None:
        """Send keys."""
        await self.socket.send_str(json.dumps(["stdin", keys]))

    async def resize(self, columns: int, rows: int) -> None:
        """Send a size."""
        await self.socket.send_str(json.dumps(["resize", {"width": columns, "height": rows}]))

    async def sees(self, text: str) -> None:
        """Read until a text was drawn."""
        async with asyncio.timeout(DEADLINE_S):
            while text not in self.drawn:
                assert await self._read(), f"closed without drawing {text!r}: {self.drawn[-2000:]}"

    async def closes(self) -> str | None:
        """Read until the server closes, and return the reason it gave."""
        async with asyncio.timeout(DEADLINE_S):
            while await self._read():
                pass
        return self.ended

    async def reads_for(self, seconds: float) -> None:
        """Take what comes for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self._read():
                    pass

    async def vanish(self, *, reset: bool = False) -> None:
        """Drop the connection without a word; with a reset as when a machine was switched off and on."""
        if reset:
            raw = self.socket.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert self._connector is not None
        await self._connector.close()

    async def _read(self) -> bool:
        message = await self.socket.receive()
        if message.type is WSMsgType.BINARY:
            self.raw += message.data
        elif message.type is WSMsgType.TEXT:
            kind, text = json.loads(message.data)
            if kind == "ended":
                self.ended = text
        return message.type in {WSMsgType.BINARY, WSMsgType.TEXT}


class Browser:
    """A browser of one person: its cookies, and the requests its pages make."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = ClientSession(cookie_jar=CookieJar(unsafe=True))

    async def open_link(self, link: str) -> int:
        """Open a link as a browser does, with the script on its page, and return the last status."""
        async with self.http.get(link) as page:
            if page.status != 200 or "link.js" not in await page.text():
                return page.status
        async with self.http.post(link, headers={"Origin": self.origin}) as page:
            return page.status

    async def status(self, path: str) -> int:
        """Return the status of a page."""
        async with self.http.get(self.origin + path) as page:
            return page.status

    @asynccontextmanager
    async def connected(
        self, *, columns: int = 100, rows: int = 30, origin: str | None = None
    ) -> AsyncIterator[Terminal]:
        """Open the page's WebSocket."""
        address = f"{self.origin}/ws?width={columns}&height={rows}"
        connector = TCPConnector()
        async with (
            ClientSession(connector=connector, cookie_jar=self.http.cookie_jar) as session,
            session.ws_connect(address, origin=origin or self.origin, max_msg_size=0) as socket,
        ):
            yield Terminal(socket, connector)


@asynccontextmanager
async def browser(server: RunningServer, rater: str | None = None) -> AsyncIterator[Browser]:
    """Open a browser, with a rater's link opened in it where one is named."""
    opened = Browser(server.origin)
    async with opened.http:
        if rater is not None:
            assert await opened.open_link(server.links[rater]) == 200
        yield opened
