"""The study folder that init writes."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from protocol.claims.evidence_level import claims_above
from protocol.errors import UsageError
from protocol.rubric import Rubric
from protocol.study import StudyProtocol
from protocol.study_file import read_study
from rater.services.seeding.starting import start_study, study_text

METHODS = Path(__file__).parents[2].parent / "shared" / "methods.md"


@pytest.fixture
def study() -> StudyProtocol:
    return read_study(study_text(), where="study.toml")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in _texts(one)]
    if is_dataclass(value):
        return [text for field in fields(value) for text in _texts(getattr(value, field.name))]
    return []


def _runs_of_six(text: str) -> set[str]:
    words = re.findall(r"\w+", text.casefold())
    return {" ".join(words[start : start + 6]) for start in range(len(words) - 5)}


def test_written_file_stands_by_itself_and_is_read(tmp_path: Path, study: StudyProtocol) -> None:
    """The folder holds a protocol that passes its own checks, a README and the letter to raters."""
    started = start_study(tmp_path / "new" / "study")
    assert [path.name for path in started.written] == ["study.toml", "README.md", "letter.txt"]
    assert read_study(started.written[0].read_text(encoding="utf-8"), where="s") == study
    assert claims_above(study.claims, study.evidence_level) == ()


def test_rubric_is_whole(study: StudyProtocol) -> None:
    """Three dimensions of four levels, twelve rules and the terms, eight not-ratable codes."""
    rubric = study.rubric
    assert [(one.id, one.values, one.quote_from, one.read_to_end) for one in rubric.dimensions] == [
        (name, (0, 1, 2, 3), 1, True) for name in ("D1", "D2", "D3")
    ]
    assert len(rubric.rules) == 12 + 1
    assert [reason.code for reason in rubric.not_ratable] == [
        "declined",
        "refusal",
        "truncated",
        "no-claim",
        "language",
        "domain",
        "no-card",
        "corrupt",
    ]
    assert all(level.example for one in rubric.dimensions[:2] for level in one.levels)
    assert not any(level.example for level in rubric.dimension("D3").levels)


def test_scaffolds_share_head_and_tail_and_nearly_their_length(study: StudyProtocol) -> None:
    """The four prompts differ in their middle paragraph alone, within the fairness bound of 5 %."""
    paragraphs = [scaffold.text.split("\n\n") for scaffold in study.scaffolds]
    assert {len(parts) for parts in paragraphs} == {3}
    assert len({parts[0] for parts in paragraphs}) == len({parts[2] for parts in paragraphs}) == 1
    assert [len(scaffold.text.split()) for scaffold in study.scaffolds] == [188, 184, 184, 190]
    assert study.baseline.id == "S0"


def test_no_visible_text_repeats_a_scaffold(study: StudyProtocol) -> None:
    """No six words in a row of a scaffold stand where raters read: seeding would refuse them."""
    hidden = {run for scaffold in study.scaffolds for run in _runs_of_six(scaffold.text)}
    assert len(hidden) > 400
    for text in _texts(study.rubric) + _texts(study.tasks) + _texts(study.guess):
        assert not _runs_of_six(text) & hidden


def test_every_text_says_whose_it_is(study: StudyProtocol) -> None:
    """Rubric, scaffolds, tasks and README are never presented as the paper's."""
    assert "Not the rubric of Vishwarupe" in study.rubric.source
    assert "NOT the texts" in study_text()


def test_guards_can_be_switched_on(study: StudyProtocol) -> None:
    """Taking away the comment sign of the guards gives a rubric that is read."""
    text = study_text()
    guards = text[text.index("# Guards, optional") : text.index("# ---", text.index("# Guards, optional"))]
    kept = [line[2:] for line in guards.split("\n") if re.match(r"# (\[\[|\w+ = )", line)]
    with_guards = read_study(text.replace(guards, "\n".join(kept) + "\n\n"), where="s")
    assert [one.id for one in with_guards.rubric.dimensions] == ["D1", "D2", "D3", "D4", "D5", "D6"]
    assert with_guards.rubric.not_ratable[-1].code == "no-event"
    assert with_guards.rubric.dimensions[:3] == study.rubric.dimensions


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    """Neither a file in the folder nor a file in its place is touched."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        start_study(tmp_path)
    with pytest.raises(UsageError, match="This is a file"):
        start_study(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("**", "").replace("*", "")).strip()


def test_texts_are_those_of_the_methods_page(study: StudyProtocol) -> None:
    """Anchors and scaffolds are word for word the texts we wrote down, but for one anchor."""
    if not METHODS.exists():
        pytest.skip("the methods page is not beside the repository")
    page = _plain(METHODS.read_text(encoding="utf-8"))
    for scaffold in study.scaffolds:
        for paragraph in scaffold.text.split("\n\n"):
            assert paragraph in page
    reworded = {"what remains open": "what is open"}
    for dimension in study.rubric.dimensions[:2]:
        assert dimension.question in page
        for level in dimension.levels:
            anchor = level.anchor
            for ours, theirs in reworded.items():
                anchor = anchor.replace(ours, theirs)
            assert anchor in page


def _levels(rubric: Rubric, dimension: str) -> list[tuple[int, str, str]]:
    return [(one.value, one.label, one.anchor) for one in rubric.dimension(dimension).levels]


def test_sample_has_the_same_levels(study: StudyProtocol) -> None:
    """The shipped sample rates by the anchors that init writes."""
    sample = Path(__file__).parents[2] / "rater" / "sample" / "study.toml"
    rubric = read_study(sample.read_text(encoding="utf-8"), where="sample").rubric
    assert _levels(rubric, "D1") == _levels(study.rubric, "D1")
    assert _levels(rubric, "D2")[:3] == _levels(study.rubric, "D2")[:3]
