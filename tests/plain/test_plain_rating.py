"""Rating line by line: what is asked, what is written, where each answer leads."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.connection import FileKind
from protocol.chain.events import EventKind
from protocol.conversation import Conversation, Message
from protocol.rubric import Level
from rater.plain.commands import COMMANDS
from tests.conftest import BuildStudy, StudyFile, make_items, make_rubric
from tests.plain.talking import drafts_on_disk, item_on_disk, kinds_on_disk, session_on_disk, talk
from tests.tui.driving import sitting


def test_the_first_words_say_who_what_and_what_is_recorded(build_study: BuildStudy) -> None:
    """Before anything is recorded; q there leaves the file as it was."""
    study = build_study(study_name="Contracts", simulated=True)
    said = talk(study, "q", start=False).text
    assert said.startswith("SIMULATED STUDY")
    assert "You are R1. Study: Contracts." in said
    assert "4 items: 0 completed, 0 begun, 4 to do" in said
    assert "Recorded: each answer" in said
    assert "Who sees it: the person who runs the study" in said
    assert "Message 1" not in said
    assert kinds_on_disk(study) == []


def test_two_scores_and_enter_complete_an_item_and_print_the_next(build_study: BuildStudy) -> None:
    """Three answers an item, as three keys in the app; the end of the text is recorded."""
    study = build_study()
    said = talk(study, "2", "3", "", "q").text
    assert "Item 1 is completed, saved." in said
    assert "Item 2 of 4. 1 completed." in said
    assert kinds_on_disk(study) == [
        EventKind.SITTING,
        EventKind.SHOW,
        EventKind.READ_TO_END,
        EventKind.SCORE,
        EventKind.SCORE,
        EventKind.COMPLETE,
        EventKind.SHOW,
        EventKind.READ_TO_END,
    ]
    assert {name: mark.level for name, mark in item_on_disk(study).marks.items()} == {"D1": 2, "D2": 3}


def test_dimensions_are_asked_in_the_raters_own_order(build_study: BuildStudy) -> None:
    """The first number answers the first question asked, with its anchors printed before."""
    study = build_study(dimension_order=("D2", "D1"))
    said = talk(study, "1").text
    assert said.index("Anchor 3 of Process steerability.") < said.index("Process steerability 0-3 (a anchors")
    assert item_on_disk(study).mark("D2").level == 1


def test_the_same_answer_twice_is_one_event(build_study: BuildStudy) -> None:
    """As in the app, a level that is there already is not written again."""
    study = build_study()
    talk(study, "2", "b", "2", "d 1", "2")
    assert kinds_on_disk(study).count(EventKind.SCORE) == 1


def test_a_number_that_is_no_level_is_refused(build_study: BuildStudy) -> None:
    """The sentence names the levels; the same dimension is asked again."""
    study = build_study()
    said = talk(study, "7", "12", "2")
    assert "Verification support has the levels 0-3." in said.text
    assert said.refused == [2, 3]
    assert item_on_disk(study).mark("D1").level == 2


def test_no_number_changes_an_item_that_has_all_it_needs(build_study: BuildStudy) -> None:
    """A script that is out of step overwrites nothing; d 1 goes back on purpose."""
    study = build_study()
    said = talk(study, "2", "3", "0", "d 1", "1")
    assert said.refused == [4]
    assert "No dimension is asked now: d 1 goes to the first one" in said.text
    assert item_on_disk(study).mark("D2").level == 3
    assert item_on_disk(study).mark("D1").level == 1


def test_levels_beyond_nine_are_scored_by_their_place(build_study: BuildStudy) -> None:
    """The anchors say which number gives which level, and the level's value is stored."""
    rubric = make_rubric(dimensions=1)
    levels = tuple(Level(value=value, label=f"{value}", anchor=f"At {value}.") for value in (-5, 0, 50))
    study = build_study(rubric=replace(rubric, dimensions=(replace(rubric.dimensions[0], levels=levels),)))
    said = talk(study, "2").text
    assert "  2 50: At 50." in said
    assert item_on_disk(study).mark("D1").level == 50


def test_a_level_that_needs_a_quote_is_not_complete_without(build_study: BuildStudy) -> None:
    """Its dimension stays, says so, takes another level, and goes on once a line is quoted."""
    study = build_study(rubric=make_rubric(quote_from=1))
    said = talk(study, "2", "", "c", "e 4", "0", "")
    assert said.text.count("level 2 counts only with a quote") == 3
    assert said.refused == [3, 4]
    progress = item_on_disk(study)
    assert progress.completed
    assert [quote.text for quote in progress.mark("D1").quotes] == [
        "Paragraph 2 of answer 1. Check line 2 of your bill."
    ]


def test_quotes_are_listed_and_removed(build_study: BuildStudy) -> None:
    """Removing the only quote of a level that needs one makes its dimension asked again."""
    study = build_study(rubric=make_rubric(quote_from=1))
    said = talk(study, "E", "2", "e 3", "0", "E", "r 2", "r 1", "3").text
    assert "This item has no quote yet" in said
    assert "Quote 1, Verification support, message 2\n  Paragraph 1 of answer 1." in said
    assert "Name a quote by its number, r 1 to r 1" in said
    progress = item_on_disk(study)
    assert progress.mark("D1").quotes == ()
    assert progress.mark("D1").level == 3
    assert progress.mark("D2").level == 0


def test_reading_to_the_end_is_what_makes_a_low_level_count(build_study: BuildStudy) -> None:
    """A printed conversation counts as read, so nothing more is asked."""
    study = build_study(rubric=make_rubric(quote_from=1, read_to_end=True))
    talk(study, "0", "0", "")
    assert item_on_disk(study).completed


def test_a_dimension_and_an_item_can_be_not_ratable(build_study: BuildStudy) -> None:
    """By number, by code, or in a dialogue that Enter leaves; each scope has its own codes."""
    study = build_study(rubric=make_rubric(item_only_reason="declined"))
    said = talk(study, "x declined", "x", "9", "", "x 2", "x", "refusal", "", "X", "declined", "x", "", "q")
    assert '"declined" is none of the reasons for Verification support: refusal, truncated.' in said.unfolded
    assert "Please answer with a number from 1 to 2, or q to quit." in said.unfolded
    assert "Nothing was changed." in said.unfolded
    assert "\n  1  refusal: no substantive work in any turn" in said.text
    assert "The whole item is marked as not ratable: clear takes that back." in said.unfolded
    first = item_on_disk(study)
    assert [first.mark(name).reason for name in ("D1", "D2")] == ["truncated", "refusal"]
    assert first.completed
    assert item_on_disk(study, 1).reason == "declined"
    assert item_on_disk(study, 1).completed


def test_clear_takes_back_the_mark_of_item_or_dimension(build_study: BuildStudy) -> None:
    """First the item's, else the asked dimension's; without a mark it says so."""
    study = build_study()
    said = talk(study, "w", "2", "X 1", "clear", "d 1", "w")
    assert said.refused == [2]
    assert item_on_disk(study).reason is None
    assert item_on_disk(study).mark("D1").level is None


def test_notes_on_item_and_dimension(build_study: BuildStudy) -> None:
    """Typed behind the command or when asked; Enter leaves them, a dash removes them."""
    study = build_study()
    said = talk(
        study, "m fee unclear", "M", "borderline", "m", "", "note", "fee 2 unclear", "d 2", "M -"
    ).text
    assert "Note on this item. It is now:\n  fee unclear\n" in said
    progress = item_on_disk(study)
    assert progress.note == "fee 2 unclear"
    assert progress.mark("D1").note == "borderline"
    talk(study, "m -", "d D1", "M", "-")
    assert item_on_disk(study).note == ""
    assert item_on_disk(study).mark("D1").note == ""


def test_a_flag_needs_a_reason_and_can_be_taken_back(build_study: BuildStudy) -> None:
    """Every flag of the item is taken back at once."""
    study = build_study()
    said = talk(study, "f", "", "f -", "f fabricated", "flag fabricated source", "f", "")
    assert said.refused == [3, 4]
    assert item_on_disk(study).flagged == "fabricated source"
    talk(study, "f -")
    assert item_on_disk(study).flagged is None


def test_told_is_recorded_and_taken_back(build_study: BuildStudy) -> None:
    """K a second time takes it back and leaves what came between."""
    study = build_study()
    talk(study, "K", "2", "told")
    assert not item_on_disk(study).told
    assert item_on_disk(study).mark("D1").level == 2
    talk(study, "K")
    assert item_on_disk(study).told


def test_undo_and_redo_go_to_the_item_they_change(build_study: BuildStudy) -> None:
    """Undo takes a completion back on its item, redo brings it back; the text is not printed twice."""
    study = build_study()
    said = talk(study, "2", "3", "", "u", "u", "U", "redo", "redo").text
    assert "Undone, saved: completing the item" in said
    assert "Its conversation was printed before in this sitting" in said
    assert said.count("Paragraph 3 of answer 1.") == 1
    assert "There is nothing to redo." in said
    assert item_on_disk(study).completed
    assert kinds_on_disk(study).count(EventKind.RETRACT) == 4


def test_undo_without_a_step_says_so(build_study: BuildStudy) -> None:
    """Nothing is written."""
    study = build_study()
    assert "There is nothing to undo." in talk(study, "u").text
    assert EventKind.RETRACT not in kinds_on_disk(study)


def test_going_by_number_and_by_state(build_study: BuildStudy) -> None:
    """Each visit is recorded; the ends and unknown numbers are sentences."""
    study = build_study()
    said = talk(study, "p", "g 3", "g 3", "g 9", "n", "n", "N", "previous", "p").text
    positions = [int(number) for number in re.findall(r"^Item (\d) of 4", said, re.MULTILINE)]
    assert positions == [1, 3, 4, 1]
    for sentence in ("the first item.", "This is item 3.", "g 1 to g 4", "the last item."):
        assert sentence in said


def test_the_only_open_item_is_named_as_such(build_study: BuildStudy) -> None:
    """The next open item is never the one in hand."""
    study = build_study(items=make_items(1))
    assert "This is the only item that is not completed." in talk(study, "N").text


def test_the_next_start_goes_on_where_the_last_ended(build_study: BuildStudy) -> None:
    """At the item shown last, asking the dimension that has no score yet."""
    study = build_study()
    talk(study, "g 3", "2")
    said = talk(study, "1").text
    assert "4 items: 0 completed, 1 begun, 3 to do. Last saved" in said
    assert "Item 3 of 4." in said
    assert "Verification support 2; Process steerability no score." in said
    assert item_on_disk(study, 2).mark("D2").level == 1


def test_the_list_shows_where_every_item_stands(build_study: BuildStudy) -> None:
    """All items, those of one state, or a range."""
    study = build_study()
    talk(study, "2", "3", "", "1", "m x", "n", "X refusal", "f odd")
    said = talk(study, "i", "i todo", "i done", "i flagged", "i 2-3", "i nonsense").unfolded
    third = "3, this item: begun, only to be completed; not ratable, refusal; flag: odd"
    assert f"1: done\n2: begun, 1 missing; noted\n{third}\n4: to do\n" in said
    assert said.count("4: to do") == 2
    assert said.count("1: done") == 2
    assert "i lists all items" in said


def test_a_long_list_is_cut_and_says_how_to_go_on(build_study: BuildStudy) -> None:
    """Two hundred items at a time."""
    study = build_study(items=make_items(205, lines=1))
    said = talk(study, "i", "i 201-400").text
    assert "So far 200: i 201-400 lists from here on." in said
    assert said.count("\n205: to do") == 1


def test_the_finish_says_what_is_left_and_what_to_do(build_study: BuildStudy) -> None:
    """In a pack it names `rater submit`; Enter says it again."""
    study = build_study(items=make_items(2), kind=FileKind.PACK)
    said = talk(study, "2", "3", "", "1", "0", "", "").text
    assert said.count("All 2 items are complete, R1. Thank you.") == 2
    assert "run `rater submit study.db`" in " ".join(said.split())
    assert "Item 2 is completed. Enter goes on" in said
    assert session_on_disk(study).is_finished


def test_a_content_note_comes_before_the_text(build_study: BuildStudy) -> None:
    """The text follows Enter; until then nothing is scored or quoted, and declining needs no reading."""
    item = make_items(2)[0]
    items = [replace(item, card=replace(item.card, content_note="Graphic injury.")), make_items(2)[1]]
    study = build_study(items=items)
    said = talk(study, "2", "e 1", "l 1").text
    assert "Content note\n  Graphic injury.\nEnter prints the conversation" in said
    assert "which contract is cheaper" not in said
    assert EventKind.READ_TO_END not in kinds_on_disk(study)
    assert item_on_disk(study).mark("D1").level is None
    said = talk(study, "X refusal", "").text
    assert "Item 2 of 2" in said
    assert "Question 1" not in said
    study = build_study(items=items, name="second.db")
    said = talk(study, "", "2").text
    assert "Question 1: which contract is cheaper?" in said
    assert item_on_disk(study).mark("D1").level == 2


def test_task_card_and_guide_are_printed_on_demand(build_study: BuildStudy) -> None:
    """All parts of the card; anchors and rules for the dimension that is asked."""
    study = build_study()
    said = talk(study, "t", "a", "s").text
    for part in (
        "Compare two phone contracts.",
        "Both price lists.",
        "2. B has an exit fee.",
        "1. Which period",
    ):
        assert part in said
    assert "Decision rules\n  1. Lower unless quoted." in said
    assert said.count("Anchor 2 of Verification support.") == 2
    assert "Item 1 of 4: to do" in said


def test_help_names_every_command_and_each_is_known(build_study: BuildStudy) -> None:
    """What the help lists can be typed, by letter and by word."""
    study = build_study()
    said = talk(study, "?").text
    listed = re.findall(r"^  (\S)(?: \S+)?, ([a-z]+): ", said, re.MULTILINE)
    assert {letter for letter, _ in listed} == {one.letter for one in COMMANDS} - {"R"}, "no training here"
    for letter, word in listed:
        for name in (letter, word.upper()):
            assert f'There is no command "{name}"' not in talk(study, name, "", "q").text


def test_an_unknown_command_is_a_sentence(build_study: BuildStudy) -> None:
    """And so is something behind a command that takes nothing."""
    study = build_study()
    said = talk(study, "frobnicate", "%", "t 3", "12a").text
    assert 'There is no command "frobnicate": ? lists them.' in said
    assert 'There is no command "%"' in said
    assert "takes nothing after it: nothing was done" in said


def closing_study(build_study: BuildStudy, name: str = "study.db") -> StudyFile:
    """Return a study whose first item carries a question."""
    from protocol.visible import VisibleQuestion

    items = make_items(2)
    question = VisibleQuestion(
        id="style", text="Which instruction was it?", options=("plain", "careful", "odd")
    )
    return build_study(name=name, items=items, questions=[question], asked=[items[0].id])


def test_a_question_closes_its_item_after_a_warning(build_study: BuildStudy) -> None:
    """Enter warns once, Enter again completes, then answer, sureness and words are one event."""
    study = closing_study(build_study)
    said = talk(
        study, "2", "3", "", "", "", "9", "2", "3", "it said so", "p", "d 1", "1", "X 1", "u", "K", "K"
    )
    assert "Enter once more completes this item and closes it" in said.text
    assert (
        "Item 1: Which instruction was it?\n  1  plain\n  2  careful\n  3  odd\n  4  don't know" in said.text
    )
    assert said.text.count("This item is closed") == 2
    assert "There is nothing to undo." in said.text
    progress = item_on_disk(study)
    answer = progress.guesses["style"]
    assert (answer.option, answer.sure, answer.words) == (1, 3, "it said so")
    assert progress.mark("D1").level == 2
    assert not progress.told


def test_not_knowing_is_an_answer_without_sureness(build_study: BuildStudy) -> None:
    """The last option ends the question at once."""
    study = closing_study(build_study)
    talk(study, "2", "3", "", "", "4")
    answer = item_on_disk(study).guesses["style"]
    assert (answer.option, answer.sure, answer.words) == (None, None, "")


def test_a_question_left_open_is_asked_at_the_next_start(build_study: BuildStudy) -> None:
    """Quitting at the question loses nothing; it comes first next time."""
    study = closing_study(build_study)
    talk(study, "2", "3", "", "", "q")
    assert item_on_disk(study).completed
    assert item_on_disk(study).guesses == {}
    said = talk(study, "1", "1", "").text
    assert said.index("Item 1: Which instruction") < said.index("Item 2 of 2")
    assert item_on_disk(study).guesses["style"].option == 0


@pytest.mark.parametrize("quote_from", [None, 1])
async def test_the_same_work_leaves_the_same_events_as_the_app(
    build_study: BuildStudy, quote_from: int | None
) -> None:
    """Key by key and line by line: kinds, levels, reasons, spans, texts and targets are equal."""
    items = make_items(3, lines=3)
    rubric = make_rubric(quote_from=quote_from, read_to_end=quote_from is not None)
    in_app = build_study(name="app.db", items=items, rubric=rubric)
    in_plain = build_study(name="plain.db", items=items, rubric=rubric)
    async with sitting(in_app, size=(100, 40)) as app:
        await app.press("3", *([] if quote_from else ["shift+tab"]), "right_square_bracket", "e", "enter")
        await app.press("0", "m")
        await app.type("a note")
        await app.press("enter", "K", "u", "U", "f")
        await app.type("odd")
        await app.press("enter", "enter", "X", "1", "enter", "u", "u", "n", "p")
    quoted = [draft for draft in drafts_on_disk(in_app) if draft.kind is EventKind.QUOTE]
    assert [draft.texts["quote"] for draft in quoted] == [
        "Paragraph 0 of answer 1. Check line 0 of your bill."
    ]
    back = ["d 1"] if quote_from is None else []
    talk(
        in_plain,
        "3",
        *back,
        "e 2",
        "d 2",
        "0",
        "m a note",
        "K",
        "u",
        "U",
        "f odd",
        "",
        "X 1",
        "",
        "u",
        "u",
        "n",
        "p",
    )
    assert drafts_on_disk(in_plain) == drafts_on_disk(in_app)


def test_the_dialogue_in_the_documents_is_a_real_one(build_study: BuildStudy) -> None:
    """Said by the program to these answers, at a width of 100 columns."""
    page = Path(__file__).parents[2] / "docs" / "plain-mode.md"
    shown = page.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    messages = (
        Message(role="user", text="Compare these two phone contracts for me."),
        Message(role="assistant", text="A is cheaper by 42. Check the exit fee in line 3 of your bill."),
    )
    item = replace(make_items(2)[1], conversation=Conversation(messages=messages))
    study = build_study(items=[make_items(1)[0], item], rubric=make_rubric(quote_from=1))
    said = talk(study, "0", "0", "", "2", "e 2 check ... bill", columns=100).text
    assert shown in said
