"""Leaks from the admin's side: seeding waits for decisions, and does exactly what was decided."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.connection import close, open_for_reading
from db.item_store import read_items
from protocol.conversation import Conversation, Message, ToolCall
from protocol.deidentify.leak_class import Action, LeakClass
from protocol.deidentify.rules import build_rules
from protocol.errors import (
    BlindError,
    InvalidInputError,
    NotFoundError,
    StorageError,
    UsageError,
)
from protocol.item import Item
from protocol.sources.source_plan import SourceOverrides
from protocol.transcript import Origin, Transcript
from rater.services.doors.key_files import open_key
from rater.services.leaks.leaks import LeakReport, decide_hits, find_leaks, read_decisions
from rater.services.seeding.preparing import prepare
from tests.conftest import SHARED
from tests.services.small_studies import (
    MODELS,
    TASKS,
    SmallStudy,
    lock_small,
    protocol_text,
    rate_all,
    seed_small,
    transcript_lines,
    unblind_small,
    write_sources,
)

PLAIN_A = (MODELS[0], "plain", "task-a")
CHECKS_A = (MODELS[0], "checks", "task-a")
PLAIN_B = (MODELS[1], "plain", "task-b")
REASON = "looked at"


def study(
    tmp_path: Path, texts: dict[tuple[str, str, str], str], *, redaction: str = 'names = "ask"'
) -> SmallStudy:
    return write_sources(
        tmp_path / "s", protocol=protocol_text(redaction=redaction), transcripts=transcript_lines(texts)
    )


def report_of(small: SmallStudy) -> LeakReport:
    return find_leaks(
        small.protocol,
        [small.transcripts],
        overrides=SourceOverrides(),
        decisions=read_decisions(small.decisions),
    )


def decide(small: SmallStudy, *entries: str, reason: str = REASON) -> int:
    """Decide and return how many decisions were written."""
    return len(decide_hits(small.decisions, report_of(small), entries, reason=reason, who="admin", at="2026"))


@dataclass(frozen=True)
class Seen:
    """What the seeded study holds."""

    items: list[Item]
    texts: list[str]

    def __contains__(self, word: str) -> bool:
        return any(word in text for text in self.texts)


def seen_in(small: SmallStudy) -> Seen:
    seed_small(small)
    connection = open_for_reading(small.study)
    items = read_items(connection)
    close(connection)
    return Seen(items=items, texts=[item.conversation.messages[1].text for item in items])


def test_every_hit_is_listed_and_counted(tmp_path: Path) -> None:
    """Over all arms; what waits for a decision is counted apart."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT did", PLAIN_B: "a Google search by canary-two"})
    report = report_of(small)
    assert [(hit.place.origin.task, hit.place.found, hit.action) for hit in report.hits] == [
        ("task-a", "ChatGPT", Action.ASK),
        ("task-b", "Google", Action.KEEP),
        ("task-b", "canary-two", Action.REPLACE),
    ]
    assert (report.undecided, report.transcripts, report.own_texts) == (1, 12, ())
    assert not small.decisions.exists()


def test_seeding_waits_until_every_hit_is_decided(tmp_path: Path) -> None:
    """Nothing is written before; the sentence counts the hits and names the command."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT or Anthropic", PLAIN_B: "ChatGPT"})
    with pytest.raises(BlindError, match="3 hits of the leak rules wait") as caught:
        seed_small(small)
    assert "rater-admin leaks" in caught.value.next_step
    assert not small.study.exists()
    assert not small.key.exists()
    first, *_ = report_of(small).hits
    assert decide(small, f"{first.place.fingerprint}=keep") == 1
    with pytest.raises(BlindError, match="2 hits"):
        seed_small(small)
    assert decide(small, "name=replace") == 3
    seen = seen_in(small)
    assert "ChatGPT" not in seen
    assert "Anthropic" not in seen


def test_a_single_hit_is_decided_by_its_digits(tmp_path: Path) -> None:
    """Kept here, replaced there, although the word is the same."""
    small = study(tmp_path, {PLAIN_A: "I quote ChatGPT here", PLAIN_B: "I am ChatGPT"})
    one, other = report_of(small).hits
    decide(small, f"{one.place.fingerprint}=keep", f"{other.place.fingerprint}=replace")
    seen = seen_in(small)
    assert "I quote ChatGPT here" in seen
    assert "I am [redacted]" in seen


def test_a_part_of_a_name_that_is_said_under_that_name_alone_waits_for_a_decision(tmp_path: Path) -> None:
    """The scaffold "checks" calls itself so; replaced by one decision on the class."""
    small = study(tmp_path, {CHECKS_A: "This is Checks speaking"})
    (hit,) = report_of(small).hits
    assert (hit.leak_class.value, hit.place.found, hit.is_undecided) == ("part", "Checks", True)
    with pytest.raises(BlindError, match="wait for a decision"):
        seed_small(small)
    assert decide(small, "part=replace") == 1
    assert "This is [redacted] speaking" in seen_in(small)


def test_a_part_of_every_name_is_listed_and_kept(tmp_path: Path) -> None:
    """Both models are canaries: the word parts none from the other."""
    small = study(tmp_path, {PLAIN_A: "the canary sang", CHECKS_A: "some checks", PLAIN_B: "three checks"})
    assert {(hit.leak_class.value, hit.action.value) for hit in report_of(small).hits} == {("review", "keep")}
    assert "the canary sang" in seen_in(small)


@pytest.mark.parametrize("name", ["company", "review"])
def test_a_rule_or_a_class_decides_all_its_hits(tmp_path: Path, name: str) -> None:
    """What is kept by the plan is replaced by one decision on a rule or a class."""
    small = study(tmp_path, {PLAIN_A: "a Google search", PLAIN_B: "my Amazon order"})
    assert decide(small, f"{name}=replace") == 2
    seen = seen_in(small)
    assert "a [redacted] search" in seen
    assert "my [redacted] order" in seen


def test_a_kept_name_of_the_study_is_shown_where_it_was_decided(tmp_path: Path) -> None:
    """A model's name can be an ordinary word: what somebody decided to keep does not stop the seeding."""
    small = study(
        tmp_path, {PLAIN_A: "the canary-one sang", PLAIN_B: "I am canary-one"}, redaction='block = "ask"'
    )
    one, other = report_of(small).hits
    decide(small, f"{one.place.fingerprint}=keep", f"{other.place.fingerprint}=replace")
    seen = seen_in(small)
    assert "the canary-one sang" in seen
    assert "I am [redacted]" in seen


def test_a_name_of_the_study_is_never_kept_by_the_plan_alone(tmp_path: Path) -> None:
    """`block = "keep"` without a look at each hit does not get through."""
    small = study(tmp_path, {PLAIN_A: "I am canary-one"}, redaction='block = "keep"')
    with pytest.raises(BlindError, match="canary-one"):
        seed_small(small)
    assert not small.study.exists()


def test_a_dropped_task_is_gone_in_every_arm(tmp_path: Path) -> None:
    """Two tasks are left; items, allocation and tasks of the key know the third no more; the study runs."""
    small = study(tmp_path, {PLAIN_A: "I am ChatGPT"})
    decide(small, "name=drop-task")
    seen = seen_in(small)
    assert len(seen.items) == 8
    assert len({item.task_id for item in seen.items}) == 2
    key = open_key(small.key.read_bytes(), small.secrets)
    assert {origin.task for origin in key.allocation.values()} == {"task-b", "task-c"}
    assert set(key.tasks.values()) == {"task-b", "task-c"}
    for model in MODELS:
        for scaffold in ("plain", "checks"):
            assert sum((one.model, one.scaffold) == (model, scaffold) for one in key.allocation.values()) == 2
    assert "task-a" in key.study_toml
    rate_all(small)
    unblind_small(small, lock_small(small))


def test_dropping_every_task_is_refused(tmp_path: Path) -> None:
    """There would be nothing to rate."""
    texts = {(MODELS[0], "plain", task): "I am ChatGPT" for task in TASKS}
    small = study(tmp_path, texts)
    decide(small, "name=drop-task")
    with pytest.raises(InvalidInputError, match="Every task is dropped"):
        seed_small(small)


def test_one_hit_that_drops_the_task_makes_other_hits_of_it_moot(tmp_path: Path) -> None:
    """Undecided hits of a task that is not seeded hold nothing up."""
    small = study(tmp_path, {PLAIN_A: "I am ChatGPT", CHECKS_A: "by Anthropic"})
    first = next(hit for hit in report_of(small).hits if hit.place.found == "ChatGPT")
    decide(small, f"{first.place.fingerprint}=drop-task")
    assert report_of(small).undecided == 0
    assert len(seen_in(small).items) == 8


def test_a_decision_ends_when_the_text_changes(tmp_path: Path) -> None:
    """Transcripts were made anew: what was decided on other words is not applied to these."""
    small = study(tmp_path, {PLAIN_A: "I quote ChatGPT here"})
    decide(small, "name=keep")
    assert report_of(small).undecided == 0
    small.transcripts.write_text(transcript_lines({PLAIN_A: "Now I quote ChatGPT here"}), encoding="utf-8")
    assert report_of(small).undecided == 1
    with pytest.raises(BlindError, match="1 hits"):
        seed_small(small)


def test_the_decisions_are_on_record(tmp_path: Path) -> None:
    """The study's log holds the hash of the file; the file holds who, why and when, and no word of a text."""
    from protocol.canonical_json import sha256_hex

    small = study(tmp_path, {PLAIN_A: "I quote ChatGPT here"})
    decide(small, "name=keep")
    lines = [json.loads(line) for line in small.decisions.read_text(encoding="utf-8").splitlines()]
    assert [(line["action"], line["reason"], line["who"]) for line in lines] == [("keep", REASON, "admin")]
    assert "ChatGPT" not in small.decisions.read_text(encoding="utf-8")
    seed_small(small)
    details = json.loads(json.dumps(small.audit()[0]["details"]))
    assert details["leak_decisions"] == sha256_hex(small.decisions.read_bytes())


def test_the_last_decision_counts(tmp_path: Path) -> None:
    """One changes one's mind by deciding again; the earlier line stays."""
    small = study(tmp_path, {PLAIN_A: "I quote ChatGPT here"})
    decide(small, "name=keep")
    decide(small, "name=replace")
    assert len(small.decisions.read_text(encoding="utf-8").splitlines()) == 2
    assert "ChatGPT" not in seen_in(small)


def test_a_file_without_a_last_line_end_is_added_to_all_the_same(tmp_path: Path) -> None:
    """An editor left the end off: two decisions do not become one broken line."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT", PLAIN_B: "ChatGPT"})
    one, other = report_of(small).hits
    decide(small, f"{one.place.fingerprint}=keep")
    small.decisions.write_bytes(small.decisions.read_bytes().rstrip(b"\n"))
    decide(small, f"{other.place.fingerprint}=keep")
    assert len(read_decisions(small.decisions)) == 2


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ("name", UsageError),
        ("=keep", UsageError),
        ("name=ask", UsageError),
        ("name=Keep", UsageError),
        ("nothing=keep", NotFoundError),
        ("echo=keep", NotFoundError),
        ("0123456789ab=keep", NotFoundError),
    ],
)
def test_an_entry_that_decides_nothing_is_refused(
    tmp_path: Path, entry: str, error: type[UsageError] | type[NotFoundError]
) -> None:
    """Another form, another action, no such hit; the good entries of the call are not written either."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT"})
    with pytest.raises(error) as caught:
        decide(small, "name=keep", entry)
    assert caught.value.where == "--decide"
    assert not small.decisions.exists()


@pytest.mark.parametrize("reason", ["", " \t"])
def test_a_decision_needs_a_reason(tmp_path: Path, reason: str) -> None:
    """It goes with every line."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT"})
    with pytest.raises(UsageError, match="reason"):
        decide(small, "name=keep", reason=reason)
    assert not small.decisions.exists()


def test_a_reason_that_cannot_be_stored_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """Half a surrogate pair, as a terminal with another encoding gives it."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT"})
    with pytest.raises(InvalidInputError):
        decide(small, "name=keep", reason="caf\udce9")
    assert not small.decisions.exists()


def test_a_reason_with_any_character_is_read_back(tmp_path: Path) -> None:
    """Line separators of any kind do not break the file."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT"})
    reason = "a\nb\u2028c\x85d\x0be"
    decide(small, "name=keep", reason=reason)
    assert [one.reason for one in read_decisions(small.decisions).values()] == [reason]


def test_a_folder_where_decisions_should_go_is_a_sentence(tmp_path: Path) -> None:
    """Read and written."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT"})
    report = report_of(small)
    with pytest.raises(StorageError):
        decide_hits(tmp_path / "no" / "f", report, ["name=keep"], reason=REASON, who="admin", at="2026")
    with pytest.raises(InvalidInputError):
        read_decisions(tmp_path)


def test_a_decisions_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    """A mistyped name must not seed as if nothing had been decided; the usual place may be empty."""
    small = study(tmp_path, {PLAIN_A: "a Google search"})
    prepare(small.protocol, [small.transcripts])
    with pytest.raises(NotFoundError):
        prepare(small.protocol, [small.transcripts], decisions=tmp_path / "decisons.jsonl")


def test_broken_decisions_stop_the_seeding(tmp_path: Path) -> None:
    """With the line; they are not passed over."""
    small = study(tmp_path, {PLAIN_A: "ChatGPT"})
    decide(small, "name=keep")
    with small.decisions.open("a", encoding="utf-8") as file:
        file.write("oops\n")
    with pytest.raises(InvalidInputError) as caught:
        seed_small(small)
    assert caught.value.problems[0].where.endswith("line 2")


def test_the_admins_own_texts_stop_the_seeding(tmp_path: Path) -> None:
    """A contact that names a model: reported apart, never changed, and no decision helps."""
    small = write_sources(tmp_path / "s", protocol=protocol_text(contact="the canary-one team"))
    report = report_of(small)
    assert [(leak.where, leak.found) for leak in report.own_texts] == [("study.contact", "canary-one")]
    with pytest.raises(BlindError, match=r"study\.contact"):
        seed_small(small)
    assert not small.study.exists()


def test_what_an_item_shows_is_what_was_listed(tmp_path: Path) -> None:
    """Nothing that the report calls replaced is in the study file, in any spelling of its bytes."""
    small = study(
        tmp_path,
        {PLAIN_A: "I am canary-one, as an AI language model", PLAIN_B: "by gpt-4o"},
        redaction='names = "replace"',
    )
    replaced = [hit.place.found for hit in report_of(small).hits if hit.action is Action.REPLACE]
    assert len(replaced) == 3
    seed_small(small)
    data = small.study.read_bytes()
    for word in replaced:
        assert word.encode() not in data
        assert word.encode("utf-16-le") not in data


TAU2 = SHARED / "data" / "tau2"


def tau2_transcripts(path: Path) -> list[Transcript]:
    """Return the conversations of a file of tau2-bench, read here by hand."""
    value = json.loads(path.read_bytes())
    agent = value["info"]["agent_info"]
    found = []
    for simulation in value["simulations"]:
        messages = tuple(
            Message(
                role=message["role"],
                text=message["content"] or "",
                tool_calls=tuple(
                    ToolCall(id=call["id"], name=call["name"], arguments=json.dumps(call["arguments"]))
                    for call in message.get("tool_calls") or ()
                ),
            )
            for message in simulation["messages"]
        )
        origin = Origin(
            model=agent["llm"], scaffold=str(agent.get("implementation")), task=str(simulation["task_id"])
        )
        found.append(Transcript(origin=origin, conversation=Conversation(messages=messages)))
    return found


def test_real_transcripts_of_agents_are_searched_for_real_names() -> None:
    """The real model names of tau2-bench, wherever their texts hold them, are hits; none is left over."""
    from protocol.deidentify.finding import find_hits, shown_texts
    from protocol.deidentify.scrubbing import scrub

    if not TAU2.exists():
        pytest.skip("the tau2 transcripts are not beside the repository")
    paths = sorted(TAU2.glob("*/*.json"))
    transcripts = [one for path in paths for one in tau2_transcripts(path)[::4]]
    assert len(transcripts) > 30
    models = {one.origin.model for one in transcripts}
    rules = build_rules(study_names=models, look_closer=True)
    hits = list(find_hits(transcripts, rules, {}))
    assert all(hit.leak_class in LeakClass for hit in hits)
    # Planted, so that the search is known to reach every model's name among real words.
    for model in models:
        planted = Message(role="assistant", text=f"This is {model} speaking.")
        one = Transcript(
            origin=transcripts[0].origin,
            conversation=Conversation(messages=(*transcripts[0].conversation.messages, planted)),
        )
        found = [
            hit for hit in find_hits([one], rules, {}) if hit.place.found in (model, model.split("/")[-1])
        ]
        assert [hit.leak_class for hit in found] == [LeakClass.BLOCK]
    words = {word for model in models for word in (model, model.rsplit("/", 1)[-1])}
    for one in transcripts:
        clean = scrub(one.conversation, rules, token="[redacted]").conversation
        for part in shown_texts(clean.messages):
            assert not any(word.lower() in part.text.lower() for word in words)
