"""What editors read: versions of programmes, whom rules decide, what depends on plugins, offers and what they give."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from loyalty_core.errors import Refused
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.quote import Cause, Fate
from loyalty_core.facts.standing import Element
from loyalty_core.services import offers_shown, plugin_facts, plugins, programme_versions
from loyalty_core.testing.house import House, at
from loyalty_core.testing.till import Till, a_draft_line
from tests.services.statements import counting

FIVE_OFF = {"name": {"en": "Five off"}, "state": "active", "percent_bp": 500}


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def till(house: House) -> Till:
    return Till(house)


def test_a_programme_is_shown_with_its_versions_the_one_in_force_first(house: House) -> None:
    house.programme([("sold", 100_00, 300)])
    house.programme([("sold", 100_00, 500)], 60, judged_on=JudgedOn.SINCE_RESET)
    with house.reading() as unit:
        found = programme_versions.shown(unit, house.scopes["podil"], "branch")
        assert programme_versions.shown(unit, house.scopes["obolon"], "branch") is None
        assert programme_versions.shown(unit, house.scopes["podil"], "network") is None
    assert found is not None
    assert [(each.number, each.judged_on.value, each.actor) for each in found.versions] == [
        (2, "since_reset", "olena"),
        (1, "lifetime", "olena"),
    ]
    assert found.now.parts["discount_rules"]["inactive_days"] == 60
    assert found.versions[1].parts["discount_rules"]["rules"][0]["percent_bp"] == 300


def test_each_rule_counts_those_it_decides_and_by_hand_is_counted_nowhere(house: House) -> None:
    house.programme([("visits", 1, 300), ("sold", 500_00, 500)])
    for client, amount in (("Olena", 600_00), ("Ivan", 100_00), ("Maria", 50_00), ("Petro", 900_00)):
        house.came(client, date(2026, 1, 4), amount)
    house.by_hand("Petro", 1000)
    house.on(date(2026, 1, 5))
    with house.reading() as unit:
        found = programme_versions.decided(unit, house.scopes["podil"])
        assert found[Element.DISCOUNT] == {"visits:1": 2, "sold:50000": 1}
        assert found[Element.CLASS] == {}
        assert programme_versions.decided(unit, house.scopes["obolon"])[Element.DISCOUNT] == {}


def test_what_depends_on_a_plugin_is_counted_and_stays_countable_when_it_is_off(house: House, till: Till) -> None:
    house.programme([("visits", 1, 300)])
    house.programme([("visits", 1, 300)], branch="obolon")
    house.came("Olena", date(2026, 1, 4))
    house.came("Olena", date(2026, 1, 4), branch="obolon")
    house.came("Ivan", date(2026, 1, 4))
    house.on(date(2026, 1, 5))
    till.promotion(FIVE_OFF)
    with house.reading() as unit:
        assert plugin_facts.facts(unit, "discount_rules") == plugin_facts.PluginFacts(2, 2, 0, 0)
        assert plugin_facts.facts(unit, "branch") == plugin_facts.PluginFacts(0, 2, 0, 0)
        assert plugin_facts.facts(unit, "promotions") == plugin_facts.PluginFacts(0, 0, 1, 0)
        assert plugin_facts.facts(unit, "nobody") == plugin_facts.PluginFacts(0, 0, 0, 0)
    with house.work() as unit:
        plugins.deactivate(unit, "promotions")
    with house.reading() as unit:
        assert plugin_facts.facts(unit, "promotions").offers == 1


def test_offers_are_shown_as_if_they_ran_with_the_invoices_they_were_used_in(till: Till) -> None:
    used = till.promotion(FIVE_OFF)
    draft = till.promotion({**FIVE_OFF, "state": "draft", "percent_bp": 700, "items": ["nothing"]})
    till.sell(a_draft_line(100_00), a_draft_line(50_00, "wash"))
    till.sell(a_draft_line(100_00))
    till.promotion({**FIVE_OFF, "percent_bp": 600}, used.id)
    till.sell(a_draft_line(100_00))
    with till.house.reading() as unit:
        shown = {each.id: each for each in offers_shown.listed(unit)}
    assert (shown[used.id].number, shown[used.id].invoices, shown[used.id].state) == (2, 3, "active")
    assert (shown[draft.id].invoices, shown[draft.id].state) == (0, "draft")
    offer = shown[draft.id].offer
    assert offer is not None
    assert str(offer.label) == "Five off"
    assert offer.covers.items == {"nothing"}


def test_what_is_void_was_not_used(till: Till) -> None:
    saved = till.promotion(FIVE_OFF)
    till.house.void(till.sell(a_draft_line(100_00)).id)
    with till.house.reading() as unit:
        assert [(each.id, each.invoices) for each in offers_shown.listed(unit)] == [(saved.id, 0)]


def test_a_list_of_offers_takes_as_many_statements_however_many_there_are(till: Till) -> None:
    taken = []
    with counting(till.house) as since:
        for number in range(6):
            till.promotion({**FIVE_OFF, "priority": number})
            with till.house.reading() as unit:
                offers_shown.listed(unit)
            since()
            with till.house.reading() as unit:
                assert len(offers_shown.listed(unit)) == number + 1
            taken.append(since())
    assert len(set(taken)) == 1


def test_an_offer_is_tried_among_those_in_force_without_itself_and_nothing_is_written(till: Till) -> None:
    saved = till.promotion(FIVE_OFF)
    before = till.house.rows()
    with till.house.reading() as unit:
        offer = offers_shown.as_if_saved(unit, "promotions", {**FIVE_OFF, "state": "draft", "percent_bp": 300})
        assert offer is not None
        draft, noon = till.draft(a_draft_line(100_00)), at(date(2026, 1, 5))
        alone = offers_shown.try_out(unit, offer, f"promotions:{saved.id}", draft, noon)
        rivalled = offers_shown.try_out(unit, offer, "", draft, noon)
    assert alone.outcome is not None
    assert (alone.outcome.fate, alone.priced.owed_minor) == (Fate.APPLIED, 97_00)
    assert rivalled.outcome is not None
    assert rivalled.outcome.fate is Fate.LOST
    assert rivalled.outcome.why is not None
    assert rivalled.outcome.why.cause is Cause.RIVAL
    assert till.house.rows() == before


def test_a_form_that_does_not_hold_is_no_offer_yet(till: Till) -> None:
    with till.house.reading() as unit, pytest.raises(Refused):
        offers_shown.as_if_saved(unit, "promotions", {"percent_bp": 300})
