"""Where the server listens, what its address is for a browser, and who may talk to its WebSocket."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from protocol.errors import UsageError

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """How the server is reached.

    Every origin is written as browsers write it: lower case, without a default port.
    """

    public_origin: str
    """What links begin with."""
    origins: frozenset[str]
    """The `Origin` values a WebSocket is accepted from."""
    is_encrypted: bool
    """Whether browsers reach it by https, so that the cookie must never travel otherwise."""
    warning: str | None
    """What somebody on the network could read or do, or None."""

    @property
    def socket_origins(self) -> list[str]:
        """The same origins with the scheme of a WebSocket."""
        return sorted("ws" + origin.removeprefix("http") for origin in self.origins)


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to the host."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(*, host: str, port: int, public_url: str | None) -> None:
    """Refuse what cannot work, before anything is started.

    Raises:
        UsageError: No address can be given to raters, or it would change at every start.
    """
    if public_url is not None:
        _public_origin(public_url)
        if port == 0:
            raise UsageError(
                "With --public-url the port must stay the same, so that a proxy or tunnel finds it.",
                next_step="Add --port, such as --port 8080.",
            )
    elif _is_wildcard(host):
        raise UsageError(
            f"{host} means every network of this machine, so there is no one address for the links.",
            next_step="Add --public-url with the address that raters use, such as https://rating.example.org.",
        )


def address_of(*, host: str, port: int, public_url: str | None) -> Address:
    """Return how a server that listens on a host and port is reached.

    Raises:
        UsageError: The public URL is none.
    """
    local = is_loopback(host)
    own = _origin("http", host, port)
    public = _public_origin(public_url) if public_url is not None else own
    origins = {public}
    if local:
        # The same page under the other names of this machine; a cookie belongs to one of them only.
        origins |= {own, _origin("http", "localhost", port), _origin("http", "127.0.0.1", port)}
    encrypted = public.startswith("https:")
    return Address(
        public_origin=public,
        origins=frozenset(origins),
        is_encrypted=encrypted,
        warning=_warning(host, local=local, public=public, encrypted=encrypted),
    )


def _warning(host: str, *, local: bool, public: str, encrypted: bool) -> str | None:
    if local:
        public_host = urlsplit(public).hostname or ""
        if encrypted or is_loopback(public_host):
            return None
        return (
            f"Raters reach {public} without encryption: everybody on the way can read transcripts and"
            " ratings, and take over a rater's session. Let the proxy answer by https and give that"
            " address with --public-url."
        )
    advice = (
        "Listen on 127.0.0.1 (leave --host out) and put a proxy with TLS before it, such as nginx,"
        " or let raters come through an SSH tunnel: see docs/serving.md."
    )
    if encrypted:
        return (
            f"The server listens on {host}, so it can be reached without the proxy and without encryption."
            f" {advice}"
        )
    return (
        f"The server listens on {host} without encryption: everybody on the network can read transcripts and"
        f" ratings, and take over a rater's session. {advice}"
    )


def _is_wildcard(host: str) -> bool:
    if not host:
        return True
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _origin(scheme: str, host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host.lower()
    shown = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{name}{shown}"


def _public_origin(url: str) -> str:
    fault = _fault_of(url)
    if fault is not None:
        raise UsageError(
            f"--public-url {url!r} {fault}.",
            next_step="Give scheme, host and port as raters see them, such as https://rating.example.org.",
        )
    parts = urlsplit(url)
    return _origin(parts.scheme, parts.hostname or "", parts.port)


def _fault_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in _DEFAULT_PORTS:
        return "does not begin with http:// or https://"
    if not parts.hostname or not _is_host(parts):
        return "names no host"
    if parts.username is not None or parts.password is not None:
        return "holds a user name"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "goes on after the host; the rating page needs a host name or a port of its own"
    return None


def _is_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    return host.isascii() and not any(char.isspace() or char in "'\",;" for char in host)
