"""What programmes, manual values, anchors, plugins and settings are refused for, with nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from loyalty_core.decisions.contributions import ProgrammeKind
from loyalty_core.decisions.rules import AtLeast, Metric, Rule, RuleSet
from loyalty_core.errors import LoyaltyError, Refused
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import JudgedOn, Level, SoldBasis
from loyalty_core.facts.standing import Element
from loyalty_core.messages import gettext
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import anchors, plugins, programmes, settings, standing
from loyalty_core.services.house import Loyalty
from loyalty_core.storage.tables import Network
from loyalty_core.testing import a_plugin
from loyalty_core.testing.house import START, ZONE, House, a_line, at, days
from tests.services.refusals import Act, Found, are_refused
from tests.services.test_visit_refusals import BELL, NO_ID

Cases = dict[str, tuple[Act, Found | Sequence[Found]]]
RULE = {"metric": "visits", "threshold": 3, "percent_bp": 500}


def saving(scope_id: Any, rules: Any = (RULE,), **fields: Any) -> Act:
    """Return the saving of a programme of discount rules, with what `fields` say instead."""
    part = {"rules": list(rules) if isinstance(rules, tuple) else rules}
    given = {"kind": "branch", "name": "Regulars", "judged_on": JudgedOn.LIFETIME, "parts": {"discount_rules": part}}
    wanted = {**given, **fields}
    return lambda unit: programmes.save(unit, scope_id=scope_id, **wanted)


def test_a_programme_that_does_not_hold_is_refused(house: House) -> None:
    scope = house.scopes["podil"]
    part = ("parts", "discount_rules")
    cases: Cases = {
        **{f"scope {value!r}": (saving(value), ("unknown_scope", ("scope_id",))) for value in NO_ID},
        **{f"name {value!r}": (saving(scope, name=value), ("required", ("name",))) for value in ("", " ", None, 7)},
        "a long name": (saving(scope, name="n" * 201), ("too_long", ("name",))),
        "an unknown kind": (saving(scope, kind="lottery"), ("unknown_kind", ("kind",))),
        **{
            f"judged on {value!r}": (saving(scope, judged_on=value), ("unknown_choice", ("judged_on",)))
            for value in ("lifetime", None, True)
        },
        "no such part": (saving(scope, parts={"lottery": {}}), ("unknown_part", ("parts", "lottery"))),
        "a part that is none": (saving(scope, parts={"discount_rules": 7}), ("wrong_type", part)),
        "rules that are none": (saving(scope, rules="many"), ("wrong_type", (*part, "rules"))),
        "an unknown field": (saving(scope, rules=({**RULE, "x": 1},)), ("unknown_field", (*part, "rules", 0, "x"))),
        "over 100 %": (
            saving(scope, rules=({**RULE, "percent_bp": 10_001},)),
            ("too_large", (*part, "rules", 0, "percent_bp")),
        ),
        "the same threshold": (saving(scope, rules=(RULE, RULE)), ("same_threshold", (*part, "rules", 1, "threshold"))),
    }
    are_refused(house, cases)
    both = [programmes.ProgrammeInput("branch", scope, "One"), programmes.ProgrammeInput("branch", scope, "Two")]
    wrong = [programmes.ProgrammeInput("branch", scope, "One"), programmes.ProgrammeInput("branch", 1, "")]
    found = [("required", (1, "name")), ("unknown_scope", (1, "scope_id"))]
    are_refused(
        house,
        {
            "a scope twice": (lambda unit: programmes.save_many(unit, both), ("scope_twice", ())),
            "one of two": (lambda unit: programmes.save_many(unit, wrong), found),
        },
    )


def test_a_programme_needs_the_plugin_of_its_kind_to_be_active(house: House) -> None:
    with house.work() as unit:
        plugins.deactivate(unit, "branch")
    are_refused(house, {"inactive": (saving(house.scopes["podil"]), ("unknown_kind", ("kind",)))})


def test_a_programme_of_the_network_does_not_belong_to_a_branch(engine: Engine) -> None:
    kind = ProgrammeKind("chain", gettext("Chain"), Level.NETWORK, SoldBasis.LISTED)
    chain = a_plugin("chain", loyalty_register_programme_kinds=lambda: (kind,))
    house = House(engine, Plugins.load(extra={"chain": chain}))
    are_refused(house, {"level": (saving(house.scopes["podil"], kind="chain"), ("wrong_level", ("scope_id",)))})


def test_two_plugins_cannot_decide_one_element(engine: Engine) -> None:
    rule = Rule("always", AtLeast(Metric.VISITS, 1), 900, gettext("Everybody"))
    rival = a_plugin("rival", loyalty_compile_standing=lambda: (RuleSet(Element.DISCOUNT, (rule,)),))
    house = House(engine, Plugins.load(extra={"rival": rival}))
    taken: Found = ("element_taken", ("parts", "rival"))
    are_refused(house, {"both give a discount": (saving(house.scopes["podil"]), taken)})
    with house.work() as unit:
        plugins.deactivate(unit, "rival")
        assert saving(house.scopes["podil"])(unit)


def by_hand(client: Any, scope: Any, **fields: Any) -> Act:
    given = {"element": Element.DISCOUNT, "value": 500, "reason": "tests", **fields}
    return lambda unit: standing.set_by_hand(unit, client, scope, **given)


def test_a_manual_value_that_does_not_hold_is_refused(house: House) -> None:
    client, scope = house.client("Olha"), house.scopes["podil"]
    house.came("Olha", START)
    mistakes: list[tuple[str, Any, str]] = [
        *(("value", value, "not_whole") for value in ("5", None, True)),
        ("value", -1, "too_small"),
        ("value", 10_001, "too_large"),
        *(("reason", value, "required") for value in ("", " ", None)),
        ("reason", "r" * 1001, "too_long"),
        ("until", START - days(1), "in_the_past"),
        *(("until", value, "not_a_date") for value in ("2026-02-01", at(START + days(1)), True)),
        ("until", date(2200, 1, 1), "date_out_of_range"),
        *(("element", value, "unknown_element") for value in ("discount", "luck", None)),
        ("item", "vip", "no_items"),
    ]
    cases: Cases = {
        f"{field}={value!r}": (by_hand(client, scope, **{field: value}), (code, (field,)))
        for field, value, code in mistakes
    }
    for value in NO_ID:
        cases[f"client {value!r}"] = (by_hand(value, scope), ("unknown_client", ("client_id",)))
        cases[f"scope {value!r}"] = (by_hand(client, value), ("unknown_scope", ("scope_id",)))
    for item, code in (("", "required"), ("x" * 41, "too_long"), (BELL, "control_characters"), (None, "required")):
        act = by_hand(client, scope, element=Element.CATEGORY, value=1, item=item)
        cases[f"item {item!r}"] = (act, (code, ("item",)))
    cases["a label is always or never"] = (
        by_hand(client, scope, element=Element.CATEGORY, value=2, item="vip"),
        ("too_large", ("value",)),
    )
    cases["a rank too high"] = (by_hand(client, scope, element=Element.CLASS, value=1001), ("too_large", ("value",)))
    are_refused(house, cases)


def test_what_is_not_by_hand_cannot_be_returned_to_automatic(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", START)
    client, scope = house.client("Olha"), house.scopes["podil"]

    def returning(client_id: Any, scope_id: Any, element: Any = Element.DISCOUNT) -> Act:
        return lambda unit: standing.return_to_automatic(unit, client_id, scope_id, element)

    are_refused(
        house,
        {
            "by rule": (returning(client, scope), ("not_by_hand", ("element",))),
            "another element": (returning(client, scope, Element.CLASS), ("not_by_hand", ("element",))),
            "no element": (returning(client, scope, "discount"), ("unknown_element", ("element",))),
            **{f"client {value!r}": (returning(value, scope), ("unknown_client", ("client_id",))) for value in NO_ID},
            **{f"scope {value!r}": (returning(client, value), ("unknown_scope", ("scope_id",))) for value in NO_ID},
        },
    )


def test_an_unknown_client_cannot_be_recalculated(house: House) -> None:
    def recalculating(client: Any) -> Act:
        return lambda unit: standing.recalculate(unit, client)

    are_refused(house, {repr(each): (recalculating(each), ("unknown_client", ("client_id",))) for each in NO_ID})


def test_a_branch_that_does_not_hold_is_refused(house: House) -> None:
    good = anchors.BranchInput("lisovyi", "Lisovyi", "Europe/Kyiv")

    def adding(*branches: anchors.BranchInput) -> Act:
        return lambda unit: anchors.add_branches(unit, branches)

    mistakes: list[tuple[str, Any, str]] = [
        *(("external_id", value, "required") for value in ("", None, 7)),
        ("external_id", "x" * 101, "too_long"),
        ("name", "", "required"),
        ("name", "n" * 201, "too_long"),
        *(("time_zone", value, "unknown_zone") for value in ("Europe/Atlantis", "", None, 3, "../etc", "Europe")),
    ]
    cases: Cases = {
        f"{field}={value!r}": (adding(replace(good, **{field: value})), (code, (0, field)))
        for field, value, code in mistakes
    }
    cases["twice"] = (adding(good, good), ("branch_twice", ()))
    cases["the second"] = (adding(good, replace(good, external_id="b", name="")), ("required", (1, "name")))
    are_refused(house, cases)


@pytest.mark.parametrize("what", ["visit", "sale", "opening"])
def test_the_zone_of_a_branch_stays_once_something_happened_there(house: House, what: str) -> None:
    podil = anchors.BranchInput("podil", "Podil", ZONE.key)

    def moving(zone: str) -> Act:
        return lambda unit: anchors.add_branches(unit, [replace(podil, time_zone=zone)])

    with house.work() as unit:
        moving("Europe/Warsaw")(unit)
        moving(ZONE.key)(unit)
    if what == "visit":
        house.came("Olha", START)
    elif what == "sale":
        house.invoice(None, START, a_line(100_00))
    else:
        house.opening("Olha", START)
    are_refused(house, {"zone": (moving("Europe/Warsaw"), ("zone_in_use", (0, "time_zone")))})
    with house.work() as unit:
        assert anchors.add_branches(unit, [replace(podil, name="Podil upstairs")]) == {"podil": house.branches["podil"]}


def test_a_client_that_does_not_hold_is_refused(house: House) -> None:
    def anchoring(source: Any, *ids: Any) -> Act:
        return lambda unit: anchors.anchor_clients(unit, source, ids)

    are_refused(
        house,
        {
            "no source": (anchoring("", "1"), ("required", ("source",))),
            "no text": (anchoring(None, "1"), ("required", ("source",))),
            "a long source": (anchoring("s" * 41, "1"), ("too_long", ("source",))),
            "no id": (anchoring("erp", "1", ""), ("required", (1, "external_id"))),
            "a number": (anchoring("erp", 7), ("required", (0, "external_id"))),
            "a long id": (anchoring("erp", "x" * 101), ("too_long", (0, "external_id"))),
            "a control character": (anchoring("erp", BELL), ("control_characters", (0, "external_id"))),
        },
    )


def test_a_tender_that_does_not_hold_is_refused(house: House) -> None:
    good = anchors.TenderInput("coupon", "Coupon", is_money=False, counts_as_paid=False)

    def adding(*tenders: anchors.TenderInput) -> Act:
        return lambda unit: anchors.add_tenders(unit, tenders)

    cash = anchors.TenderInput("cash", "Cash", is_money=True, counts_as_paid=False)
    are_refused(
        house,
        {
            "no code": (adding(replace(good, code="")), ("required", (0, "code"))),
            "a long code": (adding(replace(good, code="c" * 41)), ("too_long", (0, "code"))),
            "no name": (adding(replace(good, name="")), ("required", (0, "name"))),
            "other flags": (adding(good, cash), ("tender_differs", (1, "code"))),
            "twice": (adding(good, good), ("tender_twice", (1, "code"))),
            "no flag": (adding(replace(good, is_money=None)), ("wrong_kind", (0, "is_money"))),  # type: ignore[arg-type]
            "1 for a flag": (
                adding(replace(good, counts_as_paid=1)),  # type: ignore[arg-type]
                ("wrong_kind", (0, "counts_as_paid")),
            ),
        },
    )
    with house.work() as unit:
        anchors.add_tenders(unit, [good])
    before = house.rows()
    with house.work() as unit:
        anchors.add_tenders(unit, [good])
    assert house.rows() == before


def a_currency(**fields: Any) -> Currency:
    return replace(Currency("UAH"), **fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"name": ""}, ("required", ("name",))),
        ({"time_zone": "Mars/Olympus"}, ("unknown_zone", ("time_zone",))),
        ({"time_zone": None}, ("unknown_zone", ("time_zone",))),
        *(
            ({"currency": a_currency(code=code)}, ("bad_currency", ("currency",)))
            for code in ("uah", "UA", "€€€", None)
        ),
        *(({"currency": a_currency(digits=each)}, ("bad_digits", ("digits",))) for each in (4, -1, True, "2", None)),
    ],
    ids=repr,
)
def test_a_network_that_does_not_hold_is_not_founded(crowd: House, fields: dict[str, Any], found: Found) -> None:
    given: dict[str, Any] = {"name": "Salon", "currency": Currency("UAH"), "time_zone": ZONE.key, **fields}
    count = select(func.count()).select_from(Network).execution_options(unscoped=True)
    with crowd.loyalty.storage.reading() as connection:
        before = connection.execute(count).scalar()
    with pytest.raises(Refused) as refused:
        anchors.found_network(crowd.loyalty, actor="tests", **given)
    assert [(problem.code, problem.path) for problem in refused.value.problems] == [found]
    with crowd.loyalty.storage.reading() as connection:
        assert connection.execute(count).scalar() == before


def test_a_plugin_that_cannot_run_is_not_activated(engine: Engine) -> None:
    """One that nobody installed, one that is broken, and one whose tables wait for a migration."""
    broken = a_plugin("broken", loyalty_register_programme_part=lambda: None)
    house = House(engine, Plugins.load(extra={"broken": broken}))
    behind = Loyalty(engine, house.plugins, house.clock)
    behind.behind = frozenset({"discount_rules"})
    house.loyalty = behind

    def activating(name: Any) -> Act:
        return lambda unit: plugins.activate(unit, name)

    are_refused(
        house,
        {
            "unknown": (activating("lottery"), ("unknown_plugin", ("plugin",))),
            "no name": (activating(None), ("unknown_plugin", ("plugin",))),
            "broken": (activating("broken"), ("plugin_broken", ("plugin",))),
            "behind": (activating("discount_rules"), ("plugin_behind", ("plugin",))),
        },
    )


def test_a_setting_that_does_not_hold_is_refused(house: House) -> None:
    def changing(key: Any, value: Any) -> Act:
        return lambda unit: settings.change(unit, key, value)

    are_refused(
        house,
        {
            "unknown": (changing("luck", True), ("unknown_setting", ("key",))),
            "no key": (changing(None, True), ("unknown_setting", ("key",))),
            **{
                f"{value!r} for yes or no": (changing("visits_per_day", value), ("wrong_kind", ("value",)))
                for value in (1, "true", None)
            },
            "no such mode": (changing("rounding_mode", "sideways"), ("unknown_choice", ("value",))),
            "no text": (changing("rounding_mode", 1), ("wrong_kind", ("value",))),
        },
    )


def test_a_network_that_does_not_exist_is_the_hosts_mistake(house: House) -> None:
    for network_id in (1, 2**62):
        with pytest.raises(LoyaltyError), house.loyalty.work(network_id, "tests") as unit:
            anchors.branch_ids(unit)
