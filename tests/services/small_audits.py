"""A small benchmark audit: two coders, two benchmarks or more, three dimensions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.chain.events import EventDraft, EventKind, Span
from rater.services.auditing.audit_seeding import AuditRequest, SeededAudit, seed_audit
from rater.services.sitting.opening import open_desk

AT = "2026-11-23T13:00:00.000Z"
CODERS = ("C1", "C2")
BENCHMARKS = ("alpha-bench", "beta-bench")
DIMENSIONS = ("A1", "A2", "E1", "E2")

LevelOf = Callable[[str, str, str], int | None]
"""Level by coder, benchmark and dimension; None for undeterminable."""


def clock() -> str:
    """Return the time of every test."""
    return AT


def audit_toml(benchmarks: Sequence[str] = BENCHMARKS, *, more: str = "") -> str:
    """Return the study.toml of a small audit."""
    lines = [
        "format = 1",
        '[study]\nname = "Small audit"\nkind = "benchmark-audit"\nsimulated = true',
        '[rubric]\nid = "small"\ntitle = "Small"\nsource = "ours"',
        '[[rubric.not_ratable]]\ncode = "undeterminable"\nlabel = "U"\nscope = "dimension"',
    ]
    labels = {"A": ("absent", "partial", "present"), "E": ("response", "interaction, scripted", "deployment")}
    for name in DIMENSIONS:
        lines.append(
            f'[[rubric.dimensions]]\nid = "{name}"\nname = "{name}"\nquestion = "How much?"\nquote_from = 0'
        )
        lines += [
            f'[[rubric.dimensions.levels]]\nvalue = {level}\nlabel = "{label}"\nanchor = "Anchor {level}."'
            for level, label in enumerate(labels[name[0]])
        ]
    lines += [f'[[benchmarks]]\nid = "{one}"\ntitle = "The {one}"\nunit = "one answer"' for one in benchmarks]
    codes = ", ".join(f'"{coder}"' for coder in CODERS)
    lines.append(f"[design]\nraters = [{codes}]")
    lines.append(
        '[analysis]\nheadline = ["A1", "A2"]\nevidence_level = "E1"\nclaim_level = "E2"\n'
        "bootstrap = 200\nseed = 5"
    )
    return "\n\n".join([*lines, more]) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallAudit:
    """The files of one audit, in a folder of its own."""

    folder: Path
    benchmarks: tuple[str, ...] = BENCHMARKS

    @property
    def study(self) -> Path:
        return self.folder / "study.db"

    @property
    def protocol(self) -> Path:
        return self.folder / "study.toml"

    @property
    def documents(self) -> Path:
        return self.folder / "documents"

    def seed(self, *, replace: bool = False) -> SeededAudit:
        """Seed the audit from its files."""
        return seed_audit(
            AuditRequest(
                protocol=self.protocol,
                documents=self.documents,
                study_path=self.study,
                replace=replace,
                who="admin",
                app="0",
            ),
            entropy=random.Random(1),
            clock=clock,
        )

    def code(self, level_of: LevelOf, *, coders: Sequence[str] = CODERS) -> None:
        """Let coders code every benchmark with a quote for each level."""
        for coder in coders:
            desk = open_desk(
                self.study, rater=coder, app="0", entropy=random.Random(f"salts {coder}"), clock=clock
            )
            desk.start_sitting()
            for position, item in enumerate(desk.session.items):
                benchmark = desk.item(position).task_id
                desk.show(position)
                for dimension in desk.dimensions:
                    level = level_of(coder, benchmark, dimension.id)
                    if level is None:
                        desk.record(
                            EventDraft(
                                kind=EventKind.NOT_RATABLE,
                                item_id=item,
                                dimension=dimension.id,
                                reason="undeterminable",
                            )
                        )
                        continue
                    desk.record(
                        EventDraft(kind=EventKind.SCORE, item_id=item, dimension=dimension.id, level=level)
                    )
                    desk.record(
                        EventDraft(
                            kind=EventKind.QUOTE,
                            item_id=item,
                            dimension=dimension.id,
                            span=Span(message=0, start=0, end=5),
                            texts={"quote": desk.item(position).conversation.messages[0].text[:5]},
                        )
                    )
                desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))
            desk.close()


def write_audit(folder: Path, benchmarks: tuple[str, ...] = BENCHMARKS) -> SmallAudit:
    """Write the protocol and one document for each benchmark."""
    folder.mkdir(parents=True, exist_ok=True)
    audit = SmallAudit(folder=folder, benchmarks=benchmarks)
    audit.protocol.write_text(audit_toml(benchmarks), encoding="utf-8")
    for one in benchmarks:
        (audit.documents / one).mkdir(parents=True)
        text = f"# {one}\n\nThe score is the share of answers that a judge prefers.\n"
        (audit.documents / one / "paper.md").write_text(text, encoding="utf-8")
    return audit
