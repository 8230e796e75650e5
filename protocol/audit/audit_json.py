"""Results of an audit as JSON objects; undefined values are null beside a sentence."""

from __future__ import annotations

from protocol.audit.coverage import Cell, Coverage
from protocol.audit.pooled_agreement import AuditAgreement, CellAgreement, Measured


def audit_agreement_to_json(found: AuditAgreement) -> dict[str, object]:
    """Return the part that `agreement/1` has for an audit."""
    return {
        "pooled_dimensions": list(found.headline),
        "replicates": found.replicates,
        "seed": found.seed,
        "cells": [_cells(one) for one in found.cells],
    }


def coder_agreement_to_json(found: AuditAgreement, *, notes: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the object `coder-agreement/1`: the same with a name of its own."""
    return {"schema": "coder-agreement/1", "notes": list(notes), **audit_agreement_to_json(found)}


def _cells(one: CellAgreement) -> dict[str, object]:
    return {
        "cells": one.cells,
        "raters": list(one.coders),
        "n": one.n,
        "n_benchmarks": one.n_benchmarks,
        "n_not_ratable": one.n_not_ratable,
        "percent_agreement": _measured(one.raw),
        "cohen_kappa": _measured(one.kappa),
        "gwet_ac1": _measured(one.ac1),
        "contingency": {"levels": list(one.levels), "table": [list(row) for row in one.table]},
    }


def _measured(found: Measured) -> dict[str, object]:
    drawn = found.bootstrap
    has_ends = drawn is not None and drawn.lower is not None
    return {
        "value": found.estimate.value,
        "undefined": found.estimate.undefined,
        "se": found.estimate.se,
        "ci": {
            "lower": drawn.lower,
            "upper": drawn.upper,
            "level": drawn.level,
            "method": drawn.method,
            "se": drawn.se,
            "replicates": drawn.replicates,
            "seed": drawn.seed,
        }
        if drawn is not None and has_ends
        else None,
        "no_ci_because": drawn.undefined if drawn is not None else None,
    }


def coverage_to_json(found: Coverage, *, notes: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the object `coverage/1`."""
    return {
        "schema": "coverage/1",
        "notes": list(notes),
        "dimensions": [
            {"dimension": one.id, "name": one.name, "levels": {str(x.value): x.label for x in one.levels}}
            for one in found.dimensions
        ],
        "coders": list(found.coders),
        "steps": list(found.steps),
        "benchmarks": [
            {
                "benchmark": one.benchmark,
                "title": one.title,
                "coders": list(one.coders),
                "cells": [
                    {
                        "dimension": cell.dimension,
                        "agreed": cell.agreed,
                        **_consensus(cell),
                        "codes": [
                            {"rater": code.coder, "value": code.level, "not_ratable": code.reason}
                            for code in cell.codes
                        ],
                    }
                    for cell in one.cells
                ],
                "levels": [
                    {
                        "rater": level.coder,
                        "evidence": level.evidence,
                        "claim": level.claim,
                        "distance": level.distance,
                    }
                    for level in one.levels
                ],
            }
            for one in found.benchmarks
        ],
    }


def _consensus(cell: Cell) -> dict[str, object]:
    """Return the consensus of an adjudication, in an audit where one ended."""
    found = cell.consensus
    if found is None:
        return {}
    return {
        "consensus": found.value,
        "consensus_not_ratable": found.not_ratable,
        "consensus_by": found.by.value,
        "consensus_reason": found.reason,
    }
