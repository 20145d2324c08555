"""The programme editor without a browser: rows that come and go, mistakes at their rows, versions, rights."""

from __future__ import annotations

import pytest

from loyalty_core.services import programme_versions, programmes
from tests.web.office import Office, words

URL = "/branches/podil/programme/discount_rules"
FIELDS = ("metric", "threshold", "percent_bp")
SETTINGS = "/branches/podil/programme/settings"


def typed(*rules: tuple[str, str, str], days: str = "60", seen: str = "1", **more: str) -> dict[str, str]:
    """Return the fields of the form with these rules as they are typed."""
    fields = {"inactive_days": days, "seen": seen, **more}
    for number, rule in enumerate(rules):
        fields |= {f"rules.{number}.{name}": text for name, text in zip(FIELDS, rule, strict=True)}
    return fields


def in_force(office: Office) -> dict[str, object]:
    """Return the part of the programme in force."""
    with office.reading() as unit:
        scope = unit.configuration.own_scopes[office.branch("podil")]
        return {**programmes.in_force(unit, scope)[0]["parts"]["discount_rules"]}


def number(office: Office) -> int:
    """Return the version in force."""
    with office.reading() as unit:
        scope = unit.configuration.own_scopes[office.branch("podil")]
        found = programme_versions.shown(unit, scope, "branch")
        assert found is not None
        return found.now.number


def test_the_programme_opens_at_its_first_tab_and_says_since_when_it_holds(office: Office) -> None:
    shown = office.as_("manager").shown("/branches/podil/programme")
    assert "Programme of Salon on Podil" in shown
    assert "“Regular customers” · in force since 1 Apr 2026, 15:00 · version 1 · saved by command" in shown
    assert "1 client has a discount by these rules" in shown


def test_a_row_says_what_is_kept_as_people_write_it_and_whom_it_decides(office: Office) -> None:
    html = office.as_("manager").get(URL).text
    assert 'name="rules.0.threshold" inputmode="decimal" autocomplete="off" value="5,000.00"' in html
    assert 'name="rules.1.percent_bp" inputmode="decimal" autocomplete="off" value="3"' in html
    assert "1 client" in words(html)


def test_saving_makes_a_version_and_sorts_the_rows(office: Office) -> None:
    client = office.as_("manager")
    rules = (("visits", "12", "7,5"), ("sold", "20 000", "6"), ("sold", "5000.00", "5 %"))
    answer = client.send(URL, **typed(*rules, days=""), do="save")
    assert answer.status_code == 303
    assert answer.location == URL
    assert in_force(office) == {
        "inactive_days": None,
        "rules": [
            {"metric": "sold", "threshold": 500_000, "percent_bp": 500},
            {"metric": "sold", "threshold": 2_000_000, "percent_bp": 600},
            {"metric": "visits", "threshold": 12, "percent_bp": 750},
        ],
    }
    assert "Saved for Salon on Podil as version 2." in client.shown(URL)


def test_saving_the_same_again_changes_nothing(office: Office) -> None:
    client = office.as_("manager")
    client.send(URL, **typed(("visits", "1", "3"), ("sold", "5000", "5")), do="save")
    assert number(office) == 1
    assert "Nothing was changed: version 1 says the same." in client.shown(URL)


def test_a_rule_that_is_deleted_stays_struck_out_until_saved_and_can_come_back(office: Office) -> None:
    client = office.as_("manager")
    two = typed(("sold", "5000", "5"), ("visits", "1", "3"))
    html = client.send(URL, **two, do="del:rules:0").text
    assert "goes when saved" in words(html)
    assert 'name="rules-gone.0.threshold" value="5000"' in html
    assert 'name="rules.0.threshold" inputmode="decimal" autocomplete="off" value="1"' in html
    assert "Unsaved" in words(html)
    gone = typed(("visits", "1", "3"), **{"rules-gone.0.threshold": "5000", "rules-gone.0.at": "0"})
    back = client.send(URL, **gone, do="undo:rules:0").text
    assert 'name="rules.0.threshold" inputmode="decimal" autocomplete="off" value="5000"' in back
    assert "rules-gone" not in back
    assert number(office) == 1, "nothing is saved by it"
    client.send(URL, **gone, do="save")
    assert in_force(office)["rules"] == [{"metric": "visits", "threshold": 1, "percent_bp": 300}]


def test_a_row_is_added_with_or_without_script_and_an_empty_one_is_not_saved(office: Office) -> None:
    client = office.as_("manager")
    for htmx in (False, True):
        answer = client.send(URL, htmx, **typed(("sold", "5000", "5")), do="add:rules")
        assert answer.status_code == 200
        assert 'id="f-rules-1-threshold"' in answer.text
        assert ("<html" in answer.text) is not htmx
    fields = typed(("sold", "7000", "5"), ("sold", " ", ""), **{"rules.1.fresh": "on"})
    assert client.send(URL, **fields, do="save").status_code == 303
    assert in_force(office)["rules"] == [{"metric": "sold", "threshold": 700_000, "percent_bp": 500}]


@pytest.mark.parametrize("do", ["update", "", "nonsense", "del:rules:99", "undo:rules:0", "add:", "del:rules:-1"])
def test_any_other_button_and_enter_save_nothing_and_keep_what_was_typed(office: Office, do: str) -> None:
    answer = office.as_("manager").send(URL, **typed(("sold", "4 321", "9")), do=do)
    assert answer.status_code == 200
    assert 'value="4 321"' in answer.text
    assert number(office) == 1


BAD = [
    (("sold", "5000", "104"), "Enter a percent from 0 to 100."),
    (("sold", "5000", "0"), "Enter more than 0"),
    (("sold", "1.234", "5"), "Did you mean"),
    (("sold", "-5", "5"), "Write an amount such as"),
    (("sold", "", "5"), "A value is needed here."),
    (("visits", "2.5", "5"), "Enter a whole number"),
    (("visits", "١٢", "5"), "Write the digits 0 to 9."),
    (("spent", "12", "5"), "Choose one of the list."),
    (("sold", "<script>alert(1)</script>", "5"), "Write an amount such as"),
    (("sold", "9" * 10_000, "5"), "Write an amount such as"),
    (("sold", "=1+1", "5"), "Write an amount such as"),
]


@pytest.mark.parametrize(("rule", "says"), BAD)
def test_a_mistake_is_told_at_its_row_and_on_top_and_nothing_is_saved(
    office: Office, rule: tuple[str, str, str], says: str
) -> None:
    answer = office.as_("manager").send(URL, **typed(("visits", "1", "3"), rule), do="save")
    assert answer.status_code == 422
    shown = words(answer.text)
    assert "There is 1 mistake" in shown
    assert shown.count(says) == 2, "once on top, once at the row"
    assert "<title>Error: " in answer.text
    assert "<script>alert" not in answer.text
    assert number(office) == 1


def test_two_rows_with_one_threshold_are_told_by_the_numbers_that_are_shown(office: Office) -> None:
    same = ("sold", "5 000", "4")
    fields = typed(same, ("visits", "1", "3"), ("sold", "5000", "5"), **{"rules-gone.0.threshold": "1"})
    shown = words(office.as_("manager").send(URL, **fields, do="save").text)
    assert shown.count("Rules 1 and 3 have the same threshold.") == 2


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(office: Office) -> None:
    first, second = office.as_("manager"), office.as_("marketer")
    second.send(URL, **typed(("sold", "9000", "9")), do="save")
    answer = first.send(URL, **typed(("sold", "8000", "8")), do="save")
    assert answer.status_code == 409
    assert "marketer saved version 2 while this page was open" in words(answer.text)
    assert 'value="8000"' in answer.text
    assert 'name="seen" value="2"' in answer.text
    assert number(office) == 2
    assert first.send(URL, **typed(("sold", "8000", "8"), seen="2"), do="save").status_code == 303
    assert number(office) == 3


def test_an_earlier_version_is_brought_back_by_saving_it(office: Office) -> None:
    client = office.as_("manager")
    client.send(URL, **typed(("sold", "9000", "9")), do="save")
    assert "Look at Discount rules" in client.shown(SETTINGS)
    html = client.get(URL, query_string={"version": "1"}).text
    assert "This is version 1 of 1 Apr 2026, 15:00, not the one in force." in words(html)
    assert 'value="5,000.00"' in html
    for version in ("0", "2", "77", "x"):
        assert "not the one in force" not in client.shown(URL, version=version)


def test_name_and_basis_are_set_in_their_own_tab_and_leave_the_rules_alone(office: Office) -> None:
    client = office.as_("manager")
    rules = in_force(office)
    client.send(SETTINGS, name="Friends <of> Podil", judged_on="since_reset", seen="1", do="save")
    assert in_force(office) == rules
    shown = client.shown(SETTINGS)
    assert "“Friends <of> Podil”" in shown
    assert client.send(SETTINGS, name=" ", judged_on="never", seen="2", do="save").status_code == 422
    assert number(office) == 2


def test_a_branch_without_a_programme_says_what_to_do_and_gets_one(office: Office) -> None:
    client, url = office.as_("administrator"), "/branches/lviv/programme/discount_rules"
    assert "Nothing was saved yet" in client.shown(url)
    assert "There are no rules yet" in client.shown(url)
    assert client.send(url, **typed(("sold", "1000", "1"), seen="0"), do="save").status_code == 303
    assert "version 1" in client.shown(url)


def test_who_may_only_look_sees_sentences_and_no_buttons(office: Office) -> None:
    html = office.as_("accountant").get(URL).text
    assert "Sold, after discounts from 5,000.00 UAH gives 5 %" in words(html)
    assert 'value="save"' not in html
    assert office.as_("accountant").send(URL, **typed(), do="save").status_code == 403
    assert office.as_("cashier").get(URL).status_code == 403


@pytest.mark.parametrize("path", ["/branches/nowhere/programme/discount_rules", "/branches/podil/programme/nothing"])
def test_unknown_branches_and_tabs_are_not_there(office: Office, path: str) -> None:
    assert office.as_("manager").get(path).status_code == 404
    assert office.as_("manager").send(path, **typed(), do="save").status_code == 404


def test_without_a_plugin_for_programmes_the_page_says_what_to_do(office: Office) -> None:
    from loyalty_core.services import plugins

    with office.work() as unit:
        plugins.deactivate(unit, "branch")
    shown = office.as_("manager").shown("/branches/podil/programme")
    assert "No plugin in use provides programmes of branches" in shown


def test_a_template_of_a_plugin_that_fails_is_left_out_and_said_to_be(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loyalty_web import programme_tabs

    with office.app.test_request_context():
        assert programme_tabs.contained("loyalty_discount_rules/nothing.html", {}) is None
    monkeypatch.setattr("loyalty_web.pages.programmes.contained", lambda template, values: None)
    assert "This tab cannot be shown" in office.as_("manager").shown(URL)


def test_a_cashier_of_one_branch_and_a_manager_of_another_see_no_other_programme(office: Office) -> None:
    from loyalty_web.erp import users

    with office.work() as unit:
        given = (users.RoleInput("manager", unit.configuration.branch_ids["podil"]),)
        users.add(unit, users.UserInput("local", "Local Koval", "long enough for tests", given))
    assert office.as_("local").get(URL).status_code == 200
    assert office.as_("local").get("/branches/lviv/programme/discount_rules").status_code == 404
    assert office.as_("podil").get(URL).status_code == 403
