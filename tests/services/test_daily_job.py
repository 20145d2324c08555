"""The daily job reads what is due, catches up on missed days, and is safe to run twice (SEMANTICS 4)."""

from __future__ import annotations

from sqlalchemy import update

from loyalty_core.services import reassessment
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Standing
from loyalty_core.storage.work import table_of
from loyalty_core.testing.house import START, House, at, days
from tests.services.statements import counting

standing = table_of(Standing)


def test_the_next_date_is_the_day_of_the_reset(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    assert house.verdict("Olha").next_on == START + days(61)
    house.came("Olha", START + days(10))
    assert house.verdict("Olha").next_on == START + days(71)


def test_without_inactivity_there_is_no_next_date(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    assert house.verdict("Olha").next_on is None


def test_a_client_without_a_discount_has_no_date(house: House) -> None:
    house.programme([("visits", 2, 500)], inactive_days=60)
    house.came("Olha", START)
    assert house.rows()["core_standing"] == []


def test_after_the_reset_nothing_is_due_any_more(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    assert house.on(START + days(61)) == 1
    assert house.rows()["core_standing"] == []


def test_changing_the_days_moves_the_next_date(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    house.programme([("visits", 1, 500)], inactive_days=90)
    assert house.verdict("Olha").next_on == START + days(91)
    house.programme([("visits", 1, 500)])
    assert house.verdict("Olha").next_on is None
    assert house.discount("Olha") == 500


def test_days_that_were_missed_are_caught_up_with(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    for number in range(5):
        house.came(f"client-{number}", START + days(number))
    assert house.on(START + days(63)) == 3
    assert house.on(START + days(400)) == 2
    assert [house.discount(f"client-{number}") for number in range(5)] == [None] * 5


def test_running_it_twice_changes_nothing(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    assert house.on(START + days(61)) == 1
    before = house.rows()
    assert house.on(START + days(61)) == 0
    assert house.rows() == before


def test_a_day_on_which_nothing_is_due_writes_nothing(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    before = house.rows()
    assert house.on(START + days(60), hour=23) == 0
    assert house.rows() == before


def test_midnight_of_the_branch_makes_it_due(house: House) -> None:
    """The clock stands between two branches' midnights: due in the one, not yet in the other."""
    house.branch("auckland", "Pacific/Auckland")
    for branch in ("podil", "auckland"):
        house.programme([("visits", 1, 500)], inactive_days=60, branch=branch)
    house.came("Olha", START)
    house.came("Olha", START, branch="auckland", hour=10)
    house.on(START + days(60), hour=20)
    assert (house.discount("Olha"), house.discount("Olha", "auckland")) == (500, None)
    house.on(START + days(61), hour=0)
    assert house.discount("Olha") is None


def test_it_reads_only_what_is_due(house: House) -> None:
    """A standing that is not due stays as it is, even where it is wrong: finding that is the recount's work."""
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    house.came("Petro", START + days(1))
    with house.work() as unit:
        unit.execute(update(standing).where(standing.c.network_id == THIS_NETWORK).values(value=900))
    house.on(START + days(61))
    assert (house.discount("Olha"), house.discount("Petro")) == (None, 900)
    with house.work() as unit:
        assert reassessment.reassess(unit) == 1


def test_its_work_does_not_grow_with_those_who_are_not_due(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", START)
    taken = []
    with counting(house) as since:
        for _ in range(2):
            since()
            house.on(START + days(20))
            taken.append(since())
            for number in range(5):
                house.came(f"client-{number}", START + days(20))
    assert taken[0] == taken[1]


def test_every_change_says_that_the_day_made_it(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    visit = house.came("Olha", START)
    house.on(START + days(61))
    rows = house.audit("standing.changed")
    assert [(row["cause"], row["at"]) for row in rows] == [
        (f"visit:{visit}", at(START, 9)),
        ("daily", at(START + days(61), 9)),
    ]
    (told,) = house.events("standings_changed")
    assert (told["body"]["cause"], told["body"]["changes"]) == ("daily", 1)
