"""A headless Chromium, driven through its own debugging protocol: nothing to install but the browser."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.serve.browsing import DEADLINE_S, Terminal, until

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType  # isort: skip  after the check

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_KEYS = {"Enter": ("Enter", 13, "\r"), "Tab": ("Tab", 9, ""), "Escape": ("Escape", 27, "")}


def find_chromium() -> str:
    """Return the browser's program, or skip."""
    for name in _NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    pytest.skip("no Chromium here: the page was not tried in a browser")


class Page:
    """A tab, everything it asked for, and what its WebSockets drew."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self.requests: list[str] = []
        """Addresses of all requests, the WebSockets among them."""
        self.statuses: dict[str, int] = {}
        """The last answer of each address."""
        self.complaints: list[str] = []
        """Errors and refusals on the console."""
        self.drawn = ""
        """All text that came through WebSockets since the last `forget`."""
        self._reader = asyncio.create_task(self._read())

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser to do something, and return its answer."""
        self._number += 1
        number = self._number
        self._calls[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(DEADLINE_S):
            return await self._calls[number]

    async def prepare(self, width: int, height: int) -> None:
        """Begin to listen, in a window of a size."""
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self.resize(width, height)
        await self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    async def resize(self, width: int, height: int) -> None:
        """Give the window another size, in pixels."""
        size = {"width": width, "height": height}
        await self.call("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False)

    async def open(self, address: str) -> None:
        """Go to an address."""
        await self.call("Page.navigate", url=address)

    async def reload(self) -> None:
        """Load the page anew."""
        await self.call("Page.reload")

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, as a keyboard does."""
        for key in keys:
            name, code, text = _KEYS.get(key, (key, ord(key.upper()[0]), key))
            fields = {"key": name, "windowsVirtualKeyCode": code}
            await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **fields)
            await self.call("Input.dispatchKeyEvent", type="keyUp", **fields)

    async def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript gives in the page."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    async def becomes(self, expression: str) -> None:
        """Wait until an expression holds in the page."""
        async with asyncio.timeout(DEADLINE_S):
            while not await self.value(expression):
                await asyncio.sleep(0.02)

    async def sees(self, text: str) -> None:
        """Wait until a text was drawn."""
        await until(lambda: text in self.drawn)

    def forget(self) -> None:
        """Forget what was drawn."""
        self.drawn = ""

    async def picture(self) -> bytes:
        """Return the window as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    async def close(self) -> None:
        """Stop listening."""
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                self._take(json.loads(message.data))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            call = self._calls.pop(message["id"])
            if "error" in message:
                call.set_exception(RuntimeError(str(message["error"])))
            else:
                call.set_result(message["result"])
            return
        fields = message["params"]
        match message["method"]:
            case "Network.requestWillBeSent":
                self.requests.append(fields["request"]["url"])
            case "Network.responseReceived":
                self.statuses[fields["response"]["url"]] = fields["response"]["status"]
            case "Network.webSocketCreated":
                self.requests.append(fields["url"])
            case "Network.webSocketHandshakeResponseReceived":
                self.statuses["ws"] = fields["response"]["status"]
            case "Network.webSocketFrameReceived" if fields["response"]["opcode"] == 2:
                self.drawn += Terminal.plain(base64.b64decode(fields["response"]["payloadData"]))
            case "Runtime.exceptionThrown":
                self.complaints.append(str(fields["exceptionDetails"]))
            case "Log.entryAdded" if fields["entry"]["level"] == "error":
                self.complaints.append(f"{fields['entry']['text']} {fields['entry'].get('url', '')}")


@asynccontextmanager
async def chromium(profile: Path, *, width: int = 1000, height: int = 640) -> AsyncIterator[Page]:
    """Run a browser with a profile of its own and one tab."""
    options = ["--headless=new", "--disable-gpu", "--no-first-run", "--mute-audio"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    options += ["--disable-dev-shm-usage", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")
    port_file = profile / "DevToolsActivePort"
    port_file.unlink(missing_ok=True)
    process = subprocess.Popen(
        [find_chromium(), *options, "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await until(lambda: port_file.exists() and "\n" in port_file.read_text("utf-8"))
        port = port_file.read_text("utf-8").split("\n")[0]
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = await answer.json()
            address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                await page.prepare(width, height)
                yield page
                await page.close()
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
