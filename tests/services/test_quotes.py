"""Quotes: what a draft comes to and why, refusals, a fixed number of statements (SEMANTICS 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from loyalty_core.errors import Refused
from loyalty_core.facts.draft import DraftLine, ItemFlags, ManualDiscount, Person
from loyalty_core.facts.quote import Fate
from loyalty_core.facts.staff import ANYBODY, Staff
from loyalty_core.services.invoices import quoting
from loyalty_core.testing.house import House, at
from loyalty_core.testing.till import Till, a_draft_line, by_hand, off
from tests.services.statements import listening

CASHIER = Staff(manual_limit_bp=1000)
FIVE_PERCENT = {"name": {"en": "Five off"}, "state": "active", "percent_bp": 500}


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def till(house: House) -> Till:
    return Till(house)


def test_the_personal_discount_of_before_the_visit_prices_an_invoice(house: House, till: Till) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    first = house.came("Olena", date(2026, 1, 3))
    house.on(date(2026, 1, 5))
    today = house.came("Olena", date(2026, 1, 5))
    assert off(till.quote(till.draft(a_draft_line(100_000), client="Olena", visit=first))) == [0]
    quoted = till.quote(till.draft(a_draft_line(100_000), client="Olena", visit=today))
    assert off(quoted) == [5_000]
    assert quoted.priced.lines[0].steps[0].reference == "core:personal"


def test_an_invoice_without_a_visit_is_priced_by_what_came_before_now(house: House, till: Till) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olena", date(2026, 1, 5))
    house.on(date(2026, 1, 5) + timedelta(days=60), 20)
    assert off(till.quote(till.draft(a_draft_line(100_000), client="Olena"))) == [5_000]
    house.on(date(2026, 1, 5) + timedelta(days=61), 20)
    assert off(till.quote(till.draft(a_draft_line(100_000), client="Olena"))) == [0]


def test_without_a_client_promotions_work_and_nothing_personal_does(house: House, till: Till) -> None:
    house.programme([("visits", 1, 1000)])
    till.promotion(FIVE_PERCENT)
    assert off(till.quote(till.draft(a_draft_line(100_000)))) == [5_000]


def test_each_line_gets_the_better_of_the_personal_discount_and_a_promotion(house: House, till: Till) -> None:
    """Example 16c of SEMANTICS 11: service 1 000, shampoo 200; personal 5 %, shampoo promotion 20 %."""
    house.programme([("visits", 1, 500)])
    house.came("Olena", date(2026, 1, 4))
    till.promotion({**FIVE_PERCENT, "percent_bp": 2000, "items": ["shampoo"]})
    draft = till.draft(a_draft_line(100_000), a_draft_line(20_000, "shampoo", kind="goods"), client="Olena")
    quoted = till.quote(draft)
    assert off(quoted) == [5_000, 4_000]
    assert quoted.priced.owed_minor == 111_000


def test_a_saved_promotion_prices_at_once_a_paused_one_no_more(till: Till) -> None:
    draft = till.draft(a_draft_line(10_000))
    saved = till.promotion(FIVE_PERCENT)
    assert off(till.quote(draft)) == [500]
    again = till.promotion({**FIVE_PERCENT, "state": "paused"}, saved.id)
    assert (again.number, again.id) == (2, saved.id)
    assert off(till.quote(draft)) == [0]


def test_what_staff_take_off_does_not_compete_and_the_next_best_steps_in(house: House, till: Till) -> None:
    saved = till.promotion({**FIVE_PERCENT, "percent_bp": 2000})
    till.promotion(FIVE_PERCENT)
    draft = till.draft(a_draft_line(10_000))
    quoted = till.quote(draft)
    (applied,) = (each.reference for each in quoted.priced.considered if each.fate is Fate.APPLIED)
    with house.reading() as unit:
        owed = quoting.without(unit, quoted, till.staff)
    assert owed == {applied: 9_500}
    quoted = till.quote(replace(draft, taken_off=frozenset({applied})))
    assert off(quoted) == [500]
    fates = {each.version_id: each.fate for each in quoted.priced.considered}
    assert fates[saved.version_id] is Fate.TAKEN_OFF


def test_the_manual_discount_comes_off_what_is_left(till: Till) -> None:
    till.promotion({**FIVE_PERCENT, "percent_bp": 1000, "exclusive": True})
    quoted = till.quote(by_hand(till.draft(a_draft_line(100_000)), percent_bp=1000))
    assert quoted.priced.owed_minor == 81_000


@pytest.mark.parametrize(("given", "field"), [({"percent_bp": 1001}, "percent"), ({"amount_minor": 10_001}, "amount")])
def test_a_manual_discount_above_the_limit_of_the_role_is_refused(
    till: Till, given: dict[str, int], field: str
) -> None:
    draft = till.draft(a_draft_line(100_000))
    assert till.quote(by_hand(draft, percent_bp=1000), CASHIER).priced.owed_minor == 90_000
    assert till.quote(by_hand(draft, amount_minor=10_000), CASHIER).priced.owed_minor == 90_000
    with pytest.raises(Refused) as refused:
        till.quote(by_hand(draft, **given), CASHIER)
    (problem,) = refused.value.problems
    assert (problem.code, problem.path) == ("manual_above_limit", ("manual", field))


def test_nobody_gives_themselves_a_discount_by_hand(house: House, till: Till) -> None:
    draft = by_hand(till.draft(a_draft_line(100_000), client="Olena"), percent_bp=100)
    with pytest.raises(Refused) as refused:
        till.quote(draft, replace(CASHIER, client_id=house.client("Olena")))
    assert refused.value.codes == ("own_record",)


def test_only_who_may_takes_offers_off(till: Till) -> None:
    with pytest.raises(Refused) as refused:
        till.quote(till.draft(a_draft_line(1), taken_off=frozenset({"promotions:1"})), ANYBODY)
    assert refused.value.codes == ("may_not_take_off",)


def test_a_birthday_reaches_plugins_and_records(house: House, till: Till) -> None:
    person = Person(birthday=date(1990, 1, 7), locale="uk")
    quoted = till.quote(till.draft(a_draft_line(10_000), client="Olena", person=person))
    assert quoted.client is not None
    assert (quoted.client.birthday, quoted.client.number) == (date(1990, 1, 7), 1)


LINE = a_draft_line(10_000)


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (replace(LINE, quantity_milli=0), "too_small", "quantity"),
        (replace(LINE, quantity_milli=-1000), "too_small", "quantity"),
        (replace(LINE, quantity_milli=10**12), "too_large", "quantity"),
        (replace(LINE, unit_price_minor=-1), "too_small", "unit_price"),
        (replace(LINE, unit_price_minor=10**16), "too_large", "unit_price"),
        (replace(LINE, quantity_milli=10**9, unit_price_minor=10**14), "too_large", "quantity"),
        (replace(LINE, third_party_minor=10_001), "too_large", "third_party"),
        (replace(LINE, flags=ItemFlags(minimum_price_minor=10_001)), "below_minimum", "unit_price"),
        (replace(LINE, kind="poem"), "unknown_kind", "kind"),
        (replace(LINE, item=""), "required", "item"),
        (replace(LINE, name="x" * 10_000), "too_long", "name"),
        (replace(LINE, key="a\nb"), "control_characters", "key"),
    ],
)
def test_a_line_that_does_not_hold_is_refused_at_its_field(till: Till, line: DraftLine, code: str, field: str) -> None:
    draft = replace(till.draft(LINE), lines=(a_draft_line(1, "comb"), line))
    with pytest.raises(Refused) as refused:
        till.quote(draft)
    assert [(each.code, each.path) for each in refused.value.problems] == [(code, ("lines", 1, field))]


def test_what_a_draft_points_at_must_be_there(house: House, till: Till) -> None:
    other = house.neighbour()
    olena, foreign = house.client("Olena"), other.client("Ira")
    visit = house.came("Olena", date(2026, 1, 4))
    draft = till.draft(LINE)
    for changed, code in (
        ({"branch_id": other.branches["podil"]}, "unknown_branch"),
        ({"client_id": foreign}, "unknown_client"),
        ({"client_id": 10**30}, "unknown_client"),
        ({"client_id": olena, "visit_id": 5}, "unknown_visit"),
        ({"client_id": house.client("Ira"), "visit_id": visit}, "other_client"),
        ({"client_id": olena, "visit_id": visit, "branch_id": house.branches["obolon"]}, "other_branch"),
        ({"lines": ()}, "no_lines"),
        ({"lines": (LINE,) * 501}, "too_many_lines"),
        ({"lines": (LINE, LINE)}, "line_twice"),
        ({"manual": ManualDiscount("", 100)}, "no_reason"),
        ({"manual": ManualDiscount("why")}, "percent_or_amount"),
        ({"manual": ManualDiscount("why", 100, 100)}, "percent_or_amount"),
        ({"manual": ManualDiscount("why", 10_001)}, "percent_out_of_range"),
        ({"manual": ManualDiscount("why", 100, lines=("nail",))}, "unknown_line"),
    ):
        with pytest.raises(Refused) as refused:
            till.quote(replace(draft, **changed))
        assert refused.value.codes == (code,), changed


def test_lines_and_offers_do_not_change_the_number_of_statements(house: House, till: Till) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olena", date(2026, 1, 4))
    few = till.draft(a_draft_line(10_000), client="Olena")
    many = till.draft(*(a_draft_line(10_000, f"item {n}") for n in range(500)), client="Olena")
    till.promotion(FIVE_PERCENT)
    till.quote(few)
    with listening(house) as of_few:
        till.quote(few)
    for number in range(20):
        till.promotion({**FIVE_PERCENT, "items": [f"item {number}"]})
    till.quote(many)
    with listening(house) as of_many:
        till.quote(many)
    assert len(of_many) == len(of_few) <= 6


def test_the_instant_of_pricing_is_that_of_the_branch(house: House, till: Till) -> None:
    till.promotion({**FIVE_PERCENT, "from_minute": 10 * 60, "to_minute": 16 * 60})
    draft = till.draft(a_draft_line(10_000))
    found = {}
    for hour, minute in ((9, 59), (10, 0), (15, 59), (16, 0)):
        house.clock.set(at(date(2026, 1, 5), hour, minute))
        found[hour, minute] = off(till.quote(draft))
    assert found == {(9, 59): [0], (10, 0): [500], (15, 59): [500], (16, 0): [0]}
