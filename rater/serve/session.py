"""One browser and its app process: starts it, carries bytes both ways, and ends it with everything.

The process is alone in a process group, so that nothing it starts outlives it. Nothing here waits
without a limit: an app that does not read its input, or a browser that does not take its output,
must not keep a session from ending.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import WSMsgType
from aiohttp.web import WebSocketResponse

from rater.serve import ending
from rater.serve.client_messages import Focus, Keys, Ping, Size, parse_message
from rater.serve.ending import Ending
from rater.serve.output_filter import OutputFilter
from rater.serve.packets import (
    DATA,
    HEADER_BYTES,
    META,
    PRELUDE,
    data_packet,
    meta_packet,
    parse_header,
    parse_meta,
)
from rater.serve.watchdogs import GRACE_S

LARGEST_BACKLOG = 2**20
"""Bytes of input that an app may leave unread before its session ends."""
GONE_S = 1.0
"""So long a killed process and its pipes may take to disappear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCommand:
    """How an app process is started."""

    arguments: Sequence[str]
    environment: Mapping[str, str]


class Session:
    """A connected browser.

    Args:
        command: Starts the app.
        socket: The browser's WebSocket, prepared.
        size: The browser's terminal.
        idle_s: Without input for so long, the session ends.
    """

    def __init__(self, command: AppCommand, socket: WebSocketResponse, *, size: Size, idle_s: float) -> None:
        self._command = command
        self._socket = socket
        self._size = size
        self._idle_s = idle_s
        self._filter = OutputFilter()
        self._loop = asyncio.get_running_loop()
        self._last_input_s = self._loop.time()
        self._end: asyncio.Future[Ending] = self._loop.create_future()
        self._painted = False
        self._held_keys: list[bytes] = []
        self._held_size: Size | None = None
        self._held_focus: Focus | None = None
        self._process: Process | None = None
        self._said: Ending | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the app, once it runs."""
        return self._process.pid if self._process is not None else None

    def end(self, why: Ending) -> None:
        """Ask the session to end; the first reason counts."""
        if not self._end.done():
            self._end.set_result(why)

    async def run(self) -> Ending:
        """Serve until either side ends; then nothing of the app's process is left."""
        size = {"COLUMNS": str(self._size.columns), "ROWS": str(self._size.rows)}
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command.arguments,
                stdin=PIPE,
                stdout=PIPE,
                env={**self._command.environment, **size},
                start_new_session=True,
            )
        except OSError as fault:
            return ending.not_started(fault.strerror or "unknown")
        tasks = [
            asyncio.create_task(work)
            for work in (self._carry_output(process), self._carry_input(), self._wait_idle())
        ]
        try:
            why = await self._end
            await self._leave(process)
        finally:
            _kill_group(process)
            for task in tasks[1:]:
                task.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GONE_S)
            # What the app said last is still in the pipe.
            await asyncio.wait(tasks[:1], timeout=GONE_S)
            tasks[0].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if why is ending.FINISHED:
            return self._said or ending.of_exit(process.returncode)
        return why

    async def _leave(self, process: Process) -> None:
        """Let the app end by itself for a while."""
        self._write(meta_packet({"type": "quit"}))
        if process.stdin is not None:
            process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_S)

    async def _carry_output(self, process: Process) -> None:
        """Pass on what the app draws; at its end the session ends."""
        output = process.stdout
        try:
            while output is not None:
                start = await output.readexactly(1)
                if start == PRELUDE[:1]:
                    await output.readline()
                    continue
                header = parse_header(start + await output.readexactly(HEADER_BYTES - 1))
                content = await output.readexactly(header.size)
                if header.kind == DATA:
                    await self._draw(content)
                elif header.kind == META:
                    self._hear(parse_meta(content))
        except (asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            self.end(ending.FINISHED)

    async def _draw(self, content: bytes) -> None:
        shown = self._filter.feed(content)
        # Once the session ends, what the app still draws is read and dropped, so that it can end.
        if shown and not self._end.done():
            try:
                await self._socket.send_bytes(shown)
            except (ConnectionError, RuntimeError):
                self.end(ending.GONE)

    def _hear(self, fields: dict[str, object]) -> None:
        """Take what the app says of itself; files and addresses it would open are not passed on."""
        match fields:
            case {"type": "painted"}:
                self._release()
            case {"type": "exit"}:
                self.end(ending.FINISHED)
            case {"type": "refused" | "fault", "text": str(text), "log": str(log)}:
                self._said = Ending(text=text, log=log)
                self.end(ending.FINISHED)

    async def _carry_input(self) -> None:
        """Pass on what the browser says; at its end the session ends."""
        try:
            while True:
                message = await self._socket.receive()
                if message.type is WSMsgType.TEXT:
                    await self._take(message.data)
                elif message.type in {
                    WSMsgType.CLOSE,
                    WSMsgType.CLOSING,
                    WSMsgType.CLOSED,
                    WSMsgType.ERROR,
                }:
                    break
        finally:
            self.end(ending.GONE)

    async def _take(self, text: str) -> None:
        match parse_message(text):
            case Keys(content=keys):
                self._last_input_s = self._loop.time()
                if self._painted:
                    self._write(data_packet(keys))
                else:
                    self._held_keys.append(keys)
                    if sum(map(len, self._held_keys)) > LARGEST_BACKLOG:
                        self.end(ending.STUCK)
            case Size() as size:
                self._held_size = size
            case Focus() as focus:
                self._held_focus = focus
            case Ping(sent=sent):
                with suppress(ConnectionError, RuntimeError):
                    await self._socket.send_json(["pong", sent])
        if self._painted:
            self._release()

    def _release(self) -> None:
        """Hand over what waited for the first picture, or came just now."""
        self._painted = True
        if self._held_size is not None:
            columns, rows = self._held_size.columns, self._held_size.rows
            self._write(meta_packet({"type": "resize", "width": columns, "height": rows}))
        if self._held_focus is not None:
            self._write(meta_packet({"type": "focus" if self._held_focus.focused else "blur"}))
        for keys in self._held_keys:
            self._write(data_packet(keys))
        self._held_size = self._held_focus = None
        self._held_keys.clear()

    def _write(self, packet: bytes) -> None:
        """Give the app a packet without waiting for it to read."""
        stdin = self._process.stdin if self._process is not None else None
        if stdin is None or stdin.is_closing():
            return
        stdin.write(packet)
        if stdin.transport.get_write_buffer_size() > LARGEST_BACKLOG:
            self.end(ending.STUCK)

    async def _wait_idle(self) -> None:
        while True:
            left_s = self._last_input_s + self._idle_s - self._loop.time()
            if left_s <= 0:
                self.end(ending.IDLE)
                return
            await asyncio.sleep(left_s)


def _kill_group(process: Process) -> None:
    """Kill the process and all it started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()
