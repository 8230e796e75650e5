"""Files of transcripts: all transcripts, or all mistakes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import InvalidInputError
from protocol.sources.limits import DEFAULT_LIMITS
from protocol.sources.origin import OriginMapping, parse_mapping
from protocol.sources.reading import ReadingOptions, SourceReading
from protocol.sources.report import Count, SourceReport
from protocol.sources.source_input import source_of_bytes
from protocol.transcript import Origin, Transcript

TALK = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]


def _line(**changes: Any) -> bytes:
    fields = {"id": "a1", "model": "m", "scaffold": "s", "task": "t", "messages": TALK} | changes
    return json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    transcripts: tuple[Transcript, ...]
    report: SourceReport


def _read_files(files: Mapping[str, Sequence[bytes]], mapping: OriginMapping | None = None) -> _Read:
    reading = SourceReading(ReadingOptions(mapping=mapping or OriginMapping()))
    transcripts: list[Transcript] = []
    for where, lines in files.items():
        data = b"".join(line.removesuffix(b"\n") + b"\n" for line in lines)
        transcripts += reading.read(source_of_bytes(data, where=where))
    return _Read(transcripts=tuple(transcripts), report=reading.finish())


def _read(*lines: bytes, mapping: OriginMapping | None = None) -> _Read:
    return _read_files({"f.jsonl": lines}, mapping)


def _mistakes(*lines: bytes, mapping: OriginMapping | None = None) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        _read(*lines, mapping=mapping)
    return [(problem.where, problem.found, problem.expected) for problem in caught.value.problems]


def test_canonical_line_is_read_with_its_origin_and_place() -> None:
    """Every origin field, the messages and the line they stand on arrive."""
    report = _read(_line(replicate=2), b"\n", _line(id="a2"))
    first, second = report.transcripts
    assert first.origin == Origin(model="m", scaffold="s", task="t", replicate=2, source="a1")
    assert second.origin.replicate == 1
    assert second.read_from == "f.jsonl, line 3"
    assert [(one.role, one.text) for one in first.conversation.messages] == [
        ("user", "Hello"),
        ("assistant", "Hi"),
    ]
    assert [(file.format, file.transcripts) for file in report.report.files] == [("canonical", 2)]


def test_chat_without_id_is_read_from_its_fields() -> None:
    """OpenAI-style chat with model, scaffold and task beside the messages needs no mapping."""
    report = _read(_line(id=...))
    assert report.report.files[0].format == "openai-chat"
    assert report.transcripts[0].origin == Origin(model="m", scaffold="s", task="t")


def test_mapping_takes_fields_and_fixed_values() -> None:
    """A dotted path walks objects and lists; a fixed value holds for every line."""
    line = json.dumps(
        {"custom_id": "c", "messages": TALK, "metadata": {"prompt": "S1", "tags": [17, "x"]}, "run": "3"}
    ).encode()
    mapping = parse_mapping(
        ["model=:Some Model", "scaffold=metadata.prompt", "task=metadata.tags.0", "replicate=run"]
    )
    origin = _read(line, mapping=mapping).transcripts[0].origin
    assert origin == Origin(model="Some Model", scaffold="S1", task="17", replicate=3, source="c")


def test_a_key_that_holds_dots_is_found_before_a_path() -> None:
    """The whole text of the mapping is first looked up as a key."""
    line = json.dumps(
        {"messages": TALK, "a.b": "whole", "a": {"b": "path"}, "model": "m", "task": "t"}
    ).encode()
    origin = _read(line, mapping=parse_mapping(["scaffold=a.b"])).transcripts[0].origin
    assert origin.scaffold == "whole"


def test_mapping_works_on_canonical_lines_too() -> None:
    """A canonical file may keep the model elsewhere."""
    mapping = parse_mapping(["model=metadata.version"])
    report = _read(_line(metadata={"version": "m-2"}), mapping=mapping)
    assert report.report.files[0].format == "canonical"
    assert report.transcripts[0].origin.model == "m-2"


def test_every_mistake_of_every_line_is_told() -> None:
    """File, line and field are named, and no transcript comes out."""
    told = _mistakes(
        _line(),
        b"not json",
        b"[1]",
        _line(id="a1", model="", scaffold=..., replicate=-1, messages=[{"role": "bard", "content": "x"}, 7]),
        b'{"id": "b", "id": "c"}',
        b'{"other": 1}',
    )
    assert [where for where, _, _ in told] == [
        "f.jsonl, line 2",
        "f.jsonl, line 3",
        "f.jsonl, line 4, messages[0].role",
        "f.jsonl, line 4, messages[1]",
        "f.jsonl, line 4, model",
        "f.jsonl, line 4, scaffold",
        "f.jsonl, line 4, replicate",
        "f.jsonl, line 4, id",
        "f.jsonl, line 5",
        "f.jsonl, line 6",
    ]
    assert told[0][2] == "valid JSON (Expecting value)"
    assert told[2][2] == "one of the roles system, user, assistant, tool"
    assert told[7][2] == "an id of its own; line 1 has it"
    assert told[8][1] == 'the key "id" twice in one object'


def test_long_lists_of_mistakes_are_cut_in_print_only() -> None:
    """Fifty are printed, with the number of the others; the error holds all."""
    with pytest.raises(InvalidInputError) as caught:
        _read(*[b"x"] * 462)
    assert len(caught.value.problems) == 462
    assert "and 412 more" in str(caught.value)
    assert str(caught.value).count("\n") == 51


def test_a_mistake_in_one_file_imports_nothing_of_the_other() -> None:
    """Good and bad files together give the mistakes of the bad one."""
    with pytest.raises(InvalidInputError, match=r"bad\.jsonl, line 1, task"):
        _read_files({"good.jsonl": [_line()], "bad.jsonl": [_line(task=None)]})


def test_formats_mixed_in_one_file_are_named_by_line() -> None:
    """The first line settles the format; two files may differ."""
    chat = _line(id=..., scaffold=..., task=...)
    assert _mistakes(_line(), chat) == [
        (
            "f.jsonl, line 2",
            'an object with the keys "model", "messages"',
            "canonical transcripts, as the file begins with",
        )
    ]
    read = _read_files({"a.jsonl": [_line()], "b.jsonl": [_line(id=...)]})
    assert [file.format for file in read.report.files] == ["canonical", "openai-chat"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a\x1b[2J", 'the character U+001B in "a\u241b[2J"'),
        ("a\nb", 'the character U+000A in "a\u240ab"'),
        ("x" * 501, "a text of 501 characters"),
        (" m", 'blanks around " m"'),
        ("", "an empty text"),
        (None, "nothing"),
        (1.5, "the number 1.5"),
        ({}, "an object"),
    ],
)
def test_names_of_the_origin_are_plain(name: object, found: str) -> None:
    """A name that cannot be told from another by eye, or is a text by mistake, is refused."""
    assert [told[1] for told in _mistakes(_line(model=name))] == [found]


def test_missing_origin_says_how_to_map_it() -> None:
    """The message carries both forms of --map."""
    expected = _mistakes(_line(scaffold=...))[0][2]
    assert "--map scaffold=FIELD" in expected
    assert "scaffold=:NAME" in expected


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("x".encode("utf-16"), "UTF-16 text"),
        ("x".encode("utf-32"), "UTF-32 text"),
        ("{}".encode("utf-16-le"), "UTF-16 text without its mark"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"SQLite format 3\x00", "an SQLite database"),
    ],
)
def test_foreign_files_are_named(start: bytes, found: str) -> None:
    """Another encoding or a binary file is one mistake of the file, not one a line."""
    (told,) = _mistakes(start + b"\n", b"more\n")
    assert told[:2] == ("f.jsonl", found)


def test_utf8_mark_is_no_mistake() -> None:
    """The byte order mark of UTF-8 is skipped."""
    assert len(_read(b"\xef\xbb\xbf" + _line()).transcripts) == 1


def test_byte_that_is_no_utf8_is_named() -> None:
    """The byte and its place in the line are told."""
    assert _mistakes(_line(), b'{"a": "\xff"}') == [
        ("f.jsonl, line 2", "the byte 0xFF at byte 8 of the line", "UTF-8 text")
    ]


def test_pretty_printed_json_is_one_mistake() -> None:
    """A value over several lines does not give a mistake for each of them."""
    assert len(_mistakes(b"{\n", b'  "messages": [\n', b"  ]\n", b"}\n")) == 1


@pytest.mark.parametrize("lines", [[], [b"\n", b"  \n"]])
def test_file_without_a_transcript_is_a_mistake(lines: Sequence[bytes]) -> None:
    """Blank lines alone are told."""
    assert _mistakes(*lines)[0][1] == "no line with anything in it"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"[" * 100_000, "lists or objects nested too deeply"),
        (b'{"a":' * 100_000, "lists or objects nested too deeply"),
        (b'{"a": ' + b"1" * 5000 + b"}", "a number of thousands of digits"),
        (b" " * DEFAULT_LIMITS.record_bytes + b"{", "more than 64 MiB in one line"),
    ],
    ids=["lists", "objects", "digits", "length"],
)
def test_lines_made_to_exhaust_are_a_sentence(line: bytes, found: str) -> None:
    """Deep nesting, endless numbers and endless lines are mistakes, not crashes."""
    assert _mistakes(line)[0][1] == found


def test_arguments_nested_to_the_limit_are_read_or_told() -> None:
    """Whatever depth the parser lets through, writing it out again does not crash."""
    for depth in (10, 400, 900, 950, 980, 990, 1000):
        body = b"[" * depth + b"]" * depth
        call = b'{"id": "c", "name": "f", "arguments": ' + body + b"}"
        line = (
            b'{"id": "a", "model": "m", "scaffold": "s", "task": "t", "messages": '
            b'[{"role": "assistant", "tool_calls": [' + call + b"]}]}"
        )
        outcome = _read_or_refuse(line)
        if isinstance(outcome, InvalidInputError):
            assert "deep" in str(outcome)
        else:
            assert outcome.transcripts[0].conversation.messages[0].tool_calls[0].arguments == body.decode()


def _read_or_refuse(*lines: bytes) -> _Read | InvalidInputError:
    try:
        return _read(*lines)
    except InvalidInputError as error:
        return error


@pytest.mark.parametrize("line", [b"\r\x01", b"model,task\rA,B", b"x" * 200_000])
def test_a_first_line_that_is_no_header_is_a_mistake(line: bytes) -> None:
    """Old line ends, control characters and endless names are told, and stop nothing else."""
    assert isinstance(_read_or_refuse(line), InvalidInputError)


def test_fields_that_are_not_kept_are_counted() -> None:
    """Nothing of a file is dropped without a word."""
    report = _read(_line(domain="x"), _line(id="a2", domain="y", metadata={}))
    assert report.report.left_behind == (
        Count(what='field "domain"', times=2),
        Count(what='field "metadata"', times=1),
    )


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_content = (
    st.text() | _json | st.lists(st.fixed_dictionaries({"type": st.text() | st.just("text"), "text": _json}))
)
_message = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "developer"]) | _json},
    optional={"content": _content, "tool_calls": _json, "tool_call_id": _json, "function_call": _json},
)
_transcript = st.fixed_dictionaries(
    {"messages": st.lists(_message | _json, max_size=4) | _json},
    optional={name: st.text() | _json for name in ("id", "model", "scaffold", "task", "replicate")},
)


def _bytes_of(value: object) -> bytes:
    return json.dumps(value).encode()


@given(st.lists(_transcript.map(_bytes_of) | _json.map(_bytes_of) | st.binary(max_size=40), max_size=4))
def test_any_lines_give_transcripts_or_mistakes(lines: list[bytes]) -> None:
    """Whatever stands in a file, the outcome is a report or InvalidInputError."""
    outcome = _read_or_refuse(*lines)
    if isinstance(outcome, InvalidInputError):
        assert outcome.problems
        assert all(problem.where and problem.expected for problem in outcome.problems)
    else:
        assert outcome.transcripts


_any_text = st.text(st.characters(exclude_categories=[]))


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system", "tool"]), _any_text), max_size=5))
def test_any_texts_arrive_as_they_are(said: list[tuple[str, str]]) -> None:
    """Every text of every role is kept to the character, half surrogates apart."""
    said = [*said, ("assistant", "end")]
    report = _read(_line(messages=[{"role": role, "content": text} for role, text in said]))
    read = [(message.role, message.text) for message in report.transcripts[0].conversation.messages]
    assert read == [(role, "".join(_whole(char) for char in _joined(text))) for role, text in said]


def _joined(text: str) -> str:
    """What JSON makes of a text: two halves that stand together are one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _whole(char: str) -> str:
    return "\ufffd" if "\ud800" <= char <= "\udfff" else char
