"""What study.toml must mean, beyond its shape: every rule that joins or bounds values.

The rules read the raw document through `Node`, so they all run however many keys are misspelt.
"""

from __future__ import annotations

from collections.abc import Iterator

from protocol.adjudication.plan_rules import adjudication_mistakes
from protocol.calibration_rules import calibration_mistakes
from protocol.deidentify.rules import linear
from protocol.design_rules import design_mistakes
from protocol.fairness.forbidden_words import FORBIDDEN_WORDS
from protocol.guess_rules import guess_mistakes
from protocol.profile.profile_rules import profile_mistakes
from protocol.rubric_rules import LARGEST_LEVEL, rubric_mistakes
from protocol.sources.plan_rules import sources_mistakes
from protocol.study import EvidenceLevel, RedactionPlan
from protocol.toml_nodes import Mistake, Node, doubled, empty, free_name
from protocol.wording import quoted

_LARGEST_SEED = 2**63 - 1


def study_mistakes(document: dict[str, object]) -> Iterator[Mistake]:
    """Report everything the document gets wrong in meaning."""
    root = Node(document)
    yield from _head_mistakes(root["study"])
    yield from rubric_mistakes(root["rubric"])
    yield from _scaffold_mistakes(root["scaffolds"])
    yield from _task_mistakes(root["tasks"])
    yield from design_mistakes(root["design"], tasks=len(list(root["tasks"])))
    yield from guess_mistakes(root["guess"], root["scaffolds"])
    yield from _analysis_mistakes(root)
    yield from _redaction_mistakes(root["redaction"])
    yield from sources_mistakes(root["sources"])
    yield from _claim_mistakes(root)
    yield from calibration_mistakes(root["calibration"])
    yield from profile_mistakes(root["profile"], root["rubric"])
    yield from adjudication_mistakes(root["adjudication"], root["design"]["raters"])
    days = root["calibration"]["refresher_after_days"]
    if days.given and root["privacy"]["timing"].text == "off":
        yield days.mistake('no refresher_after_days, because timing is "off" in [privacy]')


def _head_mistakes(study: Node) -> Iterator[Mistake]:
    yield from free_name(study["name"], "a name of the study that raters may see")
    level, tag = study["evidence_level"].text, study["subtag"]
    if level == EvidenceLevel.INTERACTION and not tag.given:
        yield tag.mistake('"scripted" or "contingent", because evidence_level is "interaction"')
    if level in set(EvidenceLevel) - {EvidenceLevel.INTERACTION} and tag.given:
        yield tag.mistake(f'no subtag, because evidence_level is "{level}"')


def _scaffold_mistakes(scaffolds: Node) -> Iterator[Mistake]:
    yield from doubled((scaffold["id"] for scaffold in scaffolds), "an id of a scaffold")
    for scaffold in scaffolds:
        yield from free_name(scaffold["id"], "an id of a scaffold")
        yield from empty(scaffold["text"], 'the exact text; write "(no system prompt)" if there was none')
    marks = [scaffold["baseline"] for scaffold in scaffolds]
    baselines = [scaffold for scaffold in scaffolds if scaffold["baseline"].value is True]
    readable = all(mark.value is None or isinstance(mark.value, bool) for mark in marks)
    if isinstance(scaffolds.value, list) and readable and len(baselines) != 1:
        names = ", ".join(quoted(name.text) for one in baselines if (name := one["id"]).text is not None)
        yield scaffolds.mistake(
            "exactly one scaffold with baseline = true",
            found=f"{len(baselines)} of them: {names}" if names else "none",
        )


def _task_mistakes(tasks: Node) -> Iterator[Mistake]:
    if tasks.value == []:
        yield tasks.mistake("at least one task", found="none")
    yield from doubled((task["id"] for task in tasks), "an id of a task")
    for task in tasks:
        yield from free_name(task["id"], "an id of a task")
        card = task["card"]
        yield from empty(card["brief"], "the brief: what the user asked for")
        for key in ("claims", "decision_points", "steers", "keep"):
            for entry in card[key]:
                yield from empty(entry, "a text, or no entry")
        for turn in task["turns"]:
            yield from empty(turn, "what the user says")
        yield from _allowed_word_mistakes(task["allowed_words"])


def _allowed_word_mistakes(allowed: Node) -> Iterator[Mistake]:
    for word in allowed.table:
        if word not in FORBIDDEN_WORDS:
            yield allowed[word].mistake(
                f"one of the words {', '.join(FORBIDDEN_WORDS)}", found=f"the word {quoted(word)}"
            )
        yield from empty(allowed[word], "the reason why a turn cannot do without the word")


def _analysis_mistakes(root: Node) -> Iterator[Mistake]:
    analysis = root["analysis"]
    dimension_ids = [one["id"].text for one in root["rubric"]["dimensions"] if one["id"].text is not None]
    headline = analysis["headline"]
    if headline.value == []:
        yield headline.mistake("at least one dimension", found="none")
    yield from doubled(headline, "a headline dimension")
    for dimension in headline:
        yield from _foreign(dimension, dimension_ids, "dimension")

    baselines = [one["id"].text for one in root["scaffolds"] if one["baseline"].value is True]
    others = [name for one in root["scaffolds"] if (name := one["id"].text) and name not in baselines]
    yield from doubled(analysis["contrasts"], "a contrast")
    for contrast in analysis["contrasts"]:
        if contrast.text in baselines:
            yield contrast.mistake("a scaffold other than the baseline")
        else:
            yield from _foreign(contrast, others, "scaffold")

    for node in (
        analysis["alpha"],
        analysis["max_changed_share"],
        analysis["ceiling"]["share_at_top"],
        analysis["ceiling"]["lower_bound"],
    ):
        if node.number is not None and not 0 < node.number < 1:
            yield node.mistake("a number above 0 and below 1")
    margin = analysis["equivalence_margin"]
    if margin.number is not None and not 0 < margin.number <= LARGEST_LEVEL:
        yield margin.mistake("a number of levels above 0")
    rule = analysis["stopping_rule"]
    if rule.text is not None and not rule.text.strip():
        yield rule.mistake("a sentence; leave the key out where there is no rule", found="an empty text")
    seed = analysis["seed"]
    if seed.whole is not None and not 0 <= seed.whole <= _LARGEST_SEED:
        yield seed.mistake("a whole number from 0 to 9223372036854775807")


def _foreign(node: Node, declared: list[str], what: str) -> Iterator[Mistake]:
    """Report a name that is not declared; silent where nothing is declared, which is reported."""
    if node.text is not None and declared and node.text not in declared:
        yield node.mistake(f"the id of a {what}: {', '.join(quoted(name) for name in declared)}")


def _redaction_mistakes(redaction: Node) -> Iterator[Mistake]:
    token = redaction["token"]
    yield from free_name(token, "a neutral word")
    yield from doubled(redaction["literals"], "a literal", fold_case=True)
    for literal in redaction["literals"]:
        yield from empty(literal, "a word to replace, or no entry")
        word = (literal.text or "").strip().casefold()
        if word and word in (token.text or RedactionPlan().token).casefold():
            yield literal.mistake("a word that does not stand in the token that replaces it")
    yield from doubled(redaction["patterns"], "a pattern")
    for pattern in redaction["patterns"]:
        if pattern.text is not None:
            try:
                linear(pattern.text)
            except ValueError as fault:
                yield pattern.mistake(f"a regular expression in RE2 syntax ({fault})")


def _claim_mistakes(root: Node) -> Iterator[Mistake]:
    claims = root["claims"]
    dimensions = [name for one in root["rubric"]["dimensions"] if (name := one["id"].text)]
    scaffolds = [name for one in root["scaffolds"] if (name := one["id"].text)]
    yield from doubled((claim["id"] for claim in claims), "an id of a claim")
    for claim in claims:
        yield from free_name(claim["id"], "an id of a claim")
        yield from empty(claim["text"], "the sentence somebody wants to say")
        if claim["dimension"].text:
            yield from _foreign(claim["dimension"], dimensions, "dimension")
        if claim["scaffold"].text:
            yield from _foreign(claim["scaffold"], scaffolds, "scaffold")
