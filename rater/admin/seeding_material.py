"""What `seed` and `extend` read before they seal anything, and what they say of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rater.admin.output import talk

if TYPE_CHECKING:
    from rater.admin.commands.source_options import NamedSources
    from rater.services.rater_list import RaterList
    from rater.services.seeding.fairness import VerifiedRun
    from rater.services.seeding.preparing import Prepared

_SHOWN_CELLS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that was read before anything is sealed."""

    prepared: Prepared
    known: VerifiedRun | None
    """What the fairness rules answered; None without a run manifest."""
    people: RaterList

    @property
    def fairness_for_record(self) -> dict[str, str]:
        """What the key keeps of the fairness rules."""
        return {} if self.known is None else self.known.fairness.for_record()

    def tell_fairness(self) -> None:
        """Say on stderr what the fairness rules answered."""
        from protocol.fairness.answer import Outcome, Verdict

        known = self.known
        if known is None:
            return
        fairness = known.fairness
        if fairness.verdict is Verdict.COMPARABLE:
            talk(f"{known.run_manifest}: every fairness rule is kept.")
            return
        rules = ", ".join(str(one.rule) for one in fairness.answers if one.outcome is not Outcome.KEPT)
        talk(
            f"Warning: by {known.run_manifest} the conditions are {fairness.verdict} (rules {rules}). This "
            "is sealed with the key and on the record at unblinding. `rater-admin protocol verify` names "
            "each place."
        )


def read_material(
    protocol: Path, named: NamedSources, *, decisions: Path | None, run: Path | None, raters: Path | None
) -> Material:
    """Read protocol, sources, run manifest and rater list, and say what is left out.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file has mistakes, or the design has empty or doubled cells.
    """
    from rater.services.rater_list import read_rater_list
    from rater.services.seeding.fairness import verify_known_run
    from rater.services.seeding.preparing import prepare

    prepared = prepare(protocol, named.paths, overrides=named.overrides, decisions=decisions)
    known = verify_known_run(named.paths, protocol=protocol, run_manifest=run, overrides=named.overrides)
    people = read_rater_list(protocol, raters, prepared.protocol.design.raters)
    _tell_what_was_left_out(prepared)
    return Material(prepared=prepared, known=known, people=people)


def _tell_what_was_left_out(prepared: Prepared) -> None:
    """Say on stderr what the study will not hold, or not alike: nothing is dropped in silence."""
    report = prepared.report
    if report.failed:
        what = "taken too" if prepared.sources.failed_runs else "left out"
        talk(f"Failed runs, {what}: {', '.join(f'{one.what} {one.times}' for one in report.failed)}")
    if report.skipped:
        talk(f"Passed over: {', '.join(f'{one.what} {one.times}' for one in report.skipped)}")
    if prepared.replicates_left_out:
        talk(f"Left out by the rule for replicates: {prepared.replicates_left_out} transcripts")
    unbalanced = prepared.cells.unbalanced
    if unbalanced:
        shown = ", ".join(
            f"{one.cell.model} x {one.cell.scaffold} x {one.cell.task} ({one.replicates})"
            for one in unbalanced[:_SHOWN_CELLS]
        )
        more = f" and {len(unbalanced) - _SHOWN_CELLS} more" if len(unbalanced) > _SHOWN_CELLS else ""
        talk(
            f"Warning: {len(unbalanced)} cells have not {prepared.cells.replicates} replicates as most do: "
            f"{shown}{more}"
        )
