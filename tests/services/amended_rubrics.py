"""Studies whose rubric was amended: another anchor for the highest level of D1."""

from __future__ import annotations

from pathlib import Path

from protocol.chain.amendment import Amendment, AmendmentKind
from protocol.chain.rubric_texts import DimensionTexts, LevelTexts, RubricTexts
from protocol.rubric import Rubric
from rater.services.amending.amending_rubric import amend_rubric, read_new_rubric
from rater.services.amending.amendments import Amended
from rater.services.who import Who
from tests.services.small_studies import APP, SmallStudy, clock

OLD_ANCHOR = "Anchor 3."
NEW_ANCHOR = "A check the person can carry out."
WHY = Who(name="admin", app=APP, reason="Two raters read it in two ways.")


def new_text(small: SmallStudy, *, old: str = OLD_ANCHOR, new: str = NEW_ANCHOR) -> str:
    """Return the protocol with another text the first time it stands there: in D1."""
    text = small.protocol.read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


def new_file(small: SmallStudy, text: str | None = None, *, name: str = "study-v2.toml") -> Path:
    """Write the changed protocol beside the seeded one."""
    path = small.folder / name
    path.write_text(new_text(small) if text is None else text, encoding="utf-8")
    return path


def amendment_of(
    small: SmallStudy, *rerate: str, text: str | None = None, original: bool = False, who: Who = WHY
) -> Amended:
    """Amend the rubric; the dimensions that are named are asked again."""
    new = read_new_rubric(new_file(small, text), original=small.protocol if original else None)
    return amend_rubric(small.study, new, rerate=rerate, who=who, clock=clock).amended


def amendment_for(rubric: Rubric, *rerate: str) -> Amendment:
    """Return the amendment that puts another anchor and question into D1, as if a command had made it."""
    texts = RubricTexts(
        dimensions=(
            DimensionTexts(
                id="D1",
                question="How much of it can be checked?",
                levels=(LevelTexts(value=3, anchor=NEW_ANCHOR),),
            ),
        )
    )
    return Amendment(
        number=1,
        day="2026-11-24",
        kind=AmendmentKind.AMEND,
        reason=WHY.reason,
        texts=texts,
        rubric=texts.applied_to(rubric).sha256,
        rerate=rerate,
        protocol="44" * 32,
    )
