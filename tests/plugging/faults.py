"""Every hook with a good answer and a way to call it, and every fault a plugin may have: the two sides of a table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from loyalty_core.decisions.changes import Change
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.offers import AmountOff, Offer, PercentOff, Proposal
from loyalty_core.decisions.rules import AtLeast, Metric, Rule, RuleSet
from loyalty_core.facts.programme import Level, SoldBasis
from loyalty_core.facts.standing import Element
from loyalty_core.messages import Message, gettext
from loyalty_core.plugging.dispatch import Occasion, Outcome
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import a_client, a_line, a_programme, a_stored_offer, a_subject, an_invoice

SUBJECTS = (a_subject(1), a_subject(2))
INVOICE, CLIENT = an_invoice(a_line("1"), a_line("2")), a_client()
STORED = a_stored_offer({"days": 3}, id=7, version_id=70)
TEXT = gettext("Because")


class NoPart(Schema):
    """A part with one field."""

    days = fields.Integer(load_default=3)


def kind(code: str = "salon", **fields: Any) -> ProgrammeKind:
    return replace(ProgrammeKind(code, gettext("Salon"), Level.BRANCH, SoldBasis.INVOICED), **fields)


def rule(key: str = "visits:1", **fields: Any) -> Rule:
    return replace(Rule(key, AtLeast(Metric.VISITS, 1), 500, TEXT), **fields)


def rule_set(*rules: Rule, **fields: Any) -> RuleSet:
    return replace(RuleSet(Element.DISCOUNT, rules or (rule(),)), **fields)


def change(subject_id: int = 1, **fields: Any) -> Change:
    return replace(Change(subject_id, Element.DISCOUNT, 700, TEXT), **fields)


def tab(code: str = "rules", **fields: Any) -> Tab:
    return replace(Tab(code, gettext("Rules"), "faulty/tab.html"), **fields)


def offer(key: str = "spring", **fields: Any) -> Offer:
    return replace(Offer(key, TEXT, PercentOff(10)), **fields)


def proposal(key: str = "birthday", **fields: Any) -> Proposal:
    return replace(Proposal(key, TEXT, PercentOff(10)), **fields)


@dataclass(frozen=True)
class Hook:
    """How one hook is called, and an item of a good answer; `many` says whether the answer is a series of them.

    `negative` is an item with a figure below zero, where there are figures.
    """

    name: str
    call: Callable[[Plugins, Occasion], tuple[Outcome[Any], ...]] | None
    item: Callable[[str], object]
    many: bool = True
    negative: object = None

    def good(self, plugin: str) -> object:
        item = self.item(plugin)
        return (item,) if self.many else item


def _propose(plugins: Plugins, at: Occasion) -> tuple[Outcome[Any], ...]:
    return plugins.dispatcher.propose_changes(at, SUBJECTS, plugins.dispatcher.load_facts(at, SUBJECTS))


HOOKS = (
    Hook("loyalty_register_settings", None, lambda _: NoPart, many=False),
    Hook("loyalty_register_programme_kinds", None, lambda plugin: kind(plugin)),
    Hook("loyalty_register_programme_part", None, lambda _: NoPart, many=False),
    Hook("loyalty_register_offer_form", None, lambda _: NoPart, many=False),
    Hook(
        "loyalty_compile_standing",
        lambda plugins, at: plugins.dispatcher.compile_standing(at, a_programme(), {}),
        lambda _: rule_set(),
        negative=rule_set(rule(value=-1)),
    ),
    Hook(
        "loyalty_compile_offers",
        lambda plugins, at: plugins.dispatcher.compile_offers(at, {name: [STORED] for name in at.usable}),
        lambda _: offer(),
        negative=offer(benefit=AmountOff(-1)),
    ),
    Hook(
        "loyalty_load_facts",
        lambda plugins, at: plugins.dispatcher.load_facts(at, SUBJECTS),
        lambda _: {1: "known"},
        many=False,
    ),
    Hook("loyalty_propose_changes", _propose, lambda _: change(), negative=change(value=-1)),
    Hook(
        "loyalty_propose_adjustments",
        lambda plugins, at: plugins.dispatcher.propose_adjustments(at, INVOICE, CLIENT),
        lambda _: proposal(),
        negative=proposal(benefit=PercentOff(-1)),
    ),
    Hook(
        "loyalty_show_programme_tabs",
        lambda plugins, at: plugins.dispatcher.show_programme_tabs(at),
        lambda plugin: tab(template=f"{plugin}/tab.html"),
    ),
)
CALLED = tuple(hook for hook in HOOKS if hook.call is not None)
REGISTERED = tuple(hook for hook in HOOKS if hook.call is None)


class Nasty:
    """An object whose every use raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("nasty")

    def __iter__(self) -> Iterator[object]:
        raise RuntimeError("nasty")

    def __repr__(self) -> str:
        raise RuntimeError("nasty")


class Unprintable(Exception):
    """An exception whose own text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def _raising(error: BaseException) -> Callable[[Hook], Callable[..., object]]:
    def make(hook: Hook) -> Callable[..., object]:
        def implementation() -> object:
            raise error

        return implementation

    return make


def _answering(answer: object) -> Callable[[Hook], Callable[..., object]]:
    return lambda hook: lambda: answer


def _raising_midway(hook: Hook) -> Callable[..., object]:
    def implementation() -> Iterator[object]:
        yield hook.item("faulty")
        raise ValueError("midway")

    return implementation


def _exiting_midway(hook: Hook) -> Callable[..., object]:
    def implementation() -> Iterator[object]:
        yield hook.item("faulty")
        raise SystemExit(3)

    return implementation


def _endless(hook: Hook) -> Callable[..., object]:
    def implementation() -> Iterator[object]:
        while True:
            yield hook.item("faulty")

    return implementation


def _clinging(hook: Hook) -> Callable[..., object]:
    """Make a generator that does not let itself be closed at once."""

    def implementation() -> Iterator[object]:
        while True:
            try:
                yield hook.item("faulty")
            except GeneratorExit:
                break
        yield hook.item("faulty")

    return implementation


def _recursing(hook: Hook) -> Callable[..., object]:
    def implementation() -> object:
        return implementation()

    return implementation


FAULTS: Mapping[str, Callable[[Hook], Callable[..., object]]] = {
    "raises": _raising(ValueError("broken")),
    "raises a text nobody can read": _raising(Unprintable()),
    "exits": _raising(SystemExit(1)),
    "raises GeneratorExit": _raising(GeneratorExit()),
    "raises LookupError": _raising(LookupError()),
    "recurses": _recursing,
    "raises midway": _raising_midway,
    "exits midway": _exiting_midway,
    "is endless": _endless,
    "is endless and clings": _clinging,
    "answers None": _answering(None),
    "answers a text": _answering("rubbish"),
    "answers bytes": _answering(b"rubbish"),
    "answers a number": _answering(5),
    "answers a huge number": _answering(10**5000),
    "answers a truth value": _answering(True),
    "answers not-a-number": _answering(float("nan")),
    "answers a decimal": _answering(Decimal("1.5")),
    "answers an object": _answering(object()),
    "answers a nasty object": _answering(Nasty()),
    "answers a nasty item": _answering([Nasty()]),
    "answers a class": _answering(dict),
    "answers an exception": _answering(ValueError("x")),
    "answers a list of None": _answering([None]),
    "answers a list of texts": _answering(["x"]),
    "answers a list of dictionaries": _answering([{}]),
    "answers a set": _answering({1}),
    "answers a dictionary of texts": _answering({"x": "y"}),
    "answers a message": _answering([Message("x")]),
    "answers a task": _answering(asyncio.Future),
    "answers a function": _answering(len),
}
