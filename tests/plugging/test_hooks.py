"""Each hook does what its documentation says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from loyalty_core import hookspecs
from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.decisions.contributions import Tab
from loyalty_core.decisions.offers import AmountOff, Covers, LeftAtLeast, Offer, Proposal, StoredOffer
from loyalty_core.decisions.rules import RuleSet
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.context import Context
from loyalty_core.facts.money import Currency
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.programme import Programme
from loyalty_core.facts.standing import Element
from loyalty_core.messages import CORE_DOMAIN, Message, gettext
from loyalty_core.plugging.dispatch import Dispatcher, Implementation, Outcome, failures
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import (
    a_client,
    a_line,
    a_plugin,
    a_programme,
    a_stored_offer,
    a_subject,
    an_invoice,
    an_occasion,
)
from loyalty_core.testing.builders import NOON
from tests.plugging.faults import TEXT, NoPart, change, kind, offer, proposal, rule, rule_set, tab

Hooks = dict[str, Callable[..., object]]

each_hook = pytest.mark.parametrize("name", hookspecs.HOOKS)


def load(**modules: object) -> Plugins:
    plugins = Plugins.load([], modules)
    assert plugins.broken == {}
    return plugins


@each_hook
def test_a_hook_documents_each_of_its_arguments_what_it_returns_and_what_an_error_does(name: str) -> None:
    hook = getattr(hookspecs, name)
    text = inspect.getdoc(hook) or ""
    for argument in inspect.signature(hook).parameters:
        assert f"`{argument}`" in text, f"{name} says nothing of {argument}"
    assert "Returns:" in text
    assert "On error:" in text


@each_hook
def test_a_hook_begins_with_a_contract_that_the_module_explains(name: str) -> None:
    contract = name.removeprefix("loyalty_").partition("_")[0]
    documented = inspect.getdoc(hookspecs) or ""
    assert f"`{contract}_" in documented


@each_hook
def test_a_hook_has_a_test_named_after_it(name: str) -> None:
    assert any(test.startswith(f"test_{name}") for test in globals())


def test_loyalty_register_settings_come_back_in_every_hook_frozen_and_with_defaults() -> None:
    seen: list[Mapping[str, object]] = []

    def witness(ctx: Context) -> tuple[()]:
        seen.append(ctx.settings)
        return ()

    def load_facts(ctx: Context) -> dict[int, object]:
        seen.append(ctx.settings)
        return {}

    asked = [name for name in hookspecs.HOOKS if "_register_" not in name]
    hooks: Hooks = {name: load_facts if "load" in name else witness for name in asked}
    plugins = load(salon=a_plugin("salon", loyalty_register_settings=lambda: NoPart, **hooks))
    stored = plugins.check_settings("salon", {"days": 9})
    for settings in ({}, {"salon": plugins.read_settings("salon", stored)}):
        at = an_occasion({"salon"}, settings=settings)
        facts = plugins.dispatcher.load_facts(at, [a_subject()])
        outcomes: list[tuple[Outcome[Any], ...]] = [
            plugins.dispatcher.compile_standing(at, a_programme(), {}),
            plugins.dispatcher.compile_offers(at, {}),
            plugins.dispatcher.propose_changes(at, [a_subject()], facts),
            plugins.dispatcher.propose_adjustments(at, an_invoice(), None),
            plugins.dispatcher.show_programme_tabs(at),
        ]
        assert failures(facts, *outcomes) == ()
    assert seen == [{"days": 3}] * len(asked) + [{"days": 9}] * len(asked)
    with pytest.raises(TypeError):
        seen[0]["days"] = 5  # type: ignore[index]


def test_loyalty_register_offer_form_is_what_staff_fill_in() -> None:
    plugins = load(salon=a_plugin("salon", loyalty_register_offer_form=lambda: NoPart))
    assert dict(plugins.offer_forms) == {"salon": NoPart}
    assert plugins.check_offer("salon", {"days": 5}) == {"days": 5}
    assert plugins.read_offer("salon", {}) == {"days": 3}


def test_loyalty_register_programme_kinds_puts_kinds_under_their_codes() -> None:
    plugins = load(salon=a_plugin("salon", loyalty_register_programme_kinds=lambda: [kind("salon"), kind("spa")]))
    assert {code: owned.plugin for code, owned in plugins.kinds.items()} == {"salon": "salon", "spa": "salon"}
    assert plugins.kinds["spa"].kind.title.domain == "salon"


def test_loyalty_register_programme_part_makes_the_part_of_a_programme() -> None:
    plugins = load(salon=a_plugin("salon", loyalty_register_programme_part=lambda: NoPart))
    assert plugins.check_parts({"salon": {}}) == {"salon": {"days": 3}}


def test_loyalty_compile_standing_gets_its_own_part_with_defaults_and_its_own_context() -> None:
    seen: list[tuple[Mapping[str, object], Context]] = []

    def compile_standing(programme: Programme, ctx: Context) -> Iterator[RuleSet]:
        seen.append((programme.part, ctx))
        yield rule_set()

    hooks: Hooks = {"loyalty_register_programme_part": lambda: NoPart, "loyalty_compile_standing": compile_standing}
    plugins = load(spa=a_plugin("spa", **hooks), salon=a_plugin("salon", **hooks))
    at = an_occasion({"spa", "salon"}, currency=Currency("JPY", 0))
    outcomes = plugins.dispatcher.compile_standing(at, a_programme(), {"spa": {"days": 9}})
    assert [each.plugin for each in outcomes] == ["salon", "spa"]
    assert [part for part, _ in seen] == [{"days": 3}, {"days": 9}]
    assert [ctx.plugin for _, ctx in seen] == ["salon", "spa"]
    assert {(ctx.network_id, ctx.currency, ctx.now) for _, ctx in seen} == {(1, Currency("JPY", 0), NOON)}


def test_loyalty_compile_standing_stamps_the_catalogue_of_its_author_on_every_text() -> None:
    inner = gettext("inside")
    made_elsewhere = replace(gettext("theirs"), domain="spa")

    def compile_standing() -> list[RuleSet]:
        label = gettext("%(inner)s and %(theirs)s", inner=inner, theirs=made_elsewhere)
        return [rule_set(rule(label=label))]

    plugins = load(salon=a_plugin("salon", loyalty_compile_standing=compile_standing))
    (outcome,) = plugins.dispatcher.compile_standing(an_occasion({"salon"}), a_programme(), {})
    assert outcome.answer is not None
    label = outcome.answer[0].rules[0].label
    assert label.domain == "salon"
    assert label.params["inner"] == replace(inner, domain="salon")
    assert label.params["theirs"] == made_elsewhere
    assert inner.domain == CORE_DOMAIN, "the plugin's own object is not touched"


def test_loyalty_compile_standing_may_refuse_what_was_typed_in_words_of_its_own() -> None:
    def compile_standing() -> list[RuleSet]:
        raise Refused(Problem("contradiction", gettext("These rules contradict each other."), ("rules", 2)))

    plugins = load(salon=a_plugin("salon", loyalty_compile_standing=compile_standing))
    outcomes = plugins.dispatcher.compile_standing(an_occasion({"salon"}), a_programme(), {})
    (failure,) = failures(outcomes)
    (problem,) = failure.problems
    assert (problem.code, problem.path) == ("contradiction", ("rules", 2))
    assert problem.message.domain == "salon"


def test_loyalty_compile_standing_is_not_called_with_a_stored_part_that_its_schema_refuses() -> None:
    def compile_standing() -> list[RuleSet]:
        raise AssertionError("it was called")

    hooks: Hooks = {"loyalty_register_programme_part": lambda: NoPart, "loyalty_compile_standing": compile_standing}
    plugins = load(salon=a_plugin("salon", **hooks))
    outcomes = plugins.dispatcher.compile_standing(an_occasion({"salon"}), a_programme(), {"salon": {"weeks": 1}})
    (failure,) = failures(outcomes)
    assert [(problem.code, problem.path) for problem in failure.problems] == [("unknown_field", ("weeks",))]


def test_loyalty_compile_offers_gets_its_own_stored_offers_and_is_stamped_as_their_author() -> None:
    seen: list[object] = []

    def compile_offers(offers: Sequence[StoredOffer], ctx: Context) -> Iterator[Offer]:
        seen.append(offers)
        for each in offers:
            yield offer(f"{ctx.plugin}-{each.id}", version_id=each.version_id)
        yield offer("always", since=NOON)

    plugins = load(**{name: a_plugin(name, loyalty_compile_offers=compile_offers) for name in ("spa", "salon")})
    mine = [a_stored_offer({"days": 1}, id=5, version_id=51), a_stored_offer({"days": 2}, id=6, version_id=62)]
    outcomes = plugins.dispatcher.compile_offers(an_occasion({"spa", "salon"}), {"spa": mine, "barber": mine})
    assert failures(outcomes) == ()
    assert seen == [(), tuple(mine)]
    salon, spa = (each.answer or () for each in outcomes)
    assert [each.reference for each in salon] == ["salon:always"]
    found = [(each.reference, each.version_id, each.since, each.label.domain) for each in spa]
    assert found == [
        ("spa:spa-5", 51, NOON, "spa"),
        ("spa:spa-6", 62, NOON, "spa"),
        ("spa:always", None, NOON, "spa"),
    ]


def test_loyalty_load_facts_comes_back_frozen_as_own() -> None:
    seen: list[Mapping[int, object]] = []

    def load_facts(subjects: Sequence[Subject], ctx: Context) -> dict[int, object]:
        return {subject.id: {"notes": [subject.id, list(ctx.rows("notes"))]} for subject in subjects}

    def propose_changes(ctx: Context) -> list[Change]:
        seen.append(ctx.own)
        return []

    plugins = load(salon=a_plugin("salon", loyalty_load_facts=load_facts, loyalty_propose_changes=propose_changes))
    at = an_occasion({"salon"}, rows_of=lambda plugin: lambda what: [plugin, what])
    facts = plugins.dispatcher.load_facts(at, [a_subject(7)])
    plugins.dispatcher.propose_changes(at, [a_subject(7)], facts)
    assert seen == [{7: {"notes": (7, ("salon", "notes"))}}]
    with pytest.raises(TypeError):
        seen[0][7]["notes"] = ()  # type: ignore[index]


def test_loyalty_load_facts_that_fails_leaves_the_plugin_out_of_proposing() -> None:
    def failing() -> dict[int, object]:
        raise RuntimeError

    hooks: Hooks = {"loyalty_propose_changes": lambda: [change()]}
    plugins = load(failing=a_plugin("failing", loyalty_load_facts=failing, **hooks), salon=a_plugin("salon", **hooks))
    at = an_occasion({"failing", "salon"})
    facts = plugins.dispatcher.load_facts(at, [a_subject()])
    outcomes = plugins.dispatcher.propose_changes(at, [a_subject()], facts)
    assert [each.plugin for each in outcomes] == ["salon"]
    assert [failure.plugin for failure in failures(facts, outcomes)] == ["failing"]


def test_loyalty_propose_changes_comes_back_by_subject_whatever_the_order_it_was_said_in() -> None:
    def propose_changes(subjects: Sequence[Subject]) -> Iterator[Change]:
        for subject in reversed(subjects):
            yield change(subject.id, value=None)
            yield change(subject.id, element=Element.CLASS, value=2)

    plugins = load(salon=a_plugin("salon", loyalty_propose_changes=propose_changes))
    subjects = [a_subject(number) for number in range(1, 301)]
    (outcome,) = plugins.dispatcher.propose_changes(an_occasion({"salon"}), subjects, ())
    assert outcome.answer is not None
    found = [(each.subject_id, each.element, each.value) for each in outcome.answer]
    expected = [[(number, Element.CLASS, 2), (number, Element.DISCOUNT, None)] for number in range(1, 301)]
    assert found == [each for pair in expected for each in pair]
    assert {each.reason.domain for each in outcome.answer} == {"salon"}


def test_loyalty_propose_adjustments_come_back_as_offers_by_key_whoever_is_served() -> None:
    seen: list[Client | None] = []

    def propose(invoice: Invoice, client: Client | None) -> Iterator[Proposal]:
        seen.append(client)
        yield proposal("second", lines=frozenset({"2"}), benefit=AmountOff(100), lane=Lane.CARD, priority=3)
        yield proposal("first", cap_minor=5, requirement=LeftAtLeast(1), exclusive=True)

    plugins = load(salon=a_plugin("salon", loyalty_propose_adjustments=propose))
    invoice = an_invoice(a_line("1"), a_line("2"))
    for client in (None, a_client()):
        (outcome,) = plugins.dispatcher.propose_adjustments(an_occasion({"salon"}), invoice, client)
        assert outcome.answer == (
            offer("first", label=salons(TEXT), cap_minor=5, requirement=LeftAtLeast(1), exclusive=True, plugin="salon"),
            offer(
                "second",
                label=salons(TEXT),
                benefit=AmountOff(100),
                lane=Lane.CARD,
                covers=Covers(lines=frozenset({"2"})),
                priority=3,
                plugin="salon",
            ),
        )
    assert seen == [None, a_client()]


def salons(message: Message) -> Message:
    return replace(message, domain="salon")


def test_loyalty_show_programme_tabs_hands_over_tabs() -> None:
    def show(ctx: Context) -> list[Tab]:
        return [tab(template=f"{ctx.plugin}/tab.html")]

    plugins = load(salon=a_plugin("salon", loyalty_show_programme_tabs=show))
    (outcome,) = plugins.dispatcher.show_programme_tabs(an_occasion({"salon"}))
    assert outcome.answer is not None
    assert [(each.code, each.template, each.title.domain) for each in outcome.answer] == [
        ("rules", "salon/tab.html", "salon")
    ]


def test_the_table_of_a_hook_is_sorted_by_plugin_whatever_it_is_built_from() -> None:
    hook = "loyalty_show_programme_tabs"
    found = [Implementation(plugin, hook, lambda: (), ()) for plugin in ("spa", "barber", "salon")]
    table = Dispatcher.of(found).table
    assert tuple(table) == hookspecs.HOOKS
    assert [each.plugin for each in table[hook]] == ["barber", "salon", "spa"]
