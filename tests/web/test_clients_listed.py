"""The list and the search of clients on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from loyalty_core.storage.migrate import upgrade
from loyalty_core.testing.house import START, House, days
from loyalty_web.erp import clients_listed
from loyalty_web.erp.clients_listed import COLUMNS, DISCOUNTS, Asked
from loyalty_web.erp.importing.persons import KnownPerson, add_persons
from loyalty_web.erp.migrations import WEB
from loyalty_web.erp.people import HostPeople
from loyalty_web.erp.people_search import wanted
from loyalty_web.erp.people_written import others_with, write_new, write_over

NAMES = {"olena": ("Олена Коваль", "380671234567"), "ivan": ("Іван Бондар", "380501112233"), "zoe": ("Zoë", "1")}


@pytest.fixture
def house(engine: Engine) -> House:
    upgrade(engine, [WEB])
    house = House(engine)
    house.programme([("visits", 1, 300)], inactive_days=60)
    ids = {house.client(name): each for name, each in NAMES.items()}
    with house.work() as unit:
        add_persons(unit, {id_: KnownPerson(name, phones=(phone,)) for id_, (name, phone) in ids.items()})
    house.came("olena", START, 60_000)
    house.by_hand("ivan", 2_000)
    return house


def listed(
    house: House, text: str = "", column: str = "name", *, descending: bool = False, **asked: object
) -> list[str]:
    with house.reading() as unit:
        given = Asked(wanted(text), house.scopes["podil"], **asked)  # type: ignore[arg-type]
        rows = clients_listed.page(unit, given, column, descending, 50, 0)
        assert clients_listed.count(unit, given) == len(rows)
        return [row.name for row in rows]


OLENA, IVAN, ZOE = (name for name, _phone in NAMES.values())


def test_names_stand_in_the_order_of_the_alphabet(house: House) -> None:
    assert listed(house) == [ZOE, IVAN, OLENA]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts_and_nothing_comes_last(house: House, column: str, descending: bool) -> None:
    found = listed(house, column=column, descending=descending)
    assert len(found) == 3
    if column == "discount":
        assert found == ([IVAN, OLENA, ZOE] if descending else [OLENA, IVAN, ZOE])
    elif column != "name":
        assert found == [OLENA, ZOE, IVAN], "who has nothing, by name"


def test_a_discount_may_be_asked_for(house: House) -> None:
    span = (START + days(60), START + days(62))
    found = {name: listed(house, discount=name, ending=span) for name in DISCOUNTS}
    assert found == {"any": [IVAN, OLENA], "by_hand": [IVAN], "ending": [OLENA], "none": [ZOE]}


def test_days_of_the_last_visit_narrow_the_list_down(house: House) -> None:
    assert listed(house, since=START) == [OLENA]
    assert listed(house, since=START + timedelta(1)) == []
    assert listed(house, before=date(2026, 12, 31)) == [OLENA]


@pytest.mark.parametrize(("text", "names"), [("4567", [OLENA]), ("Rjdfkm", [OLENA]), ("zoe", [ZOE]), ("45", [])])
def test_what_is_typed_finds_in_the_list_and_by_the_port_alike(house: House, text: str, names: list[str]) -> None:
    assert listed(house, text) == names
    with house.reading() as unit:
        assert [each.name for each in HostPeople().find(unit, text, 8)] == names


def test_a_client_is_written_once_under_a_key_and_over(house: House) -> None:
    with house.work() as unit:
        first = write_new(unit, "key", KnownPerson("Petro", phones=("380509999999",)))
        assert write_new(unit, "key", KnownPerson("Somebody else")) == first
        assert others_with(unit, ["380509999999"], "key") == []
        assert others_with(unit, ["380509999999"], "another") == [first]
        write_over(unit, first, KnownPerson("Petro Hnatiuk"))
    with house.reading() as unit:
        assert HostPeople().cards(unit, [first])[first].name == "Petro Hnatiuk"
    with house.reading() as unit:
        assert clients_listed.anybody(unit)


def test_clients_of_another_network_are_not_there(house: House) -> None:
    neighbour = house.neighbour()
    assert listed(neighbour) == []
    assert listed(neighbour, "4567") == []
