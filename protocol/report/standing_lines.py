"""What the program says about itself in every report; the lines follow the level of the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.study import EvidenceLevel, StudyProtocol

SMALL = 30
"""So many tasks or fewer are called small."""
SHIPPED_RUBRIC = "vss"
WHOSE_TEXTS = (
    "Rubrics, scaffolds, tasks and lists of benchmarks that come with blindrater are its makers', not those"
    " of the paper it was built for (Vishwarupe et al., 2026); all others are those of whoever ran this"
    " study."
)
FLOOR_AND_CEILING = (
    "Kappa and alpha mislead at floor and ceiling: always read the table. Undefined is a result."
)
_SHOWS = {
    EvidenceLevel.MODEL: "What was scored is fixed by training: model level. It shows no answer, no"
    " exchange and no"
    " use.",
    EvidenceLevel.RESPONSE: "Rated were single outputs to fixed inputs: response level. They show no"
    " exchange, no"
    " users and no use.",
    EvidenceLevel.DEPLOYMENT: "The system was watched in a workflow: deployment level. It shows that"
    " workflow and"
    " its users, not others.",
}


def standing_lines(protocol: StudyProtocol, *, n_tasks: int) -> Iterator[str]:
    """Yield the lines for a study of this level, rubric and size."""
    yield WHOSE_TEXTS
    if protocol.evidence_level is EvidenceLevel.INTERACTION:
        yield (
            "Rated transcripts show support offered, not users who check or steer: interaction level,"
            f" {protocol.subtag or 'scripted'}."
        )
    else:
        yield _SHOWS[protocol.evidence_level]
    if protocol.rubric.id == SHIPPED_RUBRIC:
        yield (
            "A verification scaffold asks a model for what the first dimension rewards: a rise shows"
            " compliance"
            " with a scaffold. The finding of interest is that it differs over models, and what it costs."
        )
    yield FLOOR_AND_CEILING
    yield (
        "Blinding to the scaffold can fail by style, because a text written under a scaffold can look"
        " like it:"
        " measure it and print it. Blinding to the model carries the claim that models differ."
    )
    small = f"{n_tasks} tasks are few. " if n_tasks <= SMALL else ""
    yield (
        f"{small}No p-value without an interval: one that stands without, as with fewer than five tasks,"
        f" carries"
        " no finding."
    )
