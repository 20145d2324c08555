"""The recount finds what is kept wrongly, repairs it silently, and then finds nothing (SEMANTICS 2, RELIABILITY I22).

The fixture `house` counts everything anew when a test is over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from loyalty_core.facts.programme import JudgedOn
from loyalty_core.services.recount import Drift, recount
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.tables import Measure, Reset, Standing, Totals
from loyalty_core.storage.work import table_of
from loyalty_core.testing.house import START, House, a_line, days

KEPT = ("core_measure", "core_totals", "core_standing", "core_reset", "core_manual_value")
Damage = Callable[[House], None]


def changing(model: type[Base], **values: Any) -> Damage:
    """Return the damage of rows that say something else."""
    table = table_of(model)

    def act(house: House) -> None:
        with house.work() as unit:
            unit.execute(update(table).where(table.c.network_id == THIS_NETWORK).values(**values))

    return act


def losing(model: type[Base]) -> Damage:
    """Return the damage of rows that are gone."""
    table = table_of(model)

    def act(house: House) -> None:
        with house.work() as unit:
            unit.execute(delete(table).where(table.c.network_id == THIS_NETWORK))

    return act


def inventing(model: type[Base], **values: Any) -> Damage:
    """Return the damage of a row too many: a copy of the first one, with other values."""
    table = table_of(model)

    def act(house: House) -> None:
        row = {**house.rows()[model.__tablename__][0], **values}
        if "client_id" in values:
            row["client_id"] = house.client("nobody ever came")
        with house.work() as unit:
            unit.connection.execute(insert(table), row)

    return act


DAMAGES: dict[str, Damage] = {
    "a measure says more": changing(Measure, paid_minor=7),
    "a measure lies on another day": changing(Measure, local_day=START - days(500)),
    "a measure is at another time": changing(Measure, branch_id=1),
    "measures are gone": losing(Measure),
    "a measure too many": inventing(Measure, source_id=1),
    "totals say more": changing(Totals, visits=7),
    "totals say another last visit": changing(Totals, visited_on=START - days(9)),
    "totals say another first day": changing(Totals, first_day=date(2000, 1, 1)),
    "totals are gone": losing(Totals),
    "totals of somebody who never came": inventing(Totals, client_id=0),
    "standing says more": changing(Standing, value=9900),
    "standing names another rule": changing(Standing, rule="visits:9"),
    "standing says it is by hand": changing(Standing, origin="manual"),
    "standing is due on another day": changing(Standing, next_on=START + days(700)),
    "standing is gone": losing(Standing),
    "standing of somebody who never came": inventing(Standing, client_id=0),
    "standing of another element": inventing(Standing, element="class"),
    "a reset says more": changing(Reset, visits=7),
    "a reset ended on another day": changing(Reset, ended_on=START),
    "resets are gone": losing(Reset),
    "a reset too many": inventing(Reset, gap_days=5),
}


def lively(house: House) -> House:
    """Return the house after some history: with resets, manual values, a refund, goods, an opening, no standing."""
    house.programme([("visits", 1, 500)], inactive_days=60, judged_on=JudgedOn.SINCE_RESET)
    for number in (0, 100):
        house.came("Olha", START + days(number), 100_00)
    house.clock.set(house.clock.now() + days(100))
    sale = house.invoice("Petro", START + days(99), a_line(90_00, kind="goods", quantity_milli=3000))
    house.refund(sale, ("1", 1000))
    house.opening("Petro", START, visits=2, invoiced_minor=5, listed_minor=5, last_visit_on=START - days(1))
    house.by_hand("Petro", 1200)
    return house


def derived(house: House) -> dict[str, Any]:
    """Return what is kept, without the instants at which it was given."""
    rows = house.rows()
    return {name: [{k: v for k, v in row.items() if k != "since"} for row in rows[name]] for name in KEPT}


def counted_anew(house: House, *, repair: bool) -> Drift:
    with house.work() as unit:
        return recount(unit, repair=repair)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whatever_is_kept_wrongly_is_found_and_repaired(house: House, damage: Damage) -> None:
    right = derived(lively(house))
    damage(house)
    before = house.rows()
    found = counted_anew(house, repair=False)
    assert not found.none
    assert house.rows() == before, "looking changes nothing"
    events = house.events()
    assert not counted_anew(house, repair=True).none
    assert derived(house) == right
    assert house.events() == events, "nobody is told"
    assert counted_anew(house, repair=True).none


def test_where_nothing_is_wrong_a_repair_writes_nothing(house: House) -> None:
    lively(house)
    before = house.rows()
    assert counted_anew(house, repair=True) == Drift(0, 0, 0)
    assert house.rows() == before


def test_a_repair_is_written_down(house: House) -> None:
    lively(house)
    changing(Standing, value=9900)(house)
    counted_anew(house, repair=True)
    rows = [row for row in house.audit() if row["cause"] == "recount" or row["action"] == "recount.repaired"]
    changed = [(row["action"], row["before"] and row["before"].get("value")) for row in rows]
    assert changed.count(("standing.changed", 9900)) == 2
    (repaired,) = house.audit("recount.repaired")
    assert repaired["after"] == {"measures": 0, "totals": 0, "standing": 2}


def test_it_counts_what_differs(house: House) -> None:
    lively(house)
    changing(Totals, visits=7)(house)
    assert counted_anew(house, repair=True).totals == len(house.rows()["core_totals"])


def test_rows_of_zeros_are_no_drift(house: House) -> None:
    visit = house.came("Olha", START)
    house.delete(visit)
    assert [row["visits"] for row in house.rows()["core_totals"]] == [0]
    assert counted_anew(house, repair=False).none


def test_an_empty_network_has_no_drift(house: House) -> None:
    assert counted_anew(house, repair=True).none
