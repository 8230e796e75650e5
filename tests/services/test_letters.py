"""Letters that go with packs, and packs that take the place of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import (
    BlindError,
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
    UsageError,
)
from rater.services.packs.handing_out import IssuedPack, issue_packs
from rater.services.packs.letters import FIELDS, LetterRequest, shipped_letter
from rater.services.packs.merging import merge_files
from rater.services.sitting.submitting import submit
from rater.services.who import Who
from tests.services.small_studies import (
    ADMIN,
    APP,
    MODELS,
    PLAIN,
    TASKS,
    SmallStudy,
    clock,
    desk_of,
    rate_item,
    seeded_study,
)


def issue(
    small: SmallStudy,
    *codes: str,
    folder: str = "packs",
    letters: LetterRequest | None = None,
    replace: bool = False,
    who: Who = ADMIN,
) -> list[IssuedPack]:
    return issue_packs(
        small.study,
        codes,
        every=not codes,
        folder=small.folder / folder,
        who=who,
        clock=clock,
        letters=letters,
        replace=replace,
    )


def letter_of(issued: IssuedPack) -> str:
    assert issued.letter is not None
    return issued.letter.read_text(encoding="utf-8")


def test_a_letter_goes_with_every_pack(tmp_path: Path) -> None:
    """Code, pack, hash, deadline, three systems, three commands; nothing of the conditions or the others."""
    small = seeded_study(tmp_path)
    for one in issue(small, letters=LetterRequest(deadline="1 March")):
        text = letter_of(one)
        assert one.letter == small.folder / "packs" / f"{one.rater}.letter.txt"
        assert f"Dear {one.rater}," in text
        assert sha256_hex(one.path.read_bytes()) in text
        assert "Deadline: 1 March" in text
        for words in ("Linux", "macOS", "Windows", "rater demo", "--interim"):
            assert words in text
        for command in (f"rater rate {one.path.name}", f"rater submit {one.path.name}"):
            assert command in text
        assert "$" not in text
        others = {"R1", "R2", "R3"} - {one.rater}
        assert not any(word in text for word in (*MODELS, *TASKS, *others))


def test_the_template_beside_the_study_is_the_one_that_is_used(tmp_path: Path) -> None:
    """letter.txt of the study folder, or the one that is named; $$ is a dollar sign."""
    small = seeded_study(tmp_path)
    (small.folder / "letter.txt").write_text("$rater gets $$5 for $items", encoding="utf-8")
    assert letter_of(issue(small, "R1", letters=LetterRequest())[0]) == "R1 gets $5 for 8"
    (small.folder / "other.txt").write_text("Hello $rater", encoding="utf-8")
    named = LetterRequest(template=small.folder / "other.txt")
    assert letter_of(issue(small, "R2", letters=named)[0]) == "Hello R2"


@pytest.mark.parametrize(
    "words",
    ["This is canary-one.", "It is GPT-4o.", "Always offer the person three independent ways of checking"],
)
def test_a_letter_that_tells_a_condition_stops_everything(tmp_path: Path, words: str) -> None:
    """A model of the sealed study.toml, a shipped name, a run of a scaffold: no pack goes out."""
    from tests.services.small_studies import protocol_text, seed_small, write_sources

    small = seed_small(write_sources(tmp_path / "s", protocol=protocol_text(guess_share=0.5)))
    (small.folder / "letter.txt").write_text(f"Hello $rater.\n{words}\n", encoding="utf-8")
    with pytest.raises(BlindError, match="would tell a condition") as caught:
        issue(small, letters=LetterRequest())
    assert "line 2" in caught.value.where
    assert not (small.folder / "packs").exists()
    assert small.actions() == ["seeded"]


def test_an_unknown_field_is_named_with_its_line(tmp_path: Path) -> None:
    """Before anything goes out; the fields that exist are listed."""
    small = seeded_study(tmp_path)
    (small.folder / "letter.txt").write_text("$rater\n$nmae and $model", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="do not exist") as caught:
        issue(small, letters=LetterRequest())
    assert [problem.found for problem in caught.value.problems] == ["$nmae", "$model"]
    assert caught.value.problems[0].where.endswith("letter.txt, line 2")
    assert all(f"${field}" in caught.value.problems[0].expected for field in FIELDS)
    assert small.actions() == ["seeded"]


def test_the_shipped_letter_names_every_field(tmp_path: Path) -> None:
    """A field nobody can find in the template is one nobody uses."""
    assert all(f"${field}" in shipped_letter() for field in FIELDS)


def test_another_study_toml_is_refused(tmp_path: Path) -> None:
    """Its names would be the wrong ones to search for; one beside that was edited is not taken."""
    small = seeded_study(tmp_path)
    edited = small.folder / "edited.toml"
    edited.write_text(small.protocol.read_text(encoding="utf-8") + "# later\n", encoding="utf-8")
    with pytest.raises(CheckFailedError, match=r"not the study\.toml"):
        issue(small, letters=LetterRequest(protocol=edited))
    assert issue(small, "R2", letters=LetterRequest())[0].letter_knows_names
    edited.replace(small.protocol)
    assert not issue(small, "R1", letters=LetterRequest())[0].letter_knows_names


def test_a_letter_in_the_way_is_never_replaced(tmp_path: Path) -> None:
    """Nothing goes out."""
    small = seeded_study(tmp_path)
    (small.folder / "packs").mkdir()
    (small.folder / "packs" / "R1.letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="letter is there already"):
        issue(small, letters=LetterRequest())
    assert small.actions() == ["seeded"]


def test_a_replaced_pack_holds_what_was_merged_and_voids_the_old_one(tmp_path: Path) -> None:
    """The lost laptop: the interim copy is inside, the rater goes on there, and it is on record."""
    small = seeded_study(tmp_path)
    (old,) = issue(small, "R1")
    desk = desk_of(old.path)
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    interim = submit(old.path, rater=None, output=tmp_path / "i.jsonl", interim=True, app=APP)
    merge_files(small.study, [interim.path], who=ADMIN, clock=clock)
    (new,) = issue(small, "R1", folder="second", replace=True)
    desk = desk_of(new.path)
    assert desk.session.completed_count == 1
    rate_item(desk, 1, levels=PLAIN)
    desk.close()
    back = submit(new.path, rater=None, output=tmp_path / "n.jsonl", interim=True, app=APP)
    (merged,) = merge_files(small.study, [back.path], who=ADMIN, clock=clock)
    assert merged.outcome == "merged"
    assert small.actions() == ["seeded", "pack-out", "merged", "pack-replaced", "merged"]
    assert small.audit()[3]["reason"] == ADMIN.reason


def test_a_voided_pack_that_comes_back_merges_or_is_shown_as_a_fork(tmp_path: Path) -> None:
    """While nobody went on in the new one it is the same chain; afterwards it is a fork, and both stay."""
    small = seeded_study(tmp_path)
    (old,) = issue(small, "R1")
    (new,) = issue(small, "R1", folder="second", replace=True)
    desk = desk_of(old.path)
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    mine = submit(old.path, rater=None, output=tmp_path / "o.jsonl", interim=True, app=APP)
    desk = desk_of(new.path, seed="new")
    rate_item(desk, 1, levels=PLAIN)
    desk.close()
    other = submit(new.path, rater=None, output=tmp_path / "n.jsonl", interim=True, app=APP)
    assert merge_files(small.study, [mine.path], who=ADMIN, clock=clock)[0].outcome == "merged"
    with pytest.raises(CheckFailedError, match="differ from event 1"):
        merge_files(small.study, [other.path], who=ADMIN, clock=clock)
    assert other.path.exists()


def test_replacing_needs_a_reason_and_a_pack_that_is_out(tmp_path: Path) -> None:
    """All or none of the named; --all means those that are out."""
    small = seeded_study(tmp_path)
    with pytest.raises(NotFoundError, match="No pack is out"):
        issue(small, replace=True)
    issue(small, "R1")
    with pytest.raises(UsageError, match="reason"):
        issue(small, "R1", folder="b", replace=True, who=Who(name="a", app=APP))
    with pytest.raises(NotFoundError, match="No pack of R2"):
        issue(small, "R1", "R2", folder="b", replace=True)
    with pytest.raises(UsageError, match="there already"):
        issue(small, "R1", replace=True)
    assert [one.rater for one in issue(small, folder="b", replace=True)] == ["R1"]
    assert small.actions() == ["seeded", "pack-out", "pack-replaced"]
