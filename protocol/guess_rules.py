"""What the guess questions of study.toml must mean: they must not tell what they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from protocol.toml_nodes import Mistake, Node, doubled, empty, free_name, patterned
from protocol.wording import quoted

_QUESTION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_FEWEST_DECOYS = 2
_DONT_KNOW = re.compile(r"(i )?(don.?t|do not) know\.?", re.IGNORECASE)


def guess_mistakes(guess: Node, scaffolds: Node) -> Iterator[Mistake]:
    """Report everything the guess questions get wrong.

    Args:
        guess: The table [guess].
        scaffolds: The list [[scaffolds]], whose names must not be answers.
    """
    share = guess["share"].number
    if share is not None and not 0 <= share <= 1:
        yield guess["share"].mistake("a share from 0 to 1")
    yield from doubled((question["id"] for question in guess["questions"]), "an id of a question")
    for question in guess["questions"]:
        yield from patterned(question["id"], _QUESTION_ID, "a letter, then up to 39 letters, digits, _ or -")
        yield from empty(question["text"], "the question as raters read it")
        yield from _option_mistakes(question, scaffolds)
        yield from _meaning_mistakes(question, scaffolds)


def _option_mistakes(question: Node, scaffolds: Node) -> Iterator[Mistake]:
    options = question["options"]
    yield from doubled(options, "an answer", fold_case=True)
    canonical = {
        name.text.casefold()
        for scaffold in scaffolds
        for name in (scaffold["id"], scaffold["label"])
        if name.text
    } | {value.casefold() for value in question["meaning"].table.values() if isinstance(value, str)}
    for option in options:
        yield from free_name(option, "an answer")
        text = (option.text or "").strip()
        if text.casefold() in canonical:
            yield option.mistake("a label of its own: a canonical name tells what the study compares")
        elif _DONT_KNOW.fullmatch(text):
            yield option.mistake('no such answer: "don\'t know" is always offered')


def _meaning_mistakes(question: Node, scaffolds: Node) -> Iterator[Mistake]:
    options = [option.text for option in question["options"] if option.text is not None]
    meaning = question["meaning"]
    if isinstance(question["options"].value, list) and meaning.value in (None, meaning.table):
        decoys = [option for option in options if option not in meaning.table]
        if len(decoys) < _FEWEST_DECOYS:
            yield question["options"].mistake(
                f"at least {_FEWEST_DECOYS} decoys: answers without a meaning", found=f"{len(decoys)}"
            )
        if not meaning.table:
            yield meaning.mistake("at least one answer with the canonical name it stands for")
    scaffold_ids = {scaffold["id"].text for scaffold in scaffolds} - {None}
    for label, canonical in meaning.table.items():
        node = meaning[label]
        if label not in options:
            yield node.mistake("one of the answers in options as the key", found=f"the key {quoted(label)}")
        yield from free_name(node, "a canonical name")
        about_scaffolds = question["about"].text == "scaffold" and bool(scaffold_ids)
        if about_scaffolds and isinstance(canonical, str) and canonical not in scaffold_ids:
            yield node.mistake("the id of a scaffold")
