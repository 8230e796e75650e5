"""The letter that goes with a pack: how to install, three commands, what is asked and recorded.

The text is a template that the admin can edit. Every letter is searched for what tells a condition
before its pack goes out, as everything a rater can reach.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from protocol.canonical_json import sha256_hex
from protocol.deidentify.folding import fold
from protocol.deidentify.rules import RedactionRules, build_rules
from protocol.errors import BlindError, CheckFailedError, InvalidInputError, Problem
from protocol.study import StudyProtocol
from protocol.timing import RECORDED
from protocol.visible import StudyKind, VisibleProtocol
from rater.services.input_files import read_text
from rater.services.reading_study import StudyFile, read_study_file

TEMPLATE_FILE = "letter.txt"
TEMPLATE_OF_AUDIT = "letter-audit.txt"
"""What the package calls the letter to coders; in a folder it is a letter like any other."""
PROTOCOL_FILE = "study.toml"
FIELDS = ("rater", "study", "pack", "items", "contact", "deadline", "timing", "sha256")
"""What a template can name, each with a dollar sign before it."""

_FIELD = re.compile(r"\$(\$|\w+)")
_HASH_TO_COME = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRequest:
    """What was said about the letters."""

    template: Path | None = None
    """letter.txt beside the study file unless given, and the shipped text where there is none."""
    protocol: Path | None = None
    """study.toml beside the study file unless given: its names must not stand in a letter."""
    deadline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFacts:
    """What a letter says about its pack."""

    rater: str
    pack: str
    items: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDesk:
    """A template with everything that is the same for all raters."""

    template: str
    where: str
    visible: VisibleProtocol
    deadline: str
    rules: RedactionRules | None
    """None for an audit: nothing is hidden from coders."""
    knows_names: bool
    """Whether the study's own names were at hand, and not the shipped list alone."""

    def letter(self, facts: PackFacts) -> str:
        """Return a rater's letter.

        Raises:
            BlindError: It tells a condition.
        """
        values = {
            "$": "$",
            "rater": facts.rater,
            "study": self.visible.name,
            "pack": facts.pack,
            "items": str(facts.items),
            "contact": self.visible.contact or "the person who sent you this letter",
            "deadline": self.deadline.strip() or "as agreed",
            "timing": timing_text(self.visible),
            "sha256": facts.sha256,
        }
        # Name and contact were searched at seeding and stand in every pack; a contact may work for a maker.
        self._refuse_leaks(self._filled({**values, "study": "", "contact": ""}))
        return self._filled(values)

    def try_out(self, rater: str, pack: str, items: int) -> None:
        """Refuse a letter that could not go out, before its pack does.

        Raises:
            BlindError: It tells a condition.
        """
        self.letter(PackFacts(rater=rater, pack=pack, items=items, sha256=_HASH_TO_COME))

    def _filled(self, values: Mapping[str, str]) -> str:
        return _FIELD.sub(lambda found: values[found[1]], self.template)

    def _refuse_leaks(self, text: str) -> None:
        if self.rules is None:
            return
        folded = fold(text)
        hits = self.rules.find(folded.text)
        if not hits:
            return
        start, end = folded.source_span(hits[0].start, hits[0].end)
        line = text.count("\n", 0, start) + 1
        raise BlindError(
            f"The letter would tell a condition: {text[start:end]!r} ({hits[0].rule}).",
            where=f"{self.where}, line {line} of the letter",
            next_step="Take it out of the template. No pack went out.",
        )


def timing_text(visible: VisibleProtocol) -> str:
    """Say which times are recorded, and whether sittings are marked."""
    if not visible.installation:
        return RECORDED[visible.timing]
    return (
        f"{RECORDED[visible.timing]}\nA random mark at each start says whether you work on one"
        " installation of the program or on several."
    )


def open_letters(
    request: LetterRequest,
    study_path: Path,
    visible: VisibleProtocol,
    sha256: str,
    *,
    kind: StudyKind = StudyKind.STRESS_TEST,
) -> LetterDesk:
    """Read the template and what must not stand in a letter.

    Args:
        request: What was said about the letters.
        study_path: The study file.
        visible: What raters may know of the study.
        sha256: Hash of the study's protocol.
        kind: Of the study; in an audit there is nothing that must not stand in a letter.

    Raises:
        NotFoundError: A named file does not exist.
        InvalidInputError: The template names a field that does not exist, or a file cannot be read.
        CheckFailedError: The named study.toml is not the one the study was seeded with.
    """
    beside = study_path.with_name(TEMPLATE_FILE)
    path = request.template or (beside if beside.is_file() else None)
    text = shipped_letter(kind) if path is None else read_text(path, wanted="the template of a letter").text
    where = TEMPLATE_FILE if path is None else str(path)
    _refuse_unknown_fields(text, where)
    is_audit = kind is StudyKind.BENCHMARK_AUDIT
    protocol = None if is_audit else _protocol(request, study_path, sha256)
    return LetterDesk(
        template=text,
        where=where,
        visible=visible,
        deadline=request.deadline,
        rules=None if is_audit else _rules(protocol.protocol if protocol else None),
        knows_names=is_audit or protocol is not None,
    )


def shipped_letter(kind: StudyKind = StudyKind.STRESS_TEST) -> str:
    """Return the template that init writes."""
    name = TEMPLATE_OF_AUDIT if kind is StudyKind.BENCHMARK_AUDIT else TEMPLATE_FILE
    return (files("rater") / "templates" / name).read_text(encoding="utf-8")


def _refuse_unknown_fields(text: str, where: str) -> None:
    known = (*FIELDS, "$")
    problems = [
        Problem(where=f"{where}, line {number}", found=found[0], expected=f"one of ${', $'.join(FIELDS)}")
        for number, line in enumerate(text.splitlines(), start=1)
        for found in _FIELD.finditer(line)
        if found[1] not in known
    ]
    if problems:
        raise InvalidInputError(
            "The template of the letter names fields that do not exist.",
            where=where,
            next_step="Write $$ where a dollar sign is meant.",
            problems=problems,
        )


def _rules(protocol: StudyProtocol | None) -> RedactionRules:
    """Return what must not stand in a letter: shipped names, and the study's own where they are at hand."""
    return build_rules(
        study_names=_names(protocol) if protocol else (),
        literals=protocol.redaction.literals if protocol else (),
        hidden_texts=[scaffold.text for scaffold in protocol.scaffolds] if protocol else (),
        self_identification=False,
    )


def _protocol(request: LetterRequest, study_path: Path, sha256: str) -> StudyFile | None:
    if request.protocol is not None:
        file = read_study_file(request.protocol)
        if sha256_hex(file.content) != sha256:
            raise CheckFailedError(
                "This is not the study.toml the study was seeded with.",
                where=str(request.protocol),
                next_step="Name the one that was seeded, unchanged.",
            )
        return file
    beside = study_path.with_name(PROTOCOL_FILE)
    if not beside.is_file() or sha256_hex(beside.read_bytes()) != sha256:
        return None
    return read_study_file(beside)


def _names(protocol: StudyProtocol) -> set[str]:
    """Return names of models, and ids of scaffolds that can be no ordinary word, such as `react_v2`."""
    meanings: list[Mapping[str, str]] = [
        question.meaning for question in protocol.guess.questions if question.about == "model"
    ]
    models = {name for meaning in meanings for name in meaning.values()}
    fixed = {one[1:] for one in protocol.sources.map.values() if one.startswith(":")}
    odd = {one.id for one in protocol.scaffolds if len(one.id) > 3 and not one.id.isalpha()}
    return {name for name in models | fixed | odd if name.strip()}
