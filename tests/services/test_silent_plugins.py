"""A plugin that cannot speak any more takes nothing away from anybody (RELIABILITY I23)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from loyalty_core.facts.standing import Element
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import reassessment, standing
from loyalty_core.services.before_visit import Cut, before
from loyalty_core.services.house import Loyalty
from loyalty_core.services.recount import recount
from loyalty_core.testing.house import START, House, at, days

Silence = Callable[[House, pytest.MonkeyPatch], None]


def raises(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin raises when it is asked for its rules."""

    def broken(*_arguments: object) -> None:
        raise RuntimeError("no rules today")

    monkeypatch.setattr("loyalty_discount_rules.rules.rule_sets", broken)
    house.loyalty = Loyalty(house.loyalty.storage.engine, house.plugins, house.clock)


def is_not_loaded(house: House, _monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin is not loaded in this process."""
    house.plugins = Plugins.load(blocked=["discount_rules"])
    house.loyalty = Loyalty(house.loyalty.storage.engine, house.plugins, house.clock)


def waits_for_a_migration(house: House, _monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin's tables are behind."""
    house.loyalty = Loyalty(house.loyalty.storage.engine, house.plugins, house.clock)
    house.loyalty.behind = frozenset({"discount_rules"})


@pytest.fixture
def house(engine: Engine) -> House:
    """A salon where Olena has 5 % by rule."""
    salon = House(engine)
    salon.programme([("sold", 1000_00, 500)], inactive_days=60)
    salon.came("Olena", START, 1000_00)
    assert salon.discount("Olena") == 500
    return salon


@contextmanager
def nothing_lost(house: House) -> Iterator[None]:
    """What Olena has stays what it is."""
    before = house.given("Olena")
    yield
    assert house.given("Olena") == before


@pytest.mark.parametrize("silence", [raises, is_not_loaded, waits_for_a_migration])
def test_what_a_silent_plugin_gave_stays(house: House, silence: Silence, monkeypatch: pytest.MonkeyPatch) -> None:
    silence(house, monkeypatch)
    olena = house.client("Olena")
    with nothing_lost(house):
        house.came("Olena", START + days(1), 50_00)
    with nothing_lost(house), house.work() as unit:
        assert reassessment.reassess(unit) == 0
    with nothing_lost(house), house.work() as unit:
        assert standing.recalculate(unit, olena) == 0
    with nothing_lost(house):
        house.on(START + days(90))
    assert house.totals("Olena").visits == 2


def test_a_recount_calls_what_a_silent_plugin_gave_no_drift(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    raises(house, monkeypatch)
    with house.work() as unit:
        assert recount(unit, repair=True).none
    assert house.discount("Olena") == 500


def test_a_value_set_by_hand_holds_while_the_plugin_is_silent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    raises(house, monkeypatch)
    olena = house.client("Olena")
    with house.work() as unit:
        standing.set_by_hand(unit, olena, house.scopes["podil"], Element.DISCOUNT, 1200, "our best")
    assert house.discount("Olena") == 1200


def test_staff_see_which_plugin_was_silent_when_a_visit_is_priced(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    raises(house, monkeypatch)
    cut = Cut(1, house.client("Olena"), house.branches["podil"], None, at(START + days(1)), 2**62, START + days(1))
    with house.loyalty.reading(house.network_id) as unit:
        assert before(unit, [cut])[1].discount is None
        assert [failure.plugin for failure in unit.failures] == ["discount_rules"]


def test_once_it_speaks_again_everybody_is_judged_by_its_rules(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        raises(house, patched)
        house.clock.set(at(START + days(90)))
        house.on(START + days(90))
        assert house.discount("Olena") == 500
    house.loyalty = Loyalty(house.loyalty.storage.engine, house.plugins, house.clock)
    house.on(START + days(91))
    assert house.discount("Olena") is None
