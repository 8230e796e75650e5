"""Features of the audit: what scikit-learn would give, counts by hand, and the missing extra."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

from protocol.conversation import Conversation, Message, ToolCall
from protocol.deidentify.guessability.features import FeatureBlock, feature_blocks
from protocol.errors import UsageError


def _said(*texts: str) -> Conversation:
    return Conversation(messages=tuple(Message(role="assistant", text=text) for text in texts))


def _block(conversations: list[Conversation], name: str) -> FeatureBlock:
    return next(block for block in feature_blocks(conversations) if block.name == name)


def test_characters_equal_those_of_scikit_learn() -> None:
    """Cutting each distinct word once gives the TF-IDF of cutting every text."""
    text = pytest.importorskip("sklearn.feature_extraction.text")
    words = ["The", "quick", "fox,", "naïve;", "don't", "JUMP\u2009over", "lazy", "dogs."]
    entropy = random.Random(1)
    texts = [" ".join(entropy.choices(words, k=40)) for _ in range(30)]
    wanted = text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(
        texts
    )
    found = _block([_said(one) for one in texts], "characters").values[:]
    assert found.shape == wanted.shape
    assert abs(found - wanted).max() < 1e-6


def test_texts_without_words_have_no_features() -> None:
    """Empty texts are no error: the view says nothing."""
    pytest.importorskip("sklearn")
    found = feature_blocks([_said(""), _said(" ")])
    assert [block.values.shape[0] for block in found] == [2, 2, 2, 2]
    assert abs(found[0].values[:]).sum() == 0


def test_messages_are_counted_by_role_calls_and_turns() -> None:
    """A text that differs only in its messages differs only in that view (and in how much is said)."""
    pytest.importorskip("sklearn")
    call = ToolCall(id="t1", name="f", arguments="{}")
    short = Conversation(messages=(Message(role="user", text="a"), Message(role="assistant", text="b")))
    long = Conversation(
        messages=(*short.messages, Message(role="tool", text="", tool_calls=(call,)), *short.messages)
    )
    values = np.asarray(_block([short, short, long], "message counts").values)
    assert np.allclose(values[0], values[1])
    # Columns: system, user, assistant, tool, calls, turns; no system message anywhere.
    assert (values[2] > values[0]).tolist() == [False, True, True, True, True, True]


def test_texts_are_cut_at_20000_characters() -> None:
    """What stands after the cut changes no feature of characters and words."""
    pytest.importorskip("sklearn")
    same = "word " * 4_000
    found = _block([_said(same), _said(same + "different ending")], "words").values
    assert abs(found[0:1] - found[1:2]).sum() == 0


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that says what to install, no traceback."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction", None)
    with pytest.raises(UsageError) as caught:
        feature_blocks([_said("a b")])
    assert "blindrater[audit]" in str(caught.value)
