"""The input ends, a write fails, the study is locked: nothing is lost, nothing unsaved looks saved."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chain.events import EventDraft, EventKind
from protocol.errors import StorageError, WrongStateError
from protocol.session import RaterSession
from protocol.visible import VisibleQuestion
from rater.plain.commands import COMMANDS
from rater.plain.dialogue import Dialogue
from rater.plain.loop import hold_sitting
from rater.services.doors.doors import lock_study
from rater.services.sitting.rating import RatingDesk
from rater.services.who import Who
from tests.conftest import BuildStudy, StudyFile, make_items, make_rubric
from tests.plain.talking import (
    CLOCK,
    copied,
    desk_of,
    drafts_on_disk,
    item_on_disk,
    kinds_on_disk,
    talk,
    talk_text,
)

SITTING = (
    *("", "2", "e 1", "x", "1", "m", "a note", "f", "a flag", "K", "u", "b", "1", "e 2 p"),
    *("", "", "2", "3", "words", "X", "1", "", "q"),
)
"""Answers at every kind of prompt of a study whose first item carries a question."""


def asked_study(build_study: BuildStudy, name: str = "study.db") -> StudyFile:
    """Return a study with quotes demanded and a question on its first item."""
    items = make_items(2, lines=3)
    question = VisibleQuestion(id="style", text="Which was it?", options=("plain", "careful", "odd"))
    return build_study(
        name=name,
        items=items,
        rubric=make_rubric(quote_from=1),
        questions=[question],
        asked=[items[0].id],
    )


def test_the_input_may_end_at_every_prompt(build_study: BuildStudy) -> None:
    """What is on disk after n answers is what a longer sitting begins with; then it says what is saved."""
    untouched = asked_study(build_study)
    whole = copied(untouched, "whole.db")
    said = talk(whole, *SITTING, start=False)
    assert said.refused == []
    everything = drafts_on_disk(whole)
    assert {draft.kind for draft in everything} >= {
        *(EventKind.SITTING, EventKind.SHOW, EventKind.SCORE, EventKind.QUOTE, EventKind.NOT_RATABLE),
        *(EventKind.NOTE, EventKind.FLAG, EventKind.TOLD, EventKind.RETRACT, EventKind.COMPLETE),
        *(EventKind.GUESS, EventKind.READ_TO_END),
    }
    seen = []
    for count in range(len(SITTING)):
        study = copied(untouched, f"{count}.db")
        said = talk(study, *SITTING[:count], start=False)
        assert "Everything is saved" in said.text
        found = drafts_on_disk(study)
        if found and found[-1].kind is EventKind.GUESS:
            found[-1:] = []
        assert found == everything[: len(found)]
        seen.append(len(found))
    assert seen == sorted(seen)
    assert len(set(seen)) > 12


def test_a_last_line_without_its_end_is_an_answer(build_study: BuildStudy) -> None:
    """A script that ends without a line feed, or has a byte order mark and CRLF, says the same."""
    study = build_study()
    talk_text(study, "\ufeff\r\n2\r\nm half a note")
    assert item_on_disk(study).mark("D1").level == 2
    assert item_on_disk(study).note == "half a note"


def test_a_question_answered_but_for_its_words_is_kept(build_study: BuildStudy) -> None:
    """The words are optional: the input may end there. Without sureness it is asked again."""
    study = asked_study(build_study)
    done = ["X 1", "", ""]
    talk(study, *done, "2")
    assert item_on_disk(study).guesses == {}
    assert "Which was it?" in talk(study, "2", "3").text
    assert item_on_disk(study).guesses["style"].sure == 3


def test_quitting_works_at_every_prompt(build_study: BuildStudy) -> None:
    """In a list, in place of a note and in place of words, which are optional: the answer stays."""
    study = asked_study(build_study)
    for answers in (["x", "q"], ["m", "q"], ["f", "quit"], ["X 1", "", "", "2", "3", "q"]):
        said = talk(study, *answers, "2", "2")
        assert said.refused == []
        assert "Everything is saved" in said.text
    progress = item_on_disk(study)
    assert (progress.note, progress.flagged) == ("", None)
    assert set(kinds_on_disk(study)) & {EventKind.SCORE, EventKind.NOTE} == set()
    assert (progress.guesses["style"].option, progress.guesses["style"].words) == (1, "")


def test_control_characters_and_broken_bytes_are_refused(build_study: BuildStudy) -> None:
    """An arrow key in a note is no part of it: the line is asked for again."""
    study = build_study()
    said = talk(study, "m", "fee\x1b[D", "fee", "m \udc9f", "\x04", "2")
    assert said.text.count("That line holds control characters") == 3
    assert said.refused == [3, 5, 6]
    assert item_on_disk(study).note == "fee"
    assert item_on_disk(study).mark("D1").level == 2


class FailingDesk:
    """Makes a desk fail to save a number of times."""

    def __init__(self, desk: RatingDesk, kind: EventKind, times: int) -> None:
        self._record = desk.record
        self._kind = kind
        self.left = times
        desk.record = self.record  # type: ignore[method-assign]  # the failure is the point

    def record(self, draft: EventDraft) -> RaterSession:
        """Fail, or save."""
        if draft.kind is self._kind and self.left:
            self.left -= 1
            raise StorageError("The disk is full: the change was not saved.", next_step="Free some space.")
        return self._record(draft)


def failing(kind: EventKind, times: int) -> Callable[[RatingDesk], object]:
    """Return what makes a desk fail."""
    return lambda desk: FailingDesk(desk, kind, times)


def test_a_failed_write_keeps_what_was_typed_and_is_tried_again(build_study: BuildStudy) -> None:
    """It says NOT SAVED with the text, takes no number for an answer, and saves on again."""
    study = build_study()
    said = talk(study, "m the fee is missing", "2", "again", "again", "2", before=failing(EventKind.NOTE, 2))
    assert said.unfolded.count("NOT SAVED. The disk is full") == 2
    assert "Not on disk: note: the fee is missing" in said.text
    assert "Please answer again, drop or quit." in said.text
    assert item_on_disk(study).note == "the fee is missing"
    assert item_on_disk(study).mark("D1").level == 2


@pytest.mark.parametrize("kind", [EventKind.SCORE, EventKind.SHOW, EventKind.SITTING, EventKind.READ_TO_END])
def test_going_on_without_leaves_all_as_it_was(build_study: BuildStudy, kind: EventKind) -> None:
    """After drop nothing looks saved, and the next try works."""
    study = build_study()
    said = talk(
        study, "drop" if kind is not EventKind.SCORE else "3", "drop", "g 2", "1", before=failing(kind, 1)
    )
    assert "Not saved; all is as before." in said.text
    assert kinds_on_disk(study).count(kind) <= 2
    assert "Verification support 3, saved" not in said.text
    assert item_on_disk(study, 1).mark("D1").level == 1


@pytest.mark.parametrize("ending", [[], ["quit"], ["2", "q"]])
def test_quitting_with_something_unsaved_is_an_error(build_study: BuildStudy, ending: list[str]) -> None:
    """The error is the caller's, so the exit code tells; what was saved before stays."""
    study = build_study()
    with pytest.raises(StorageError, match="disk is full"):
        talk(study, "2", "m x", *ending, before=failing(EventKind.NOTE, 9))
    assert item_on_disk(study).mark("D1").level == 2


def test_an_interrupt_with_something_unsaved_is_the_same_error(build_study: BuildStudy) -> None:
    """Ctrl-C at the question whether to try again does not pass for an end in order."""
    answers = iter(["\n", "m x\n"])

    class Answers:
        def readline(self) -> str:
            answer = next(answers, None)
            if answer is None:
                raise KeyboardInterrupt
            return answer

    desk = desk_of(build_study().path)
    failing(EventKind.NOTE, 9)(desk)
    with pytest.raises(StorageError, match="disk is full"):
        hold_sitting(desk, Dialogue(Answers(), io.StringIO()))
    desk.close()


def test_a_full_disk_is_said(build_study: BuildStudy) -> None:
    """The real fault of the database, until there is room again."""
    study = build_study()

    def fill(desk: RatingDesk) -> None:
        pages = desk._connection.execute("PRAGMA page_count").fetchone()[0]
        desk._connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    note = "n" * 20000
    with pytest.raises(StorageError, match="disk is full"):
        talk(study, "2", f"m {note}", "again", before=fill)
    assert item_on_disk(study).mark("D1").level == 2
    assert item_on_disk(study).note == ""


def test_a_study_that_was_locked_meanwhile_ends_the_sitting(build_study: BuildStudy) -> None:
    """What came too late is said; nothing of it is on disk."""
    study = build_study()
    sink = io.StringIO()
    desk = desk_of(study.path)
    answers = iter(["\n", "2\n"])

    class Answers:
        def readline(self) -> str:
            answer = next(answers, None)
            if answer is None:
                who = Who(name="admin", app="0", reason="test")
                lock_study(study.path, who=who, clock=lambda: CLOCK, accept_missing=True)
                return "3\n"
            return answer

    with pytest.raises(WrongStateError, match="locked while you were rating"):
        hold_sitting(desk, Dialogue(Answers(), sink))
    desk.close()
    assert "Ratings are final. Came too late: score 3 for Process steerability" in sink.getvalue()


def test_a_second_window_is_told(build_study: BuildStudy) -> None:
    """Both cannot write; the sentence says what to do."""
    study = build_study()
    other = desk_of(study.path)
    with pytest.raises(StorageError, match="another window"):
        talk(study, "2", before=lambda desk: other.start_sitting())
    other.close()


def test_ratings_that_were_handed_in_do_not_change(build_study: BuildStudy) -> None:
    """The sitting does not begin."""
    study = build_study()
    desk = desk_of(study.path)
    desk.record(EventDraft(kind=EventKind.SUBMIT))
    desk.close()
    with pytest.raises(WrongStateError, match="handed in"):
        talk(study, "2")


def test_stopping_the_output_does_not_count_as_reading(build_study: BuildStudy) -> None:
    """Ctrl-C while the conversation is printed stops that alone; l prints it and makes the level count."""
    study = build_study(rubric=make_rubric(dimensions=1, quote_from=1, read_to_end=True))

    class Sink(io.StringIO):
        stopped = False

        def write(self, text: str, /) -> int:
            if "Paragraph 3" in text and not self.stopped:
                self.stopped = True
                raise KeyboardInterrupt
            return super().write(text)

    sink = Sink()
    desk = desk_of(study.path)
    hold_sitting(desk, Dialogue(io.StringIO("\n0\n\nl\n\n"), sink))
    desk.close()
    assert "Stopped before the end." in sink.getvalue()
    assert sink.getvalue().count("counts only once the conversation was printed") == 2
    assert item_on_disk(study).completed


@pytest.mark.parametrize("kind", ["gone", "hung up"])
def test_a_terminal_that_is_gone_is_the_end_of_input(build_study: BuildStudy, kind: str) -> None:
    """Whether it reads as empty or as an error."""

    class Answers:
        def readline(self) -> str:
            if kind == "gone":
                raise OSError(5, "Input/output error")
            return ""

    sink = io.StringIO()
    desk = desk_of(build_study().path)
    hold_sitting(desk, Dialogue(Answers(), sink))
    desk.close()
    assert "Everything is saved" in sink.getvalue()


NAMES = [name for command in COMMANDS for name in (command.letter, command.word)]
STEPS = (
    *(
        ["0"],
        ["1"],
        ["2", "e 3"],
        ["e 2-4"],
        ["e 3 p"],
        ["r 1"],
        ["x 1"],
        ["X 1"],
        ["w"],
        ["u"],
        ["U"],
        ["K"],
    ),
    *(["d 1"], ["d 2"], ["b"], ["g 1"], ["g 2"], ["c"], ["m a note"], ["m -"], ["f odd"], ["f -"]),
    *(["d 1", "0", "d 2", "0", "c"], ["X 2", "c"], ["g 1", "X 2", "c", "c", "2", "3", "words"], [""]),
)
"""What leads somewhere, among the rest that is mostly refused."""
ANSWERS = st.one_of(
    st.sampled_from(STEPS),
    st.sampled_from(STEPS),
    st.sampled_from(NAMES).map(lambda name: [name]),
    st.tuples(st.sampled_from(NAMES), st.text(max_size=12)).map(lambda parts: [" ".join(parts)]),
    st.tuples(st.sampled_from(NAMES), st.integers(-1, 30).map(str)).map(lambda parts: [" ".join(parts)]),
    st.text(max_size=20).map(lambda text: [text]),
)


def test_random_answers_never_break_the_dialogue_or_the_chain(build_study: BuildStudy) -> None:
    """Whatever is typed: no fault, no control character out, and a chain that verifies and folds alike."""
    untouched = asked_study(build_study)

    @settings(max_examples=120, deadline=None)
    @given(steps=st.lists(ANSWERS, min_size=8, max_size=40))
    def try_answers(steps: list[list[str]]) -> None:
        study = copied(untouched, "tried.db")
        answers = [answer for step in steps for answer in step if answer not in ("q", "quit")]
        text = talk(study, *answers).text
        assert not [char for char in text if char != "\n" and ord(char) < 0x20]
        desk = desk_of(study.path)
        assert desk.session.progress.keys() == {
            event.draft.item_id for event in desk.events if event.draft.item_id
        }
        desk.close()

    try_answers()
