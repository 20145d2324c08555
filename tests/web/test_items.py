"""Services and goods: what is found, what is changed, and what cannot be."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from loyalty_core.facts.draft import ItemFlags, Tax
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_web.erp.items import HostCatalogue
from loyalty_web.erp.tables import Item
from tests.web.office import Office, words

CUT = {"name": "Haircut", "category": "Hair", "kind": "service", "price_minor": "500", "tax_included": "on"}


def url(office: Office, code: str = "cut") -> str:
    with office.reading() as unit:
        found = unit.execute(select(Item.id).where(Item.network_id == THIS_NETWORK, Item.external_id == code))
        return f"/items/{found.scalar_one()}"


def kept(office: Office, code: str = "cut"):
    with office.reading() as unit:
        return HostCatalogue().items(unit, [code])[code]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "Full colour Haircut Shampoo 250 ml"),
        ({"q": "COL"}, "Full colour"),
        ({"q": "cut"}, "Haircut"),
        ({"category": "Hair"}, "Full colour Haircut"),
        ({"category": "Hair / Colouring"}, "Full colour"),
        ({"kind": "goods"}, "Shampoo 250 ml"),
        ({"sort": "-price"}, "Full colour Haircut Shampoo 250 ml"),
        ({"sort": "code", "kind": "nonsense", "page": "-7"}, "Full colour Haircut Shampoo 250 ml"),
        ({"q": "%"}, ""),
    ],
)
def test_items_are_found_by_name_code_category_and_kind(office: Office, query: dict[str, str], names: str) -> None:
    html = office.as_("manager").part("/items", **query).text
    assert [name for name in ("Full colour", "Haircut", "Shampoo 250 ml") if name in html] == [
        name for name in ("Full colour", "Haircut", "Shampoo 250 ml") if name in names
    ]
    assert "<html" not in html
    assert 'id="said"' in html


def test_cyrillic_names_are_found_whatever_their_case(office: Office) -> None:
    client = office.as_("manager")
    client.send("/items/new", **{**CUT, "code": "фарба", "name": "Фарбування Йод"})
    assert "Фарбування" in client.shown("/items", q="фАРБ йод")
    with office.reading() as unit:
        assert [card.code for card in HostCatalogue().find(unit, "ФАРБУВАННЯ", 5)] == ["фарба"]


def test_an_item_is_changed_with_its_tax_and_what_is_allowed_for_it(office: Office) -> None:
    client = office.as_("manager")
    typed = {**CUT, "price_minor": "1 234,50", "category": "Hair/ Cuts", "tax_rate_bp": "7,5"}
    limits = {"minimum_price_minor": "900", "flag_reason": "excluded by law", "not_discountable": "on"}
    assert client.send(url(office), **typed, **limits).status_code == 303
    card = kept(office)
    assert (card.price_minor, card.category, card.tax) == (123_450, "Hair / Cuts", Tax(750, included=True))
    assert card.flags == ItemFlags(discountable=False, minimum_price_minor=90_000, reason="excluded by law")
    shown = client.shown("/items")
    assert "none excluded by law" in shown
    assert "Nothing was changed." in client.shown(client.send(url(office), **typed, **limits).location)


def test_an_item_without_a_price_is_priced_at_the_till(office: Office) -> None:
    client = office.as_("manager")
    client.send(url(office), **{**CUT, "price_minor": ""})
    assert kept(office).price_minor is None
    assert "at the till" in client.shown("/items")


def test_an_item_is_added_once(office: Office) -> None:
    client = office.as_("manager")
    assert client.send("/items/new", code="4820000000017", **CUT).status_code == 303
    again = client.send("/items/new", code="4820000000017", **CUT)
    assert again.status_code == 422
    assert "Choose another code: “4820000000017” is taken by another item." in words(again.text)


BAD = [
    ({"name": ""}, "A value is needed here."),
    ({"name": "x" * 10_000}, "Write at most 200 characters."),
    ({"category": " / "}, "Give a value: this may not be empty."),
    ({"kind": "miracle"}, "Choose one of the list."),
    ({"price_minor": "1.234"}, "Did you mean"),
    ({"price_minor": "-1"}, "Write an amount such as"),
    ({"tax_rate_bp": "101"}, "Enter a percent from 0 to 100."),
    ({"minimum_price_minor": "501", "flag_reason": "law"}, "Give a lowest price of at most the price itself"),
    ({"not_discountable": "on"}, "Say why, in a few words"),
    ({"minimum_price_minor": "100", "flag_reason": " "}, "Say why, in a few words"),
]


@pytest.mark.parametrize(("wrong", "says"), BAD)
def test_a_mistake_is_told_and_what_was_typed_is_kept(office: Office, wrong: dict[str, str], says: str) -> None:
    before = kept(office)
    answer = office.as_("manager").send(url(office), **{**CUT, **wrong})
    assert answer.status_code == 422
    assert words(answer.text).count(says) == 2
    assert kept(office) == before


def test_what_people_type_is_shown_as_text(office: Office) -> None:
    client = office.as_("manager")
    client.send(url(office), **{**CUT, "name": "<b>=1+1</b>\u202e", "flag_reason": "<i>"})
    html = client.get("/items").text
    assert "<b>=1+1" not in html
    assert "&lt;b&gt;=1+1&lt;/b&gt;" in html


def test_who_may_not_change_items_does_not_see_them_and_unknown_ones_are_not_there(office: Office) -> None:
    cashier = office.as_("cashier")
    assert cashier.get("/items").status_code == 403
    assert "Services and goods" not in cashier.shown("/")
    for path in ("/items/1", "/items/99999999999999999999999"):
        assert office.as_("manager").get(path).status_code == 404
        assert office.as_("manager").send(path, **CUT).status_code == 404


def test_an_empty_list_says_what_to_do(office: Office) -> None:
    shown = office.as_("manager").shown("/items", q="nothing like it")
    assert "Nothing fits" in shown
    assert "Clear the filters" in shown


def test_a_manager_of_one_branch_sees_items_and_changes_none_as_they_are_sold_in_all(office: Office) -> None:
    from loyalty_web.erp import users

    with office.work() as unit:
        given = (users.RoleInput("manager", unit.configuration.branch_ids["podil"]),)
        users.add(unit, users.UserInput("local", "Local Koval", "long enough for tests", given))
    local = office.as_("local")
    assert "Haircut" in local.shown("/items")
    assert "/items/new" not in local.get("/items").text
    assert local.get(url(office)).status_code == 403
    assert local.send("/items/new", code="x", **CUT).status_code == 403
