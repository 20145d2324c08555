"""Which standing prices a visit: the one before it, computed from the facts that come before (SEMANTICS 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services import before_visit, visits
from loyalty_core.testing.house import START, House, a_line, at, days

TODAY, TOMORROW = START, START + days(1)


def percent(house: House, client: str, on: date, visit_id: int | None = None, *, hour: int = 12) -> int | None:
    given = house.before(client, on, visit_id, hour=hour).discount
    return None if given is None else given.value


def save(house: House, visit: VisitInput) -> int:
    with house.work() as unit:
        return visits.save(unit, visit).id


def test_it_does_not_depend_on_when_arrived_was_pressed(house: House) -> None:
    house.programme([("visits", 2, 500), ("visits", 3, 700)])
    house.came("Olha", TODAY)
    house.came("Olha", TOMORROW)
    house.visit("Olha", START + days(2), VisitStatus.CONFIRMED, name="third")
    third = house.before("Olha", START + days(2)).totals
    house.came("Olha", START + days(3))
    house.on(START + days(20))
    pressed_late = house.visit("Olha", START + days(2), VisitStatus.ARRIVED, name="third")
    assert house.before("Olha", START + days(2), pressed_late).totals == third
    assert percent(house, "Olha", START + days(2), pressed_late) == 500


def test_it_does_not_depend_on_whether_the_daily_job_ran(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", TODAY)
    house.clock.set(at(START + days(61)))
    assert house.discount("Olha") == 500, "the job has not run"
    assert percent(house, "Olha", START + days(61)) is None
    assert percent(house, "Olha", START + days(60)) == 500
    house.on(START + days(61))
    assert percent(house, "Olha", START + days(61)) is None
    assert percent(house, "Olha", START + days(60)) == 500


def test_a_client_who_returns_has_nothing_on_this_visit_and_all_again_on_the_next(house: House) -> None:
    house.programme([("visits", 3, 500)], inactive_days=60)
    for number in range(3):
        house.came("Olha", START + days(number))
    back = START + days(2 + 61)
    returned = house.came("Olha", back)
    assert percent(house, "Olha", back, returned) is None
    assert percent(house, "Olha", back + days(1)) == 500


def test_a_second_visit_on_the_same_day_sees_the_first(house: House) -> None:
    house.programme([("visits", 1, 500)])
    morning = house.came("Olha", TODAY, hour=9)
    evening = house.came("Olha", TODAY, hour=18)
    assert percent(house, "Olha", TODAY, morning, hour=9) is None
    assert percent(house, "Olha", TODAY, evening, hour=18) == 500
    assert house.before("Olha", TODAY, evening, hour=18).number == 2


def test_of_two_visits_at_the_same_instant_the_one_recorded_first_comes_first(house: House) -> None:
    house.programme([("visits", 1, 500)])
    first, second = house.came("Olha", TODAY), house.came("Olha", TODAY)
    assert percent(house, "Olha", TODAY, first) is None
    assert percent(house, "Olha", TODAY, second) == 500


def test_a_visits_own_invoice_is_not_before_it(house: House) -> None:
    house.programme([("sold", 100_00, 500)])
    visit = house.came("Olha", TODAY, 100_00, hour=9)
    assert percent(house, "Olha", TODAY, visit, hour=9) is None
    assert percent(house, "Olha", TODAY, hour=10) == 500


def test_an_invoice_issued_later_belongs_to_the_time_of_its_visit(house: House) -> None:
    house.programme([("sold", 100_00, 500)])
    visit = house.visit("Olha", TODAY)
    house.invoice("Olha", START + days(9), a_line(100_00), visit_id=visit)
    assert percent(house, "Olha", TOMORROW) == 500


def test_a_sale_without_a_visit_counts_by_its_time_of_issue(house: House) -> None:
    house.programme([("sold", 100_00, 500)])
    house.invoice("Olha", TODAY, a_line(100_00, kind="goods"), hour=12)
    assert percent(house, "Olha", TODAY, hour=11) is None
    assert percent(house, "Olha", TODAY, hour=13) == 500


def test_a_visit_entered_afterwards_counts_for_the_visits_after_it(house: House) -> None:
    house.programme([("visits", 2, 500)])
    house.came("Olha", TODAY)
    later = house.came("Olha", START + days(5))
    assert percent(house, "Olha", START + days(5), later) is None
    house.came("Olha", START + days(2))
    assert percent(house, "Olha", START + days(5), later) == 500
    assert percent(house, "Olha", START + days(2), hour=11) is None, "before it nothing has changed"


def test_a_refund_belongs_to_the_time_of_the_visit_it_rests_on(house: House) -> None:
    house.programme([("sold", 100_00, 500)])
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit)
    house.on(START + days(30))
    assert percent(house, "Olha", START + days(10)) == 500
    house.refund(sale, ("1", 1000))
    assert percent(house, "Olha", START + days(10)) is None
    assert house.discount("Olha") is None, "a refund lowers what rules give at once"


def test_un_arriving_and_deleting_take_a_visit_out_of_what_comes_before(house: House) -> None:
    house.programme([("visits", 1, 500)])
    visit = house.visit("Olha", TODAY, name="came")
    assert percent(house, "Olha", TOMORROW) == 500
    house.visit("Olha", TODAY, VisitStatus.CONFIRMED, name="came")
    assert percent(house, "Olha", TOMORROW) is None
    house.visit("Olha", TODAY, VisitStatus.ARRIVED, name="came")
    assert percent(house, "Olha", TOMORROW) == 500
    house.delete(visit)
    assert percent(house, "Olha", TOMORROW) is None


def test_a_visit_moved_past_another_changes_places_with_it(house: House) -> None:
    house.programme([("visits", 1, 500)])
    moving, staying = house.visit("Olha", TODAY, name="moving"), house.came("Olha", TOMORROW)
    assert percent(house, "Olha", TOMORROW, staying) == 500
    house.visit("Olha", START + days(2), name="moving")
    assert percent(house, "Olha", TOMORROW, staying) is None
    assert percent(house, "Olha", START + days(2), moving) == 500


def test_a_visit_moved_across_midnight_changes_its_local_day(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    late = replace(house.a_visit("Olha", TODAY, name="late"), starts_at=at(TODAY, 23, 59))
    save(house, late)
    assert house.totals("Olha").visited_on == TODAY
    assert percent(house, "Olha", START + days(61)) is None
    save(house, replace(late, starts_at=at(TOMORROW, 0)))
    assert house.totals("Olha").visited_on == TOMORROW
    assert percent(house, "Olha", START + days(61)) == 500


def test_the_local_day_follows_the_clocks_of_the_branch_in_winter_and_in_summer(house: House) -> None:
    """22:30 UTC is half past midnight in Kyiv in winter; in summer so is 21:30."""
    winter, summer = house.a_visit("Olha", TODAY), house.a_visit("Petro", TODAY)
    save(house, replace(winter, starts_at=datetime.fromisoformat("2026-03-28T21:30Z")))
    assert house.totals("Olha").visited_on == date(2026, 3, 28)
    save(house, replace(winter, starts_at=datetime.fromisoformat("2026-03-28T22:30Z")))
    assert house.totals("Olha").visited_on == date(2026, 3, 29), "the night on which the clocks go forward"
    save(house, replace(summer, starts_at=datetime.fromisoformat("2026-03-29T21:30Z")))
    assert house.totals("Petro").visited_on == date(2026, 3, 30)
    save(house, replace(summer, starts_at=datetime.fromisoformat("2026-10-25T21:30Z")))
    assert house.totals("Petro").visited_on == date(2026, 10, 25), "the clocks went back that morning"


def test_sixty_days_are_calendar_days_also_where_one_of_them_has_twenty_three_hours(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", date(2026, 2, 15), hour=23)
    assert percent(house, "Olha", date(2026, 4, 16), hour=23) == 500
    assert percent(house, "Olha", date(2026, 4, 17), hour=0) is None


def test_each_branch_judges_by_its_own_visits_in_its_own_zone(house: House) -> None:
    house.branch("auckland", "Pacific/Auckland")
    house.programme([("visits", 1, 500)], inactive_days=1, branch="auckland")
    client = house.client("Olha")
    # 12:30 UTC is half past one on the next morning over there.
    start = datetime.fromisoformat("2026-01-05T12:30Z")
    save(house, VisitInput("tests", "far", house.branches["auckland"], client, VisitStatus.ARRIVED, start))
    assert house.totals("Olha", "auckland").visited_on == date(2026, 1, 6)
    kept = house.verdict("Olha", "auckland")
    assert kept.next_on == date(2026, 1, 8)
    assert house.discount("Olha") is None
    assert house.before("Olha", TOMORROW).totals.visits == 0


def test_a_booked_visit_shows_the_discount_expected_for_its_date(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", TODAY)
    soon = house.visit("Olha", START + days(60), VisitStatus.CONFIRMED)
    late = house.visit("Olha", START + days(61), VisitStatus.CONFIRMED)
    assert percent(house, "Olha", START + days(60), soon) == 500
    assert percent(house, "Olha", START + days(61), late) is None


def test_an_issued_invoice_keeps_its_price_when_the_facts_before_it_change(house: House) -> None:
    visit = house.came("Olha", TODAY)
    house.invoice("Olha", TODAY, a_line(100_00, off_minor=5_00), visit_id=visit)
    before = house.rows()["core_sale_line"], house.rows()["core_adjustment"]
    house.programme([("visits", 1, 700)])
    house.came("Olha", START - days(1))
    assert (house.rows()["core_sale_line"], house.rows()["core_adjustment"]) == before


def test_many_visits_are_asked_about_at_once(house: House) -> None:
    """More than one statement takes, of several clients; each answer belongs to its own cut."""
    house.programme([("visits", 1, 500)])
    for name in ("Olha", "Petro"):
        house.came(name, TODAY)
    clients = [house.client("Olha"), house.client("Petro"), house.client("nobody yet")]
    branch = house.branches["podil"]
    cuts = [
        before_visit.Cut(number, clients[number % 3], branch, None, at(TOMORROW), 2**62, TOMORROW)
        for number in range(250)
    ]
    with house.reading() as unit:
        found = before_visit.before(unit, cuts)
    given = [found[number].discount for number in range(250)]
    assert [each and each.value for each in given] == [500 if number % 3 < 2 else None for number in range(250)]
