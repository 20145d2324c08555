"""A plugin that is slow is dropped; one that fails again and again is spared for a while, then tried once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from time import sleep
from typing import Any

import pytest

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext
from loyalty_core.plugging.breaker import Breakers, Patience
from loyalty_core.plugging.calling import BUDGETS, Caller
from loyalty_core.plugging.dispatch import Dispatcher, Implementation, Outcome
from loyalty_core.plugging.loading import Plugins
from loyalty_core.plugging.outcomes import Failure
from loyalty_core.testing import a_plugin, a_subject, an_occasion
from tests.plugging.faults import CALLED, REGISTERED, SUBJECTS, Hook, change
from tests.plugging.test_faults import call, plugins_with

PATIENCE = Patience(failures=3, within=60, rest=30)

each_called = pytest.mark.parametrize("hook", CALLED, ids=lambda hook: hook.name)


class Stopwatch:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def timed(plugins: Plugins, clock: Stopwatch) -> Plugins:
    """Let the plugins be called by another clock."""
    plugins.dispatcher = replace(plugins.dispatcher, caller=Caller(Breakers(clock, PATIENCE), clock, BUDGETS))
    return plugins


def code(outcome: Outcome[Any]) -> str | None:
    return outcome.failure.problems[0].code if outcome.failure else None


# The budget


@each_called
def test_an_answer_that_comes_too_late_is_dropped_whole_and_others_have_time_of_their_own(hook: Hook) -> None:
    clock = Stopwatch()

    def slow() -> object:
        clock.now += 60
        return hook.good("faulty")

    outcomes = call(hook, timed(plugins_with(hook, slow), clock))
    assert code(outcomes["faulty"]) == "plugin_late"
    assert outcomes["faulty"].answer is None
    assert outcomes["faulty"].seconds == 60
    assert all(outcomes[name].answer for name in ("alpha", "zeta"))


@pytest.mark.parametrize("hook", REGISTERED, ids=lambda hook: hook.name)
def test_a_plugin_that_hangs_at_start_is_not_loaded(hook: Hook) -> None:
    clock = Stopwatch()

    def slow() -> object:
        clock.now += 60
        return hook.good("faulty")

    dispatcher = Dispatcher.of([Implementation("faulty", hook.name, slow, ())], clock=clock)
    (outcome,) = getattr(dispatcher, hook.name.removeprefix("loyalty_"))()
    assert code(outcome) == "plugin_late"


def test_a_generator_that_dawdles_is_left_when_the_time_is_over() -> None:
    clock, closed = Stopwatch(), []

    def dawdling() -> Iterator[object]:
        try:
            for number in count():
                clock.now += 0.3
                yield change(1 + number % 2)
        finally:
            closed.append(clock.now)

    hook = next(each for each in CALLED if each.name == "loyalty_propose_changes")
    outcome = call(hook, timed(plugins_with(hook, dawdling), clock))["faulty"]
    assert code(outcome) == "plugin_late"
    assert outcome.seconds == pytest.approx(0.6)
    assert closed == [clock.now]


def test_a_batch_may_take_longer_than_one() -> None:
    clock = Stopwatch()

    def slow() -> list[object]:
        clock.now += 1.25
        return []

    plugins = timed(Plugins.load([], {"slow": a_plugin("slow", loyalty_propose_changes=slow)}), clock)
    at = an_occasion({"slow"})
    for subjects, late in ((SUBJECTS, True), ([a_subject(number) for number in range(1, 301)], False)):
        (outcome,) = plugins.dispatcher.propose_changes(at, subjects, ())
        assert (outcome.failure is not None) == late


def test_the_clock_of_the_machine_measures_unless_another_is_given() -> None:
    def slow() -> tuple[()]:
        sleep(0.55)
        return ()

    plugins = Plugins.load([], {"slow": a_plugin("slow", loyalty_propose_changes=slow)})
    (outcome,) = plugins.dispatcher.propose_changes(an_occasion({"slow"}), SUBJECTS, ())
    assert code(outcome) == "plugin_late"
    assert outcome.seconds >= 0.55


def test_the_budgets_of_a_deployment_are_its_own() -> None:
    plugins = Plugins.load([], {}, budgets={"propose": 2.5})
    assert plugins.dispatcher.caller.budgets == {**BUDGETS, "propose": 2.5}


# The breaker


def breakers() -> tuple[Breakers, Stopwatch]:
    clock = Stopwatch()
    return Breakers(clock, PATIENCE), clock


def fail(breaker: Breakers, times: int) -> None:
    for _ in range(times):
        assert breaker.allows("salon")
        breaker.failed("salon")


def test_failures_within_the_window_open_the_breaker() -> None:
    breaker, clock = breakers()
    fail(breaker, 2)
    assert breaker.allows("salon")
    fail(breaker, 1)
    assert not breaker.allows("salon")
    assert breaker.suspended == {"salon"}
    assert breaker.allows("barber")
    clock.now += 29.9
    assert not breaker.allows("salon")


def test_failures_that_lie_far_apart_do_not() -> None:
    breaker, clock = breakers()
    for _ in range(10):
        fail(breaker, 1)
        clock.now += 30
    assert breaker.suspended == set()


def test_after_the_rest_one_trial_is_let_through_and_closes_it_if_it_works() -> None:
    breaker, clock = breakers()
    fail(breaker, 3)
    clock.now += 30
    assert breaker.allows("salon")
    assert not breaker.allows("salon"), "one trial at a time"
    breaker.worked("salon")
    fail(breaker, 2)
    assert breaker.allows("salon"), "all is forgotten"


def test_a_trial_that_fails_opens_it_again() -> None:
    breaker, clock = breakers()
    fail(breaker, 3)
    clock.now += 30
    fail(breaker, 1)
    assert not breaker.allows("salon")
    clock.now += 30
    assert breaker.allows("salon")


def test_a_trial_that_nobody_reports_on_is_made_again() -> None:
    breaker, clock = breakers()
    fail(breaker, 3)
    clock.now += 30
    assert breaker.allows("salon")
    clock.now += 30
    assert breaker.allows("salon")


def test_an_offence_is_kept_until_it_is_lifted_and_the_first_one_stays() -> None:
    breaker, clock = breakers()
    first, second = (Failure("salon", hook, ()) for hook in ("first", "second"))
    breaker.offended(first)
    breaker.offended(second)
    clock.now += 1_000_000
    assert breaker.offences == {"salon": first}
    assert breaker.suspended == {"salon"}
    breaker.lift("salon")
    assert breaker.suspended == set()


# Both, in the dispatcher


def failing(times: list[float], clock: Stopwatch) -> Callable[..., object]:
    def implementation() -> object:
        times.append(clock.now)
        raise RuntimeError("again")

    return implementation


@each_called
def test_who_fails_again_and_again_is_spared_where_hooks_are_called_over_and_over(hook: Hook) -> None:
    clock, times = Stopwatch(), []
    plugins = timed(plugins_with(hook, failing(times, clock)), clock)
    codes = [code(call(hook, plugins)["faulty"]) for _ in range(5)]
    if hook.name.startswith("loyalty_compile_"):
        assert codes == ["plugin_failed"] * 5
    else:
        assert codes == ["plugin_failed"] * 3 + ["plugin_resting"] * 2
        assert len(times) == 3
        assert all(call(hook, plugins)[name].answer for name in ("alpha", "zeta"))
        clock.now += 30
        assert code(call(hook, plugins)["faulty"]) == "plugin_failed"


def test_what_a_plugin_refuses_of_what_was_typed_is_no_failure_of_its_own() -> None:
    def refusing() -> object:
        raise Refused(Problem("odd", gettext("Type something else.")))

    plugins = timed(Plugins.load([], {"salon": a_plugin("salon", loyalty_compile_offers=refusing)}), Stopwatch())
    found = [plugins.dispatcher.compile_offers(an_occasion({"salon"}), {})[0] for _ in range(10)]
    assert {code(each) for each in found} == {"odd"}
    assert plugins.dispatcher.breakers.suspended == set()
