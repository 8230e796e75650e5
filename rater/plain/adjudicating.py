"""Adjudication line by line: a disagreement is printed, a level is asked for, then a reason."""

from __future__ import annotations

from protocol import rating_words
from protocol.adjudication.session import Decision
from protocol.chain.events import EventDraft, EventKind
from protocol.rating_moves import reasons_for
from rater.plain import pages
from rater.plain.dialogue import Dialogue, LeaveError
from rater.plain.numbered import NumberedConversation
from rater.plain.running import make_dialogue, talking
from rater.services.adjudication.adjudication_desk import AdjudicationDesk, side_name

COMMANDS = (
    "A digit decides the level; then a number gives the reason. x decides that it cannot be rated, u takes"
    " the last step back, U brings it back, n and p go to the next and previous disagreement, Enter to the"
    " next that is not decided, l prints the conversation again, a the anchors, t the task card, k says that"
    " you know which condition this is, finish ends the adjudication, q quits."
)


def adjudicate_plainly(desk: AdjudicationDesk, *, ascii_only: bool = False) -> bool:
    """Talk with the adjudicator until all is ended, or the adjudicator quits.

    Returns:
        Whether the adjudicator ended the adjudication.

    Raises:
        BlindraterError: Something could not be saved; what was said to be saved is on disk.
    """
    out = make_dialogue(ascii_only=ascii_only)
    talk = AdjudicationTalk(desk, out)
    with talking(out):
        talk.hold()
    return talk.ended


class AdjudicationTalk:
    """One sitting of an adjudicator.

    Args:
        desk: The open file.
        out: What is said and heard.
    """

    def __init__(self, desk: AdjudicationDesk, out: Dialogue) -> None:
        self._desk = desk
        self._out = out
        self._place = desk.session.place_to_resume()
        self._printed: set[str] = set()
        self.ended = False
        """Whether the adjudicator asked for the end."""

    @property
    def _decision(self) -> Decision:
        return self._desk.session.of(self._desk.cell(self._place))

    def hold(self) -> None:
        """Ask one thing after the other."""
        desk, out = self._desk, self._out
        desk.start_sitting()
        out.say(f"You are {desk.adjudicator}. Study: {desk.visible.name}.")
        out.say(
            f"{desk.session.decided} of {rating_words.counted(desk.places, 'disagreement')} decided. ? lists"
            " what you can type."
        )
        try:
            self._show()
            while not self.ended:
                self._obey(out.ask(self._prompt()))
        except LeaveError:
            pass
        out.say(f"Everything is saved: {desk.session.decided} of {desk.places} decided.")

    def _prompt(self) -> str:
        if self._decision.answered and not self._decision.whole:
            return f"Reason, 1 to {len(self._desk.plan.reasons)} (u takes the level back):"
        if self._desk.session.is_finished:
            return "All is decided. finish ends the adjudication (n, p look at decisions, q quits):"
        dimension = self._desk.dimension(self._place)
        return f"Level {rating_words.digits_of(dimension)} (x not ratable, ? help, q quits):"

    def _obey(self, answer: str) -> None:
        simple = {
            "": self._go_on,
            "u": lambda: self._take_back(self._desk.session.undo_draft(), "undo"),
            "U": lambda: self._take_back(self._desk.session.redo_draft(), "redo"),
            "n": lambda: self._go(self._place + 1),
            "p": lambda: self._go(self._place - 1),
            "x": self._not_ratable,
            "k": self._told,
            "l": self._print_text,
            "a": self._print_guide,
            "t": lambda: pages.print_card(self._out, self._desk.item(self._place).card),
            "?": lambda: self._out.say(COMMANDS),
            "finish": self._finish,
        }
        if answer in simple:
            simple[answer]()
        elif self._decision.answered and not self._decision.whole:
            self._reason(answer)
        else:
            self._level(answer)

    def _level(self, answer: str) -> None:
        dimension = self._desk.dimension(self._place)
        level = dimension.level_for_digit(answer)
        if level is None:
            digits = rating_words.digits_of(dimension)
            self._out.refuse(f"Please answer with a level, {digits}; ? lists the other commands.")
            return
        self._record(EventDraft(kind=EventKind.SCORE, level=level.value))
        self._list_reasons()

    def _list_reasons(self) -> None:
        self._out.say("Why did they differ?")
        for number, one in enumerate(self._desk.plan.reasons, start=1):
            self._out.text(f"{number}  {one.label}")

    def _reason(self, answer: str) -> None:
        reasons = self._desk.plan.reasons
        place = self._out.choice(answer, len(reasons), [one.code for one in reasons])
        if place is None:
            self._out.refuse(f"Please answer with a number from 1 to {len(reasons)}.")
            return
        self._record(EventDraft(kind=EventKind.WHY, reason=reasons[place].code))
        self._out.say("Saved.")
        self._go_on()

    def _not_ratable(self) -> None:
        reasons = reasons_for(self._desk.rubric, whole_item=False)
        if not reasons:
            self._out.refuse("This rubric has no reason for which this could be left unrated.")
            return
        chosen = self._out.choose(
            "Which code (Enter alone: none)?",
            [one.label for one in reasons],
            codes=[one.code for one in reasons],
        )
        if chosen is not None:
            self._record(EventDraft(kind=EventKind.NOT_RATABLE, reason=reasons[chosen].code))
            self._list_reasons()

    def _record(self, draft: EventDraft) -> None:
        cell = self._desk.cell(self._place)
        self._desk.record(
            EventDraft(
                kind=draft.kind,
                item_id=cell.item_id,
                dimension=cell.dimension,
                level=draft.level,
                reason=draft.reason,
            )
        )

    def _told(self) -> None:
        item = self._desk.cell(self._place).item_id
        self._desk.record(EventDraft(kind=EventKind.TOLD, item_id=item))
        known = item in self._desk.session.told
        self._out.say(
            "Recorded: you know or were told which this is." if known else "Taken back: you do not know."
        )

    def _take_back(self, draft: EventDraft | None, verb: str) -> None:
        step = None if draft is None else self._desk.session.step_behind(draft)
        if draft is None or step is None:
            self._out.refuse(f"There is nothing to {verb}.")
            return
        self._desk.record(draft)
        self._place = self._desk.session.place_of(step.draft, otherwise=self._place)
        self._out.say("Undone." if verb == "undo" else "Done again.")
        self._show()

    def _finish(self) -> None:
        left = self._desk.places - self._desk.session.decided
        if left:
            self._out.refuse(f"{rating_words.counted(left, 'disagreement')} still to be decided.")
            return
        self.ended = True

    def _go_on(self) -> None:
        place = self._desk.session.next_open(self._place)
        if place is None:
            self._out.say("All disagreements are decided.")
        elif place == self._place:
            self._out.say("This is the only one that is not decided.")
        else:
            self._go(place)

    def _go(self, place: int) -> None:
        if 0 <= place < self._desk.places:
            self._place = place
            self._show()
        else:
            self._out.refuse("There is no disagreement further on." if place else "This is the first one.")

    def _show(self) -> None:
        desk, out = self._desk, self._out
        dimension, item = desk.dimension(self._place), desk.item(self._place)
        out.say(f"Disagreement {self._place + 1} of {desk.places}: {dimension.name}.")
        if item.id not in self._printed:
            self._printed.add(item.id)
            if item.card.content_note:
                out.say(f"Content note: {item.card.content_note} l prints the text.")
            else:
                self._print_text()
            pages.print_anchors(out, dimension, desk.rulings(dimension.id))
        else:
            out.say("The text was printed before: l prints it again, a the anchors.")
        for side, opinion in enumerate(desk.opinions(self._place)):
            answer = opinion.answer
            said = f"NR:{answer.not_ratable}" if answer.level is None else str(answer.level)
            out.say(f"The {side_name(side)} opinion: {said}")
            for quote in opinion.quotes:
                out.text(f"message {quote.span.message + 1}: {quote.text}")
            if desk.plan.notes == "shown" and opinion.note:
                out.text(f"note: {opinion.note}")
        decision = self._decision
        if decision.answered:
            given = f"NR:{decision.not_ratable}" if decision.not_ratable else str(decision.level)
            out.say(
                f"Decided: {given}" + (f", {decision.why}." if decision.why else ", without a reason yet.")
            )

    def _print_text(self) -> None:
        conversation = self._desk.item(self._place).conversation
        for row in NumberedConversation(conversation, self._out.width).printed():
            self._out.line(row)

    def _print_guide(self) -> None:
        dimension = self._desk.dimension(self._place)
        pages.print_guide(self._out, dimension, self._desk.rubric, self._desk.rulings(dimension.id))
