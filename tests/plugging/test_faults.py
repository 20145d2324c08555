"""A failing plugin never stops the work, nor touches what other plugins say: every fault in every hook."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from loyalty_core.decisions.changes import Change
from loyalty_core.facts.context import Context
from loyalty_core.plugging.dispatch import Outcome
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import a_plugin, an_occasion
from tests.plugging.faults import CALLED, FAULTS, HOOKS, REGISTERED, SUBJECTS, Hook, change

NAMES = ("alpha", "faulty", "zeta")
AT = an_occasion(NAMES)

each_called = pytest.mark.parametrize("hook", CALLED, ids=lambda hook: hook.name)
each_registered = pytest.mark.parametrize("hook", REGISTERED, ids=lambda hook: hook.name)
each_fault = pytest.mark.parametrize("fault", FAULTS)


def plugins_with(hook: Hook, faulty: Callable[..., object]) -> Plugins:
    """Return two plugins that are right, on either side of one that is not."""
    extra = {name: a_plugin(name, **{hook.name: lambda name=name: hook.good(name)}) for name in ("alpha", "zeta")}
    return Plugins.load([], {**extra, "faulty": a_plugin("faulty", **{hook.name: faulty})})


def call(hook: Hook, plugins: Plugins) -> dict[str, Outcome[object]]:
    assert hook.call is not None
    return {outcome.plugin: outcome for outcome in hook.call(plugins, AT)}


def test_the_table_has_every_hook() -> None:
    from loyalty_core import hookspecs

    assert tuple(hook.name for hook in HOOKS) == hookspecs.HOOKS


@each_called
@each_fault
def test_a_fault_is_contained_reported_and_leaves_the_others_alone(
    hook: Hook, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        outcomes = call(hook, plugins_with(hook, FAULTS[fault](hook)))
    assert list(outcomes) == list(NAMES)
    wrong = outcomes["faulty"]
    assert wrong.answer is None
    assert wrong.failure is not None
    assert (wrong.failure.plugin, wrong.failure.hook) == ("faulty", hook.name)
    assert {problem.code for problem in wrong.failure.problems} <= {"plugin_failed", "plugin_answer"}
    assert "faulty" in str(wrong.failure.problems[0].message)
    assert any("faulty" in record.getMessage() for record in caplog.records)
    for name in ("alpha", "zeta"):
        assert outcomes[name].failure is None
        assert outcomes[name].answer
        assert outcomes[name].seconds >= 0


@each_registered
@each_fault
def test_a_plugin_that_fails_at_start_is_shown_and_the_others_load(
    hook: Hook, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        plugins = plugins_with(hook, FAULTS[fault](hook))
    assert list(plugins.loaded) == ["alpha", "zeta"]
    assert list(plugins.broken) == ["faulty"]
    assert str(plugins.broken["faulty"])
    assert any("faulty" in record.getMessage() for record in caplog.records)


@each_called
def test_an_interrupt_from_the_keyboard_is_no_fault_of_the_plugin(hook: Hook) -> None:
    def interrupted() -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(hook, plugins_with(hook, interrupted))


@each_called
def test_the_order_of_registration_changes_nothing(hook: Hook) -> None:
    modules = {name: a_plugin(name, **{hook.name: lambda name=name: hook.good(name)}) for name in NAMES}
    forth = Plugins.load([], modules)
    back = Plugins.load([], dict(reversed(modules.items())))
    assert [(each.plugin, each.answer) for each in call(hook, forth).values()] == [
        (each.plugin, each.answer) for each in call(hook, back).values()
    ]


@each_called
def test_a_plugin_that_is_not_usable_is_not_called(hook: Hook) -> None:
    def forbidden() -> object:
        raise AssertionError("it was called")

    plugins = plugins_with(hook, forbidden)
    assert hook.call is not None
    assert [each.plugin for each in hook.call(plugins, an_occasion({"alpha", "zeta"}))] == ["alpha", "zeta"]


def test_an_answer_cannot_be_changed_after_it_was_given() -> None:
    kept: list[dict[int, object]] = []

    def hoarding() -> dict[int, object]:
        kept.append({1: ["a"]})
        return kept[0]

    hook = next(each for each in CALLED if each.name == "loyalty_load_facts")
    outcome = call(hook, plugins_with(hook, hoarding))["faulty"]
    kept[0][1] = "forged"
    kept[0][9] = "more"
    assert outcome.answer == {1: ("a",)}


def test_a_plugin_that_keeps_its_context_cannot_read_later() -> None:
    kept: list[Context] = []

    def keeping(ctx: Context) -> dict[int, object]:
        kept.append(ctx)
        return {1: list(ctx.rows("anything"))}

    plugins = Plugins.load([], {"faulty": a_plugin("faulty", loyalty_load_facts=keeping)})
    at = an_occasion({"faulty"}, rows_of=lambda plugin: lambda *_: ["row"])
    (outcome,) = plugins.dispatcher.load_facts(at, SUBJECTS)
    assert outcome.answer == {1: ("row",)}
    with pytest.raises(LookupError):
        kept[0].rows("anything")


def test_a_plugin_that_proposes_has_no_rows() -> None:
    def reading(ctx: Context) -> list[Change]:
        return [change(value=len(ctx.rows("anything")))]

    plugins = Plugins.load([], {"faulty": a_plugin("faulty", loyalty_propose_changes=reading)})
    at = an_occasion({"faulty"}, rows_of=lambda plugin: lambda *_: ["row"])
    (outcome,) = plugins.dispatcher.propose_changes(at, SUBJECTS, ())
    assert outcome.failure is not None
