"""A canary study from seeding to lock: what admins and raters do with a study before unblinding.

Each step says what went wrong, or nothing. What the steps leave in the workplace is searched later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from db.atomic_file import write_whole
from protocol.chain.identifiers import Entropy
from protocol.conversation import Message
from protocol.errors import BlindError
from protocol.study import RedactionPlan, StudyProtocol
from protocol.transcript import Transcript
from rater.services.doors.key_files import Secrets, open_key, read_bytes, read_identities, write_identity
from rater.services.packs.handing_out import issue_packs
from rater.services.seeding.preparing import Prepared, prepare
from rater.services.seeding.seeding import SeedRequest, seed_study
from rater.services.seeding.seeding_plan import plan_seeding
from rater.services.selftest.byte_search import find_in_bytes
from rater.services.selftest.canaries import IN_NOTE, MODELS, SCAFFOLD_TEXTS, SCAFFOLDS, TASKS, Canaries
from rater.services.selftest.canary_faults import (
    Mishap,
    crash_over_item,
    crash_over_note,
    meet_changed_item,
    mishaps,
    suffer,
)
from rater.services.selftest.canary_sitting import rate_at_desk, rate_in_pack, rate_in_study_file
from rater.services.selftest.canary_study import RATERS, CanarySources, write_batch, write_sources
from rater.services.selftest.canary_workplace import Workplace, admin_command, rater_command
from rater.services.selftest.pty_session import TerminalSize
from rater.services.wall_clock import utc_now
from rater.services.who import Who

SEALED = (*MODELS, *SCAFFOLDS, *SCAFFOLD_TEXTS, *TASKS, "source id", "system message", "tool-call id")
"""What the key must hold, because nothing else can bring it back."""
_IN_PACK, _IN_STUDY_FILE, _LATE = RATERS

_ANCHOR = re.compile(r'(\banchor = ")')

AT_ONCE = 4
"""So many errors are provoked side by side: each waits for a program to start."""
_PLAIN_STEPS = (
    "",
    "t",
    "a",
    "?",
    "i",
    "l",
    "s",
    "x no-claim",
    "x no-claim",
    "",
    "u",
    "U",
    "q",
)
"""What is typed in the plain mode: most kinds of output it has, and one item completed."""


class CanaryStory:
    """The steps of a study, called in their order.

    Args:
        work: Where it happens.
        canaries: What is planted.
        entropy: Of the texts, and of the seeding.
        who: For the audit log.
    """

    def __init__(self, work: Workplace, canaries: Canaries, *, entropy: Entropy, who: str) -> None:
        self._work = work
        self._canaries = canaries
        self._entropy = entropy
        self._who = who
        self.key = work.admin / "study.key"
        """The sealed key: a rater must not reach it, and could not read it."""
        self.later_key = work.admin / "study-later.key"
        """That of the second batch."""
        self._identity = work.admin / "identity.txt"
        self._later_identity = work.admin / "identity-later.txt"
        self._pack = work.packs / f"{_IN_PACK}.pack.db"
        self._noted_pack = work.packs / f"{_IN_STUDY_FILE}.pack.db"
        self._untouched_pack = work.packs / f"{_LATE}.pack.db"
        self._sources: CanarySources | None = None
        self._prepared: Prepared | None = None

    def prepare(self) -> str | None:
        """Write the sources with every canary in them, and read them as an admin would."""
        sources = write_sources(self._work.admin, self._canaries, entropy=self._entropy)
        self._sources = sources
        self._prepared = prepare(sources.protocol, sources.transcripts)
        planted = b"".join(path.read_bytes() for path in (sources.protocol, *sources.transcripts))
        planted += "\n".join(map(str, sources.transcripts)).encode()
        absent = self._absent_from(planted, tuple(self._canaries.words.by_name))
        return f"not planted: {', '.join(absent)}" if absent else None

    def seed(self) -> str | None:
        """Seed the study; only the admin's identity opens its key."""
        prepared = self._ready()
        pair = write_identity(self._identity)
        seed_study(
            prepared.protocol,
            prepared.study_toml,
            prepared.transcripts,
            SeedRequest(
                study_path=self._work.study,
                key_path=self.key,
                recipients=(pair.recipient,),
                who=self._who,
                app=self._work.app,
            ),
            entropy=self._entropy,
            clock=utc_now,
        )
        opened = open_key(read_bytes(self.key, wanted="the sealed key"), self._secrets())
        absent = self._absent_from(opened.to_bytes(), SEALED)
        return f"not in the key: {', '.join(absent)}" if absent else None

    def refuse_telling_texts(self) -> str | None:
        """Try to seed texts that no rule may or does replace."""
        prepared = self._ready()
        words = self._canaries.words
        design = replace(prepared.protocol.design, spacing=1)  # feasible for two tasks too
        protocol = replace(prepared.protocol, design=design)
        tasks = {task.id for task in protocol.tasks[:2]}
        transcripts = [one for one in prepared.transcripts if one.origin.task in tasks]
        first, rest = transcripts[0], transcripts[1:]

        def telling(source: str) -> list[Transcript]:
            """The transcripts with a reply that gives the id of its source."""
            spoken = Message(role="assistant", text=f"See {source}.")
            said = replace(first.conversation, messages=(*first.conversation.messages, spoken))
            origin = replace(first.origin, source=source)
            return [Transcript(origin=origin, conversation=said, read_from=first.read_from), *rest]

        card = replace(protocol.tasks[0].card, brief=f"What {words[MODELS[0]]} was asked.")
        carded = replace(protocol.tasks[0], card=card)
        attempts: list[tuple[str, StudyProtocol, Sequence[Transcript]]] = [
            (
                "a card that names a model",
                replace(protocol, tasks=(carded, *protocol.tasks[1:])),
                transcripts,
            ),
            ("a reply with the id of its source", protocol, telling(words["source id"])),
            (
                "a reply with what is left of such an id when the model is replaced",
                protocol,
                telling(f"{words['source id']}/{first.origin.model}"),
            ),
            (
                "a reply with the id of its scaffold",
                replace(protocol, redaction=RedactionPlan()),
                transcripts,
            ),
            (
                "a study name with a scaffold's sentence",
                replace(protocol, name=protocol.scaffolds[1].text),
                [],
            ),
        ]
        accepted = [what for what, changed, texts in attempts if not self._is_refused(changed, texts)]
        return f"seeded all the same: {', '.join(accepted)}" if accepted else None

    def rate_in_study_file(self) -> str | None:
        """Rate in the shared file through the app, killed once."""
        rate_in_study_file(self._work, _IN_STUDY_FILE, self._canaries)
        return None

    def rate_at_desk(self) -> str | None:
        """Rate an item of the shared file without the app, and look at the file meanwhile."""
        rate_at_desk(
            self._work.study,
            rater=_IN_STUDY_FILE,
            app=self._work.app,
            items=1,
            note=f"A note by {self._canaries.sightings[IN_NOTE]}",
            meanwhile=lambda: self._work.take_snapshot(self._work.study, "study-at-desk"),
        )
        return None

    def meet_changed_item(self) -> str | None:
        """Meet an item whose text was changed outside the program."""
        return meet_changed_item(self._work, self._untouched_pack, self._canaries)

    def hand_out(self) -> str | None:
        """Write a pack for every rater."""
        issue_packs(
            self._work.study,
            (),
            every=True,
            folder=self._work.packs,
            who=Who(name=self._who, app=self._work.app),
            clock=utc_now,
        )
        return None

    def rate_in_pack(self) -> str | None:
        """Rate in a pack through the app, killed once."""
        rate_in_pack(self._work, self._pack, self._canaries)
        return None

    def rate_plainly(self) -> str | None:
        """Rate an item in a pack line by line."""
        command = rater_command(["rate", str(self._noted_pack), "--plain"])
        code = self._work.run("plain", command, typed="\n".join(_PLAIN_STEPS))
        return f"exit code {code}" if code else None

    def crash_over_item(self) -> str | None:
        """Crash the app over an item."""
        return crash_over_item(self._work, self._untouched_pack, self._canaries)

    def crash_over_note(self) -> str | None:
        """Crash the handing in over a note."""
        return crash_over_note(self._work, self._noted_pack, self._canaries)

    def suffer(self, *, in_terminal: bool) -> str | None:
        """Provoke every error.

        Args:
            in_terminal: Those that need a terminal; else those that need none.
        """
        wanted = [
            mishap
            for mishap in mishaps(self._work, self._untouched_pack)
            if (mishap.terminal is not None) is in_terminal
        ]
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            found = list(pool.map(partial(suffer, self._work), wanted))
        return "; ".join(one for one in found if one) or None

    def hand_in(self) -> str | None:
        """Hand in an interim copy and the final ratings of a pack, and take them back."""
        rate_at_desk(self._pack, rater=None, app=self._work.app)
        ratings = str(self._work.packs / f"{_IN_PACK}.ratings.jsonl")
        return self._run_all(
            ("help", rater_command(["--help"])),
            ("submit-interim", rater_command(["submit", str(self._pack), "--interim"])),
            ("submit", rater_command(["submit", str(self._pack)])),
            ("merge", admin_command(["merge", str(self._work.study), ratings])),
        )

    def amend(self) -> str | None:
        """Add a batch, amend an anchor, rule, withdraw an item, and let somebody take a rater's place."""
        sources = self._sources
        if sources is None:
            raise RuntimeError("the sources are written first")
        batch = write_batch(sources, self._canaries, raters=(_IN_STUDY_FILE, _LATE))
        study, reason = str(self._work.study), ["--reason", "self-test"]
        extend = ["extend", study, str(batch.protocol), *map(str, batch.transcripts)]
        sealing = [
            "--key",
            str(self.later_key),
            "--recipient",
            write_identity(self._later_identity).recipient,
        ]
        item = next(iter(sorted(open_key(self.key.read_bytes(), self._secrets()).allocation)))
        amended = sources.folder / "study-amended.toml"
        text = sources.protocol.read_text(encoding="utf-8")
        write_whole(amended, _ANCHOR.sub(r"\1Read anew: ", text, count=1).encode())
        original = ["--original", str(sources.protocol)]
        dimension = self._ready().protocol.rubric.dimensions[0].id
        ruling = ["--dimension", dimension, "--text", "A link alone is no check."]
        return self._run_all(
            ("extend", admin_command([*extend, *sealing, *original, *reason, "--no-input"])),
            ("amend", admin_command(["amend", study, str(amended), "--carry", *original, *reason])),
            ("clarify", admin_command(["clarify", study, *ruling, *reason])),
            ("withdraw", admin_command(["withdraw", study, "--item", item, *reason])),
            ("reassign", admin_command(["reassign", study, "--from", _LATE, "--to", "R4", *reason])),
            ("questions", admin_command(["questions", study])),
            ("pack-again", admin_command(["pack", study, "--rater", "R4", "-o", str(self._work.packs)])),
        )

    def look_at_open_study(self) -> str | None:
        """Print and export everything that can be known before the lock."""
        study = str(self._work.study)
        return self._run_all(
            ("status", admin_command(["status", study])),
            ("status-json", admin_command(["status", study, "--json"])),
            ("agreement", admin_command(["agreement", study])),
            ("agreement-json", admin_command(["agreement", study, "--json"])),
            ("export", admin_command(["export", study, "-o", str(self._work.export)])),
            ("verify", admin_command(["verify", study])),
        )

    def lock(self, *, in_terminal: bool) -> str | None:
        """Lock, and let a rater come too late."""
        study = str(self._work.study)
        locking = self._run_all(
            ("lock", admin_command(["lock", study, "--accept-missing", "--reason", "self-test"])),
            ("status-locked", admin_command(["status", study])),
        )
        late = [Mishap(name="submit-locked", arguments=["submit", study, "--as", _LATE])]
        if in_terminal:
            late.append(
                Mishap(name="locked", arguments=["rate", study, "--as", _LATE], terminal=TerminalSize())
            )
        found = [locking, *(suffer(self._work, mishap) for mishap in late)]
        self._work.take_snapshot(self._work.study, "study-locked")
        return "; ".join(one for one in found if one) or None

    def _secrets(self) -> Secrets:
        return Secrets(identities=read_identities([self._identity]))

    def _ready(self) -> Prepared:
        if self._prepared is None:
            raise RuntimeError("the sources are written first")
        return self._prepared

    def _absent_from(self, data: bytes, names: Sequence[str]) -> list[str]:
        found = {one.what for one in find_in_bytes(data, [self._canaries.words.target()], file="")}
        return [name for name in names if name not in found]

    def _is_refused(self, protocol: StudyProtocol, transcripts: Sequence[Transcript]) -> bool:
        try:
            plan_seeding(protocol, "", transcripts, entropy=self._entropy)
        except BlindError:
            return True
        return False

    def _run_all(self, *commands: tuple[str, Sequence[str]]) -> str | None:
        codes = {name: self._work.run(name, command) for name, command in commands}
        failed = [f"{name} ended with exit code {code}" for name, code in codes.items() if code]
        return "; ".join(failed) or None


def reachable(work: Workplace) -> dict[str, tuple[Path, ...]]:
    """Return what a rater can reach, by kind."""
    return {
        "the study file and what lies beside it": (work.study.parent,),
        "packs, damaged copies, ratings files": (work.packs,),
        "files while open and after a kill": (work.snapshots,),
        "terminal, standard output and error": (work.screens,),
        "settings, state, cache, crash reports": (work.home,),
        "the export of the open study": (work.export,),
    }
