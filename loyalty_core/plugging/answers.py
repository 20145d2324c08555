"""What an answer must be like to count: each function vets one kind of answer whole and returns a copy of it.

A copy that is returned holds nothing that its author could still change. An answer that does not hold raises
`WrongAnswer` and is dropped whole, never mended (RELIABILITY, *Failing plugins*).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from marshmallow import Schema

from loyalty_core.decisions.changes import Change
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.rules import All, Any, AtLeast, Inactive, Metric, Not, Rule, RuleSet
from loyalty_core.facts.money import FULL_PERCENT, MAX_MINOR
from loyalty_core.facts.programme import Level, SoldBasis
from loyalty_core.facts.standing import Element
from loyalty_core.messages import gettext as _
from loyalty_core.plugging import checks
from loyalty_core.plugging.checks import WrongAnswer
from loyalty_core.plugging.freezing import Freezer, NotPlain

MOST_KINDS = 20
MOST_RULE_SETS = 1000
MOST_RULES = 1000
MOST_TABS = 50
MOST_FACTS_PER_SUBJECT = 1000
"""Values that one subject's facts may consist of."""

MOST_ATOMS = 100
"""Parts of one condition."""

DEEPEST_CONDITION = 8
MOST_DAYS = 3650
"""The longest inactivity that a rule may ask for."""

MOST_COUNT = 1_000_000
"""The highest threshold of a count."""

HIGHEST_RANK = 1000
"""The highest rank of an importance class."""

_HIGHEST = {Element.DISCOUNT: FULL_PERCENT, Element.CLASS: HIGHEST_RANK, Element.CATEGORY: 1}
_LOWEST = {Element.DISCOUNT: 0, Element.CLASS: 1, Element.CATEGORY: 1}


def programme_kinds(answer: object, plugin: str) -> tuple[ProgrammeKind, ...]:
    """Vet the kinds of programme that a plugin provides."""
    kinds = []
    for kind in checks.series(answer, ProgrammeKind, MOST_KINDS):
        checks.code(kind.code)
        if type(kind.level) is not Level or type(kind.basis) is not SoldBasis:
            raise WrongAnswer(_("A kind of programme has no valid level or basis."))
        kinds.append(replace(kind, title=checks.text(kind.title, plugin)))
    checks.each_once([kind.code for kind in kinds], _("Two kinds of programme have one code."))
    return tuple(kinds)


def form_schema(answer: object) -> type[Schema]:
    """Vet the schema of what people type for a plugin: its settings, its part of a programme, its offers."""
    if not (isinstance(answer, type) and issubclass(answer, Schema)):
        raise WrongAnswer(_("What people type is described by a marshmallow schema class."))
    return answer


def rule_sets(answer: object, plugin: str) -> tuple[RuleSet, ...]:
    """Vet the rule sets that a plugin compiles its part of a programme to (SEMANTICS 3 and 12)."""
    found = tuple(_rule_set(each, plugin) for each in checks.series(answer, RuleSet, MOST_RULE_SETS))
    checks.each_once([(each.element, each.item) for each in found], _("Two rule sets are for one element and item."))
    return found


def _rule_set(rule_set: RuleSet, plugin: str) -> RuleSet:
    if type(rule_set.element) is not Element:
        raise WrongAnswer(_("There is no such element of a standing."))
    if rule_set.element is Element.CATEGORY:
        checks.key(rule_set.item)
    elif rule_set.item != "":
        raise WrongAnswer(_("Only categories have items."))
    if rule_set.inactive_days is not None:
        checks.within(rule_set.inactive_days, 1, MOST_DAYS)
    if type(rule_set.rules) is not tuple or len(rule_set.rules) > MOST_RULES:
        raise WrongAnswer(_("The rules of a rule set are a tuple of at most %(most)s.", most=MOST_RULES))
    rules = tuple(_rule(rule, rule_set.element, plugin) for rule in rule_set.rules)
    checks.each_once([rule.key for rule in rules], _("Two rules of one rule set have one key."))
    return replace(rule_set, rules=rules)


def _rule(rule: Rule, element: Element, plugin: str) -> Rule:
    checks.exactly(rule, Rule)
    checks.key(rule.key)
    checks.figure(rule.value, _LOWEST[element], _HIGHEST[element])
    if _weigh(rule.when, 0) > MOST_ATOMS:
        raise WrongAnswer(_("A condition has too many parts."))
    return replace(rule, label=checks.text(rule.label, plugin))


def _weigh(condition: object, level: int) -> int:
    """Return the number of parts of a condition, every one of which holds by itself."""
    if level > DEEPEST_CONDITION:
        raise WrongAnswer(_("A condition is nested too deeply."))
    if type(condition) is AtLeast:
        if type(condition.metric) is not Metric:
            raise WrongAnswer(_("There is no such metric."))
        checks.within(condition.value, 1, MAX_MINOR if condition.metric.is_money else MOST_COUNT)
        return 1
    if type(condition) is Inactive:
        checks.within(condition.days, 1, MOST_DAYS)
        return 1
    if type(condition) is Not:
        return 1 + _weigh(condition.condition, level + 1)
    if type(condition) in (Any, All):
        parts = condition.conditions  # type: ignore[attr-defined]
        if type(parts) is not tuple or len(parts) > MOST_ATOMS:
            raise WrongAnswer(_("A condition has too many parts."))
        return 1 + sum(_weigh(each, level + 1) for each in parts)
    raise WrongAnswer(_("There is no such condition."))


def facts(answer: object, ids: Collection[int]) -> Mapping[int, object]:
    """Vet and freeze what a plugin knows about the subjects called `ids`."""
    if not isinstance(answer, dict | MappingProxyType):
        raise WrongAnswer(_("Facts are a dictionary by subject id, not %(type)s.", type=type(answer).__name__))
    if len(answer) > len(ids) or not all(type(key) is int and key in ids for key in answer):
        raise WrongAnswer(_("Facts name a subject that was not asked about."))
    frozen: dict[int, object] = {}
    for key, value in answer.items():
        try:
            frozen[key] = Freezer(MOST_FACTS_PER_SUBJECT).freeze(value)
        except NotPlain as wrong:
            raise WrongAnswer(wrong.why) from wrong
    return MappingProxyType(frozen)


def changes(answer: object, ids: Collection[int], plugin: str) -> tuple[Change, ...]:
    """Vet changes for the subjects called `ids`; return them by subject and element.

    There can be one change per subject and element, so their number needs no bound of its own. Categories have items,
    which a change cannot name.
    """
    found = []
    for change in checks.series(answer, Change, len(ids) * len(Element)):
        if type(change.subject_id) is not int or change.subject_id not in ids:
            raise WrongAnswer(_("A change names a subject that was not asked about."))
        if type(change.element) is not Element or change.element is Element.CATEGORY:
            raise WrongAnswer(_("There is no such element of a standing that a change may name."))
        if change.value is not None:
            checks.figure(change.value, _LOWEST[change.element], _HIGHEST[change.element])
        found.append(replace(change, reason=checks.text(change.reason, plugin)))
    checks.each_once(
        [(each.subject_id, each.element) for each in found], _("Two changes are for one subject and element.")
    )
    return tuple(sorted(found, key=lambda change: (change.subject_id, change.element)))


def tabs(answer: object, plugin: str, package: str) -> tuple[Tab, ...]:
    """Vet tabs; the templates of a plugin lie in a folder named like its `package`, dots being further folders."""
    folder = package.replace(".", "/")
    found = []
    for tab in checks.series(answer, Tab, MOST_TABS):
        checks.code(tab.code)
        checks.within(tab.position, 0, 10_000)
        inside = type(tab.template) is str and re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_-]+)+\.html", tab.template)
        if not inside or not tab.template.startswith(f"{folder}/"):
            raise WrongAnswer(_("A template lies in the folder %(folder)s/.", folder=folder))
        if type(tab.kinds) is not frozenset or not all(type(level) is Level for level in tab.kinds):
            raise WrongAnswer(_("The kinds of a tab are a frozenset of levels."))
        found.append(replace(tab, title=checks.text(tab.title, plugin)))
    checks.each_once([tab.code for tab in found], _("Two tabs have one code."))
    return tuple(found)
