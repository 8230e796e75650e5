"""Texts on disk instead of in memory: they come back as they were, and no file is left or seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.conversation import Conversation, Message, ToolCall
from protocol.item import Item
from protocol.transcript import Origin, Transcript
from protocol.visible import TaskCard
from rater.services.sources.transcript_spool import ItemSpool, Spool, TranscriptSpool

CALL = ToolCall(id="c", name="f", arguments='{"a": "\u00e9"}')


def _conversation(text: str) -> Conversation:
    return Conversation(
        messages=(
            Message(role="system", text="Hidden."),
            Message(role="user", text=text),
            Message(role="assistant", text="", tool_calls=(CALL,)),
            Message(role="tool", text="\x00\U0001f600", tool_call_id="c"),
        )
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@pytest.mark.parametrize("in_memory_bytes", [1, 2**20])
def test_transcripts_come_back_in_any_order(folder: Path, in_memory_bytes: int) -> None:
    """From memory and from a file that has no name."""
    spool = TranscriptSpool(in_memory_bytes=in_memory_bytes)
    kept = [
        spool.add(
            Transcript(
                origin=Origin(model="m", scaffold="s", task=str(n), source=f"id{n}"),
                conversation=_conversation("x" * n),
                read_from=f"f, line {n}",
                failed="" if n % 2 else "stopped",
            )
        )
        for n in range(20)
    ]
    assert list(folder.iterdir()) == []
    for n, one in reversed(list(enumerate(kept))):
        assert one.conversation == _conversation("x" * n)
        assert (one.origin.source, one.read_from, one.failed) == (
            f"id{n}",
            f"f, line {n}",
            "" if n % 2 else "stopped",
        )
        assert one.system_texts == ("Hidden.",)
    assert len({id(one.system_texts) for one in kept}) == 1, "conditions share their system messages"


def test_items_keep_their_bytes_and_hash(folder: Path) -> None:
    """What is written and hashed is what a plain item gives; a repeat has another id alone."""
    item = Item(id="a", task_id="t", conversation=_conversation("hello"), card=TaskCard(brief="b"))
    kept = ItemSpool(in_memory_bytes=1).add(item)
    again = kept.under_id("b")
    for one in (kept, again):
        assert (one.body(), one.shown_sha256, one.conversation) == (
            item.body(),
            item.shown_sha256,
            item.conversation,
        )
    assert (kept.id, again.id, again.task_id, again.card) == ("a", "b", "t", item.card)
    assert list(folder.iterdir()) == []


def test_the_file_is_closed_with_its_last_user(folder: Path) -> None:
    """No handle stays open: warnings are errors here."""
    spool = Spool(in_memory_bytes=1)
    slot = spool.add(b"abc")
    assert spool.load(slot) == b"abc"
    del spool
    assert list(folder.iterdir()) == []
