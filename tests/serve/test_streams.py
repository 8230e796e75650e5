"""What passes between browser and app: messages in, packets between, drawing out."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rater.serve.client_messages import Focus, Keys, Ping, Size, parse_message, size_from_query
from rater.serve.output_filter import OutputFilter
from rater.serve.packets import data_packet, meta_packet, parse_header, parse_meta


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (["stdin", "2é"], Keys(content="2é".encode())),
        (["stdin", "\ud800"], Keys(content=b"?")),
        (["resize", {"width": 100, "height": 30}], Size(columns=100, rows=30)),
        (["resize", {"width": 10**9, "height": -1}], Size(columns=500, rows=1)),
        (["focus"], Focus(focused=True)),
        (["blur"], Focus(focused=False)),
        (["ping", "17"], Ping(sent="17")),
    ],
)
def test_a_browser_says_keys_sizes_and_focus(said: object, means: object) -> None:
    """The messages of the page's terminal are understood, with sizes an app can bear."""
    assert parse_message(json.dumps(said)) == means


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '["stdin"]',
        '["stdin", 2]',
        '["resize", {"width": "9", "height": 9}]',
        '["quit"]',
        '["deliver_chunk_request", {"key": "x", "size": 9}]',
        '{"type": "quit"}',
        "[" * 100000,
    ],
)
def test_a_browser_can_say_nothing_else(text: str) -> None:
    """Nothing that would speak to the app about the session gets through."""
    assert parse_message(text) is None


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [("120", "40", (120, 40)), (None, None, (80, 24)), ("x", "1e3", (80, 24)), ("99999", "0", (500, 1))],
)
def test_the_first_size_comes_from_the_address(
    width: str | None, height: str | None, size: tuple[int, int]
) -> None:
    """A size that is none becomes the usual one, and none is too large."""
    assert size_from_query(width, height) == Size(columns=size[0], rows=size[1])


def test_packets_are_framed_as_the_app_reads_them() -> None:
    """One letter, four bytes of length, the content."""
    assert data_packet(b"abc") == b"D\x00\x00\x00\x03abc"
    packet = meta_packet({"type": "resize", "width": 3})
    header = parse_header(packet[:5])
    assert header.kind == b"M"
    assert parse_meta(packet[5 : 5 + header.size]) == {"type": "resize", "width": 3}
    assert parse_meta(b"[1]") == parse_meta(b"{") == parse_meta(b"\xff") == {}


def test_a_packet_of_gigabytes_is_refused() -> None:
    """A stream out of step must not fill the memory."""
    with pytest.raises(ValueError, match="too large"):
        parse_header(b"D\xff\xff\xff\xff")


STRINGS = {
    "clipboard": b"\x1b]52;c;aGVsbG8=\x07",
    "clipboard, other end": b"\x1b]52;c;aGVsbG8=\x1b\\",
    "title": b"\x1b]0;hello\x07",
    "link": b"\x1b]8;;http://example.org\x1b\\",
    "one character for the start": b"\xc2\x9d52;c;aGVsbG8=\xc2\x9c",
    "device control": b"\x1bPhello\x1b\\",
    "application command": b"\x1b_hello\x1b\\",
    "privacy message": b"\x1b^hello\x1b\\",
    "start of string": b"\x1bXhello\x1b\\",
}


@pytest.mark.parametrize("attack", STRINGS.values(), ids=STRINGS)
def test_control_strings_are_taken_out_wherever_the_stream_is_cut(attack: bytes) -> None:
    """The clipboard is never written, also when the sequence comes in two pieces."""
    stream = b"\x1b[1mfront" + attack + b"\x1b[0mback"
    for cut in range(len(stream) + 1):
        gate = OutputFilter()
        assert gate.feed(stream[:cut]) + gate.feed(stream[cut:]) == b"\x1b[1mfront\x1b[0mback"


def test_a_sequence_within_a_string_ends_it() -> None:
    """As in a terminal, so that a string without end hides no more than it would there."""
    assert OutputFilter().feed(b"a\x1b]52;c;x\x1b[1mb") == b"a\x1b[1mb"
    assert OutputFilter().feed(b"a\x1b]0;x\x1b]52;c;y\x07b") == b"ab"


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])), st.integers(min_value=0))
@example("Ã\u00a0Â\u00ad", 1)
def test_text_passes_unchanged(text: str, cut: int) -> None:
    """Whatever the language and however cut, nothing but control strings is taken."""
    data = f"\x1b[2;3H{text}\x1b[0m".encode()
    cut %= len(data)
    gate = OutputFilter()
    assert gate.feed(data[:cut]) + gate.feed(data[cut:]) == data
