"""Promotions without a browser: a form becomes an offer, a sentence and an example; what cannot be is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import offers, offers_shown, plugins
from tests.web.office import Office, Visitor, words

COLOUR: dict[str, Any] = {
    "name.en": "Colour on weekdays",
    "name.uk": "Фарбування в будні",
    "percent_bp": "15",
    "categories": ["Hair / Colouring"],
    "starts_on": "2026-03-01",
    "ends_on": "2026-04-30",
    "weekdays": ["0", "1", "2", "3"],
    "from_minute": "10",
    "to_minute": "16.00",
    "state": "draft",
}
SENTENCE = "15% off “Colouring”, from 1 Mar 2026 to 30 Apr 2026, on Mon–Thu, between 10:00 and 16:00, in all 2 branches"


def press(client: Visitor, path: str, do: str, fields: dict[str, Any], *, htmx: bool = False):
    """Send the form by one of its buttons."""
    return client.send(path, htmx, **fields, do=do)


def make(client: Visitor, do: str = "state:active", **changed: Any) -> str:
    answer = press(client, "/promotions/new", do, {**COLOUR, **changed})
    assert answer.status_code == 303, words(answer.text)
    return str(answer.location)


def forms(office: Office) -> list[Any]:
    with office.reading() as unit:
        return list(offers.of_plugin(unit, "promotions").values())


def test_a_promotion_is_made_and_listed_as_one_sentence(office: Office) -> None:
    client = office.as_("manager")
    url = make(client)
    form = forms(office)[0]
    assert (form["percent_bp"], form["weekdays"], form["from_minute"], form["to_minute"]) == (
        1500,
        [0, 1, 2, 3],
        600,
        960,
    )
    assert form["categories"] == ["Hair / Colouring"]
    shown = client.shown("/promotions")
    assert f"Colour on weekdays {SENTENCE} running 0 invoices" in shown
    assert "Colour on weekdays" in client.shown(url)


def test_a_promotion_is_read_in_the_readers_language(office: Office) -> None:
    make(office.as_("manager"))
    office.set("marketer", locale="uk")
    assert "Фарбування в будні" in office.as_("marketer").shown("/promotions")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"percent_bp": "", "amount_minor": "200", "cap_minor": ""}, "UAH 200.00 off “Colouring”"),
        ({"percent_bp": "", "price_minor": "399,90"}, "“Colouring” at UAH 399.90 each"),
        ({"categories": [], "minimum_minor": "3 500"}, "15% off everything, from 1 Mar"),
        ({"items": ["cut"], "categories": []}, "15% off “Haircut”"),
        ({"cap_minor": "300"}, "in all 2 branches, at most UAH 300.00"),
        ({"weekdays": ["5", "6"], "from_minute": "", "to_minute": ""}, "to 30 Apr 2026, on Sat, Sun, in all"),
        ({"starts_on": "", "ends_on": "", "exclusive": "on"}, "in all 2 branches, never together with anything else"),
        ({"combines": "on"}, "together with every other discount"),
        ({"labels": "VIP\nStaff"}, "for clients with “Staff”, “VIP”"),
    ],
)
def test_the_sentence_says_what_the_offer_does(office: Office, changed: dict[str, Any], says: str) -> None:
    client = office.as_("manager")
    make(client, **changed)
    assert says in client.shown("/promotions").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("do", "changed", "state"),
    [
        ("save", {}, "draft"),
        ("state:active", {}, "running"),
        ("state:active", {"starts_on": "2026-04-02"}, "scheduled"),
        ("state:active", {"ends_on": "2026-03-31"}, "over"),
        ("state:paused", {}, "paused"),
        ("state:ended", {}, "over"),
    ],
)
def test_the_list_says_how_a_promotion_stands_today(
    office: Office, do: str, changed: dict[str, Any], state: str
) -> None:
    client = office.as_("manager")
    make(client, do, **changed)
    for wanted in ("running", "scheduled", "paused", "draft", "over"):
        assert ("Colour on weekdays" in client.part("/promotions", state=wanted).text) is (wanted == state)


@pytest.mark.parametrize(
    ("example", "says"),
    [
        ({}, "Example 1,000.00 −150.00 Applied: saves UAH 150.00"),
        ({"try_item": "colour"}, "Full colour 1,500.00 −225.00 Applied: saves UAH 225.00"),
        ({"try_item": "colour", "try_amount": "200"}, "Full colour 200.00 −30.00"),
        ({"try_item": "shampoo"}, "Shampoo 250 ml 320.00 – Not applied. It does not lie on this item."),
        ({"try_day": "2026-04-03"}, "Not applied. Not met: not on this day of the week"),
        ({"try_day": "2026-05-04"}, "Not applied. Not met: ended on"),
        ({"try_hour": "9"}, "Not applied. Not met: not at this hour, it begins at 10:00"),
        ({"try_amount": "many"}, "Correct the example below to see what it comes to."),
    ],
)
def test_a_promotion_is_tried_before_it_is_saved(office: Office, example: dict[str, str], says: str) -> None:
    client = office.as_("manager")
    fields = {**COLOUR, "try_day": "2026-04-01", "try_hour": "12:00", "try_branch": "podil", **example}
    for htmx in (False, True):
        answer = press(client, "/promotions/new", "try", fields, htmx=htmx)
        assert answer.status_code == 200
        assert says in words(answer.text)
    assert forms(office) == []


def test_items_are_found_and_stay_chosen(office: Office) -> None:
    client = office.as_("manager")
    answer = press(client, "/promotions/new", "find", {**COLOUR, "items": ["cut"], "find.items": "шам"})
    assert "Haircut" in answer.text
    answer = press(client, "/promotions/new", "find", {**COLOUR, "items": ["cut"], "find.items": "SHAM"}, htmx=True)
    assert re.search('value="cut" checked', answer.text)
    assert re.search('value="shampoo">', answer.text)
    assert 'value="Colour on weekdays"' in answer.text


def test_a_new_version_is_saved_and_earlier_ones_can_be_looked_at(office: Office) -> None:
    client = office.as_("manager")
    url = make(client)
    assert press(client, url, "save", {**COLOUR, "state": "active", "percent_bp": "20", "seen": "1"}).status_code == 303
    assert "version 2" in client.shown(url)
    assert 'value="15"' in client.get(url, query_string={"version": "1"}).text
    assert "Nothing was changed." in client.shown(
        press(client, url, "save", {**COLOUR, "state": "active", "percent_bp": "20", "seen": "2"}).location
    )
    answer = press(client, url, "save", {**COLOUR, "percent_bp": "30", "seen": "1"})
    assert answer.status_code == 409
    assert "manager saved version 2 while this page was open" in words(answer.text)


def test_a_double_click_makes_one_promotion(office: Office) -> None:
    client = office.as_("manager")
    assert make(client, key="one") == make(client, key="one")
    assert len(forms(office)) == 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name.en": "", "name.uk": " "}, "Give a name in at least one language"),
    ({"percent_bp": ""}, "Give a percentage, an amount off or a fixed price"),
    ({"amount_minor": "10"}, "Keep one of percentage, amount off and fixed price"),
    ({"percent_bp": "101"}, "Enter a percent from 0 to 100."),
    ({"percent_bp": "0"}, "Enter more than 0"),
    ({"percent_bp": "", "price_minor": "5", "categories": []}, "Name the items or categories that have this price"),
    ({"ends_on": "2026-02-01"}, "Give a last day that is not before the first one"),
    ({"starts_on": "31.02.2026"}, "Write a day such as"),
    ({"from_minute": "25:00"}, "Write a time from 00:00 to 24:00"),
    ({"from_minute": "16"}, "Give different hours from and to"),
    ({"exclusive": "on", "combines": "on"}, "Choose one: exclusive, or combines with everything"),
    ({"minimum_minor": "1.234"}, "Did you mean"),
    ({"name.en": "x" * 10_000}, "Shorten this to at most 120 characters"),
    ({"branches": ["<script>"]}, "Choose one of the list."),
    ({"priority": "-1"}, "Enter a whole number from 0 to 1,000."),
]


@pytest.mark.parametrize(("wrong", "says"), BAD)
def test_a_mistake_is_told_at_its_field_and_on_top_and_nothing_is_made(
    office: Office, wrong: dict[str, Any], says: str
) -> None:
    answer = press(office.as_("manager"), "/promotions/new", "state:active", {**COLOUR, **wrong})
    assert answer.status_code == 422
    assert words(answer.text).count(says) == 2
    assert "<title>Error: " in answer.text
    assert forms(office) == []


def test_what_people_type_is_shown_as_text(office: Office) -> None:
    client = office.as_("manager")
    make(client, **{"name.en": "<b>100% off</b> =1+1"})
    assert "&lt;b&gt;100% off&lt;/b&gt; =1+1" in client.get("/promotions").text


def test_enter_saves_nothing(office: Office) -> None:
    client = office.as_("manager")
    html = client.get("/promotions/new").text
    form = html[html.index('id="promotion-form"') :]
    assert re.search("<button[^>]*>", form)[0].count('value="update"') == 1  # type: ignore[index]
    press(client, "/promotions/new", "update", COLOUR)
    assert forms(office) == []


def test_who_may_look_may_not_change(office: Office) -> None:
    url = make(office.as_("manager"))
    accountant = office.as_("accountant")
    html = accountant.get(url).text
    assert "disabled" in html
    assert 'value="save"' not in html
    assert press(accountant, url, "save", COLOUR).status_code == 403
    assert accountant.get("/promotions/new").status_code == 403
    assert office.as_("cashier").get("/promotions").status_code == 403


def test_to_look_at_one_promotion_reads_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client = office.as_("manager")
    for _number in range(3):
        make(client)
    read, really = [], Plugins.read_offer

    def noted(self: Plugins, name: str, stored: object) -> Any:
        read.append(stored)
        return really(self, name, stored)

    monkeypatch.setattr(Plugins, "read_offer", noted)
    with office.reading() as unit:
        every = offers_shown.listed(unit)
        read.clear()
        assert offers_shown.one(unit, every[1].id) == every[1]
        assert len(read) == 1, "a change of one promotion holds the database, and so every till, only briefly"
        assert offers_shown.one(unit, 1) is None


def test_unknown_promotions_are_not_there(office: Office) -> None:
    client = office.as_("manager")
    for path in ("/promotions/1", "/promotions/99999999999999999999999", "/promotions/new?of=nobody"):
        assert client.get(path).status_code == 404


def test_without_promotions_the_list_says_what_they_are(office: Office) -> None:
    client = office.as_("manager")
    assert "There are no promotions yet" in client.shown("/promotions")
    with office.work() as unit:
        plugins.deactivate(unit, "promotions")
    assert "No plugin in use makes promotions" in client.shown("/promotions")


@pytest.fixture
def local(office: Office) -> Visitor:
    """A manager of one branch only."""
    from loyalty_web.erp import users

    with office.work() as unit:
        given = (users.RoleInput("manager", unit.configuration.branch_ids["podil"]),)
        users.add(unit, users.UserInput("local", "Local Koval", "long enough for tests", given))
    return office.as_("local")


def test_a_manager_of_one_branch_makes_promotions_for_it_alone(office: Office, local: Visitor) -> None:
    podil, lviv = office.branch("podil"), office.branch("lviv")
    assert (
        "Salon in Lviv" not in local.get("/promotions/new").text.partition("block-where")[2].partition("block-who")[0]
    )
    for branches in ([], [lviv], [podil, lviv]):
        answer = press(local, "/promotions/new", "save", {**COLOUR, "branches": branches})
        assert answer.status_code == 422
        assert words(answer.text).count("Choose among your own branches") == 2
    own = make(local, branches=[podil])
    assert "in “Salon on Podil”" in local.shown(own)
    everywhere = make(office.as_("manager"))
    assert 'value="save"' not in local.get(everywhere).text
    assert press(local, everywhere, "save", {**COLOUR, "seen": "1"}).status_code == 403
    elsewhere = make(office.as_("manager"), branches=[lviv])
    assert local.get(elsewhere).status_code == 404


def test_a_promotion_that_prices_counts_its_invoices(office: Office) -> None:
    from loyalty_core.facts.draft import Draft, DraftLine
    from loyalty_core.facts.staff import ANYBODY
    from loyalty_core.services.invoices import issuing, quoting

    client = office.as_("manager")
    make(client)
    line = DraftLine("1", "colour", "Full colour", "service", 1000, 150_000, ("Hair / Colouring", "Hair"))
    draft = Draft("tests", "1", office.branch("podil"), (line,))
    with office.work() as unit:
        quoted = quoting.quote(unit, draft, ANYBODY)
        assert quoted.priced.owed_minor == 127_500
        issuing.issue(unit, draft, issuing.ticket_of(unit, quoted), ANYBODY, None)
    assert "running 1 invoice" in client.shown("/promotions")
