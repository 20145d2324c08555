"""Small mistakes put into the engine one at a time: each is found by comparing with brute force."""

from __future__ import annotations

from random import Random

import pytest

from tests.engine.combination_checks import holds_against_brute_force, takes_nothing_too_much
from tests.engine.random_tills import till_of
from tests.stateful.seeded_faults import Fault

TRIES = 4_000
ENGINE = "loyalty_core.engine"

FAULTS = (
    Fault("a line may go below its floor", f"{ENGINE}.walking:Walk.after", "columns.floors[line]", "0"),
    Fault("every lane works on what is left", f"{ENGINE}.walking:Walk.after", "if lane in self._from_list", "if False"),
    Fault(
        "a requirement counts its own effect",
        f"{ENGINE}.walking:Walk.left_by_others",
        "if taken.lane != lane",
        "if taken is not None",
    ),
    Fault(
        "a requirement is not looked at",
        f"{ENGINE}.arbitration:Search._combination",
        "if left < whole.requirement.amount_minor",
        "if left < 0",
    ),
    Fault(
        "the form that is alone meets other lanes",
        f"{ENGINE}.arbitration:Search._conflict",
        "one.alone or other.alone or not meeting",
        "not meeting",
    ),
    Fault(
        "the first percentage is kept instead of the largest",
        f"{ENGINE}.arbitration:ByLine.add_percent",
        "percent_bp > self._percents.get((mask, lane), 0)",
        "(mask, lane) not in self._percents",
    ),
    Fault(
        "an offer is never left out once the search has seen it",
        f"{ENGINE}.arbitration:Search._branches",
        "yield held, free & ~forms",
        "yield held, 0",
    ),
    Fault(
        "offers that may not meet are held together",
        f"{ENGINE}.arbitration:Search._together",
        "if not self._apart(bit) & together",
        "if True",
    ),
    Fault(
        "of two on the same lines the better is left out",
        f"{ENGINE}.arbitration:_is_nowhere_worse",
        "move[1] >= other",
        "move[1] <= other",
    ),
    Fault(
        "the search does not know of caps",
        f"{ENGINE}.capping:Caps.total",
        "sum(self.cut(saved)) if self._limits else sum(saved)",
        "sum(saved)",
    ),
    Fault("exclusive offers combine", f"{ENGINE}.contest:Contest._enter", "if contender.exclusive:", "if False:"),
    Fault("an own cap is not looked at", f"{ENGINE}.settling:settle", "saves > offer.cap_minor", "saves < 0"),
    Fault(
        "not the cheapest units are reduced",
        f"{ENGINE}.settling:_units_off",
        "(_unit_price(place, columns), place)",
        "(-_unit_price(place, columns), place)",
    ),
    Fault(
        "shares are not turned into the price's own basis",
        f"{ENGINE}.columns:Columns.shares",
        "self.lines[place].in_own_basis(part)",
        "part",
    ),
    Fault(
        "the network's rounding is not looked at",
        f"{ENGINE}.columns:Columns.percent",
        "percent_of(amount_minor, percent_bp, self.mode)",
        "percent_of(amount_minor, percent_bp)",
    ),
    Fault(
        "gift cards are reduced by what does not name them",
        f"{ENGINE}.matching:_View._of_line",
        "if not is_stored_value(line)",
        "if True",
    ),
)


def check(tries: int) -> None:
    for seed in range(tries):
        till = till_of(Random(seed))
        holds_against_brute_force(till)
        takes_nothing_too_much(till)


def test_the_invoices_that_find_them_are_priced_rightly_without_a_fault() -> None:
    check(400)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.says)
def test_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault.plant(monkeypatch)
    with pytest.raises(AssertionError):
        check(TRIES)
