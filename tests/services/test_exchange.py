"""The exchange as a place: names, limits, secrets, and what arrives whole."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import CheckFailedError, NotFoundError, StorageError, UsageError
from rater.services.exchange import exchange
from rater.services.exchange.exchange import is_address, open_exchange, send_new, send_ratings, take_new
from tests.services.exchanges import sftp_server

NONE: frozenset[str] = frozenset()


@pytest.fixture(params=["folder", "file", "memory", "sftp"])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty exchange of each kind."""
    folder = tmp_path / "root" / "in"
    folder.mkdir(parents=True)
    if request.param == "folder":
        yield str(folder)
        return
    pytest.importorskip("fsspec", reason="addresses need the extra exchange")
    if request.param == "file":
        yield folder.as_uri()
    elif request.param == "memory":
        place = f"memory://{uuid.uuid4()}"
        open_exchange(place).write(".first", b"")
        yield place
    else:
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        with sftp_server(tmp_path / "home", folder.parent) as place:
            yield place


def test_a_file_sent_twice_is_one_and_one_cut_short_is_mended(address: str) -> None:
    """The same content has the same name; what is not what its name says is set aside until sent again."""
    place = open_exchange(address)
    name = send_ratings(place, "R1", b"ratings")
    assert send_ratings(place, "R1", b"ratings") == name == f"R1.{sha256_hex(b'ratings')}.ratings.jsonl"
    other = send_ratings(place, "R2", b"others")
    place.write(other, b"oth")
    found = take_new(open_exchange(address), NONE)
    assert [(file.data, file.where) for file in found] == [(b"ratings", f"{address}/{name}")]
    assert found.aside == [other]
    send_ratings(place, "R2", b"others")
    found = take_new(place, frozenset({sha256_hex(b"ratings")}))
    assert ([file.data for file in found], found.aside, found.known) == ([b"others"], [], 1)
    assert sorted(entry.name for entry in place.entries()) == sorted([name, other])


def test_a_pack_never_takes_the_place_of_another(address: str) -> None:
    """Laid down again it is the same; another one under its name is refused and changes nothing."""
    place = open_exchange(address)
    send_new(place, "R1.pack.db", b"one")
    send_new(place, "R1.pack.db", b"one")
    with pytest.raises(UsageError, match="there already"):
        send_new(place, "R1.pack.db", b"two")
    assert place.read("R1.pack.db", limit=10) == b"one"


def test_only_ratings_files_are_read_and_no_more_than_the_limit(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other names are not opened; what is too large is set aside."""
    monkeypatch.setattr(exchange, "LARGEST_FILE", 20)
    place = open_exchange(address)
    for name in ("notes.txt", "R1.ratings.jsonl", f"R1.{'0' * 63}.ratings.jsonl", "R1.pack.db"):
        place.write(name, b"x")
    large = send_ratings(place, "R1", b"x" * 21)
    found = take_new(place, NONE)
    assert (list(found), found.aside, found.known) == ([], [large], 0)
    assert len(place.read(large, limit=20)) == 21, "one byte more than the limit, to know it"


@pytest.mark.parametrize(
    "address",
    [
        "sftp://rater:hunter2@site.example/in",
        "s3://key:hunter2@bucket/in",
        "sftp://rater:hunter2@site.example:nonsense/in",
        "sftp://:hunter2@site.example/in",
        "abfs://place/in?sig=hunter2",
        "abfs://place/in#hunter2",
        "file:///in::sftp://hunter2@site.example/in",
        "sftp:/rater:hunter2/in",
    ],
)
def test_an_address_with_a_secret_is_refused_and_not_repeated(address: str) -> None:
    """What was typed there must not go on into logs."""
    with pytest.raises(UsageError) as caught:
        open_exchange(address)
    assert "hunter2" not in str(caught.value)


def test_an_unknown_server_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its key is shown and nothing is sent."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with (
        sftp_server(tmp_path / "home", root, known=False) as address,
        pytest.raises(CheckFailedError, match=r"ssh-ed25519, SHA256:.*known hosts"),
    ):
        open_exchange(address)


def test_a_place_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """A folder is never made: an unmounted drive would look like the exchange."""
    with pytest.raises(NotFoundError, match="no such folder"):
        open_exchange(str(tmp_path / "drive"))
    pytest.importorskip("fsspec", reason="addresses need the extra exchange")
    with pytest.raises(UsageError, match="no kind of address"):
        open_exchange("carrier-pigeon://loft/in")
    with pytest.raises(StorageError, match="cannot be used"):
        open_exchange((tmp_path / "drive").as_uri()).entries()
    assert not (tmp_path / "drive").exists()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UsageError, match="need an extra") as caught:
        open_exchange("memory://x")
    assert "blindrater[exchange]" in caught.value.next_step


def test_a_path_is_no_address() -> None:
    """Drives of Windows and plain paths are paths; what pathlib made of an address still is one."""
    assert not any(is_address(path) for path in ("C:/in", "in", "/in", "a/b:/c", "./sftp:x"))
    assert is_address("s3://b")
    assert is_address(Path("sftp://h/in"))
