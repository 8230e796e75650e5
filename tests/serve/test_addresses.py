"""Where the server listens, what links begin with, and which origins may connect."""

from __future__ import annotations

import pytest

from protocol.errors import UsageError
from rater.serve.addresses import address_of, check_address, is_loopback


def test_this_machine_alone_needs_no_warning() -> None:
    """On loopback links name the host and port; the other names of this machine may connect too."""
    address = address_of(host="127.0.0.1", port=8080, public_url=None)
    assert address.public_origin == "http://127.0.0.1:8080"
    assert address.origins == {"http://127.0.0.1:8080", "http://localhost:8080"}
    assert address.socket_origins == ["ws://127.0.0.1:8080", "ws://localhost:8080"]
    assert not address.is_encrypted
    assert address.warning is None


def test_a_proxy_with_tls_gives_links_and_cookie_its_own_address() -> None:
    """The public URL is written as browsers write an origin, and marks the cookie as for https only."""
    address = address_of(host="127.0.0.1", port=8080, public_url="HTTPS://Rating.Example.org:443/")
    assert address.public_origin == "https://rating.example.org"
    assert "https://rating.example.org" in address.origins
    assert "wss://rating.example.org" in address.socket_origins
    assert address.is_encrypted
    assert address.warning is None


def test_a_tunnel_on_this_machine_needs_no_warning() -> None:
    """A forwarded port of loopback is encrypted by what forwards it."""
    assert address_of(host="127.0.0.1", port=1, public_url="http://localhost:9000").warning is None


@pytest.mark.parametrize(
    ("host", "public_url"),
    [
        ("192.0.2.7", None),
        ("0.0.0.0", "http://rating.example.org"),
        ("127.0.0.1", "http://rating.example.org"),
        ("0.0.0.0", "https://rating.example.org"),
    ],
)
def test_what_others_can_read_is_said(host: str, public_url: str | None) -> None:
    """Listening on a network, or plain http on the way, gives a warning with the way out."""
    warning = address_of(host=host, port=8080, public_url=public_url).warning
    assert warning is not None
    assert "without" in warning
    assert "encryption" in warning
    assert "proxy" in warning


def test_an_ipv6_host_stands_in_brackets() -> None:
    """Links with an IPv6 address can be opened."""
    assert address_of(host="::1", port=8080, public_url=None).public_origin == "http://[::1]:8080"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("192.0.2.7", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_loopback_is_known(host: str, loopback: bool) -> None:
    """Whether other machines can connect decides on the warning."""
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    "url",
    [
        "rating.example.org",
        "ftp://example.org",
        "https://",
        "https://a b",
        "https://example.org/rating",
        "https://me:secret@example.org",
        "https://example.org?x=1",
        "https://example.org:port",
        "https://[::1",
        "https://example.org;script-src",
    ],
)
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    """Only scheme, host and port make an origin; anything else could not be opened, or tells a secret."""
    with pytest.raises(UsageError, match="--public-url"):
        check_address(host="127.0.0.1", port=8080, public_url=url)


def test_a_public_url_needs_a_port_that_stays() -> None:
    """A proxy cannot follow a port that changes at every start."""
    with pytest.raises(UsageError, match="--port"):
        check_address(host="127.0.0.1", port=0, public_url="https://rating.example.org")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_every_network_is_no_address_for_a_link(host: str) -> None:
    """Links need one address that raters can open."""
    with pytest.raises(UsageError, match="--public-url"):
        check_address(host=host, port=8080, public_url=None)
    check_address(host=host, port=8080, public_url="https://rating.example.org")
