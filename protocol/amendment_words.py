"""What raters and reports read about an amendment; texts from files come out as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from protocol.chain.amendment import Amendment, AmendmentKind
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.rubric_texts import RubricTexts
from protocol.rubric import Rubric
from protocol.rubric_versions import rubric_history


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An amendment as it is shown to a rater, once."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A ruling on a dimension, for the guide."""

    day: str
    text: str


def notice_of(amendment: Amendment, manifest: AssignmentManifest, rubric: Rubric) -> Notice:
    """Return what a rater is told about an amendment."""
    why = f"Why: {amendment.reason}"
    if amendment.kind is AmendmentKind.CLARIFY:
        dimension = rubric.dimension(amendment.dimension or "")
        return Notice(
            title=f"A ruling of {amendment.day} on {dimension.name}",
            paragraphs=(
                amendment.text or "",
                why,
                "The anchors are unchanged. The ruling holds from now on and stands in the guide of this"
                " dimension. What you rated before stays as it is.",
            ),
        )
    if amendment.kind is AmendmentKind.AMEND:
        return Notice(
            title=f"The rubric was amended on {amendment.day}",
            paragraphs=(*changes_of(amendment, rubric), why, *_what_follows(amendment, rubric)),
        )
    own = amendment.taken_from(manifest)
    numbers = [str(place) for place, one in enumerate(manifest.items, start=1) if one.item_id in own]
    if amendment.adds_to(manifest):
        return _added(amendment, manifest, why)
    if amendment.kind is AmendmentKind.REASSIGN:
        return Notice(
            title=f"Given to another rater on {amendment.day}: {_items(numbers)}",
            paragraphs=(
                why,
                "No rating is asked of you for it any more. What you completed of it stays and counts.",
            ),
        )
    return Notice(
        title=f"Withdrawn on {amendment.day}: {_items(numbers)}",
        paragraphs=(
            why,
            "No rating is asked for it any more. What you said about it stays on the record and counts in no"
            " result.",
        ),
    )


def _added(amendment: Amendment, manifest: AssignmentManifest, why: str) -> Notice:
    places = {one.item_id: place for place, one in enumerate(manifest.items, start=1)}
    first, last = places[amendment.items[0].item_id], places[amendment.items[-1].item_id]
    which = f"item {first}" if first == last else f"items {first} to {last}"
    return Notice(
        title=f"Added on {amendment.day}: {which}",
        paragraphs=(
            why,
            "They come after all you had so far. What you rated before stays as it is, and so do its places.",
        ),
    )


def changes_of(amendment: Amendment, rubric: Rubric) -> tuple[str, ...]:
    """Return what an amendment changes in the rubric before it, one sentence or two for each text.

    Args:
        amendment: Of the rubric; of any other kind nothing changes.
        rubric: As it was before.
    """
    texts = amendment.texts or RubricTexts()
    found = []
    for new in texts.dimensions:
        old = rubric.dimension(new.id)
        if new.question is not None:
            found.append(_change(f"{old.name}, the question", new.question, old.question))
        for level in new.levels:
            before = old.level(level.value)
            place = f"{old.name}, level {level.value} ({before.label})"
            if level.anchor is not None:
                found.append(_change(f"{place}, the anchor", level.anchor, before.anchor))
            if level.example is not None:
                found.append(_change(f"{place}, the example", level.example, before.example))
    if texts.rules is not None:
        found.append(_change("The decision rules", " ".join(texts.rules), " ".join(rubric.rules)))
    return tuple(found)


def _change(place: str, now: str, before: str) -> str:
    return f"{place}. Now: {now or '(none)'} Before: {before or '(none)'}"


def _what_follows(amendment: Amendment, rubric: Rubric) -> tuple[str, ...]:
    if not amendment.rerate:
        return (
            "Rate by the new texts from now on. What you rated before stays as it is; items that are not"
            " closed you may change.",
        )
    names = " and ".join(one.name for one in rubric.dimensions if one.id in amendment.rerate)
    return (
        f"Rate by the new texts from now on. {names}: every item that you scored on it before is asked again,"
        " for that alone. Your earlier score is not shown, so that it does not draw the new one towards it;"
        " it stays on the record.",
        "An item that was closed is open for this alone until you complete it again. Everything else you said"
        " stays as it is, your answers to questions on it, too.",
    )


def _items(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return f"item {numbers[0]}"
    return f"items {', '.join(numbers[:-1])} and {numbers[-1]}"


def rulings_on(dimension: str, amendments: Sequence[Amendment]) -> tuple[Ruling, ...]:
    """Return the rulings on a dimension, the oldest first."""
    return tuple(
        Ruling(day=one.day, text=one.text or "")
        for one in amendments
        if one.kind is AmendmentKind.CLARIFY and one.dimension == dimension
    )


def rulings_in_training(
    dimension: str, amendments: Sequence[Amendment], rubric: Rubric
) -> tuple[Ruling, ...]:
    """Return what stands below the seeded texts of a dimension in training: rulings, and amended texts.

    The references of training items were set by the seeded texts, so those are what training shows.
    """
    found = list(rulings_on(dimension, amendments))
    for before, after in pairwise(rubric_history(rubric, amendments).versions):
        if after.amendment is not None and after.amendment.texts is not None:
            whole = after.amendment.texts
            own = replace(whole, dimensions=tuple(one for one in whole.dimensions if one.id == dimension))
            changes = changes_of(replace(after.amendment, texts=own), before.rubric)
            found += [
                Ruling(day=after.amendment.day, text=f"For the items of the study: {one}") for one in changes
            ]
    return tuple(sorted(found, key=lambda one: one.day))


def left_out(count: int, *, by_model_later: bool = False) -> str:
    """Return the sentence that every result without withdrawn items carries.

    Args:
        count: How many items are left out.
        by_model_later: What goes with them by model is not known before unblinding.
    """
    items = "1 item, withdrawn" if count == 1 else f"{count} items, withdrawn"
    later = " What goes with them by model is left out once the study is unblinded." if by_model_later else ""
    return f"Left out: the ratings of {items} while the study was open.{later}"


def summary_of(amendment: Amendment) -> str:
    """Return what was changed in one line, for status and report; the reason stands apart."""
    if amendment.kind is AmendmentKind.CLARIFY:
        return f"{amendment.dimension} clarified: {amendment.text}"
    if amendment.kind is AmendmentKind.EXTEND:
        items = "1 item" if len(amendment.items) == 1 else f"{len(amendment.items)} items"
        return f"batch {amendment.batch}: {items} added for {amendment.taker}"
    if amendment.kind is AmendmentKind.REASSIGN:
        tasks = "1 task" if len(amendment.tasks) == 1 else f"{len(amendment.tasks)} tasks"
        return f"{tasks} of {amendment.giver} given to {amendment.taker}"
    if amendment.kind is AmendmentKind.AMEND:
        return _summary_of_texts(amendment)
    scope = "its task in all arms" if amendment.rule == "task" else "its task for its model"
    return f"item {amendment.item} withdrawn, with {scope}"


def _summary_of_texts(amendment: Amendment) -> str:
    texts = amendment.texts or RubricTexts()
    changed = [one.id for one in texts.dimensions] + (
        ["the decision rules"] if texts.rules is not None else []
    )
    follows = (
        f"{', '.join(amendment.rerate)} asked again where it was scored"
        if amendment.rerate
        else "earlier ratings carried"
    )
    differs = f"; DEVIATION in {', '.join(amendment.deviations)}, not applied" if amendment.deviations else ""
    return f"rubric amended in {', '.join(changed)}, {follows}{differs}"


def deviation_of(amendment: Amendment) -> str | None:
    """Return what is to be said of the rest of the study.toml that an amendment of the rubric came in."""
    if amendment.kind is not AmendmentKind.AMEND:
        return None
    which = f"Amendment {amendment.number} of {amendment.day}"
    if amendment.deviations is None:
        return (
            f"{which}: its study.toml was not compared with the seeded plan, so nobody knows whether"
            " scaffolds, analysis plan or claims differ there. The seeded plan is used."
        )
    if not amendment.deviations:
        return f"{which}: its study.toml differs from the seeded plan in nothing but texts of the rubric."
    tables = ", ".join(amendment.deviations)
    return (
        f"{which}: DEVIATION. Its study.toml differs from the seeded plan in {tables}."
        " This is not applied: every figure follows the seeded plan."
    )


def deviations_of(amendments: Sequence[Amendment]) -> list[str]:
    """Return what is to be said of all of them, in order."""
    return [said for one in amendments if (said := deviation_of(one)) is not None]
