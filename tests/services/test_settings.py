"""Settings of a network: visits counted one by one, or once per local day and branch (SEMANTICS 2)."""

from __future__ import annotations

import pytest

from loyalty_core.facts.totals import Totals
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import settings
from loyalty_core.services.house import Loyalty
from loyalty_core.testing.house import START, House, days

NEXT = START + days(1)


def per_day(house: House, on: bool = True) -> None:
    with house.work() as unit:
        settings.change(unit, "visits_per_day", on)


def visits(house: House, client: str = "Olha") -> int:
    return house.totals(client).visits


def test_by_default_every_visit_counts(house: House) -> None:
    house.came("Olha", START, hour=9)
    house.came("Olha", START, hour=18)
    assert visits(house) == 2


def test_visits_may_count_once_per_local_day_and_branch(house: House) -> None:
    per_day(house)
    house.came("Olha", START, 100_00, hour=9)
    house.came("Olha", START, 50_00, hour=18)
    house.came("Olha", START, branch="obolon")
    house.came("Petro", START)
    house.came("Olha", NEXT)
    assert house.totals("Olha") == Totals(2, 0, 150_00, 150_00, 150_00, START, NEXT), "the sums of both count"
    assert (house.totals("Olha", "obolon").visits, visits(house, "Petro")) == (1, 1)


def test_no_shows_count_once_a_day_likewise(house: House) -> None:
    per_day(house)
    house.visit("Olha", START, VisitStatus.NO_SHOW, hour=9)
    house.visit("Olha", START, VisitStatus.NO_SHOW, hour=18)
    house.came("Olha", START, hour=12)
    assert house.totals("Olha") == Totals(1, 1, first_day=START, visited_on=START)


def test_switching_counts_everything_anew_and_switching_back_restores_it(house: House) -> None:
    house.programme([("visits", 2, 500)])
    house.came("Olha", START, hour=9)
    house.came("Olha", START, hour=18)
    kept = house.totals("Olha"), house.given("Olha")
    per_day(house)
    assert (visits(house), house.discount("Olha")) == (1, None)
    assert house.before("Olha", NEXT).totals.visits == 1
    per_day(house, on=False)
    assert (house.totals("Olha"), house.given("Olha")) == kept


def test_when_the_visit_that_counted_goes_the_other_one_of_the_day_counts(house: House) -> None:
    per_day(house)
    house.visit("Olha", START, name="first", hour=9)
    second = house.visit("Olha", START, name="second", hour=18)
    house.visit("Olha", START, VisitStatus.CANCELLED, name="first", hour=9)
    assert visits(house) == 1
    house.visit("Olha", START, name="first", hour=9)
    house.delete(second)
    assert visits(house) == 1
    house.visit("Olha", START, VisitStatus.WAITING, name="first", hour=9)
    assert visits(house) == 0


def test_a_visit_that_moves_to_another_day_counts_on_both(house: House) -> None:
    per_day(house)
    house.visit("Olha", START, name="staying", hour=18)
    house.visit("Olha", START, name="moving", hour=9)
    assert visits(house) == 1
    house.visit("Olha", NEXT, name="moving", hour=9)
    assert visits(house) == 2
    house.visit("Olha", START, name="moving", hour=20)
    assert visits(house) == 1


def test_a_second_visit_of_the_day_sees_the_first_and_is_no_further_one(house: House) -> None:
    per_day(house)
    house.programme([("visits", 1, 500), ("visits", 2, 700)])
    house.came("Olha", START, hour=9)
    evening = house.came("Olha", START, hour=18)
    before = house.before("Olha", START, evening, hour=18)
    assert (before.number, before.discount and before.discount.value) == (2, 500)
    assert house.discount("Olha") == 500


def test_a_change_of_a_setting_is_written_down_and_the_same_value_again_is_none(house: House) -> None:
    per_day(house)
    (row,) = house.audit("setting.changed")
    assert row["subject"] == "setting:visits_per_day"
    assert (row["before"], row["after"]) == ({"value": False}, {"value": True})
    before = house.rows()
    per_day(house)
    assert house.rows() == before


@pytest.mark.parametrize(("key", "kept"), [("visits_per_day", True), ("rounding_mode", "half_even")])
def test_a_setting_holds_in_other_processes_too(house: House, key: str, kept: object) -> None:
    """Two openings of the product on one database: the second one's cache must notice."""
    other = Loyalty(house.loyalty.storage.engine, house.plugins, house.clock)
    with other.reading(house.network_id) as unit:
        assert unit.configuration.settings[key] != kept
    with house.work() as unit:
        settings.change(unit, key, kept)
    with other.reading(house.network_id) as unit:
        assert unit.configuration.settings[key] == kept
