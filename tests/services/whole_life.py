"""A study that goes through everything: four raters at two sites, and what happens to people and files.

`STORY` is the life of the study, one function a chapter, in order; each leaves the study as the next one
meets it. Commands do what a person would do by command; raters work at the desk of their pack. Ratings are
simulated.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from typer.testing import CliRunner

from protocol.chain.events import EventDraft, EventKind
from protocol.transcript import Origin
from rater.cli import app as rater_app
from rater.services.doors.key_files import open_key, read_bytes
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from tests.admin.running import Run, done, refused
from tests.services.bundles import level_of
from tests.services.small_studies import (
    APP,
    SmallStudy,
    _templates,
    protocol_text,
    recipient_of,
    write_sources,
)
from tests.services.small_studies import transcript_lines as lines_of_transcripts

TASKS = ("task-a", "task-b", "task-c", "task-d", "task-e", "task-f")
MORE_TASKS = ("task-g", "task-h", "task-i")
SITES = {"R1": "Northfield", "R2": "Northfield", "R3": "Southgate", "R4": "Southgate"}
NAMES = {"R1": "Alma Quist", "R2": "Bodil Ravn", "R3": "Carl Stolpe", "R4": "Dora Tveit"}
AMENDED = "A check that the person can carry out."
HEARD = "Somebody at lunch said which firm it was."
WHY_WITHDRAWN = "The answer was cut off."


@dataclass(kw_only=True)
class Life:
    """The study, where its parts lie, and what was learnt on the way."""

    small: SmallStudy
    lock_code: str = ""
    second_recipient: str = ""
    withdrawn: str = ""
    """Opaque id of the item that was broken."""
    left_out: str = ""
    """Opaque id of the item that nobody completed for R2."""
    origins: dict[str, Origin] = field(default_factory=dict)
    """What a simulated rater's level depends on; a person would not have it."""

    @property
    def study(self) -> Path:
        return self.small.study

    @property
    def packs(self) -> Path:
        return self.small.folder / "packs"

    @property
    def exchange(self) -> Path:
        return self.small.folder / "exchange"

    @property
    def second_identity(self) -> Path:
        return self.small.folder / "second.txt"

    @property
    def second_key(self) -> Path:
        return self.small.folder / "study-2.key"

    @property
    def bundle(self) -> Path:
        return self.small.folder / "public"

    @property
    def lost(self) -> Path:
        return self.small.folder / "lost" / "R4.pack.db"

    def pack(self, rater: str) -> Path:
        return self.packs / f"{rater}.pack.db"

    def desk(self, rater: str, path: Path | None = None, *, machine: str | None = None) -> RatingDesk:
        """Sit down at a pack, on the rater's machine or another, and read what is to be told."""
        steps = itertools.count(step=20)
        desk = open_desk(
            path or self.pack(rater),
            rater=rater,
            app=APP,
            monotonic=lambda: float(next(steps)),
            installation=(machine or rater).encode() * 8,
        )
        desk.start_sitting()
        for amendment in desk.unread:
            desk.mark_read(amendment)
        return desk

    def work(self, rater: str, count: int | None = None, path: Path | None = None, **options: str) -> int:
        """Complete so many of a rater's open items, or all; return how many are completed now."""
        desk = self.desk(rater, path, **options)
        try:
            while (
                count != 0 and (position := desk.session.next_open(len(desk.session.items) - 1)) is not None
            ):
                self.rate(desk, position)
                count = None if count is None else count - 1
            return desk.session.completed_count
        finally:
            desk.close()

    def rate(self, desk: RatingDesk, position: int) -> None:
        """Read, score and complete one item, and answer its guess question."""
        item = desk.session.items[position]
        origin = self.origins[item]
        desk.show(position)
        desk.record(EventDraft(kind=EventKind.READ_TO_END, item_id=item))
        asked_before = bool(desk.session.of(item).guesses)
        for dimension in desk.dimensions:
            if desk.session.open_again(item) and dimension.id not in desk.session.open_again(item):
                continue
            level = level_of(origin.model, origin.scaffold, origin.task, desk.rater, dimension.id)
            desk.record(EventDraft(kind=EventKind.SCORE, item_id=item, dimension=dimension.id, level=level))
        desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))
        if item in desk.session.asked and not asked_before:
            guess = EventDraft(kind=EventKind.GUESS, item_id=item, question="family", option=0, sure=1)
            desk.record(guess)

    def send(self, rater: str, *, interim: bool, path: Path | None = None) -> str:
        """Hand in by way of the exchange, and return the receipt."""
        words = ["submit", str(path or self.pack(rater)), "--to", str(self.exchange)]
        found = CliRunner().invoke(rater_app, [*words, *(["--interim"] if interim else [])])
        assert found.exit_code == 0, (found.exception, found.stderr)
        return found.stdout.split("receipt ")[1].split()[0]

    def merge(self) -> Run:
        return done("merge", self.study, self.exchange, "--json")

    def odd(self, rater: str) -> list[str]:
        """Return the kinds of what status says of a rater."""
        raters = done("status", self.study, "--json").json["raters"]
        return [one["kind"] for one in next(r for r in raters if r["rater"] == rater).get("odd", ())]


def two_custodians_seal_the_key(life: Life) -> None:
    """Either of two identities opens it, against loss."""
    small = life.small
    names = "".join(f'[{code}]\nname = "{NAMES[code]}"\nsite = "{SITES[code]}"\n' for code in SITES)
    (small.folder / "raters.toml").write_text(names, encoding="utf-8")
    life.second_recipient = done("keygen", "-o", life.second_identity).out.strip()
    recipients = ["--recipient", recipient_of(small), "--recipient", life.second_recipient]
    done("seed", small.protocol, small.transcripts, "-o", small.study, *recipients)
    life.origins.update(open_key(small.key.read_bytes(), small.secrets).allocation)


def packs_go_out(life: Life) -> None:
    """A pack and a letter for each rater; nobody can rate in the study file meanwhile."""
    done("pack", life.study, "--all", "-o", life.packs)
    assert {path.name for path in life.packs.glob("*.letter.txt")} == {f"{code}.letter.txt" for code in SITES}
    life.exchange.mkdir()


def everybody_begins(life: Life) -> None:
    """Half of the items, each with a safe copy in the exchange."""
    for rater in SITES:
        life.work(rater, 6)
        life.send(rater, interim=True)
    assert [one["outcome"] for one in life.merge().json["files"]] == ["merged"] * 4


def a_dimension_is_clarified(life: Life) -> None:
    """R1 asks, the answer reaches everybody whose pack is made anew."""
    desk = life.desk("R1")
    item = desk.session.items[0]
    desk.record(EventDraft(kind=EventKind.FLAG, item_id=item, texts={"note": "Does a link count?"}))
    desk.close()
    life.send("R1", interim=True)
    life.merge()
    assert "Does a link count?" in done("questions", life.study).out
    text = "A link alone is no check."
    done("clarify", life.study, "--dimension", "D1", "--text", text, "--reason", "A rater asked.")


def a_broken_item_is_withdrawn(life: Life) -> None:
    """Its task goes with it in all arms, by the rule that was fixed before."""
    desk = life.desk("R2")
    life.withdrawn = desk.session.items[-1]
    desk.close()
    done("withdraw", life.study, "--item", life.withdrawn, "--reason", WHY_WITHDRAWN)


def a_rater_drops_out_at_half(life: Life) -> None:
    """R5 takes the tasks that R3 did not complete; what R3's pack still brings is merged as extra."""
    done("reassign", life.study, "--from", "R3", "--to", "R5", "--dry-run")
    done("reassign", life.study, "--from", "R3", "--to", "R5", "--reason", "R3 has left.")
    done("pack", life.study, "--rater", "R5", "-o", life.packs)
    life.work("R3", 1)
    life.send("R3", interim=True)
    assert "merged" in life.merge().out


def somebody_hears_a_condition(life: Life) -> None:
    """It goes on the record while the study is open; nothing changes for raters."""
    done("incident", life.study, "--rater", "R2", "--text", HEARD)


def an_anchor_is_amended(life: Life) -> None:
    """D1 is asked again of whoever meets it; the plan in the new file deviates, and that is named."""
    text = life.small.protocol.read_text(encoding="utf-8")
    new = life.small.folder / "study-v2.toml"
    new.write_text(text.replace("Anchor 3.", AMENDED, 1).replace("seed = 5", "seed = 6"), encoding="utf-8")
    words = (
        "--rerate",
        "D1",
        "--original",
        life.small.protocol,
        "--reason",
        "Two raters read it in two ways.",
    )
    assert "DEVIATION" in done("amend", life.study, new, *words).err


def what_the_leaver_kept_is_asked_again(life: Life) -> None:
    """By the draw R3 completed a whole task, or none: D1 of it is missing now, so it goes over, too."""
    if "R3" in done("lock", life.study, "--dry-run", "--json").json["missing"]:
        done("reassign", life.study, "--from", "R3", "--to", "R5", "--reason", "R3 cannot be asked.")
    assert "R3" not in done("lock", life.study, "--dry-run", "--json").json["missing"]


def a_laptop_is_lost(life: Life) -> None:
    """What R4 did after the safe copy is gone; a new pack holds the rest, and status sees two machines."""
    had = life.work("R4", 2)
    life.lost.parent.mkdir()
    life.pack("R4").rename(life.lost)
    anew = life.small.folder / "packs-anew"
    done("pack", life.study, "--replace", "--rater", "R4", "-o", anew, "--reason", "laptop lost")
    shutil.move(anew / "R4.pack.db", life.pack("R4"))
    assert life.work("R4", 1, machine="new laptop") < had
    life.send("R4", interim=True)
    life.merge()
    assert "installations" in life.odd("R4")


def the_laptop_is_found_again(life: Life) -> None:
    """Its file forks: it is refused, kept as it came, and shown."""
    life.send("R4", interim=True, path=life.lost)
    found = refused(3, "made on two installations", "merge", life.study, life.exchange)
    assert "Nothing was merged" in found.err
    assert life.merge().json["files"] == []
    assert "fork" in life.odd("R4")


def more_tasks_come_in(life: Life) -> None:
    """A second batch with a key of its own, for those who are still there, R5 among them."""
    folder = life.small.folder
    text, raters = protocol(tasks=MORE_TASKS), ('"R1", "R2", "R3", "R4"', '"R1", "R2", "R4", "R5"')
    (folder / "study-2.toml").write_text(text.replace(*raters), encoding="utf-8")
    lines = lines_of_transcripts(tasks=MORE_TASKS)
    (folder / "more.jsonl").write_text(lines, encoding="utf-8")
    files = (folder / "study-2.toml", folder / "more.jsonl", "--key", life.second_key)
    recipients = ("--recipient", recipient_of(life.small), "--recipient", life.second_recipient)
    reason = ("--original", life.small.protocol, "--reason", "More tasks came in.")
    added = done("extend", life.study, *files, *recipients, *reason, "--json").json
    assert (added["batch"], added["items"]) == (2, 12)
    shares = added["items_of_rater"]
    assert (set(shares), sorted(shares.values())) == ({"R1", "R2", "R4", "R5"}, [4, 4, 8, 8])
    assert set(added["packs_out"]) == set(shares)
    life.origins.update(open_key(life.second_key.read_bytes(), life.small.secrets).allocation)


def everybody_finishes(life: Life) -> None:
    """New packs bring the amendments; R1 rates at the admin's desk, and R2 leaves one item out."""
    done("pack", life.study, "--recall", "--rater", "R1", "--reason", "rates here")
    life.work("R1", path=life.study)
    for rater in ("R2", "R4", "R5"):
        folder = life.small.folder / f"packs-{rater}"
        reason = ("--reason", "amendments and further tasks")
        done("pack", life.study, "--replace", "--rater", rater, "-o", folder, *reason)
        shutil.move(folder / f"{rater}.pack.db", life.pack(rater))
        machine = "new laptop" if rater == "R4" else rater
        if rater == "R2":
            desk = life.desk("R2")
            left = desk.session.required_count - desk.session.completed_count
            life.left_out = desk.session.items[-1]
            desk.close()
            life.work("R2", left - 1)
        else:
            life.work(rater, machine=machine)
        life.send(rater, interim=rater == "R2")
    assert {one["outcome"] for one in life.merge().json["files"]} == {"merged"}


def the_study_is_locked_with_a_gap(life: Life) -> None:
    """The rehearsal names what is lost; without the word it is refused; the papers go out with it."""
    gaps = done("lock", life.study, "--dry-run", "--json").json
    assert gaps["missing"] == {"R2": [life.left_out]}
    assert {name: count["lost"] for name, count in gaps["pairs"].items()} == {
        "within_raters": 3,
        "between_raters": 1,
    }
    refused(6, "missing", "lock", life.study)
    locked = done("lock", life.study, "--accept-missing", "--reason", "The term is over.", "--json").json
    life.lock_code = locked["lock_code"]
    receipts = life.small.folder / "receipts.txt"
    codes = life.small.receipts()
    receipts.write_text("".join(f"{rater} {code}\n" for rater, code in codes.items()), encoding="utf-8")
    anchors = ("--lock-code", life.lock_code, "--receipts", receipts, "--key", life.small.key)
    assert "FAILED" not in done("verify", life.study, *anchors).out
    words = ["check-receipt", life.packs / "R5.ratings.jsonl", codes["R5"], _lock_paper(life)]
    counted = CliRunner().invoke(rater_app, [str(word) for word in words])
    assert "Counted, unchanged" in counted.stdout, (counted.stdout, counted.exception)


def _lock_paper(life: Life) -> Path:
    (paper,) = life.small.folder.glob("*.lock*.json")
    return paper


def a_third_person_decides(life: Life) -> None:
    """A1 decides every disagreement for level 2; the end has a lock code of its own."""
    count = done("adjudicate", life.study, "--list", "--json").json["disagreements"]
    shown = done("adjudicate", life.study, "--as", "A1", "--plain", stdin="2\n1\n" * count + "finish\n").out
    assert not any(word in shown for word in (*NAMES, "R5", "canary", "checks", "Anchor 3. "))
    first, life.lock_code = life.lock_code, shown.split("lock code ")[1].split()[0]
    assert first != life.lock_code


def a_custodian_is_lost(life: Life) -> None:
    """The first identity is gone; the second one opens both keys."""
    life.small.identity.unlink()
    opened = ("--identity", life.second_identity, "--lock-code", life.lock_code, "--reason", "All is rated.")
    refused(3, "key of batch 2 is missing", "unblind", life.study, "--key", life.small.key, *opened)
    done("unblind", life.study, "--key", life.second_key, "--key", life.small.key, *opened)
    assert read_bytes(life.small.key, wanted="the key")


def the_results_are_read(life: Life) -> None:
    """Effects with and without the incident, agreement, the measure of the blind, data and report."""
    effects = done("effects", life.study, "--json").json
    assert effects["effects"]
    done("agreement", life.study, "--json")
    done("blinding", life.study, "--json")
    done("export", life.study, "-o", life.small.folder / "data")
    users = ("--context", "users=a scripted persona")
    done("profile", life.study, "--all", *users, "-o", life.small.folder / "profiles")
    done("report", life.study, "-o", life.small.folder / "report")


def the_bundle_is_published(life: Life) -> None:
    """With everything a stranger needs, and none of the names."""
    done("export", life.study, "--public", life.bundle)


STORY: tuple[Callable[[Life], None], ...] = (
    two_custodians_seal_the_key,
    packs_go_out,
    everybody_begins,
    a_dimension_is_clarified,
    a_broken_item_is_withdrawn,
    a_rater_drops_out_at_half,
    somebody_hears_a_condition,
    an_anchor_is_amended,
    what_the_leaver_kept_is_asked_again,
    a_laptop_is_lost,
    the_laptop_is_found_again,
    more_tasks_come_in,
    everybody_finishes,
    the_study_is_locked_with_a_gap,
    a_third_person_decides,
    a_custodian_is_lost,
    the_results_are_read,
    the_bundle_is_published,
)
"""An amendment more is a function more, between the beginning and the end of rating."""


def protocol(*, tasks: Sequence[str] = TASKS) -> str:
    """Return the protocol: four raters, two for each item, repeats, guesses on some, an adjudicator."""
    text = protocol_text(guess_share=0.25, tasks=tasks)
    text = text.replace('"R1", "R2", "R3"', ", ".join(f'"{code}"' for code in SITES))
    return text.replace("spacing = 1", "spacing = 1\nrepeats = 0.25") + '\n[adjudication]\nwho = "A1"\n'


@cache
def _lived() -> Life:
    folder = _templates() / "whole-life"
    transcripts = lines_of_transcripts(tasks=TASKS)
    life = Life(small=write_sources(folder, protocol=protocol(), transcripts=transcripts))
    for chapter in STORY:
        chapter(life)
    return life


def lived(folder: Path) -> Life:
    """Return a copy of the study at the end of its life."""
    life = _lived()
    copy = SmallStudy(folder=Path(shutil.copytree(life.small.folder, folder / "life")))
    return replace(life, small=copy)
