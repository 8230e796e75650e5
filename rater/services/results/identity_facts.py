"""Whose names must not be in a public bundle: from raters.toml, the study file and this machine."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.audit_store import read_audit
from db.connection import close, open_for_reading, sentences
from db.event_store import read_events
from db.manifest_store import read_manifests
from db.study_store import read_study
from protocol.errors import CheckFailedError, InvalidInputError
from protocol.public_bundle import layout
from protocol.public_bundle.identity_lint import Identities, IdentityHit, find_identities
from rater.services.input_files import read_text, require_file
from rater.services.rater_list import find_rater_list

SHOWN_HITS = 30
_NO_IDENTITY = frozenset({"role", "roles", "code", "rater", "deadline", "language", "format"})
_ANYBODY = frozenset({"admin", "root", "user", "unknown", "nobody", "localhost"})
_IN_LOCK = frozenset({"locked", "adjudication-waived"})
"""Steps whose reason stands in the lock manifest."""
_OURS = (layout.VERIFIER, layout.README)
_BEFORE_RATING = (layout.PROTOCOL, layout.VISIBLE)
"""Written before anybody rated: a note that repeats the rubric is no find there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFacts:
    """What is known about people beside the study file."""

    names: tuple[str, ...] = ()
    host: str = ""


def identity_facts(study: Path, raters: Path | None) -> IdentityFacts:
    """Return names and sites of raters.toml, and the name of this machine.

    Args:
        study: The study file; raters.toml is looked for beside it.
        raters: Another place of that file.

    Raises:
        NotFoundError: The file that was named does not exist.
        InvalidInputError: It is no TOML.
    """
    require_file(study, wanted="a study")
    path = find_rater_list(study, raters)
    return IdentityFacts(names=_names_in(path) if path else (), host=socket.gethostname())


def _names_in(path: Path) -> tuple[str, ...]:
    text = read_text(path, wanted="names and sites of raters, as TOML").text
    try:
        value = tomllib.loads(text)
    except ValueError:
        raise InvalidInputError(
            "The file is no valid TOML.", where=str(path), next_step="Correct it: the lint needs the names."
        ) from None
    return tuple(dict.fromkeys(_texts(value, key="")))


def _texts(value: object, *, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _NO_IDENTITY:
                yield from _texts(inner, key=str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key=key)
    elif isinstance(value, str) and len(value.strip()) > 2:
        yield value.strip()
        if "name" in key:
            yield from (word for word in value.split() if len(word) > 2)


def refuse_identities(
    path: Path, files: Mapping[str, str], facts: IdentityFacts, *, allowed: Sequence[str]
) -> None:
    """Refuse a bundle in which a file would tell who somebody is.

    Args:
        path: The study file, whose notes and log must not be quoted.
        files: The bundle.
        facts: What is known about people beside it.
        allowed: Texts that may be published although they are found.

    Raises:
        CheckFailedError: Something was found; every place is named.
    """
    identities = _identities(path, facts)
    without_texts = Identities(names=identities.names, hosts=identities.hosts)
    hits = [
        hit
        for name, text in files.items()
        if name not in _OURS and name != layout.INDEX
        for hit in find_identities(
            name, text, without_texts if name in _BEFORE_RATING else identities, allowed=allowed
        )
    ]
    if hits:
        raise CheckFailedError(_told(hits))


def _told(hits: Sequence[IdentityHit]) -> str:
    places = "1 place" if len(hits) == 1 else f"{len(hits)} places"
    lines = [f"  {hit}" for hit in hits[:SHOWN_HITS]]
    if len(hits) > SHOWN_HITS:
        lines.append(f"  and {len(hits) - SHOWN_HITS} more")
    return (
        f"The bundle would tell who somebody is, in {places}; nothing was written. Add --allow TEXT for each "
        "that may be public; what was hashed at seeding or lock cannot be taken out.\n" + "\n".join(lines)
    )


def _identities(path: Path, facts: IdentityFacts) -> Identities:
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            entries = read_audit(connection, study_id=study.study_id)
            written = [
                part.value
                for manifest in read_manifests(connection)
                for event in read_events(connection, manifest)
                for name, part in event.withheld.items()
                if name in ("note", "cue")
            ]
    finally:
        close(connection)
    who = [entry.who for entry in entries if len(entry.who) > 2 and entry.who.lower() not in _ANYBODY]
    # The reasons of a lock and of amendments are part of what the lock code covers, and public.
    public = {entry.reason for entry in entries if entry.action in _IN_LOCK or "amendment" in entry.details}
    reasons = [entry.reason for entry in entries if entry.reason not in public]
    host = facts.host if len(facts.host) > 3 and facts.host.lower() not in _ANYBODY else ""
    return Identities(
        names=tuple(dict.fromkeys((*facts.names, *who))),
        hosts=(host,) if host else (),
        free_texts=tuple(dict.fromkeys((*written, *reasons))),
    )
