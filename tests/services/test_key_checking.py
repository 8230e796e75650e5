"""Does the key open: one answer, always on record, nothing of the key shown."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from protocol.allocation.sealing import (
    KeyPair,
    generate_key_pair,
    open_with_identities,
    seal_for_all_of,
    seal_for_recipients,
)
from protocol.errors import BlindraterError, CheckFailedError, InvalidInputError, NotFoundError, UsageError
from rater.services.doors.key_checking import check_key
from rater.services.doors.key_files import Secrets
from rater.services.seeding.preparing import prepare
from rater.services.seeding.seeding import SeedRequest, seed_study
from tests.services.small_studies import (
    ADMIN,
    APP,
    MODELS,
    TASKS,
    SmallStudy,
    clock,
    locked_study,
    pack_of_r1,
    seed_small,
    seeded_study,
    unblinded_study,
    write_sources,
)

PAIRS = tuple(generate_key_pair() for _ in range(3))


def secrets_of(*pairs: KeyPair) -> Secrets:
    return Secrets(identities=tuple(pair.identity for pair in pairs))


def check(small: SmallStudy, secrets: Secrets, *, sealed: bytes | None = None) -> None:
    check_key(small.study, sealed or small.key.read_bytes(), secrets, who=ADMIN, clock=clock)


def answers(small: SmallStudy) -> list[str]:
    """Return what the log says about checks of the key."""
    found = []
    for entry in small.audit():
        if entry["action"] == "key-check":
            assert entry["who"] == "admin"
            found.append(str(json.loads(json.dumps(entry["details"]))["answer"]))
    return found


def seed_for(folder: Path, recipients: Sequence[str], *, require_all: bool) -> SmallStudy:
    """Seed a study for several custodians."""
    small = write_sources(folder / "custodians")
    prepared = prepare(small.protocol, [small.transcripts])
    seed_study(
        prepared.protocol,
        prepared.study_toml,
        prepared.transcripts,
        SeedRequest(
            study_path=small.study,
            key_path=small.key,
            recipients=tuple(recipients),
            require_all=require_all,
            who="admin",
            app=APP,
        ),
        entropy=random.Random(1),
        clock=clock,
    )
    return small


def test_a_key_that_opens_is_on_record(tmp_path: Path) -> None:
    """Who, when and the answer; no word of what the key holds."""
    small = seeded_study(tmp_path)
    check(small, small.secrets)
    assert answers(small) == ["opens: yes"]
    log = json.dumps(small.audit()[-1])
    assert not any(word in log for word in (*MODELS, *TASKS, "checks", "AGE-SECRET"))


def test_a_check_leaves_the_blind_as_it_was(tmp_path: Path) -> None:
    """The study file holds no name of a condition afterwards, and the state is the same."""
    small = seeded_study(tmp_path)
    check(small, small.secrets)
    data = small.study.read_bytes()
    assert not any(word.encode() in data for word in MODELS)
    with small.raw() as db:
        assert db.execute("SELECT state FROM study").fetchone() == ("open",)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'allocation'").fetchone() == (0,)


def test_somebody_elses_identity_is_refused_and_on_record(tmp_path: Path) -> None:
    """The answer no is logged too: unrecorded trying is what the log is against."""
    small = seeded_study(tmp_path)
    for _ in range(2):
        with pytest.raises(CheckFailedError, match="does not open"):
            check(small, secrets_of(PAIRS[0]))
    assert [answer.split(" (")[0] for answer in answers(small)] == ["opens: no", "opens: no"]


def test_the_key_of_another_study_is_refused_and_on_record(tmp_path: Path) -> None:
    """It opens with the identity, and it is not this study's."""
    small = seeded_study(tmp_path)
    other = seed_small(write_sources(tmp_path / "other"), seed=9)
    with pytest.raises(CheckFailedError, match="not the key the study was seeded with"):
        check(small, other.secrets, sealed=other.key.read_bytes())
    assert answers(small)[0].startswith("opens: no")


@pytest.mark.parametrize(
    ("sealed", "secrets", "error"),
    [
        (b"no key at all", secrets_of(PAIRS[0]), CheckFailedError),
        (None, Secrets(), UsageError),
        (None, Secrets(passphrase="a long passphrase"), UsageError),
        (None, Secrets(identities=("no identity",)), InvalidInputError),
    ],
    ids=["bytes that are no key", "no secret", "a passphrase", "no identity"],
)
def test_what_cannot_open_it_is_said_and_on_record(
    tmp_path: Path, sealed: bytes | None, secrets: Secrets, error: type[BlindraterError]
) -> None:
    """Each with its own class of error; the log has one line each time."""
    small = seeded_study(tmp_path)
    with pytest.raises(error):
        check(small, secrets, sealed=sealed)
    assert len(answers(small)) == 1
    assert answers(small)[0].startswith("opens: no")


def test_a_key_can_be_checked_at_any_time(tmp_path: Path) -> None:
    """Locked and unblinded studies too; the log still fits the lock."""
    for door, folder in ((locked_study, tmp_path / "l"), (unblinded_study, tmp_path / "u")):
        folder.mkdir()
        past = door(folder)
        check(past.small, past.small.secrets)
        assert answers(past.small) == ["opens: yes"]


def test_a_pack_has_no_key_to_check(tmp_path: Path) -> None:
    """A pack has no log to write into, so nothing is opened."""
    small = seeded_study(tmp_path)
    with pytest.raises(InvalidInputError, match="pack"):
        check_key(
            pack_of_r1(tmp_path, rated=0), small.key.read_bytes(), small.secrets, who=ADMIN, clock=clock
        )


def test_without_a_study_nothing_is_opened(tmp_path: Path) -> None:
    """There would be no record."""
    small = seeded_study(tmp_path)
    with pytest.raises(NotFoundError):
        check_key(tmp_path / "nowhere.db", small.key.read_bytes(), small.secrets, who=ADMIN, clock=clock)


def test_either_of_two_recipients_opens(tmp_path: Path) -> None:
    """Two recipients are against loss: one identity is enough, whichever it is."""
    small = seed_for(tmp_path, [pair.recipient for pair in PAIRS[:2]], require_all=False)
    check(small, secrets_of(PAIRS[0]))
    check(small, secrets_of(PAIRS[1]))
    check(small, secrets_of(PAIRS[2], PAIRS[1]))
    with pytest.raises(CheckFailedError):
        check(small, secrets_of(PAIRS[2]))
    assert [answer.split(" (")[0] for answer in answers(small)] == ["opens: yes"] * 3 + ["opens: no"]


def test_both_custodians_are_needed_together_in_any_order(tmp_path: Path) -> None:
    """Neither alone; both, however they are named."""
    small = seed_for(tmp_path, [pair.recipient for pair in PAIRS[:2]], require_all=True)
    check(small, secrets_of(PAIRS[0], PAIRS[1]))
    check(small, secrets_of(PAIRS[1], PAIRS[0]))
    for pair in PAIRS:
        with pytest.raises(CheckFailedError, match="does not open") as caught:
            check(small, secrets_of(pair))
        assert "all of them where both are required" in caught.value.next_step
    for pair in PAIRS[:2]:
        with pytest.raises(CheckFailedError):
            check(small, secrets_of(pair, PAIRS[2]))


def test_three_custodians_are_needed_together_in_any_order() -> None:
    """One layer for each; every order of the identities opens, and no two of them do."""
    sealed = seal_for_all_of(b"secret", [pair.recipient for pair in PAIRS])
    assert b"secret" not in sealed
    for order in permutations(PAIRS):
        assert open_with_identities(sealed, [pair.identity for pair in order]) == b"secret"
    for order in permutations(PAIRS, 2):
        with pytest.raises(CheckFailedError):
            open_with_identities(sealed, [pair.identity for pair in order])


def test_one_custodian_twice_is_not_two(tmp_path: Path) -> None:
    """The same recipient named twice could open it alone."""
    with pytest.raises(UsageError, match="custodian"):
        seed_for(tmp_path, [PAIRS[0].recipient] * 2, require_all=True)
    assert not (tmp_path / "custodians" / "study.key").exists()


def test_a_layer_that_was_changed_does_not_open() -> None:
    """A flipped byte in either layer."""
    inner = seal_for_recipients(b"secret", [PAIRS[0].recipient])
    broken = seal_for_recipients(inner[:-1] + bytes([inner[-1] ^ 1]), [PAIRS[1].recipient])
    with pytest.raises(CheckFailedError):
        open_with_identities(broken, [pair.identity for pair in PAIRS[:2]])
