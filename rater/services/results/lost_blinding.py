"""Which ratings of a study may not have been blind: rules that an analysis can leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from protocol.analysis.rating_table import LeaveOut, RatingRow, incident_rule, told_rule
from protocol.chain.events import EventKind
from protocol.timing import Timing, recorded_at
from rater.services.amending.incidents import Incident
from rater.services.progress.rater_states import RaterState


@dataclass(slots=True)
class Traces:
    """What the rules need of the chains, noted as they pass: not all of them fit into memory."""

    told: set[tuple[str, str]] = field(default_factory=set)
    """Rater and item of what a rater said to know."""
    completed_at: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """When items were completed, by rater and item; None where that was not recorded."""

    def passing(self, states: Iterable[RaterState]) -> Iterator[RaterState]:
        """Yield chains as they come, and note what the rules need."""
        for state in states:
            rater = state.manifest.rater
            self.told.update(
                (rater, item) for item, progress in state.session.progress.items() if progress.told
            )
            self.completed_at.update(
                ((rater, item), event.at)
                for item, history in state.session.history.items()
                for event in history
                if event.draft.kind is EventKind.COMPLETE
            )
            yield state


def lost_blinding(
    traces: Traces,
    incidents: Sequence[Incident],
    repeats: Mapping[str, str],
    *,
    timing: Timing = "full",
) -> tuple[LeaveOut, ...]:
    """Return the rules: items a rater said to know, and ratings completed after an incident.

    Args:
        traces: Of every rater's chain.
        incidents: Of the study's record.
        timing: Which times the study records.
        repeats: Id of each hidden repeat to the id of the item it repeats.
    """
    repeat_of = {first: repeat for repeat, first in repeats.items()}

    def shown(row: RatingRow) -> str:
        """The id under which the rater met the transcript on this occasion."""
        return row.unit if row.occasion == 1 else repeat_of[row.unit]

    def after_incident(row: RatingRow) -> bool:
        at = traces.completed_at.get((row.rater, shown(row)), "")
        # Where times are rounded or not recorded, a rating that may have come after counts as after.
        return any(
            incident.rater == row.rater
            and (not incident.items or shown(row) in incident.items)
            and (at is None or at >= (recorded_at(incident.at, timing) or ""))
            for incident in incidents
        )

    return (told_rule(lambda row: (row.rater, shown(row)) in traces.told), incident_rule(after_incident))
