"""`rater serve`: checks, listens, hands out the links, and ends with everything it started."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec

from protocol.errors import UsageError
from protocol.safe_text import inline
from rater.serve.addresses import Address, address_of, check_address
from rater.serve.links import Links
from rater.serve.options import ServeOptions

Say = Callable[[str], None]

_INHERITED = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TZ",
    "USERPROFILE",
    "XDG_STATE_HOME",
)
"""What an app process gets of the server's environment: no secret of the account, and nothing that
makes Textual record keys."""
_FRAMES_PER_S = "120"
"""As in a terminal: Textual's default of 60 adds up to 15 ms to every key."""
_SHUTDOWN_S = 1.0
_PACKAGES = {"aiohttp": "aiohttp", "textual_serve": "textual-serve"}


def serve(options: ServeOptions, *, hand_out: Say, tell: Say) -> None:
    """Serve the rating app until the process is told to stop.

    Args:
        options: What to serve and where.
        hand_out: Takes each link, as `CODE<tab>ADDRESS`.
        tell: Takes a line for the person who runs the server.

    Raises:
        UsageError: The extra is missing, or the address cannot be used.
        NotFoundError: No such file or rater.
        WrongStateError: The study is locked, or a rater's pack is out.
        InvalidInputError: Not one of our files, damaged, or newer than this program.
        StorageError: The file cannot be written.
        CheckFailedError: A chain or manifest does not verify.
    """
    _check_installed()
    check_address(host=options.host, port=options.port, public_url=options.public_url)
    from rater.services.sitting.serving import make_whole, who_can_rate

    links = Links(who_can_rate(options.path, options.raters))
    listener = _listen(options.host, options.port)
    with listener:
        port: int = listener.getsockname()[1]
        address = address_of(host=options.host, port=port, public_url=options.public_url)
        if address.warning is not None:
            tell(f"Warning: {address.warning}")
        with suppress(KeyboardInterrupt):  # how a loop without signal handlers ends
            asyncio.run(_serve(options, links, listener, address, hand_out=hand_out, tell=tell))
    make_whole(options.path)


def app_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an app process."""
    return {name: environment[name] for name in _INHERITED if name in environment} | {
        "PYTHONUTF8": "1",
        "TERM": "xterm-256color",
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TEXTUAL_FPS": _FRAMES_PER_S,
    }


async def _serve(
    options: ServeOptions,
    links: Links,
    listener: socket.socket,
    address: Address,
    *,
    hand_out: Say,
    tell: Say,
) -> None:
    from aiohttp import web

    from rater.serve import ending
    from rater.serve.client_messages import Size
    from rater.serve.front import Front
    from rater.serve.seats import Seats
    from rater.serve.session import AppCommand, Session
    from rater.serve.terminal_requests import hear_codes

    def make_session(rater: str, browser: web.WebSocketResponse, size: Size) -> Session:
        path, server = str(options.path.resolve()), str(os.getpid())
        command = AppCommand(
            arguments=(sys.executable, "-P", "-m", "rater.serve.child", path, rater, server),
            environment=app_environment(os.environ),
        )
        return Session(command, browser, size=size, idle_s=60 * options.idle_minutes)

    def give_link(rater: str) -> None:
        hand_out(f"{inline(rater)}\t{address.public_origin}/r/{links.issue(rater)}")

    def give_new_link(code: str) -> None:
        if code not in links.raters:
            tell(f"No rater {inline(code)} is served here; there are {inline(', '.join(links.raters))}.")
            return
        give_link(code)
        seats.of(code).end_now(ending.REVOKED)

    seats = Seats(links.raters)
    front = Front(
        links=links,
        address=address,
        port=listener.getsockname()[1],
        seats=seats,
        make_session=make_session,
        log=tell,
    )
    runner = web.AppRunner(
        front.application(), access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_S
    )
    stopped = _stop_signal()
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        for rater in links.raters:
            give_link(rater)
        tell(
            f"Serving {len(links.raters)} rater{'s' * (len(links.raters) != 1)} at {address.public_origin}."
            " Each link works once, and then in the browser that opened it. Ctrl+C ends everything."
        )
        if hear_codes(give_new_link):
            tell("For a new link, type a rater's code and press Enter; the rater's old one stops working.")
        await stopped.wait()
    finally:
        await front.close()
        await runner.cleanup()


def _stop_signal() -> asyncio.Event:
    """Return what is set when somebody wants the server to end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows: Ctrl+C interrupts instead
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Ignored already where the server was started to outlive its terminal.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, stopped.set)
    return stopped


def _check_installed() -> None:
    missing = [package for module, package in _PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"Serving to browsers needs {' and '.join(missing)}, not installed here.",
            next_step='Install the extra with pip install "blindrater[serve]".',
        )


def _listen(host: str, port: int) -> socket.socket:
    """Bind, so that the port is known before anything is told.

    Raises:
        UsageError: The host or port cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as fault:
        raise UsageError(
            f"Nothing can listen on {inline(host)} port {port}: {fault.strerror or 'no such host'}.",
            next_step="Choose another --port, or leave it out for a free one; check --host.",
        ) from fault
