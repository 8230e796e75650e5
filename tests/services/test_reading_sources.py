"""Opening files of transcripts and protocols: what is no file, and the real ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from protocol.errors import InvalidInputError, NotFoundError
from protocol.sources import json_input
from protocol.sources.limits import SourceLimits
from rater.services.reading_study import read_study_file
from rater.services.seeding.starting import study_text
from rater.services.sources.reading_sources import read_sources

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
LINE = json.dumps(
    {
        "id": "a",
        "model": "m",
        "scaffold": "s",
        "task": "t",
        "messages": [{"role": "assistant", "content": "x" * 50}],
    }
)


def test_real_transcripts_of_three_small_models_are_read() -> None:
    """All 180 conversations arrive, each cell once, with the text of the file."""
    source = SHARED / "small-models" / "transcripts.jsonl"
    if not source.exists():
        pytest.skip("the small-model transcripts are not beside the repository")
    report = read_sources([source])
    assert len(report.transcripts) == 180
    cells = Counter((one.origin.model, one.origin.scaffold) for one in report.transcripts)
    assert set(cells.values()) == {15}
    raw = [json.loads(line) for line in source.read_text(encoding="utf-8").split("\n") if line]
    assert [[message.text for message in one.conversation.messages] for one in report.transcripts] == [
        [message["content"] for message in one["messages"]] for one in raw
    ]


def test_real_hostile_transcripts_are_read_unchanged() -> None:
    """Escape sequences and NUL stay; half surrogate pairs alone are replaced."""
    source = SHARED / "hostile" / "transcripts.jsonl"
    if not source.exists():
        pytest.skip("the hostile transcripts are not beside the repository")
    read = read_sources([source])
    texts = {one.origin.source: one.conversation.messages[-1].text for one in read.transcripts}
    assert texts["dev-nul-cr"] == "one\x00two\rthree\x08\x08four\x07"
    assert texts["dev-surrogate"] == "half of an emoji: \ufffd and the other \ufffd"
    assert [(one.what, one.times) for one in read.report.replaced] == [
        ("half a surrogate pair read as U+FFFD", 2)
    ]


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    """A name that is not there is told as such, for transcripts and protocols."""
    with pytest.raises(NotFoundError, match="no such file"):
        read_sources([tmp_path / "absent.jsonl"])
    with pytest.raises(NotFoundError, match="no such file"):
        read_study_file(tmp_path / "absent.toml")


def test_folder_and_empty_file_are_sentences(tmp_path: Path) -> None:
    """Neither is an internal fault."""
    empty = tmp_path / "empty"
    empty.touch()
    for path, said in ((tmp_path, "no file of a known format"), (empty, "The file is empty")):
        with pytest.raises(InvalidInputError, match=said):
            read_sources([path])
    for path, said in ((tmp_path, "This is a folder"), (empty, "The file is empty")):
        with pytest.raises(InvalidInputError, match=said):
            read_study_file(path)


def test_name_that_no_file_can_have_is_not_found() -> None:
    """A NUL in a name is a sentence too."""
    with pytest.raises(NotFoundError):
        read_sources([Path("a\x00b")])


def test_a_line_beyond_the_limit_is_dropped_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of a long line is not taken for lines of its own, nor held in memory."""
    monkeypatch.setattr(json_input, "_REST_CHUNK_BYTES", 64)
    limits = SourceLimits(record_bytes=300)
    source = tmp_path / "long.jsonl"
    for length in (301, 364, 365, 366, 1000):
        source.write_text(f"{'x' * length}\n{LINE}\nbad\n", encoding="utf-8")
        with pytest.raises(InvalidInputError) as caught:
            read_sources([source], limits=limits)
        assert [problem.where for problem in caught.value.problems] == [
            f"{source}, line 1",
            f"{source}, line 3",
        ]


def test_protocol_keeps_the_exact_bytes(tmp_path: Path) -> None:
    """What is hashed and sealed is the file, not a rendering of it."""
    content = study_text().replace("\n", "\r\n").encode()
    (tmp_path / "study.toml").write_bytes(content)
    read = read_study_file(tmp_path / "study.toml")
    assert read.content == content
    assert read.protocol.name == "My study"


@pytest.mark.parametrize(
    ("content", "said"),
    [("name".encode("utf-16"), "UTF-16 text"), (b'a = 1\nb = "\xe9"\n', "0xE9 on line 2")],
)
def test_protocol_in_another_encoding_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    """The encoding, or the line of the byte, is named."""
    (tmp_path / "study.toml").write_bytes(content)
    with pytest.raises(InvalidInputError, match=said):
        read_study_file(tmp_path / "study.toml")
