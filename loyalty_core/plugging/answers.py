"""What an answer must be like to count: each function vets one kind of answer whole and returns a copy of it.

A copy that is returned holds nothing that its author could still change. An answer that does not hold raises
`WrongAnswer` and is dropped whole, never mended (RELIABILITY, *Failing plugins*).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

from marshmallow import Schema

from loyalty_core.decisions.changes import Change
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.rules import All, Any, AtLeast, Inactive, Metric, Not, Rule, RuleSet
from loyalty_core.facts.money import FULL_PERCENT, MAX_MINOR
from loyalty_core.facts.programme import Level, SoldBasis
from loyalty_core.facts.standing import Element
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.freezing import Freezer, NotPlain
from loyalty_core.plugging.stamping import stamped

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

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")
_HIGHEST = {Element.DISCOUNT: FULL_PERCENT, Element.CLASS: HIGHEST_RANK, Element.CATEGORY: 1}
_LOWEST = {Element.DISCOUNT: 0, Element.CLASS: 1, Element.CATEGORY: 1}

T = TypeVar("T")


class WrongAnswer(Exception):
    """An answer that does not hold; `why` says what is wrong with it and is shown to staff."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def programme_kinds(answer: object, plugin: str) -> tuple[ProgrammeKind, ...]:
    """Vet the kinds of programme that a plugin provides."""
    kinds = []
    for kind in _series(answer, ProgrammeKind, MOST_KINDS):
        _code(kind.code)
        if type(kind.level) is not Level or type(kind.basis) is not SoldBasis:
            raise WrongAnswer(_("A kind of programme has no valid level or basis."))
        kinds.append(replace(kind, title=_text(kind.title, plugin)))
    _each_once([kind.code for kind in kinds], _("Two kinds of programme have one code."))
    return tuple(kinds)


def part_schema(answer: object, plugin: str) -> type[Schema]:
    """Vet the schema of a plugin's part of a programme."""
    if not (isinstance(answer, type) and issubclass(answer, Schema)):
        raise WrongAnswer(_("The part of a programme is described by a marshmallow schema class."))
    return answer


def rule_sets(answer: object, plugin: str) -> tuple[RuleSet, ...]:
    """Vet the rule sets that a plugin compiles its part of a programme to (SEMANTICS 3 and 12)."""
    found = tuple(_rule_set(each, plugin) for each in _series(answer, RuleSet, MOST_RULE_SETS))
    _each_once([(each.element, each.item) for each in found], _("Two rule sets are for one element and item."))
    return found


def _rule_set(rule_set: RuleSet, plugin: str) -> RuleSet:
    if type(rule_set.element) is not Element:
        raise WrongAnswer(_("There is no such element of a standing."))
    if rule_set.element is Element.CATEGORY:
        _key(rule_set.item)
    elif rule_set.item != "":
        raise WrongAnswer(_("Only categories have items."))
    if rule_set.inactive_days is not None:
        _within(rule_set.inactive_days, 1, MOST_DAYS)
    if type(rule_set.rules) is not tuple or len(rule_set.rules) > MOST_RULES:
        raise WrongAnswer(_("The rules of a rule set are a tuple of at most %(most)s.", most=MOST_RULES))
    rules = tuple(_rule(rule, rule_set.element, plugin) for rule in rule_set.rules)
    _each_once([rule.key for rule in rules], _("Two rules of one rule set have one key."))
    return replace(rule_set, rules=rules)


def _rule(rule: Rule, element: Element, plugin: str) -> Rule:
    _exactly(rule, Rule)
    _key(rule.key)
    _within(rule.value, _LOWEST[element], _HIGHEST[element])
    if _weigh(rule.when, 0) > MOST_ATOMS:
        raise WrongAnswer(_("A condition has too many parts."))
    return replace(rule, label=_text(rule.label, plugin))


def _weigh(condition: object, level: int) -> int:
    """Return the number of parts of a condition, every one of which holds by itself."""
    if level > DEEPEST_CONDITION:
        raise WrongAnswer(_("A condition is nested too deeply."))
    if type(condition) is AtLeast:
        if type(condition.metric) is not Metric:
            raise WrongAnswer(_("There is no such metric."))
        _within(condition.value, 1, MAX_MINOR if condition.metric.is_money else MOST_COUNT)
        return 1
    if type(condition) is Inactive:
        _within(condition.days, 1, MOST_DAYS)
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
    for change in _series(answer, Change, len(ids) * len(Element)):
        if type(change.subject_id) is not int or change.subject_id not in ids:
            raise WrongAnswer(_("A change names a subject that was not asked about."))
        if type(change.element) is not Element or change.element is Element.CATEGORY:
            raise WrongAnswer(_("There is no such element of a standing that a change may name."))
        if change.value is not None:
            _within(change.value, _LOWEST[change.element], _HIGHEST[change.element])
        found.append(replace(change, reason=_text(change.reason, plugin)))
    _each_once([(each.subject_id, each.element) for each in found], _("Two changes are for one subject and element."))
    return tuple(sorted(found, key=lambda change: (change.subject_id, change.element)))


def tabs(answer: object, plugin: str, package: str) -> tuple[Tab, ...]:
    """Vet tabs; the templates of a plugin lie in a folder named like its `package`, dots being further folders."""
    folder = package.replace(".", "/")
    found = []
    for tab in _series(answer, Tab, MOST_TABS):
        _code(tab.code)
        _within(tab.position, 0, 10_000)
        inside = type(tab.template) is str and re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_-]+)+\.html", tab.template)
        if not inside or not tab.template.startswith(f"{folder}/"):
            raise WrongAnswer(_("A template lies in the folder %(folder)s/.", folder=folder))
        if type(tab.kinds) is not frozenset or not all(type(level) is Level for level in tab.kinds):
            raise WrongAnswer(_("The kinds of a tab are a frozenset of levels."))
        found.append(replace(tab, title=_text(tab.title, plugin)))
    _each_once([tab.code for tab in found], _("Two tabs have one code."))
    return tuple(found)


def _series(answer: object, kind: type[T], most: int) -> tuple[T, ...]:
    """Return what an ordered series yields, all of it exactly of one `kind`; an endless one is stopped."""
    if isinstance(answer, str | bytes | Mapping | set | frozenset) or not isinstance(answer, Iterable):
        raise WrongAnswer(_("The answer is no list or generator, but %(type)s.", type=type(answer).__name__))
    iterator = iter(answer)
    items = tuple(islice(iterator, most + 1))
    if len(items) > most:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
        raise WrongAnswer(_("The answer has more than %(most)s parts.", most=most))
    for item in items:
        _exactly(item, kind)
    return items


def _exactly(value: object, kind: type) -> None:
    if type(value) is not kind:
        names = {"kind": kind.__name__, "type": type(value).__name__}
        raise WrongAnswer(_("The answer must consist of %(kind)s, not %(type)s.", **names))


def _text(message: object, plugin: str) -> Message:
    try:
        return stamped(message, plugin)
    except NotPlain as wrong:
        raise WrongAnswer(wrong.why) from wrong


def _code(code: object) -> None:
    if type(code) is not str or not _CODE.fullmatch(code):
        raise WrongAnswer(_("A code consists of small Latin letters, digits and “_”, at most 40."))


def _key(key: object) -> None:
    if type(key) is not str or not _KEY.fullmatch(key):
        raise WrongAnswer(_("A key consists of Latin letters, digits and “_ . : -”, at most 40."))


def _within(number: object, least: int, most: int) -> None:
    if type(number) is not int or not least <= number <= most:
        raise WrongAnswer(_("A number must be whole and lie between %(least)s and %(most)s.", least=least, most=most))


def _each_once(keys: Collection[object], otherwise: Message) -> None:
    if len(set(keys)) < len(keys):
        raise WrongAnswer(otherwise)
