"""Data out: tidy ratings, evidence, agreement, effects, and a manifest of what they rest on."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.repeat_store import read_repeats
from db.study_store import read_study
from protocol.analysis.rating_table import COLUMNS, cell_of
from protocol.canonical_json import sha256_hex
from protocol.chain.batches import batches_of
from protocol.report.consensus_csv import CONSENSUS_COLUMNS, consensus_csv, consensus_fields
from protocol.report.csv_text import csv_text
from protocol.rubric_versions import rubric_history
from rater.services.progress.rater_states import each_rater_state
from rater.services.results.result_folder import write_folder
from rater.services.results.study_ratings import StudyRatings, read_study_ratings, read_unblinded_ratings

PACKAGES = ("krippendorff", "numpy", "scipy", "sqlite-utils", "pyrage")


def export_study(path: Path, folder: Path, *, app: str, replace: bool = False) -> tuple[str, ...]:
    """Write everything that can be said about a study now into a folder.

    Before unblinding there are no effects, and ratings know only opaque ids.

    Args:
        path: The study file.
        folder: Where the files go.
        app: Version of the program.
        replace: Write over an earlier export.

    Returns:
        The names of the files, sorted.

    Raises:
        NotFoundError: No such study.
        UsageError: The folder is in the way.
        StorageError: The folder cannot be written.
    """
    ratings = read_study_ratings(path)
    files = {
        "ratings.csv": ratings_csv(ratings),
        "evidence.jsonl": _evidence(path),
        **_consensus_files(ratings),
        **_agreement_files(ratings),
        **_effects_files(ratings),
        **_audit_files(ratings),
    }
    files["manifest.json"] = _manifest(ratings, files, app=app)
    write_folder(folder, files, replace=replace)
    return tuple(sorted(files))


def export_for_r(path: Path, folder: Path, *, app: str, replace: bool = False) -> tuple[str, ...]:
    """Write tidy ratings and a script for R that fits ordinal mixed models to them.

    Args:
        path: The study file, unblinded.
        folder: Where the files go.
        app: Version of the program.
        replace: Write over an earlier export.

    Returns:
        The names of the files, sorted.

    Raises:
        NotFoundError: No such study.
        WrongStateError: The study is not unblinded: there are no conditions to compare.
        UsageError: The folder is in the way.
        StorageError: The folder cannot be written.
    """
    from protocol.report.r_script import r_script

    ratings = read_unblinded_ratings(path)
    assert ratings.protocol is not None, "read_unblinded_ratings refuses every other study"
    files = {
        "ratings.csv": ratings_csv(ratings),
        "analysis.R": r_script(ratings.table.dimensions, baseline=ratings.protocol.baseline.id, app=app),
    }
    write_folder(folder, files, replace=replace)
    return tuple(sorted(files))


def ratings_csv(ratings: StudyRatings) -> str:
    """Return the tidy ratings, one row a rating; an empty value is missing or not ratable."""
    known = [*COLUMNS, *(["confidence"] if ratings.study.visible.rubric.asks_confidence else [])]
    known += ["rubric_version", "carried"] if ratings.carried else []
    known += ["batch"] if any(row.batch is not None for row in ratings.table.rows) else []
    settled = {(cell.unit, cell.dimension): cell for cell in ratings.consensus or ()}
    columns = [
        *known,
        *(CONSENSUS_COLUMNS if ratings.consensus is not None else ()),
        *(["simulated"] if ratings.study.visible.simulated else []),
    ]
    rows = []
    for row in sorted(ratings.table.rows, key=lambda row: (row.unit, row.rater, row.dimension, row.occasion)):
        cells = [cell_of(row, column) for column in known]
        if ratings.consensus is not None:
            cells += consensus_fields(settled[row.unit, row.dimension])
        rows.append([*cells, *(["yes"] if ratings.study.visible.simulated else [])])
    return csv_text(columns, rows)


def _evidence(path: Path) -> str:
    """Quotes and notes, lossless: JSON lines hold any text, which CSV for spreadsheets does not."""
    connection = open_for_reading(path)
    lines: list[dict[str, object]] = []
    try:
        with sentences(path):
            study = read_study(connection)
            simulated = {"simulated": True} if study.visible.simulated else {}
            repeats = read_repeats(connection)
            for state in each_rater_state(connection, study):
                for item_id in sorted(state.session.items):
                    progress = state.session.of(item_id)
                    again = {"occasion": 2} if item_id in repeats else {}
                    unit = repeats.get(item_id, item_id)
                    base = {"unit": unit, "rater": state.manifest.rater, **again, **simulated}
                    if progress.note:
                        lines.append({**base, "note": progress.note})
                    for dimension, mark in sorted(progress.marks.items()):
                        lines.extend(
                            {
                                **base,
                                "dimension": dimension,
                                "message": quote.span.message,
                                "start": quote.span.start,
                                "end": quote.span.end,
                                "quote": quote.text,
                            }
                            for quote in mark.quotes
                        )
                        if mark.note:
                            lines.append({**base, "dimension": dimension, "note": mark.note})
    finally:
        close(connection)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _consensus_files(ratings: StudyRatings) -> dict[str, str]:
    """The consensus of an adjudication with where it is from, one row a unit and dimension."""
    if ratings.consensus is None:
        return {}
    return {
        "consensus.csv": consensus_csv(
            ratings.consensus, ratings.table, simulated=ratings.study.visible.simulated
        )
    }


def _agreement_files(ratings: StudyRatings) -> dict[str, str]:
    from protocol.analysis.agreement_json import agreement_to_json
    from protocol.analysis.carried_ratings import counts_to_json
    from protocol.report.agreement_csv import agreement_csv
    from rater.services.results.analysing import analyse_agreement

    result = analyse_agreement(ratings.table)
    return {
        "agreement.csv": agreement_csv(result),
        "agreement.json": _json(
            {**agreement_to_json(result, notes=ratings.notices), **counts_to_json(ratings.table)}
        ),
    }


def _effects_files(ratings: StudyRatings) -> dict[str, str]:
    from protocol.analysis.effects_json import effects_to_json
    from protocol.report.effects_csv import effects_csv, interactions_csv, task_diffs_csv
    from rater.services.results.analysing import analyse_effects

    if ratings.protocol is None:
        return {}
    result = analyse_effects(
        ratings.table, baseline=ratings.protocol.baseline.id, plan=ratings.protocol.analysis
    )
    return {
        "effects.csv": effects_csv(result),
        "interactions.csv": interactions_csv(result),
        "task_diffs.csv": task_diffs_csv(result),
        "effects.json": _json(effects_to_json(result, notes=ratings.notices)),
    }


def _audit_files(ratings: StudyRatings) -> dict[str, str]:
    if ratings.audit is None:
        return {}
    from protocol.audit.audit_json import coder_agreement_to_json, coverage_to_json
    from protocol.audit.coverage import coverage
    from protocol.audit.pooled_agreement import audit_agreement

    found = coder_agreement_to_json(audit_agreement(ratings.table, ratings.audit.plan), notes=ratings.notices)
    covered = coverage_to_json(
        coverage(ratings.table, ratings.audit, consensus=ratings.consensus), notes=ratings.notices
    )
    return {
        "coder_agreement.json": _json(found),
        "coverage.json": _json(covered),
    }


def _manifest(ratings: StudyRatings, files: Mapping[str, str], *, app: str) -> str:
    study = ratings.study
    return _json(
        {
            "schema": "export/1",
            "notices": list(ratings.notices),
            "study": study.study_id,
            "name": study.visible.name,
            "state": study.state.value,
            "lock_code": study.lock_code,
            "protocol_sha256": study.protocol_sha256,
            "rubric_sha256": study.visible.rubric.sha256,
            **_rubric_versions(ratings),
            **(
                {
                    "sealed_sha256": study.key.sealed_sha256,
                    "allocation_commitment": study.key.allocation_commitment,
                }
                if study.key
                else {"kind": study.kind.value}
            ),
            **_batches(ratings),
            "seed": seed_of(ratings),
            "left_out": []
            if ratings.protocol or ratings.audit
            else [f"effects and origins: the study is {study.state}, not unblinded"],
            "text_cells": "In CSV files a text that a spreadsheet could run as a formula begins with '.",
            "versions": {
                "blindrater": app,
                "python": platform.python_version(),
                **{package: version(package) for package in PACKAGES},
            },
            "files": {name: sha256_hex(text.encode()) for name, text in sorted(files.items())},
        }
    )


def _batches(ratings: StudyRatings) -> dict[str, list[dict[str, object]]]:
    """Return what binds each later batch of tasks; nothing where there is none."""
    found = batches_of(ratings.amendments)
    if not found:
        return {}
    return {
        "batches": [
            {
                "batch": one.number,
                "items": len(one.items),
                "protocol_sha256": one.protocol_sha256,
                "sealed_sha256": one.key.sealed_sha256,
                "allocation_commitment": one.key.allocation_commitment,
            }
            for one in found
        ]
    }


def _rubric_versions(ratings: StudyRatings) -> dict[str, list[dict[str, object]]]:
    """Return which rubric each number in the data stands for; nothing where it was never amended."""
    if not ratings.carried:
        return {}
    versions = rubric_history(ratings.study.visible.rubric, ratings.amendments).versions
    return {"rubric_versions": [{"version": one.number, "sha256": one.sha256} for one in versions]}


def seed_of(ratings: StudyRatings) -> int | None:
    """Return the seed of the plan, where the plan is open."""
    if ratings.audit is not None:
        return ratings.audit.plan.seed
    return ratings.protocol.analysis.seed if ratings.protocol else None


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
