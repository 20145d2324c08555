"""Values set by hand: what ends them, what leaves them alone, and what is written down (SEMANTICS 4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loyalty_core.facts.standing import Element, Given, Origin
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import reassessment, standing
from loyalty_core.services.before_visit import Cut, before
from loyalty_core.testing.house import START, House, at, days

BY_HAND = Origin.MANUAL


def percent(house: House, on: date) -> int | None:
    """Return Olha's discount on the evening of a day, as a visit then would be priced."""
    given = house.before("Olha", on, hour=20).discount
    return None if given is None else given.value


def changes(house: House) -> list[tuple[Any, Any, str, str]]:
    """Return (value before, value after, cause, actor) of each change of a standing."""
    return [
        (row["before"] and row["before"]["value"], row["after"] and row["after"]["value"], row["cause"], row["actor"])
        for row in house.audit("standing.changed")
    ]


def test_zero_percent_takes_the_discount_away(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    house.by_hand("Olha", 0)
    assert house.given("Olha") == Given(0, BY_HAND)
    assert percent(house, START) == 0
    house.came("Olha", START + days(1))
    assert house.discount("Olha") == 0


def test_a_client_who_has_never_come_may_have_a_value(house: House) -> None:
    house.by_hand("Olha", 1000)
    assert house.given("Olha") == Given(1000, BY_HAND)
    assert percent(house, START) == 1000


def test_the_until_date_is_its_last_day(house: House) -> None:
    version = house.programme([("visits", 1, 500)]).version_id
    house.came("Olha", START)
    house.by_hand("Olha", 1200, until=START + days(10))
    assert house.verdict("Olha").next_on == START + days(11)
    house.on(START + days(10), hour=23)
    assert house.discount("Olha") == 1200
    assert (percent(house, START + days(10)), percent(house, START + days(11))) == (1200, 500)
    house.on(START + days(11), hour=0)
    assert house.given("Olha") == Given(500, Origin.RULE, version, "visits:1")


def test_a_value_may_end_today_and_not_yesterday(house: House) -> None:
    house.by_hand("Olha", 1200, until=START)
    assert house.discount("Olha") == 1200
    house.on(START + days(1))
    assert house.discount("Olha") is None


def test_it_does_not_lapse_with_inactivity_unless_it_was_said_to(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    house.by_hand("Olha", 1200)
    house.on(START + days(1000))
    assert house.discount("Olha") == 1200


def test_the_clock_of_lapsing_runs_from_the_later_of_grant_and_last_visit(house: House) -> None:
    house.programme([("visits", 5, 500)], inactive_days=60)
    house.came("Olha", START)
    house.on(START + days(30))
    house.by_hand("Olha", 1200, lapses=True)
    assert house.verdict("Olha").next_on == START + days(30 + 61), "the grant is later than the visit"
    house.came("Olha", START + days(40))
    assert house.verdict("Olha").next_on == START + days(40 + 61), "now the visit is later"
    house.on(START + days(40 + 60))
    assert house.discount("Olha") == 1200
    house.on(START + days(40 + 61))
    assert house.discount("Olha") is None
    assert (percent(house, START + days(100)), percent(house, START + days(101))) == (1200, None)


def test_what_has_lapsed_comes_back_with_a_visit(house: House) -> None:
    """It stays until it is replaced or returned to automatic; only inactivity held it down."""
    house.programme([("visits", 5, 500)], inactive_days=60)
    house.by_hand("Olha", 1200, lapses=True)
    house.on(START + days(61))
    assert house.discount("Olha") is None
    house.came("Olha", START + days(61))
    assert house.discount("Olha") == 1200


def test_without_a_limit_of_inactivity_nothing_lapses(house: House) -> None:
    house.programme([("visits", 5, 500)])
    house.by_hand("Olha", 1200, lapses=True)
    house.on(START + days(3000))
    assert house.discount("Olha") == 1200


def test_a_later_value_replaces_the_earlier_one(house: House) -> None:
    house.by_hand("Olha", 1200, until=START + days(5))
    house.by_hand("Olha", 800)
    assert house.given("Olha") == Given(800, BY_HAND)
    house.on(START + days(6))
    assert house.discount("Olha") == 800
    assert len(house.rows()["core_manual_value"]) == 1


def test_returned_to_automatic_the_rules_decide_at_once(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    house.by_hand("Olha", 1200)
    house.automatic("Olha")
    assert house.discount("Olha") == 500
    assert house.rows()["core_manual_value"] == []


def test_returned_to_automatic_without_a_rule_there_is_nothing(house: House) -> None:
    house.by_hand("Olha", 1200)
    house.automatic("Olha")
    assert house.given("Olha") is None
    assert house.rows()["core_standing"] == []


def test_neither_a_programme_nor_a_recalculation_nor_a_visit_touches_it(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    house.by_hand("Olha", 1200)
    kept = house.rows()["core_standing"], house.rows()["core_manual_value"]
    house.programme([("visits", 1, 2000)])
    house.programme()
    house.came("Olha", START + days(1))
    house.visit("Olha", START + days(2), VisitStatus.NO_SHOW)
    client = house.client("Olha")
    with house.work() as unit:
        assert standing.recalculate(unit, client) == 0
        assert reassessment.reassess(unit) == 0
    assert (house.rows()["core_standing"], house.rows()["core_manual_value"]) == kept


def test_a_value_in_one_branch_does_not_touch_another(house: House) -> None:
    for branch in ("podil", "obolon"):
        house.programme([("visits", 1, 500)], branch=branch)
        house.came("Olha", START, branch=branch)
    house.by_hand("Olha", 1200)
    assert (house.discount("Olha"), house.discount("Olha", "obolon")) == (1200, 500)
    house.automatic("Olha")
    assert (house.discount("Olha"), house.discount("Olha", "obolon")) == (500, 500)


def test_asked_about_many_at_once_each_has_a_value_of_its_own(house: House) -> None:
    house.by_hand("Olha", 1200)
    house.by_hand("Petro", 800, branch="obolon")
    names, branches = ("Olha", "Petro", "Iryna"), ("podil", "obolon")
    places = [(house.client(name), house.branches[branch]) for name in names for branch in branches]
    cuts = [Cut(number, *place, None, at(START), 2**62, START) for number, place in enumerate(places)]
    with house.reading() as unit:
        found = before(unit, cuts)
    given = [found[number].discount for number in range(len(cuts))]
    assert [each and each.value for each in given] == [1200, None, None, 800, None, None]


def test_each_step_is_written_down_with_before_after_cause_actor_and_reason(house: House) -> None:
    version = house.programme([("visits", 1, 500)]).version_id
    visit = house.came("Olha", START)
    client, scope = house.client("Olha"), house.scopes["podil"]
    with house.work("Marta") as unit:
        standing.set_by_hand(unit, client, scope, Element.DISCOUNT, 1200, "sister", until=START + days(9))
    house.by_hand("Olha", 800, lapses=True)
    house.automatic("Olha")
    assert changes(house) == [
        (None, 500, f"visit:{visit}", "olena"),
        (500, 1200, "by hand", "Marta"),
        (1200, 800, "by hand", "olena"),
        (800, 500, "returned to automatic", "olena"),
    ]
    rule = {"value": 500, "origin": "rule", "version": version, "rule": "visits:1"}
    hand = {"value": 1200, "origin": "manual", "version": None, "rule": None}
    assert (house.audit("standing.changed")[1]["before"], house.audit("standing.changed")[1]["after"]) == (rule, hand)
    said = [(row["before"], row["after"], row["reason"], row["actor"]) for row in house.audit("standing.set_by_hand")]
    first = {"value": 1200, "until": (START + days(9)).isoformat(), "lapses": False}
    second = {"value": 800, "until": None, "lapses": True}
    assert said == [(None, first, "sister", "Marta"), (first, second, "a regular", "olena")]
    (returned,) = house.audit("standing.returned_to_automatic")
    assert (returned["before"], returned["after"], returned["client_id"]) == (second, None, client)
    assert {row["scope_id"] for row in house.audit() if row["client_id"] == client} == {scope}


def test_the_end_of_a_value_is_a_change_like_any_other(house: House) -> None:
    house.by_hand("Olha", 1200, until=START)
    house.on(START + days(1))
    assert changes(house)[-1] == (1200, None, "daily", "olena")


@pytest.mark.parametrize("bp", [1200, 500])
def test_a_value_equal_to_the_rules_is_one_by_hand_all_the_same(house: House, bp: int) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    house.by_hand("Olha", bp)
    assert house.given("Olha") == Given(bp, BY_HAND)
    house.programme()
    assert house.discount("Olha") == bp
