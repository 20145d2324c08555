"""Clients who return after an inactivity gap: judged on all they ever did, or since the gap (SEMANTICS 4 and 12)."""

from __future__ import annotations

from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.testing.house import START, House, a_line, days

SINCE_RESET = JudgedOn.SINCE_RESET
RULES = [("visits", 3, 500)]


def percent(house: House, client: str, after_days: int) -> int | None:
    given = house.before(client, START + days(after_days)).discount
    return None if given is None else given.value


def came_on(house: House, client: str, *numbers: int) -> list[int]:
    return [house.came(client, START + days(number)) for number in numbers]


def test_by_default_a_returning_client_is_judged_on_lifetime_totals(house: House) -> None:
    house.programme(RULES, inactive_days=60)
    came_on(house, "Olha", 0, 1, 2, 63)
    assert house.discount("Olha") == 500
    assert house.rows()["core_reset"] == []


def test_since_the_reset_only_what_came_after_the_gap_counts(house: House) -> None:
    house.programme(RULES, inactive_days=60, judged_on=SINCE_RESET)
    came_on(house, "Olha", 0, 1, 2)
    assert house.discount("Olha") == 500
    came_on(house, "Olha", 63)
    assert house.discount("Olha") is None, "the return is the first visit of the new count"
    came_on(house, "Olha", 64)
    assert (house.discount("Olha"), percent(house, "Olha", 65)) == (None, None)
    came_on(house, "Olha", 65)
    assert (house.discount("Olha"), percent(house, "Olha", 65), percent(house, "Olha", 66)) == (500, 500, 500)


def test_a_gap_of_exactly_that_many_days_resets_nothing(house: House) -> None:
    house.programme(RULES, inactive_days=60, judged_on=SINCE_RESET)
    came_on(house, "Olha", 0, 1, 61)
    assert house.discount("Olha") == 500
    came_on(house, "Petro", 0, 1, 62)
    assert house.discount("Petro") is None


def test_the_latest_gap_counts(house: House) -> None:
    house.programme(RULES, inactive_days=60, judged_on=SINCE_RESET)
    came_on(house, "Olha", 0, 100, 101, 102)
    assert house.discount("Olha") == 500
    came_on(house, "Olha", 200)
    assert house.discount("Olha") is None
    (row,) = house.rows()["core_reset"]
    assert (row["gap_days"], row["ended_on"], row["visits"]) == (60, START + days(200), 4)


def test_sums_before_the_gap_do_not_count_either(house: House) -> None:
    house.programme([("sold", 100_00, 500)], inactive_days=60, judged_on=SINCE_RESET)
    house.came("Olha", START, 100_00)
    house.came("Olha", START + days(61), 60_00)
    assert house.discount("Olha") is None
    house.came("Olha", START + days(62), 40_00)
    assert house.discount("Olha") == 500


def test_goods_bought_within_the_gap_do_not_close_it_and_count_as_before_it(house: House) -> None:
    """The gaps are between consecutive counted visits (SEMANTICS 12)."""
    house.programme([("sold", 100_00, 500)], inactive_days=60, judged_on=SINCE_RESET)
    house.came("Olha", START, 10_00)
    house.invoice("Olha", START + days(30), a_line(100_00, kind="goods"))
    house.came("Olha", START + days(61), 20_00)
    assert house.discount("Olha") is None
    assert percent(house, "Olha", 62) is None


def test_a_visit_entered_afterwards_closes_the_gap(house: House) -> None:
    house.programme(RULES, inactive_days=60, judged_on=SINCE_RESET)
    came_on(house, "Olha", 0, 100)
    assert len(house.rows()["core_reset"]) == 1
    came_on(house, "Olha", 50)
    assert house.discount("Olha") == 500
    assert house.rows()["core_reset"] == []


def test_un_arriving_opens_a_gap(house: House) -> None:
    house.programme(RULES, inactive_days=60, judged_on=SINCE_RESET)
    came_on(house, "Olha", 0, 100)
    house.visit("Olha", START + days(50), name="middle")
    assert house.discount("Olha") == 500
    house.visit("Olha", START + days(50), VisitStatus.CANCELLED, name="middle")
    assert house.discount("Olha") is None


def test_changing_the_number_of_days_finds_other_gaps(house: House) -> None:
    came_on(house, "Olha", 0, 40, 41, 42)
    house.programme([("visits", 4, 500)], inactive_days=30, judged_on=SINCE_RESET)
    assert house.discount("Olha") is None
    house.programme([("visits", 4, 500)], inactive_days=60, judged_on=SINCE_RESET)
    assert house.discount("Olha") == 500
    house.programme([("visits", 4, 500)], inactive_days=39, judged_on=SINCE_RESET)
    assert house.discount("Olha") is None
    house.programme([("visits", 4, 500)], inactive_days=40, judged_on=SINCE_RESET)
    assert house.discount("Olha") == 500


def test_switching_to_lifetime_and_back_judges_everybody_anew(house: House) -> None:
    came_on(house, "Olha", 0, 100, 101)
    found = []
    for judged_on in (SINCE_RESET, JudgedOn.LIFETIME, SINCE_RESET):
        house.programme(RULES, inactive_days=60, judged_on=judged_on)
        found.append(house.discount("Olha"))
    assert found == [None, 500, None]


def test_without_a_number_of_days_there_is_no_gap(house: House) -> None:
    house.programme(RULES, judged_on=SINCE_RESET)
    came_on(house, "Olha", 0, 1000, 2000)
    assert house.discount("Olha") == 500


def test_an_opening_lies_before_the_visits_after_it_and_may_begin_the_gap(house: House) -> None:
    house.programme(RULES, inactive_days=60, judged_on=SINCE_RESET)
    house.opening("Olha", START, visits=5, last_visit_on=START - days(61))
    assert house.discount("Olha") is None, "more than 60 days ago"
    came_on(house, "Olha", 0)
    assert house.discount("Olha") is None
    house.opening("Petro", START, name="2", visits=5, last_visit_on=START - days(60))
    came_on(house, "Petro", 0)
    assert house.discount("Petro") == 500


def test_each_branch_has_gaps_of_its_own(house: House) -> None:
    for branch in ("podil", "obolon"):
        house.programme(RULES, inactive_days=60, judged_on=SINCE_RESET, branch=branch)
    came_on(house, "Olha", 0, 1, 100)
    for number in (0, 50, 100):
        house.came("Olha", START + days(number), branch="obolon")
    assert (house.discount("Olha"), house.discount("Olha", "obolon")) == (None, 500)
