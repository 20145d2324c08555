"""How plugins have been doing is counted by the dispatcher, call by call."""

from __future__ import annotations

from loyalty_core.errors import Problem
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.outcomes import Failure, Outcome
from loyalty_core.plugging.tally import MOST_KEPT, Health, Tally

FAILED = Failure("hat", "loyalty_propose_changes", (Problem("plugin_failed", _("It failed.")),))
REFUSED = Failure("hat", "loyalty_compile_offers", (Problem("no_name", _("Give a name.")),))


def test_a_plugin_that_was_never_called_has_no_figures() -> None:
    assert Tally().health("hat") == Health()


def test_calls_failures_and_times_are_counted_by_plugin() -> None:
    tally = Tally()
    for seconds in (0.001, 0.009, 0.002):
        tally.note(Outcome("hat", (), None, seconds))
    tally.note(Outcome("hat", None, FAILED, 0.1))
    tally.note(Outcome("coat", (), None, 1))
    assert tally.health("hat") == Health(4, 1, 0.0055, 0.1, FAILED)
    assert tally.health("coat").calls == 1


def test_a_refusal_of_what_a_person_typed_is_no_failure() -> None:
    tally = Tally()
    tally.note(Outcome("hat", None, REFUSED, 0.001))
    assert (tally.health("hat").calls, tally.health("hat").failures) == (1, 0)


def test_a_call_that_was_not_made_takes_no_time() -> None:
    tally = Tally()
    tally.note(Outcome("hat", None, FAILED, 0))
    assert tally.health("hat") == Health(1, 1, 0, 0, FAILED)


def test_only_the_latest_times_are_kept() -> None:
    tally = Tally()
    for seconds in (9.0, *[0.001] * MOST_KEPT):
        tally.note(Outcome("hat", (), None, seconds))
    assert (tally.health("hat").slowest, tally.health("hat").calls) == (0.001, MOST_KEPT + 1)
