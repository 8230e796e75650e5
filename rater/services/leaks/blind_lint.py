"""The last look before anything is written: does a text that raters see still tell a condition?

Redaction works on transcripts. Cards, rubric and names are the admin's own words and are never
changed, so what is found in them stops the seeding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from db.training_store import GoldItem
from protocol.deidentify.folding import fold
from protocol.deidentify.many_terms import ManyTerms
from protocol.deidentify.name_patterns import SHORTEST_NAME
from protocol.deidentify.rules import RedactionRules, build_rules
from protocol.item import Item
from protocol.study import StudyProtocol
from protocol.training.reference import TrainingItem
from protocol.transcript import Transcript
from protocol.visible import TaskCard

SOURCE_ID_LENGTH = 8
"""Shorter source ids, such as running numbers, are ordinary text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One stretch of visible text that tells a condition."""

    where: str
    rule: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.found!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenTerms:
    """What must stand nowhere a rater can reach."""

    rules: RedactionRules
    source_ids: Mapping[str, str]
    """As imported, by what is searched: folded and without case."""
    all_ids: ManyTerms
    """What is searched, at once."""


def forbidden_terms(
    protocol: StudyProtocol,
    transcripts: Sequence[Transcript],
    *,
    redacted: Callable[[str], str] | None = None,
) -> ForbiddenTerms:
    """Return the model names, word runs of hidden texts, and source ids of a study.

    Args:
        protocol: The protocol of the study.
        transcripts: As imported.
        redacted: How scrubbing writes a text. What it leaves of a source id with a model's name in it
            tells as much as the whole id.
    """
    # Training examples may be written by hand, of no model.
    models = {transcript.origin.model for transcript in transcripts} - {""}
    sources = {transcript.origin.source for transcript in transcripts}
    source_ids = {
        fold(form).text.casefold(): source
        for source in sorted(sources)
        for form in (source, redacted(source) if redacted else source)
        if _is_telling(form.replace(protocol.redaction.token, ""))
    }
    return ForbiddenTerms(
        rules=build_rules(
            study_names=models | set(_telling_ids(protocol)),
            hidden_texts=hidden_texts(protocol, transcripts),
            shipped_names=False,
            self_identification=False,
        ),
        source_ids=source_ids,
        all_ids=ManyTerms(source_ids),
    )


def _is_telling(source_id: str) -> bool:
    return len(source_id) >= SOURCE_ID_LENGTH and not source_id.isdigit()


def hidden_texts(protocol: StudyProtocol, transcripts: Sequence[Transcript]) -> set[str]:
    """Return the texts raters never see: scaffolds, and system messages that are not shown."""
    scaffolds = {scaffold.text for scaffold in protocol.scaffolds}
    if protocol.redaction.system == "show":
        return scaffolds
    return scaffolds | {text for transcript in transcripts for text in transcript.system_texts}


def _telling_ids(protocol: StudyProtocol) -> Iterator[str]:
    """Scaffold ids that can be no ordinary word, such as `react_v2`."""
    for scaffold in protocol.scaffolds:
        if len(scaffold.id) >= SHORTEST_NAME and not scaffold.id.isalpha():
            yield scaffold.id


def leaks_in_own_texts(protocol: StudyProtocol, terms: ForbiddenTerms) -> list[Leak]:
    """Return every stretch of the admin's own texts that tells a condition."""
    return _leaks(_own_texts(protocol), terms)


def leaks_in_items(
    items: Iterable[Item], terms: ForbiddenTerms, *, what: str = "a transcript of a task"
) -> list[Leak]:
    """Return every stretch of de-identified transcripts that still tells a condition."""
    found = (leak for item in items for leak in _leaks_among(_item_texts(item, what), terms))
    return list(dict.fromkeys(found))


def leaks_in_training_texts(items: Sequence[TrainingItem], terms: ForbiddenTerms) -> list[Leak]:
    """Return every stretch of cards and explanations of the training that tells a condition."""
    return _leaks(_training_texts(items), terms)


def leaks_in_gold(gold: Sequence[GoldItem], terms: ForbiddenTerms) -> list[Leak]:
    """Return every stretch of explanations of gold items that tells a condition."""
    return _leaks(
        (
            (f"the gold references, {dimension}", reference.why)
            for one in gold
            for dimension, reference in one.references.items()
        ),
        terms,
    )


def _leaks(texts: Iterable[tuple[str, str]], terms: ForbiddenTerms) -> list[Leak]:
    return list(dict.fromkeys(_leaks_among(texts, terms)))


def _leaks_among(texts: Iterable[tuple[str, str]], terms: ForbiddenTerms) -> Iterator[Leak]:
    """Yield the leaks of texts that are looked through together: source ids are sought once for all."""
    places = [(where, text, fold(text)) for where, text in texts]
    shown = [folded.text.casefold() for _, _, folded in places]
    near = terms.all_ids.candidates("\n".join(shown))
    for (where, text, folded), lower in zip(places, shown, strict=True):
        for hit in terms.rules.find(folded.text):
            start, end = folded.source_span(hit.start, hit.end)
            yield Leak(where=where, rule=hit.rule, found=text[start:end])
        for searched in near:
            if searched in lower:
                yield Leak(where=where, rule="source id", found=terms.source_ids[searched])


def _own_texts(protocol: StudyProtocol) -> Iterator[tuple[str, str]]:
    yield "study.name", protocol.name
    yield "study.contact", protocol.contact
    rubric = protocol.rubric
    yield "rubric", " \n ".join((rubric.id, rubric.title, rubric.source))
    for number, rule in enumerate(rubric.rules):
        yield f"rubric.rules[{number}]", rule
    for reason in rubric.not_ratable:
        yield f"rubric.not_ratable.{reason.code}", " \n ".join((reason.code, reason.label))
    for dimension in rubric.dimensions:
        texts = (dimension.id, dimension.name, dimension.question)
        yield f"rubric.dimensions.{dimension.id}", " \n ".join(texts)
        for level in dimension.levels:
            where = f"rubric.dimensions.{dimension.id}.levels.{level.value}"
            yield where, " \n ".join((level.label, level.anchor, level.example))
    yield "design.raters", " \n ".join(protocol.design.raters)
    for question in protocol.guess.questions:
        yield f"guess.questions.{question.id}", " \n ".join((question.id, question.text, *question.options))
    for task in protocol.tasks:
        for field, text in _card_texts(task.card):
            yield f"tasks.{task.id}.card.{field}", text


def _training_texts(items: Sequence[TrainingItem]) -> Iterator[tuple[str, str]]:
    for one in items:
        for field, text in _card_texts(one.item.card):
            yield f"the training, a card, {field}", text
        for dimension, reference in one.references.items():
            yield f"the training, an explanation of {dimension}", reference.why


def _item_texts(item: Item, what: str) -> Iterator[tuple[str, str]]:
    for number, message in enumerate(item.conversation.messages, start=1):
        calls = " \n ".join(f"{call.name} {call.arguments}" for call in message.tool_calls)
        yield f"{what}, message {number}", f"{message.text}\n{calls}"


def _card_texts(card: TaskCard) -> Iterator[tuple[str, str]]:
    yield "brief", card.brief
    yield "user_has", card.user_has
    yield "content_note", card.content_note
    for field in ("claims", "decision_points", "steers", "keep"):
        for number, text in enumerate(getattr(card, field)):
            yield f"{field}[{number}]", text
