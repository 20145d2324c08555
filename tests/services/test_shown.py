"""What pages show of clients, visits and weeks: services that only read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_core.decisions.rules import Metric
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.standing import Element, Origin
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import standing, visits_shown, week_shown
from loyalty_core.services.client_history import (
    Audience,
    InvoiceEvent,
    Kind,
    OpeningEvent,
    StandingEvent,
    VisitEvent,
    counts,
    history,
    paid_by_month,
)
from loyalty_core.services.standing_shown import Next, ShownStanding, Step, shown_standing
from loyalty_core.testing.house import START, House, a_line, days
from tests.services.statements import counting

RULES = [("sold", 50_000, 300), ("sold", 200_000, 500), ("visits", 10, 500), ("sold", 900_000, 900)]


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


def shown(house: House, client: str, branch: str = "podil") -> ShownStanding:
    client_id, scope_id = house.client(client), house.scopes[branch]
    with house.reading() as unit:
        return shown_standing(unit, client_id, [scope_id])[scope_id]


def audience(house: House, *branches: str) -> Audience:
    ids = [house.branches[name] for name in branches or house.branches]
    return Audience(ids, ids)


def test_a_discount_by_rule_says_which_rule_since_when_until_when_and_what_is_missing_for_more(house: House) -> None:
    house.programme(RULES, inactive_days=60)
    house.came("olena", START, 60_000)
    found = shown(house, "olena").discount
    assert (found.value, str(found.rule), found.by_hand) == (300, "Sold from 500.00 UAH: 3 %", False)
    assert found.since == house.clock.now()
    assert (found.changes_on, found.then) == (START + days(61), None)
    assert found.better == Next(500, (Step(Metric.SOLD, 200_000, 60_000), Step(Metric.VISITS, 10, 1)))


def test_a_discount_by_hand_says_who_why_and_what_rules_would_give(house: House) -> None:
    house.programme(RULES, inactive_days=60)
    house.came("olena", START, 60_000)
    house.by_hand("olena", 2_000, until=START + days(10), reason="sister of the owner")
    found = shown(house, "olena").discount
    assert found.by_hand
    assert found.manual is not None
    assert (found.value, found.manual.actor, found.manual.reason) == (2_000, "olena", "sister of the owner")
    assert found.by_rule is not None
    assert found.by_rule.value == 300
    assert found.changes_on == START + days(11)
    assert found.then is not None
    assert (found.then.value, found.then.origin) == (300, Origin.RULE)
    assert found.better is None


def test_nothing_is_given_after_a_gap_and_the_reason_is_said(house: House) -> None:
    house.programme(RULES, inactive_days=60)
    house.came("olena", START, 60_000)
    house.on(START + days(61))
    found = shown(house, "olena").discount
    assert (found.value, found.lapsed, found.limit_days, found.better) == (None, True, 60, None)


def test_what_is_missing_is_counted_since_the_reset_where_clients_are_judged_so(house: House) -> None:
    house.programme(RULES, inactive_days=60, judged_on=JudgedOn.SINCE_RESET)
    house.came("olena", START, 60_000)
    house.on(START + days(70))
    house.came("olena", START + days(70), 10_000)
    assert shown(house, "olena").discount.better == Next(300, (Step(Metric.SOLD, 50_000, 10_000),))


def test_a_branch_without_a_programme_shows_totals_and_no_discount(house: House) -> None:
    house.came("olena", START, 60_000, branch="obolon")
    found = shown(house, "olena", "obolon")
    assert (found.programme, found.sold_minor, found.discount.given) == (None, 60_000, None)


def test_standing_takes_the_same_statements_for_one_scope_as_for_many(house: House) -> None:
    house.programme(RULES)
    client_id = house.client("olena")
    with house.reading() as unit:
        assert unit.configuration
        with counting(house) as since:
            shown_standing(unit, client_id, [house.scopes["podil"]])
            one = since()
            shown_standing(unit, client_id, sorted(house.scopes.values()))
            assert since() == one == 4


def a_history(house: House) -> int:
    house.programme(RULES)
    past: dict[str, Any] = {"visits": 3, "invoiced_minor": 30_000, "listed_minor": 30_000, "paid_minor": 30_000}
    house.opening("olena", START - days(100), last_visit_on=START - days(120), **past)
    house.came("olena", START, 60_000)
    house.visit("olena", START + days(1), VisitStatus.NO_SHOW, branch="obolon")
    house.by_hand("olena", 2_000, reason="sister of the owner")
    return house.client("olena")


def test_history_is_newest_first_with_visits_invoices_standing_and_what_was_imported(house: House) -> None:
    client_id = a_history(house)
    with house.reading() as unit:
        found = history(unit, client_id, audience(house))
        assert counts(unit, client_id, audience(house)) == {
            Kind.VISIT: 2,
            Kind.INVOICE: 1,
            Kind.STANDING: 2,
            Kind.OPENING: 1,
        }
    assert sorted((each.at for each in found), reverse=True) == [each.at for each in found]
    assert {type(each) for each in found} == {VisitEvent, InvoiceEvent, StandingEvent, OpeningEvent}
    by_hand, by_rule = (each for each in found if isinstance(each, StandingEvent))
    assert (by_hand.action, by_hand.reason, by_hand.actor) == (
        "standing.set_by_hand",
        "sister of the owner",
        "olena",
    )
    assert by_rule.after is not None
    assert (by_rule.action, by_rule.after["value"]) == ("standing.changed", 300)


def test_history_comes_by_kind_and_in_pages(house: House) -> None:
    client_id = a_history(house)
    with house.reading() as unit:
        whole = history(unit, client_id, audience(house))
        halves = [history(unit, client_id, audience(house), most=3, skipped=skipped) for skipped in (0, 3)]
        assert halves[0] + halves[1] == whole
        assert [type(each) for each in history(unit, client_id, audience(house), Kind.INVOICE)] == [InvoiceEvent]


def test_whoever_sees_one_branch_gets_no_visit_of_another_but_all_of_standing(house: House) -> None:
    client_id = a_history(house)
    with house.reading() as unit:
        found = history(unit, client_id, audience(house, "obolon"))
    assert [type(each) for each in found if not isinstance(each, StandingEvent)] == [VisitEvent]
    assert len(found) == 3


def test_paid_by_month_has_every_month_and_leaves_out_what_was_imported(house: House) -> None:
    client_id = a_history(house)
    with house.reading() as unit:
        found = dict(paid_by_month(unit, client_id, audience(house), START))
    assert len(found) == 12
    assert (min(found), max(found)) == (date(2025, 2, 1), date(2026, 1, 1))
    assert {month: amount for month, amount in found.items() if amount} == {date(2026, 1, 1): 60_000}


def test_a_day_shows_its_visits_by_time_with_invoices_and_the_discount_that_prices_them(house: House) -> None:
    house.programme(RULES, inactive_days=60)
    house.came("olena", START, 60_000)
    late = house.visit("olena", START + days(1), VisitStatus.WAITING, hour=15)
    early = house.came("petro", START + days(1), 10_000, hour=10)
    house.visit("petro", START + days(1), VisitStatus.WAITING, branch="obolon")
    house.delete(house.visit("petro", START + days(1), hour=18))
    with house.reading() as unit:
        found = visits_shown.of_day(unit, house.branches["podil"], START + days(1))
        alone = visits_shown.one(unit, late)
    assert [each.id for each in found] == [early, late]
    assert [each.discount and each.discount.value for each in found] == [None, 300]
    assert [invoice.owed_minor for invoice in found[0].invoices] == [10_000]
    assert alone == found[1]


def test_a_visit_that_is_not_there_is_nothing(house: House) -> None:
    with house.reading() as unit:
        assert visits_shown.one(unit, 1) is None
        assert visits_shown.one(unit, 2**70) is None


def test_a_week_adds_up_what_was_given_day_by_day_without_void_invoices(house: House) -> None:
    monday = week_shown.week_of(START + timedelta(days=2))
    house.invoice("olena", START, a_line(10_000, off_minor=1_000))
    house.void(house.invoice("olena", START, a_line(10_000, off_minor=500), paid=0))
    house.invoice("olena", START, a_line(10_000, off_minor=700), branch="obolon")
    with house.reading() as unit:
        found = week_shown.given_by_day(unit, [house.branches["podil"]], monday, monday + days(6))
        manual = week_shown.manual_discounts(unit, list(house.branches.values()), monday, monday + days(6))
    assert [(each.day, each.given_minor, each.listed_minor) for each in found[:2]] == [
        (START, 1_000, 10_000),
        (START + days(1), 0, 0),
    ]
    assert (len(found), manual) == (7, [])


def test_discounts_that_end_soon_are_those_whose_day_comes_within_a_week(house: House) -> None:
    house.programme(RULES, inactive_days=60)
    house.came("olena", START, 60_000)
    house.came("petro", START + days(4), 60_000)
    house.came("inna", START, 60_000, branch="obolon")
    house.on(START + days(55))
    with house.reading() as unit:
        found = week_shown.ending_discounts(unit, [house.branches["podil"]], START + days(55))
    assert [(each.client_id, each.value, each.ends_on) for each in found] == [
        (house.client("olena"), 300, START + days(61))
    ]


def test_returning_to_automatic_is_in_the_history(house: House) -> None:
    client_id = a_history(house)
    with house.work() as unit:
        standing.return_to_automatic(unit, client_id, house.scopes["podil"], Element.DISCOUNT)
    with house.reading() as unit:
        latest = history(unit, client_id, audience(house), Kind.STANDING)[:2]
    assert {each.action for each in latest if isinstance(each, StandingEvent)} == {
        "standing.returned_to_automatic",
        "standing.changed",
    }
