"""Commands that mark a dimension or the item: levels, not ratable, quotes, completing."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.chain.events import EventDraft, EventKind
from protocol.rating_moves import Lack, dimension_after, first_missing, lack_of, reasons_for
from protocol.rating_words import HOW_SURE, digits_of
from protocol.rubric import Dimension
from protocol.session import Quote
from rater.plain import wording
from rater.plain.dialogue import RefusedError
from rater.plain.line_quotes import HOW_TO_QUOTE, asked_span
from rater.plain.sitting import PlainSitting


def score(sitting: PlainSitting, digits: str) -> None:
    """Score the dimension that is asked and go to what is missing next."""
    _require_text(sitting)
    dimension = sitting.dimension
    level = dimension.level_for_digit(digits)
    if level is None:
        raise RefusedError(f"{dimension.name} has the levels {digits_of(dimension)}.")
    is_new = sitting.progress.reason is not None or sitting.progress.mark(dimension.id).level != level.value
    draft = EventDraft(kind=EventKind.SCORE, dimension=dimension.id, level=level.value)
    if not is_new or sitting.record(draft):
        sitting.out.say(f"{dimension.name} {level.value}, saved.")
        sitting.after_mark()


def confidence(sitting: PlainSitting, argument: str) -> None:
    """Say how sure the rater is of the score of the dimension that is asked."""
    dimension = sitting.dimension
    if not dimension.confidence:
        raise RefusedError(f"The rubric does not ask how sure you are of {dimension.name}.")
    if sitting.progress.reason is not None or sitting.progress.mark(dimension.id).level is None:
        raise RefusedError(f"{dimension.name} has no score to be sure of.")
    chosen = sitting.out.choice(argument, len(HOW_SURE))
    if chosen is None:
        offered = ", ".join(f"C {number} {words}" for number, words in enumerate(HOW_SURE, start=1))
        raise RefusedError(f"Say how sure you are: {offered}.")
    draft = EventDraft(kind=EventKind.CONFIDENCE, dimension=dimension.id, sure=chosen + 1)
    if sitting.progress.mark(dimension.id).sure == chosen + 1 or sitting.record(draft):
        sitting.out.say(f"{dimension.name}: {HOW_SURE[chosen]}, saved.")
        sitting.after_mark()


def clear(sitting: PlainSitting) -> None:
    """Take back the mark of the whole item, or of the dimension that is asked."""
    if sitting.progress.reason is not None:
        draft = EventDraft(kind=EventKind.CLEAR)
        said = "The item is no longer marked as not ratable, saved."
    else:
        dimension = sitting.dimension
        mark = sitting.progress.mark(dimension.id)
        if mark.level is None and mark.reason is None:
            raise RefusedError(f"{dimension.name} has no mark to take back.")
        draft = EventDraft(kind=EventKind.CLEAR, dimension=dimension.id)
        said = f"{dimension.name} has no score now, saved."
    if sitting.record(draft):
        sitting.out.say(said)
        sitting.aim(draft.dimension)


def not_ratable(sitting: PlainSitting, argument: str) -> None:
    """Mark the dimension that is asked as not ratable."""
    if sitting.progress.reason is not None:
        raise RefusedError("The whole item is marked as not ratable: clear takes that back.")
    _mark_not_ratable(sitting, argument, sitting.dimension)


def item_not_ratable(sitting: PlainSitting, argument: str) -> None:
    """Mark the whole item as not ratable."""
    _mark_not_ratable(sitting, argument, None)


def _mark_not_ratable(sitting: PlainSitting, argument: str, dimension: Dimension | None) -> None:
    what = "this item" if dimension is None else dimension.name
    reasons = reasons_for(sitting.session.rubric, whole_item=dimension is None)
    codes = [reason.code for reason in reasons]
    if not reasons:
        raise RefusedError(f"This rubric has no reason for which {what} could be left unrated.")
    if argument:
        chosen = sitting.out.choice(argument, len(codes), codes)
        if chosen is None:
            raise RefusedError(f'"{argument}" is none of the reasons for {what}: {", ".join(codes)}.')
    else:
        sitting.out.say(f"Why can {what} not be rated?")
        chosen = sitting.out.choose(
            "Number or code, Enter alone goes back:",
            [f"{reason.code}: {reason.label}" if reason.label else reason.code for reason in reasons],
            codes=codes,
        )
        if chosen is None:
            sitting.out.say("Nothing was changed.")
            return
    draft = EventDraft(
        kind=EventKind.NOT_RATABLE,
        dimension=None if dimension is None else dimension.id,
        reason=codes[chosen],
    )
    if sitting.record(draft):
        sitting.out.say(f"{what[0].upper()}{what[1:]} not ratable, {codes[chosen]}, saved.")
        sitting.after_mark()


def quote(sitting: PlainSitting, argument: str) -> None:
    """Attach lines, or words of them, to the dimension that is asked."""
    _require_text(sitting)
    dimension = sitting.dimension
    if not argument:
        raise RefusedError(HOW_TO_QUOTE)
    span = asked_span(sitting.numbered, argument)
    text = sitting.item.conversation.messages[span.message].text[span.start : span.end]
    draft = EventDraft(kind=EventKind.QUOTE, dimension=dimension.id, span=span, texts={"quote": text})
    if sitting.record(draft):
        sitting.out.say(
            f"Quoted for {dimension.name} from {sitting.words.message} {span.message + 1}, saved:"
            f" {wording.shortened(text)}"
        )
        if sitting.progress.mark(dimension.id).level is not None:
            sitting.after_mark()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedQuote:
    """A quote with the dimension it stands for."""

    dimension: Dimension
    quote: Quote


def _listed(sitting: PlainSitting) -> list[ListedQuote]:
    found = [
        ListedQuote(dimension=dimension, quote=quote)
        for dimension in sitting.dimensions
        for quote in sitting.progress.mark(dimension.id).quotes
    ]
    if not found:
        raise RefusedError("This item has no quote yet: e 12-14 quotes lines 12 to 14.")
    return found


def list_quotes(sitting: PlainSitting) -> None:
    """List the quotes of the item."""
    for number, listed in enumerate(_listed(sitting), start=1):
        where = f"{sitting.words.message} {listed.quote.span.message + 1}"
        sitting.out.say(f"Quote {number}, {listed.dimension.name}, {where}")
        sitting.out.text(listed.quote.text)


def remove_quote(sitting: PlainSitting, argument: str) -> None:
    """Remove a quote by its number in the list."""
    found = _listed(sitting)
    chosen = sitting.out.choice(argument, len(found))
    if chosen is None:
        raise RefusedError(f"Name a quote by its number, r 1 to r {len(found)}: E lists them.")
    listed = found[chosen]
    draft = EventDraft(kind=EventKind.UNQUOTE, dimension=listed.dimension.id, target=listed.quote.seq)
    if sitting.record(draft):
        sitting.out.say(f"Quote {chosen + 1} is removed, saved.")
        sitting.aim(listed.dimension.id if lack_of(sitting.progress, listed.dimension) else None)


def enter(sitting: PlainSitting) -> None:
    """Print the text behind a content note, go to the next dimension, or complete the item."""
    if not sitting.has_item:
        sitting.go_on()
    elif sitting.active is None:
        _complete(sitting)
    elif sitting.is_noted:
        sitting.print_conversation()
    elif lack_of(sitting.progress, sitting.dimension) is None:
        _leave_dimension(sitting, sitting.active)
    else:
        _say_missing(sitting)


def complete(sitting: PlainSitting) -> None:
    """Complete the item and go on, whatever is asked."""
    _complete(sitting)


def _complete(sitting: PlainSitting) -> None:
    missing = None if sitting.is_withdrawn else first_missing(sitting.progress, sitting.dimensions)
    if missing is not None:
        sitting.active = missing.dimension.id
        mark = sitting.progress.mark(missing.dimension.id)
        raise RefusedError(wording.missing_sentence(missing, mark, unprinted=len(sitting.unprinted)))
    if not sitting.progress.completed and not sitting.is_withdrawn:
        if sitting.closes and sitting.warned_of != sitting.progress.item_id:
            sitting.warned_of = sitting.progress.item_id
            sitting.out.say(
                "Enter once more completes this item and closes it: a question follows, then its rating is"
                " final."
            )
            return
        if not sitting.record(EventDraft(kind=EventKind.COMPLETE)):
            return
        sitting.out.say(f"Item {sitting.session.position + 1} is completed, saved.")
    if sitting.ask_guesses():
        sitting.go_on()


def _leave_dimension(sitting: PlainSitting, active: str) -> None:
    missing = first_missing(sitting.progress, sitting.dimensions)
    if missing is None:
        sitting.aim()
    elif missing.lack is Lack.READING:
        sitting.active = missing.dimension.id
    else:
        sitting.active = dimension_after(sitting.progress, sitting.dimensions, active)


def _say_missing(sitting: PlainSitting) -> None:
    missing = first_missing(sitting.progress, (sitting.dimension,))
    if missing is not None:
        mark = sitting.progress.mark(missing.dimension.id)
        raise RefusedError(wording.missing_sentence(missing, mark, unprinted=len(sitting.unprinted)))


def _require_text(sitting: PlainSitting) -> None:
    if sitting.is_noted:
        raise RefusedError("The conversation is not printed yet: Enter alone prints it.")
