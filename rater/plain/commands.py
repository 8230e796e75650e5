"""Every command of the plain mode, by letter and by word; the help is printed from this table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rater.plain import looking, marking, remarking, retraining, searching
from rater.plain.dialogue import LeaveError, RefusedError
from rater.plain.sitting import PlainSitting

Run = Callable[[PlainSitting, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command."""

    letter: str
    word: str
    takes: str = ""
    """What stands after it, as shown in the help."""
    does: str
    run: Run


def _alone(step: Callable[[PlainSitting], None]) -> Run:
    """Make a command that takes nothing after it, and refuses if something is there."""

    def run(sitting: PlainSitting, argument: str) -> None:
        if argument:
            raise RefusedError("That command takes nothing after it: nothing was done.")
        step(sitting)

    return run


def _quit(sitting: PlainSitting) -> None:
    raise LeaveError


def _help(sitting: PlainSitting) -> None:
    out = sitting.out
    out.say("A number scores the dimension that is asked. Enter alone goes on. Commands, by letter or word:")
    for command in COMMANDS:
        if command.word == "training" and sitting.training is None:
            continue
        if command.word == "told" and not sitting.words.asks_told:
            continue
        takes = f" {command.takes}" if command.takes else ""
        out.text(f"{command.letter}{takes}, {command.word}: {sitting.words.of(command.does)}")


COMMANDS: tuple[Command, ...] = (
    Command(
        letter="a", word="anchors", does="anchors, examples and decision rules", run=_alone(looking.anchors)
    ),
    Command(
        letter="e",
        word="quote",
        takes="12-14",
        does="quote lines 12 to 14 for the dimension that is asked; e 12 paragraph quotes up to blank lines;"
        " e 12-14 check the ... fee quotes from the first words to the last ones",
        run=marking.quote,
    ),
    Command(letter="E", word="quotes", does="list the quotes of this item", run=_alone(marking.list_quotes)),
    Command(
        letter="r", word="remove", takes="2", does="remove quote 2 of that list", run=marking.remove_quote
    ),
    Command(
        letter="x",
        word="notratable",
        takes="[reason]",
        does="the dimension that is asked cannot be rated",
        run=marking.not_ratable,
    ),
    Command(
        letter="X",
        word="itemnotratable",
        takes="[reason]",
        does="the whole item cannot be rated",
        run=marking.item_not_ratable,
    ),
    Command(
        letter="C",
        word="confidence",
        takes="2",
        does="how sure you are of the score, 1 to 3, where the rubric asks",
        run=marking.confidence,
    ),
    Command(
        letter="w",
        word="clear",
        does="take back the score or the not ratable mark",
        run=_alone(marking.clear),
    ),
    Command(letter="m", word="note", takes="[text]", does="note on the item", run=remarking.note),
    Command(
        letter="M",
        word="dimensionnote",
        takes="[text]",
        does="note on the dimension that is asked",
        run=remarking.note_dimension,
    ),
    Command(
        letter="f",
        word="flag",
        takes="[reason]",
        does="flag the item for the person who runs the study; f - takes the flag back",
        run=remarking.flag,
    ),
    Command(letter="K", word="told", does="I know or was told which this is", run=_alone(remarking.told)),
    Command(
        letter="u", word="undo", does="take back the last step, wherever it was", run=_alone(remarking.undo)
    ),
    Command(letter="U", word="redo", does="bring back the step undone last", run=_alone(remarking.redo)),
    Command(letter="t", word="card", does="print the task card", run=_alone(looking.card)),
    Command(
        letter="l",
        word="lines",
        takes="[12-40]",
        does="print the conversation again, or lines 12 to 40 of it; l m 2 prints message 2",
        run=looking.lines,
    ),
    Command(
        letter="o",
        word="unfold",
        takes="3",
        does="print message 3 with the tool text that was left out",
        run=looking.unfold,
    ),
    Command(
        letter="O",
        word="unfoldall",
        does="print the conversation with all tool texts",
        run=_alone(looking.unfold_all),
    ),
    Command(
        letter="/",
        word="find",
        takes="words",
        does="find words, also in tool texts that were left out",
        run=searching.find,
    ),
    Command(letter="P", word="page", does="show the conversation in your PAGER", run=_alone(looking.page)),
    Command(letter="s", word="where", does="say where this item stands", run=_alone(looking.where)),
    Command(letter="b", word="back", does="back to the dimension before", run=_alone(looking.back)),
    Command(
        letter="d",
        word="dimension",
        takes="2",
        does="ask dimension 2, or one by its id",
        run=looking.dimension,
    ),
    Command(letter="c", word="complete", does="complete the item and go on", run=_alone(marking.complete)),
    Command(
        letter="n", word="next", does="next item, without completing this one", run=_alone(looking.next_item)
    ),
    Command(letter="p", word="previous", does="previous item", run=_alone(looking.previous_item)),
    Command(letter="N", word="open", does="next item that is not completed", run=_alone(looking.next_open)),
    Command(letter="g", word="go", takes="4", does="go to item 4", run=looking.go),
    Command(
        letter="i",
        word="items",
        takes="[todo]",
        does="list all items, or those todo, incomplete, flagged, done, or 20-40",
        run=looking.items,
    ),
    Command(
        letter="R",
        word="training",
        takes="[2]",
        does="list the training items, or print training item 2 with its references",
        run=retraining.training,
    ),
    Command(letter="?", word="help", does="this list", run=_alone(_help)),
    Command(
        letter="q",
        word="quit",
        does="quit, at every prompt; everything said to be saved is on disk",
        run=_alone(_quit),
    ),
)

_BY_LETTER = {command.letter: command for command in COMMANDS}
_BY_WORD = {command.word: command for command in COMMANDS}

_NAMED = re.compile(r"([A-Za-z]+|[?/])\s*(.*)", re.DOTALL)


def obey(sitting: PlainSitting, answer: str) -> None:
    """Do what an answer asks.

    Raises:
        RefusedError: It cannot be done, or is no command.
        LeaveError: The rater quits, or the input ended.
        BlindraterError: Something could not be saved and the rater quits, or ratings are final.
    """
    if not answer:
        marking.enter(sitting)
    elif answer.isascii() and answer.isdecimal():
        marking.score(sitting, answer)
    else:
        found = _NAMED.fullmatch(answer)
        name, argument = (found[1], found[2]) if found else (answer, "")
        command = _BY_LETTER.get(name) or _BY_WORD.get(name.lower())
        if command is None:
            raise RefusedError(f'There is no command "{name}": ? lists them.')
        command.run(sitting, argument)
