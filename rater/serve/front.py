"""What the server answers to a browser: the link, the page, its files, and the WebSocket.

Only four files of textual-serve are used: its terminal, the style sheet and two fonts. Its own server
is not: that one lists folders, knows nobody, and logs with the values of variables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from aiohttp import web

from protocol.safe_text import inline
from rater.serve import ending
from rater.serve.addresses import Address
from rater.serve.client_messages import LARGEST_MESSAGE, Size, size_from_query
from rater.serve.ending import Ending
from rater.serve.links import Links
from rater.serve.seats import Seats
from rater.serve.session import Session

PAGES = Path(__file__).parent / "page"
COOKIE_AGE_S = 60 * 24 * 60 * 60
HEARTBEAT_S = 15.0
CLOSE_S = 1.0
_NO_ORIGIN = "none"
"""Stands for a request that names no origin, which no browser sends with a form."""
_SCRIPT = "text/javascript"
_STYLE = "text/css"
_FONT = "font/ttf"

MakeSession = Callable[[str, web.WebSocketResponse, Size], Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A file the page loads."""

    path: Path
    content_type: str


def page_files() -> dict[str, PageFile]:
    """Return what lies under /static, by name; nothing else does."""
    theirs = Path(str(files("textual_serve"))) / "static"
    return {
        "page.js": PageFile(path=PAGES / "page.js", content_type=_SCRIPT),
        "link.js": PageFile(path=PAGES / "link.js", content_type=_SCRIPT),
        "page.css": PageFile(path=PAGES / "page.css", content_type=_STYLE),
        "terminal.js": PageFile(path=theirs / "js/textual.js", content_type=_SCRIPT),
        "terminal.css": PageFile(path=theirs / "css/xterm.css", content_type=_STYLE),
        "mono.ttf": PageFile(path=theirs / "fonts/RobotoMono-VariableFont_wght.ttf", content_type=_FONT),
        "mono-italic.ttf": PageFile(
            path=theirs / "fonts/RobotoMono-Italic-VariableFont_wght.ttf", content_type=_FONT
        ),
    }


class Front:
    """The routes.

    Args:
        links: Who a browser is.
        address: What browsers call the server.
        port: What it listens on; a browser sends the cookies of all ports, so their names tell them apart.
        seats: Who is connected.
        make_session: Makes the session of a rater on a prepared WebSocket.
        log: Takes a line for the person who runs the server.
    """

    def __init__(
        self,
        *,
        links: Links,
        address: Address,
        port: int,
        seats: Seats,
        make_session: MakeSession,
        log: Callable[[str], None],
    ) -> None:
        self._links = links
        self._address = address
        self._seats = seats
        self._make_session = make_session
        self._log = log
        self._files = page_files()
        self._cookie_name = f"{'__Host-' if address.is_encrypted else ''}rating-{port}"
        self._headers = _headers(address)
        self._closing = False

    def application(self) -> web.Application:
        """Return the routes; nothing is served beside them."""
        application = web.Application(client_max_size=4096)
        application.add_routes(
            [
                web.get("/", self._show_rating),
                web.get("/r/{token}", self._show_link),
                web.post("/r/{token}", self._use_link),
                web.get("/ws", self._connect),
                web.get("/static/{name}", self._give_file),
            ]
        )
        application.on_response_prepare.append(self._add_headers)
        return application

    async def close(self) -> None:
        """Take nobody any more and end everybody."""
        self._closing = True
        await self._seats.clear(ending.SERVER)

    async def _show_rating(self, request: web.Request) -> web.StreamResponse:
        return _page("rating.html") if self._rater(request) is not None else _refusal()

    async def _show_link(self, request: web.Request) -> web.StreamResponse:
        """Show a page that uses the link by itself.

        A link is not used up by being looked at, since mail programs and messengers do that before the
        rater does. And the cookie is sent along only from a page of ours: a redirect straight from a
        mail would come without it.
        """
        if self._links.is_unused(request.match_info["token"]):
            return _page("link.html")
        if self._rater(request) is not None:
            raise web.HTTPSeeOther("/")
        return _refusal()

    async def _use_link(self, request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        if self._links.is_unused(token) and self._is_foreign(request.headers.get("Origin", _NO_ORIGIN)):
            return _refusal()
        secret = self._links.redeem(token)
        if secret is None and self._rater(request) is None:
            return _refusal()
        answer = web.HTTPSeeOther("/")
        if secret is not None:
            answer.set_cookie(
                self._cookie_name,
                secret,
                max_age=COOKIE_AGE_S,
                path="/",
                httponly=True,
                samesite="Strict",
                secure=self._address.is_encrypted,
            )
        raise answer

    async def _give_file(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        headers = {"Content-Type": file.content_type, "Cache-Control": "no-cache"}
        return web.FileResponse(file.path, headers=headers)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        rater = self._rater(request)
        if rater is None or self._is_foreign(request.headers.get("Origin", "")):
            raise web.HTTPForbidden
        if self._closing:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, timeout=CLOSE_S, max_msg_size=LARGEST_MESSAGE)
        await socket.prepare(request)
        size = size_from_query(request.query.get("width"), request.query.get("height"))
        why = await self._seats.of(rater).sit(
            lambda: self._make_session(rater, socket, size),
            is_gone=lambda: request.transport is None or request.transport.is_closing(),
        )
        if why.log is not None:
            self._log(f"{rater}: {why.log}")
        await _say_goodbye(socket, why)
        return socket

    def _rater(self, request: web.Request) -> str | None:
        return self._links.rater_of(request.cookies.get(self._cookie_name))

    def _is_foreign(self, origin: str) -> bool:
        """Whether another page than ours asks; who runs the server is told, since it may be a tunnel."""
        if origin == _NO_ORIGIN or origin in self._address.origins:
            return False
        self._log(
            f"A page of {inline(origin[:200]) or 'unknown origin'} was refused. If raters reach this server"
            " by that address, start it with --public-url."
        )
        return True

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = "rating"


def _page(name: str, *, status: int = 200) -> web.Response:
    text = (PAGES / name).read_text("utf-8")
    return web.Response(text=text, content_type="text/html", status=status)


def _refusal() -> web.Response:
    return _page("refused.html", status=403)


async def _say_goodbye(socket: web.WebSocketResponse, why: Ending) -> None:
    """Tell the page why, if it still listens."""
    with suppress(ConnectionError, RuntimeError, TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await socket.send_json(["ended", why.text])
    with suppress(ConnectionError, RuntimeError):
        await socket.close()


def _headers(address: Address) -> dict[str, str]:
    """Return what keeps the page to itself: no outside request, no frame, no clipboard."""
    sockets = " ".join(address.socket_origins)
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self';"
        f" img-src data:; connect-src 'self' {sockets}; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Permissions-Policy": "clipboard-read=(), clipboard-write=(), camera=(), microphone=()",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
