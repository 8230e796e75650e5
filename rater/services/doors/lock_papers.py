"""What leaves the house at a lock: the lock manifest as a file, and the message that goes with it.

The manifest is written byte for byte: its SHA-256 is the lock code. The message is a draft in plain
words; it names raters by their codes and no condition, so it can go to everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from db.atomic_file import is_taken, write_whole
from db.connection import close, open_for_reading, sentences
from db.lock_store import read_lock
from db.study_store import StudyState, read_study, require_study_file
from protocol.canonical_json import Json, parse_canonical
from protocol.chain.ratings_file import receipt_code
from protocol.errors import UsageError, WrongStateError
from protocol.safe_text import inline


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperNames:
    """Where the papers of a lock go, as far as it was said."""

    manifest: Path | None = None
    message: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPapers:
    """What was written."""

    manifest: Path
    message: Path


def refuse_papers_in_the_way(names: PaperNames, *, force: bool) -> None:
    """Refuse before the lock what could not be written after it.

    Raises:
        UsageError: A named file is there already, or its folder is not.
    """
    for path in (names.manifest, names.message):
        if path is None:
            continue
        if not path.absolute().parent.is_dir():
            raise UsageError(
                "There is no such folder.", where=str(path.parent), next_step="Make it, or name another."
            )
        if is_taken(path) and not force:
            raise UsageError(
                "A file is there already.", where=str(path), next_step="Give another name, or --force."
            )
    if names.manifest is not None and names.manifest == names.message:
        raise UsageError("Manifest and message need two files.", next_step="Give two names.")


def write_lock_papers(study_path: Path, names: PaperNames, *, force: bool) -> LockPapers:
    """Write the lock manifest of a locked study, and the draft of the message to raters and co-authors.

    Args:
        study_path: The study file, locked or unblinded.
        names: Where to; beside the study unless given, under names that hold the lock code's beginning.
        force: Replace named files.

    Raises:
        WrongStateError: The study is open.
        CheckFailedError: The study file has no lock manifest under its lock code.
        UsageError: A file with another content is in the way.
        StorageError: A file cannot be written.
    """
    connection = open_for_reading(study_path)
    try:
        with sentences(study_path):
            study = read_study(connection)
            require_study_file(study)
            if study.state is StudyState.OPEN or study.lock_code is None:
                raise WrongStateError(
                    "The study is open: it has no lock manifest.",
                    where=str(study_path),
                    next_step="Lock it first: `rater-admin lock`.",
                )
            code = study.lock_code
            body = read_lock(connection, code)
    finally:
        close(connection)
    stem = f"{study_path.stem}.lock-{code[:8]}"
    papers = LockPapers(
        manifest=names.manifest or study_path.with_name(f"{stem}.json"),
        message=names.message or study_path.with_name(f"{stem}.txt"),
    )
    text = lock_message(study.visible.name, code, body, manifest_name=papers.manifest.name)
    _write(papers.manifest, body, force=force)
    _write(papers.message, text.encode(), force=force)
    return papers


def _write(path: Path, data: bytes, *, force: bool) -> None:
    if path.is_file() and path.read_bytes() == data:
        return  # written before, and the same: nothing to replace
    write_whole(path, data, replace=force)


def lock_message(name: str, lock_code: str, body: bytes, *, manifest_name: str) -> str:
    """Return the message to raters and co-authors about a lock.

    Args:
        name: Name of the study.
        lock_code: The lock code.
        body: The lock manifest.
        manifest_name: Name of the file that goes with the message.
    """
    lock = parse_canonical(body)
    raters = [entry for entry in _list(lock["raters"]) if isinstance(entry, dict)]
    sealed = "key" in lock  # a benchmark audit has none
    when = (
        (
            "This happened before the key was opened that tells which model and which scaffold an item",
            "came from. The lock code is",
        )
        if sealed
        else ("The lock code is",)
    )
    since = ("once the", "conditions were known.") if sealed else ("after", "that day.")
    lines = [
        f"Subject: The ratings of {inline(name)} are final",
        "",
        "Dear raters, dear co-authors,",
        "",
        f"on {_day(lock['at'])} the ratings of the study {inline(name)} were locked: they are final.",
        *when,
        "",
        f"    {lock_code}",
        "",
        f"It is the SHA-256 of the attached file {manifest_name}. Please keep this",
        f"message: the code shows later that no rating was changed, added or left out {since[0]}",
        since[1],
        "",
        "What was counted, with the receipt of each rater's work:",
        "",
        *(_line_of(entry) for entry in raters),
        "",
        "Raters: your program showed the same receipt for the last file you wrote. To check that file",
        "yourself, with the attached one beside it:",
        "",
        f"    rater check-receipt R1.ratings.jsonl RECEIPT {manifest_name} --lock-code LOCKCODE",
        "",
        "with your code for R1, your receipt for RECEIPT and the lock code above for LOCKCODE.",
        'The answer is "Counted, unchanged.", or what differs; in that case please write to me.',
        *_gap_lines(lock, raters),
        *_adjudication_lines(lock),
    ]
    return "\n".join(lines) + "\n"


def _line_of(entry: dict[str, Json]) -> str:
    done = f"{entry['completed']} of {entry['items']} items, {entry['events']} events"
    return f"    {entry['rater']}  {receipt_code(str(entry['head']))}  {done}"


def _gap_lines(lock: dict[str, Json], raters: list[dict[str, Json]]) -> list[str]:
    gaps = [f"{entry['rater']} {len(_list(entry['missing']))}" for entry in raters if entry["missing"]]
    lines: list[str] = []
    if gaps:
        lines += ["", f"Not every item was completed: {', '.join(gaps)}.", "The reason to lock all the same:"]
        lines += ["", f"    {inline(str(lock['reason']))}"]
    out = [str(rater) for rater in _list(lock.get("packs_out", []))]
    if out:
        lines += ["", f"Packs that were still out at the lock: {', '.join(out)}."]
        lines += ["What comes from them now is late."]
    return lines


def _adjudication_lines(lock: dict[str, Json]) -> list[str]:
    found = lock.get("adjudication")
    if not isinstance(found, dict):
        return []
    decided = f"{found['decided']} of {found['cells']} disagreements were decided by an adjudicator"
    lines = [
        "",
        "The ratings are those of the lock before, whose code this one takes the place of:",
        "",
        f"    {found['lock_code']}",
        "",
        f"Since then, until {_day(found['at'])},",
        f"{decided},",
        "who knew neither conditions nor who had said what. The ratings stay as the raters gave them.",
    ]
    if found["outcome"] == "waived":
        lines += ["The rest was waived, for this reason:", "", f"    {inline(str(found['reason']))}"]
    return lines


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _day(value: Json) -> str:
    return str(value)[:10]
