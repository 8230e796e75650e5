"""Makes the profile of one system from analyses that were computed for all of its study.

Nothing is estimated here but the mean level of a row, which no other analysis has: agreement, effects,
differences between models and blinding are taken over as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from protocol.analysis.agreement import AgreementResult
from protocol.analysis.blinding_success import BlindingResult
from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.rating_table import RatingRow, RatingTable
from protocol.canonical_json import Json, canonical_bytes, sha256_hex
from protocol.claims.factors import Factor
from protocol.errors import InvalidInputError, UsageError
from protocol.fairness.prompt_rules import text_sha256
from protocol.item import card_to_json
from protocol.profile.audit_context import AuditContext
from protocol.profile.blinding_indices import blinding_of
from protocol.profile.fixed_list import ASPECTS, row_plan
from protocol.profile.profile import (
    AuditSource,
    ContextSubject,
    Hashes,
    InputHash,
    ModelSettings,
    ModelSubject,
    Profile,
    RubricName,
    ScaffoldSubject,
    Subject,
    Validity,
)
from protocol.profile.profile_plan import ProfileContext, ProfiledModel
from protocol.profile.rows import RowFacts, empty_row, row_of
from protocol.report.standing_lines import standing_lines
from protocol.study import Scaffold, StudyProtocol

EXPIRES = ("model.version", "scaffold.prompt_sha256", "rubric")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A model inside a scaffold; the context is the study's."""

    model: str
    scaffold: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    """What every profile of a study is made of."""

    protocol: StudyProtocol
    table: RatingTable
    agreement: AgreementResult
    effects: EffectsResult
    blinding: BlindingResult | None
    no_blinding: str
    """Why there is no blinding index, where there is none."""
    context: ProfileContext
    models: Mapping[str, ProfiledModel]
    """By name; a model that is not here has its name alone."""
    turns: Mapping[str, tuple[str, ...]] | None
    """What the user said, by unit; None takes what study.toml says of the tasks."""
    audit: AuditContext | None
    notes: tuple[str, ...]
    ratings_final: str | None
    inputs: tuple[InputHash, ...]
    app: str


def systems_of(table: RatingTable) -> tuple[System, ...]:
    """Return every model and scaffold with a row, by name."""
    found = {(row.model, row.scaffold) for row in table.rows if row.model and row.scaffold}
    return tuple(System(model=str(model), scaffold=str(scaffold)) for model, scaffold in sorted(found))


def profile_of(system: System, facts: ProfileFacts) -> Profile:
    """Return the profile of one system.

    Raises:
        UsageError: Nothing says who used it.
        InvalidInputError: study.toml does not have the text of the scaffold.
    """
    protocol = facts.protocol
    rows = [
        row
        for row in facts.table.rows
        if (row.model, row.scaffold) == (system.model, system.scaffold) and row.occasion == 1
    ]
    subject = _subject(system, facts)
    plan = row_plan(protocol.rubric, protocol.profile)
    row_facts = RowFacts(
        model=system.model,
        scaffold=system.scaffold,
        protocol=protocol,
        rows=tuple(rows),
        agreement=facts.agreement,
        effects=facts.effects,
        audit=facts.audit,
    )
    made = {
        one.id: row_of(one, row_facts, aspect=plan.aspects.get(one.id)) for one in protocol.rubric.dimensions
    }
    spoken = set(plan.aspects.values())
    return Profile(
        schema="profile/1",
        notes=facts.notes,
        subject=subject,
        comparable=Hashes(
            rubric=protocol.rubric.sha256,
            tasks=_tasks_sha256(rows, protocol),
            user_turns=_turns_sha256(rows, facts),
            scaffold=subject.scaffold.prompt_sha256,
        ),
        rubric=RubricName(
            id=protocol.rubric.id,
            version=protocol.rubric.version,
            title=protocol.rubric.title,
            source=protocol.rubric.source,
        ),
        rows=(
            *(row for name, row in made.items() if name not in plan.guards),
            *(empty_row(one, audit=facts.audit) for one in ASPECTS if one.id not in spoken),
        ),
        guards=tuple(made[name] for name in plan.guards),
        blinding=blinding_of(
            facts.blinding, model=system.model, scaffold=system.scaffold, why_not=facts.no_blinding
        ),
        not_observed=tuple(factor.value for factor in Factor if factor not in protocol.observed),
        audit=None
        if facts.audit is None
        else AuditSource(benchmarks=facts.audit.benchmarks, coders=facts.audit.coders),
        always=tuple(standing_lines(protocol, n_tasks=len({row.task for row in rows}))),
        validity=Validity(
            expires_on_change_of=EXPIRES,
            ratings_final=facts.ratings_final,
            by=(protocol.profile.by or None) if protocol.profile else None,
            inputs=facts.inputs,
            program=f"blindrater {facts.app}",
        ),
    )


def _subject(system: System, facts: ProfileFacts) -> Subject:
    context = facts.context
    if not context.users.strip():
        raise UsageError(
            "A profile is of a system: a model, in a scaffold, used by somebody. Nothing says who used it.",
            next_step='Add --context users="..." (such as "scripted persona, adult"), or users under'
            " [profile.context] in study.toml before seeding.",
        )
    scaffold = _scaffold(system, facts.protocol)
    model = facts.models.get(system.model, ProfiledModel(model=system.model))
    return Subject(
        model=ModelSubject(
            id=system.model,
            version=model.version or None,
            provider=model.provider or None,
            date_run=model.date_run or None,
            settings=ModelSettings(
                temperature=model.temperature or None,
                top_p=model.top_p or None,
                seed=model.seed or None,
                reasoning=model.reasoning or None,
                cap=model.cap or None,
            ),
        ),
        scaffold=ScaffoldSubject(
            id=scaffold.id,
            label=scaffold.label or None,
            prompt_sha256=text_sha256(scaffold.text),
            baseline=scaffold.baseline,
            tools=context.tools or None,
            memory=context.memory or None,
        ),
        context=ContextSubject(
            users=context.users,
            setting=context.setting or None,
            policy=context.policy or None,
            oversight=context.oversight or None,
        ),
    )


def _scaffold(system: System, protocol: StudyProtocol) -> Scaffold:
    for one in protocol.scaffolds:
        if one.id == system.scaffold:
            return one
    raise InvalidInputError(
        f'study.toml does not have the scaffold "{system.scaffold}", so its exact text is not known.',
        where="scaffolds",
        next_step="Add it with its text; a profile names a scaffold by the hash of its text.",
    )


def _tasks_sha256(rows: Iterable[RatingRow], protocol: StudyProtocol) -> str:
    cards = {task.id: card_to_json(task.card) for task in protocol.tasks}
    return _hash([[task, cards.get(task)] for task in _tasks(rows)])


def _turns_sha256(rows: Sequence[RatingRow], facts: ProfileFacts) -> str | None:
    """Hash what the user said in every task, each wording once; None where it is not known of all."""
    said: dict[str, set[tuple[str, ...]]] = {task: set() for task in _tasks(rows)}
    if facts.turns is None:
        for task in facts.protocol.tasks:
            if task.turns and task.id in said:
                said[task.id].add(task.turns)
    else:
        for row in rows:
            if row.task is not None and row.unit in facts.turns:
                said[row.task].add(facts.turns[row.unit])
    if not said or not all(said.values()):
        return None
    return _hash([[task, [list(turns) for turns in sorted(wordings)]] for task, wordings in said.items()])


def _tasks(rows: Iterable[RatingRow]) -> list[str]:
    return sorted({row.task for row in rows if row.task is not None})


def _hash(value: Json) -> str:
    return sha256_hex(canonical_bytes(value))
