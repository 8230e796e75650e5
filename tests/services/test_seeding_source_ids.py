"""The id of a source tells its condition, also where redaction replaced the model's name inside it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from protocol.conversation import Message
from protocol.errors import BlindError
from protocol.study import StudyProtocol
from protocol.transcript import Transcript
from rater.services.seeding.seeding_plan import SeedingPlan, plan_seeding
from rater.services.selftest.order_check import bland_study

MODEL = "kestrel-40b"


def _seed(source: str, said: str, entropy: random.Random, *, literals: tuple[str, ...] = ()) -> SeedingPlan:
    """Seed a study in which the first transcript has a source id and says something."""
    study = bland_study()
    transcripts: list[Transcript] = [
        replace(one, origin=replace(one.origin, model=one.origin.model.replace("model A", MODEL)))
        for one in study.transcripts
    ]
    spoken = Message(role="assistant", text=said)
    first = transcripts[0]
    transcripts[0] = replace(
        first,
        origin=replace(first.origin, source=source),
        conversation=replace(first.conversation, messages=(*first.conversation.messages, spoken)),
    )
    protocol: StudyProtocol = replace(
        study.protocol, redaction=replace(study.protocol.redaction, literals=literals)
    )
    return plan_seeding(protocol, study.study_toml, transcripts, entropy=entropy)


def _texts(plan: SeedingPlan) -> str:
    return "\n".join(message.text for item in plan.items for message in item.conversation.messages)


@pytest.mark.parametrize(
    "source", ["run7-item0042-x9k2", f"run7-item0042-{MODEL}-x9k2", f"{MODEL}__chk__t01"]
)
def test_an_id_that_a_reply_gives_stops_the_seeding(source: str, entropy: random.Random) -> None:
    """Whole, or as it stands once the model's name in it is replaced."""
    with pytest.raises(BlindError, match="source id"):
        _seed(source, f"Saved as {source}.json", entropy)


def test_the_id_as_a_literal_lets_the_seeding_go_on(entropy: random.Random) -> None:
    """What the message advises: the whole id is replaced, and nothing of it is left."""
    source = f"run7-item0042-{MODEL}-x9k2"
    plan = _seed(source, f"Saved as {source}.json", entropy, literals=(source,))
    assert "Saved as [redacted].json" in _texts(plan)


def test_an_id_that_is_little_more_than_the_name_stops_nothing(entropy: random.Random) -> None:
    """A name that is replaced in a text may stand beside a number by chance."""
    plan = _seed(f"{MODEL}-1", f"I am {MODEL}-1.", entropy)
    assert MODEL not in _texts(plan)
