"""The self-test of the blind: a study full of canaries, used as raters use one, searched to the byte.

One half searches everything a rater can reach, after the real app was driven, killed, crashed and
asked the wrong things. The other counts over many seedings whether an id, a row, a place or an order
predicts a condition. Each shows first that it would see a leak.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from db.atomic_file import cannot_write
from protocol.chain.identifiers import Entropy
from protocol.errors import BlindraterError
from rater.services.selftest.byte_search import FILE_NAMES, Finding, Form, Searched, search_files, written_as
from rater.services.selftest.canaries import (
    IN_GUESS,
    IN_ITEM,
    IN_NOTE,
    IN_STUDY_NAME,
    Canaries,
    draw_canaries,
)
from rater.services.selftest.canary_story import CanaryStory, reachable
from rater.services.selftest.canary_workplace import Workplace
from rater.services.selftest.order_check import (
    FILES,
    PLANS,
    bland_study,
    depends_on_source_order,
    watch_files,
    watch_plans,
)
from rater.services.selftest.prediction_odds import Odds, Record
from rater.services.selftest.pty_session import has_terminals


class Answer(StrEnum):
    """What a check came to."""

    OK = "ok"
    FAILED = "FAILED"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and its answer."""

    question: str
    answer: Answer
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindTest:
    """The result of a self-test."""

    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    """Where a canary was found."""
    seed: int
    """Repeats the seedings that were counted."""

    @property
    def failed(self) -> bool:
        """Whether any check did not pass."""
        return any(check.answer is Answer.FAILED for check in self.checks)


NOT_SEEN = (
    "what the style of a reply tells: the leak audit measures that",
    "bytes that are compressed or encrypted on their way, and the memory of the machine",
    "the browser front (rater serve): it shows the same app through a socket",
    "what a real terminal does with the title, the clipboard and a picture: their bytes are searched as sent",
)
"""What no part of the self-test looks at."""

Tell = Callable[[str], None]
"""Told what is being done now."""


def run_blind_test(
    root: Path,
    *,
    entropy: Entropy,
    seed: int,
    who: str,
    app: str,
    tell: Tell = lambda step: None,
    in_terminal: bool | None = None,
) -> BlindTest:
    """Run every check of the self-test.

    Args:
        root: An empty folder; everything happens inside it.
        entropy: Draws the canaries and seeds their study.
        seed: Of the seedings that are counted.
        who: For the audit logs.
        app: Version of the program.
        tell: Called at each step.
        in_terminal: Whether to drive the rating app in a terminal; wherever there is one unless given.

    Raises:
        StorageError: The folder cannot be written.
    """
    test = _Run(
        work=Workplace(root=root, app=app),
        canaries=draw_canaries(entropy),
        tell=tell,
        has_terminals=has_terminals() if in_terminal is None else in_terminal,
    )
    try:
        test.search_canaries(entropy=entropy, who=who)
        test.count_orders(seed=seed, who=who)
    except OSError as fault:
        raise cannot_write(root, fault) from fault
    return BlindTest(checks=tuple(test.checks), findings=tuple(test.findings), seed=seed)


@dataclass(slots=True, kw_only=True)
class _Run:
    work: Workplace
    canaries: Canaries
    tell: Tell
    has_terminals: bool
    checks: list[Check] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def search_canaries(self, *, entropy: Entropy, who: str) -> None:
        """Let a study be used, then search what a rater can reach."""
        self.work.make()
        story = CanaryStory(self.work, self.canaries, entropy=entropy, who=who)
        self._ask("a planted canary is found in every form", self._plant_canaries)
        is_told = self._tell_story(story)
        self._search(story)
        if is_told:
            self._ask("the search sees what raters are meant to see", self._unseen)

    def _tell_story(self, story: CanaryStory) -> bool:
        """Use the study; whether all of it could be used."""
        if not (
            self._ask("the sources hold every canary", story.prepare)
            and self._ask("the study is seeded, and its key holds every condition", story.seed)
        ):
            return False
        self._ask("texts that no rule replaces stop the seeding", story.refuse_telling_texts)
        self._ask_app("the app in the study file: rated, killed, resumed", story.rate_in_study_file)
        self._ask("an item is rated without the app", story.rate_at_desk)
        if not self._ask("packs are handed out", story.hand_out):
            return False
        self._ask_app("the app in a pack: every page and step, killed, resumed", story.rate_in_pack)
        self._ask("the plain mode in a pack, line by line", story.rate_plainly)
        self._ask_app("a crash of the app tells nothing of the item", story.crash_over_item)
        self._ask("a crash while handing in tells nothing of a note", story.crash_over_note)
        self._ask_app("a changed item is not shown", story.meet_changed_item)
        self._ask("errors at the command line are sentences", lambda: story.suffer(in_terminal=False))
        self._ask_app("errors in a terminal are sentences", lambda: story.suffer(in_terminal=True))
        self._ask("ratings are handed in and merged", story.hand_in)
        self._ask("the open study is amended, extended and reassigned", story.amend)
        self._ask("the open study is looked at and exported", story.look_at_open_study)
        self._ask(
            "the study is locked, and late raters are turned away",
            lambda: story.lock(in_terminal=self.has_terminals),
        )
        return True

    def _search(self, story: CanaryStory) -> None:
        self.tell("searching every byte")
        forbidden = self.canaries.forbidden()
        for kind, folders in {
            **reachable(self.work),
            "the sealed keys, in the clear": (story.key, story.later_key),
        }.items():
            searched = search_files(folders, forbidden, root=self.work.root)
            self.findings += searched.findings
            question = f"no canary: {kind}"
            if searched.files:
                self._answer(question, _what_was_found(searched), _how_much(searched))
            else:
                self._leave_out(question, "nothing is there")
        self._ask("no file has the time of the sources", self._telling_times)

    def _telling_times(self) -> str | None:
        """A time of modification is no byte of a file, and travels with it."""
        made = self.canaries.epoch
        found = [
            str(file.relative_to(self.work.root))
            for folders in reachable(self.work).values()
            for folder in folders
            for file in folder.rglob("*")
            if int(file.stat().st_mtime) == made
        ]
        return f"found on {', '.join(found)}" if found else None

    def _unseen(self) -> str | None:
        """Find the words that are meant to be seen: a search that found nothing was not blind."""
        written = (IN_STUDY_NAME, IN_ITEM, IN_NOTE)
        in_the_app = (IN_GUESS,) if self.has_terminals else ()
        wanted = {
            self.work.study.parent: (*written, *in_the_app),
            self.work.packs: (*written, *in_the_app),
            self.work.snapshots: written,
            self.work.screens: (IN_STUDY_NAME, IN_ITEM, *((IN_NOTE, IN_GUESS) if self.has_terminals else ())),
            self.work.export: (IN_STUDY_NAME, IN_NOTE),
        }
        missing = [
            f"{name} in {folder.name}"
            for folder, names in wanted.items()
            for name in names
            if name not in self._seen_in(folder)
        ]
        return f"not found: {', '.join(missing)}" if missing else None

    def _seen_in(self, folder: Path) -> set[str]:
        target = self.canaries.sightings.target()
        return {one.what for one in search_files([folder], [target], root=self.work.root).findings}

    def _plant_canaries(self) -> str | None:
        """Write a canary in every spelling into files of its own, and search them."""
        folder = self.work.root / "planted"
        folder.mkdir()
        file, targets = folder / "scratch", self.canaries.forbidden()
        missed = []
        for target in targets:
            for form in Form:
                for number, spelling in enumerate(written_as(target.mark, form)):
                    file.write_bytes(b"\x00before " + spelling + b" after\xff")
                    found = search_files([file], targets, root=folder).findings
                    if form not in {one.form for one in found}:
                        missed.append(f"{target.mark} as {form}, spelling {number + 1}")
        named = folder / f"{targets[0].mark}.txt"
        named.write_bytes(b"")
        if FILE_NAMES not in {one.file for one in search_files([named], targets, root=folder).findings}:
            missed.append("a file name")
        named.unlink()
        file.write_bytes(b"nothing of that kind")
        if search_files([folder], targets, root=folder).findings:
            missed.append("a file without a canary, where one was found")
        return f"not found: {', '.join(missed)}" if missed else None

    def count_orders(self, *, seed: int, who: str) -> None:
        """Count over many seedings what predicts a condition."""
        study, record = bland_study(), Record()
        self._ask(
            "a seeding does not depend on the order of the sources",
            lambda: (
                "the same draws gave another study" if depends_on_source_order(study, seed=seed) else None
            ),
        )
        self._ask(
            f"{PLANS} small studies are seeded in memory", lambda: watch_plans(study, record, seed=seed)
        )
        orders = self.work.root / "orders"
        self._ask(
            f"{FILES} small studies are seeded on disk",
            lambda: watch_files(study, record, folder=orders, who=who, app=self.work.app),
        )
        for odds in record.odds():
            self._answer(f"no better than chance: {odds.quantity}", _what_it_tells(odds), _how_sure(odds))
        self._ask(
            "no better than chance either with waves, hidden repeats, mirrored turns and sites",
            lambda: _what_every_setting_tells(seed),
        )

    def _ask(self, question: str, step: Callable[[], str | None]) -> bool:
        """Do a step that returns what is wrong, or nothing, or raises."""
        self.tell(question)
        try:
            wrong = step()
        except BlindraterError as error:
            wrong = str(error)
        return self._answer(question, wrong)

    def _ask_app(self, question: str, step: Callable[[], str | None]) -> bool:
        """Do a step that needs a terminal."""
        if self.has_terminals:
            return self._ask(question, step)
        self._leave_out(question, "there are no pseudo-terminals here")
        return False

    def _leave_out(self, question: str, why: str) -> None:
        self.checks.append(Check(question=question, answer=Answer.NOT_CHECKED, why=why))

    def _answer(self, question: str, wrong: str | None, remark: str = "") -> bool:
        answer = Answer.FAILED if wrong else Answer.OK
        self.checks.append(Check(question=question, answer=answer, why=wrong or remark))
        return not wrong


def _what_was_found(searched: Searched) -> str | None:
    if not searched.findings:
        return None
    more = len(searched.findings) - 1
    return f"{searched.findings[0]}{f', and {more} more' if more else ''}"


def _how_much(searched: Searched) -> str:
    return f"{searched.files} files, {searched.bytes / 1e6:.1f} MB"


def _what_every_setting_tells(seed: int) -> str | None:
    record = Record()
    watch_plans(bland_study(every_setting=True), record, seed=seed, plans=PLANS // 2)
    found = [f"{odds.quantity}: {_what_it_tells(odds)}" for odds in record.odds() if odds.tells]
    return "; ".join(found) or None


def _what_it_tells(odds: Odds) -> str | None:
    return f"{odds.strongest}; p = {odds.smallest_p:.1g}" if odds.tells else None


def _how_sure(odds: Odds) -> str:
    return f"{odds.cells} rules, smallest p {odds.smallest_p:.2g}; below {odds.bound:.1g} it would fail"
