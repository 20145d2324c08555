"""What plugins change for one visit alone, and what a plugin that fails there does not change (SEMANTICS 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.facts.standing import Element, Given, Origin
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.messages import gettext
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import before_visit, plugins
from loyalty_core.testing import a_plugin
from loyalty_core.testing.house import START, House, at, days
from loyalty_discount_rules.visits import clear_for_visit, set_for_visit

NEXT = START + days(1)


def with_plugins(engine: Engine, **hooks: Callable[..., object]) -> House:
    """Return a house where a plugin named `guest`, made for the test, is active beside the bundled ones."""
    guest = a_plugin("guest", **{f"loyalty_{name}": function for name, function in hooks.items()})
    house = House(engine, Plugins.load(extra={"guest": guest}))
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    return house


def asked(house: House, *visit_ids: int | None) -> tuple[list[Given | None], list[tuple[str, str]]]:
    """Return the discounts before visits on the next day, asked for at once, and what failed in which plugin."""
    client, branch = house.client("Olha"), house.branches["podil"]
    cuts = [
        before_visit.Cut(place, client, branch, visit_id, at(NEXT), visit_id or 2**62, NEXT)
        for place, visit_id in enumerate(visit_ids)
    ]
    with house.reading() as unit:
        found = before_visit.before(unit, cuts)
        failed = [(failure.plugin, failure.hook) for failure in unit.failures]
    return [found[place].discount for place in range(len(cuts))], failed


def test_a_discount_set_for_one_visit_changes_that_visit_only(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    special, other = (house.visit("Olha", NEXT, VisitStatus.CONFIRMED) for _ in range(2))
    before = house.rows()["core_standing"]
    with house.work() as unit:
        set_for_visit(unit, special, 1500, "waited an hour")
    (here, there, thought_of), failed = asked(house, special, other, None)
    assert here == Given(1500, Origin.PLUGIN, cause="discount_rules")
    assert there == thought_of == house.given("Olha")
    assert failed == []
    assert house.rows()["core_standing"] == before
    with house.work() as unit:
        clear_for_visit(unit, special)
    assert asked(house, special)[0] == [house.given("Olha")]


@pytest.mark.parametrize("percent", [None, 0])
def test_a_discount_can_be_taken_away_for_one_visit(house: House, percent: int | None) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    visit = house.visit("Olha", NEXT)
    with house.work() as unit:
        set_for_visit(unit, visit, percent, "promised elsewhere")
    (given,), _failed = asked(house, visit)
    assert (given and given.value) == percent
    assert house.discount("Olha") == 500


def test_it_changes_what_is_given_by_hand_too(house: House) -> None:
    house.by_hand("Olha", 1200)
    visit = house.visit("Olha", NEXT)
    with house.work() as unit:
        set_for_visit(unit, visit, 300, "agreed")
    (given,), _failed = asked(house, visit)
    assert given == Given(300, Origin.PLUGIN, cause="discount_rules")


def test_while_the_plugin_is_off_its_discount_of_a_visit_is_off_too(house: House) -> None:
    house.by_hand("Olha", 1200)
    visit = house.visit("Olha", NEXT)
    with house.work() as unit:
        set_for_visit(unit, visit, 300, "agreed")
        plugins.deactivate(unit, "discount_rules")
    assert asked(house, visit)[0] == [Given(1200, Origin.MANUAL)]
    with house.work() as unit:
        plugins.activate(unit, "discount_rules")
    assert asked(house, visit)[0] == [Given(300, Origin.PLUGIN, cause="discount_rules")]


def changing(*values: int | None) -> Callable[[Sequence[Subject]], Iterable[Change]]:
    def propose(subjects: Sequence[Subject]) -> Iterable[Change]:
        return [Change(each.id, Element.DISCOUNT, value, gettext("Because")) for each in subjects for value in values]

    return propose


def test_of_two_plugins_the_better_for_the_client_wins(engine: Engine) -> None:
    house = with_plugins(engine, propose_changes=changing(800))
    visit = house.visit("Olha", NEXT)
    assert asked(house, visit)[0] == [Given(800, Origin.PLUGIN, cause="guest")]
    for percent, cause in ((900, "discount_rules"), (800, "discount_rules"), (700, "guest"), (None, "guest")):
        with house.work() as unit:
            set_for_visit(unit, visit, percent, "tests")
        (given,), _failed = asked(house, visit)
        assert given == Given(max(percent or 0, 800), Origin.PLUGIN, cause=cause)


def raises(*_args: object) -> Any:
    raise RuntimeError("broken")


FAULTS: dict[str, Callable[..., object]] = {
    "raises": lambda subjects: raises(),
    "answers rubbish": lambda subjects: "rubbish",
    "gives more than all": changing(10_001),
    "changes one thing twice": changing(100, 200),
    "changes what it was not asked about": lambda subjects: [Change(99, Element.DISCOUNT, 1, gettext("Because"))],
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_where_a_plugin_fails_the_standing_by_rule_stands_and_the_unit_says_so(
    engine: Engine, fault: Callable[..., object]
) -> None:
    house = with_plugins(engine, propose_changes=lambda subjects: fault(subjects))
    visit, special = house.visit("Olha", NEXT), house.visit("Olha", NEXT)
    with house.work() as unit:
        set_for_visit(unit, special, 1500, "waited an hour")
    given, failed = asked(house, visit, special)
    assert given == [house.given("Olha"), Given(1500, Origin.PLUGIN, cause="discount_rules")]
    assert failed == [("guest", "loyalty_propose_changes")]


def test_a_plugin_that_cannot_read_its_facts_is_not_asked_for_changes(engine: Engine) -> None:
    house = with_plugins(engine, load_facts=lambda subjects: raises(), propose_changes=changing(9000))
    given, failed = asked(house, house.visit("Olha", NEXT))
    assert given == [house.given("Olha")]
    assert failed == [("guest", "loyalty_load_facts")]


def test_a_plugin_that_fails_stops_no_visit_and_no_invoice(engine: Engine) -> None:
    house = with_plugins(engine, load_facts=lambda subjects: raises(), propose_changes=lambda subjects: raises())
    house.came("Olha", NEXT, 100_00)
    assert (house.totals("Olha").visits, house.discount("Olha")) == (2, 500)
    assert house.drift().none


def test_plugins_are_asked_with_the_standing_before_the_visit(engine: Engine) -> None:
    seen: list[Subject] = []

    def listen(subjects: Sequence[Subject]) -> Iterable[Change]:
        seen.extend(subjects)
        return ()

    house = with_plugins(engine, propose_changes=listen)
    house.by_hand("Petro", 1200)
    visit = house.visit("Olha", NEXT)
    asked(house, visit, None)
    first, second = seen
    assert (first.visit_id, second.visit_id) == (visit, None)
    assert (first.client_id, first.scope_id) == (house.client("Olha"), house.scopes["podil"])
    assert (first.on, first.given, first.totals.visits) == (NEXT, 500, 1)
    assert second.totals.visits == 2, "the saved visit of that day comes before one only thought of"
