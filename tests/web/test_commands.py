"""Each command of `loyalty`, done right and done wrong, on a real database."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from loyalty_core.api import hookimpl
from loyalty_core.plugging.loading import Plugins
from tests.web.shell import INIT, NOW, PROGRAMME, Shell

SAYS_IN_ENGLISH = (
    (("daily",), "0 changes of standing."),
    (("recount",), "All that is kept equals a recount."),
    (("standing", "show", "1001"), "by rule: Sold from UAH 5,000.00: 5%"),
    (("plugins", "list"), "Branch programme: one programme per branch"),
    (("db", "status"), "up to date"),
    (("db", "upgrade"), "All tables are up to date."),
)


def change(shell: Shell, *statements: str) -> None:
    """Do to the database what no command does."""
    with closing(sqlite3.connect(shell.folder / "loyalty.sqlite")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_init_prints_the_id_alone_and_says_what_is_next(nowhere):
    done = nowhere(*INIT)
    assert done.exit_code == 0
    assert int(done.stdout) > 0
    assert "Made the network “Salons” in " in done.stderr
    assert "Next: `loyalty import branches FILE`." in done.stderr
    assert nowhere.said("plugins", "list").count(" on  ") == 3


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--name", " ", "name: "),
        ("--currency", "XXQ", "currency: “XXQ” is not a currency"),
        ("--currency", "грн", "currency: "),
        ("--currency", "CLF", "digits: "),
        ("--time-zone", "Europe/Nowhere", "time_zone: "),
        ("--time-zone", "../../etc/passwd", "time_zone: "),
        ("--time-zone", "", "time_zone: "),
    ],
)
def test_init_refuses_a_slip_and_makes_no_network(nowhere, option, value, told):
    assert nowhere.refused(*INIT, option, value).startswith(told)
    nowhere.said(*INIT)


def test_a_second_network_is_made_only_when_asked_for(salon):
    assert "There is a network here already: Salons." in salon.refused(*INIT)
    assert int(salon.said(*INIT, "--another")) > 0


def test_init_keeps_off_the_database_of_a_demo(salon):
    change(salon, f"PRAGMA application_id = {0x4C4F5944}")
    assert "is a demo" in salon.refused(*INIT, "--another", code=2)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
def test_the_whole_journey_goes_the_same_way_on_both_databases(engine, nowhere):
    address = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    shell = Shell(nowhere.folder, LOYALTY_DATABASE_URL=address)
    shell.said(*INIT)
    shell.take_examples()
    for kind, number in (("visits", 3), ("invoices", 2), ("openings", 1)):
        path = str(shell.folder / f"{kind}.csv")
        assert shell.said("import", kind, path) == f"{kind}: 0 new, 0 changed, {number} unchanged.\n"
    assert shell.said("programme", "save", shell.file("podil.toml", PROGRAMME)) == "Saved as version 1.\n"
    assert shell.said("standing", "show", "1001").splitlines() == [
        "podil                5%, by rule: Sold from UAH 5,000.00: 5%; may change on May 2, 2026",
        "                     visits: 10, sold: UAH 18,625.00, paid: UAH 18,625.00; the last on March 2, 2026",
    ]
    assert shell.said("recount") == "All that is kept equals a recount.\n"


def test_standing_says_that_nothing_is_counted(salon):
    told = "Nothing is counted for this client yet, and nothing is set by hand.\n"
    path = salon.file("more.csv", "external_id,name\n7,Ann\n")
    salon.said("import", "clients", path)
    assert salon.said("standing", "show", "7") == told


def test_a_discount_is_set_by_hand_and_returned_to_automatic(salon):
    set_ = ("standing", "set", "1001", "podil", "12.5", "--reason", "VIP")
    assert salon.said(*set_, "--until", "2026-12-31") == "Now: 12.5%, set by hand; may change on January 1, 2027\n"
    assert "12.5%, set by hand" in salon.said("standing", "show", "1001")
    assert salon.said("standing", "set", "1001", "lviv", "0", "--reason", "none") == "Now: 0%, set by hand\n"
    assert salon.said("standing", "auto", "1001", "podil").startswith("Now: 5%, by rule")
    assert salon.refused("standing", "auto", "1001", "podil") == "This is not set by hand.\n"
    assert salon.said("standing", "recalculate", "1001") == "0 changes of standing.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "9"), "There is no client “9” of the source “import”."),
        (("show", "1001", "--source", "other"), "There is no client “1001” of the source “other”."),
        (("recalculate", "9"), "There is no client “9” of the source “import”."),
        (("auto", "1001", "x"), "There is no branch “x”. There are: lviv, podil."),
        (("set", "1001", "x", "5", "--reason", "r"), "There is no branch “x”. There are: lviv, podil."),
        (("set", "1001", "podil", "12,5", "--reason", "r"), "PERCENT: “12,5” is not a plain number such as 12.50."),
        (("set", "1001", "podil", "٥", "--reason", "r"), "PERCENT: “٥” has digits other than 0-9."),
        (("set", "1001", "podil", "100.01", "--reason", "r"), "PERCENT: “100.01” is more than 100 percent."),
        (("set", "1001", "podil", "5", "--reason", ""), "--reason: Give a value: this may not be empty."),
        (("set", "1001", "podil", "5", "--reason", "r", "--until", "2026-02-30"), "--until: “2026-02-30”: there is"),
        (("set", "1001", "podil", "5", "--reason", "r", "--until", "2026-03-31"), "--until: The last day lies in"),
    ],
)
def test_a_slip_in_standing_is_pointed_at(salon, words, told):
    before = salon.said("standing", "show", "1001")
    assert salon.refused("standing", *words).startswith(told)
    assert salon.said("standing", "show", "1001") == before


def test_a_programme_is_saved_once_and_shown(salon):
    path = str(salon.folder / "podil.toml")
    assert salon.said("programme", "save", path) == "Unchanged: version 1 says the same.\n"
    (shown,) = json.loads(salon.said("programme", "show", "podil"))
    assert shown["number"] == 1
    assert shown["parts"]["discount_rules"]["inactive_days"] == 60
    assert json.loads(salon.said("programme", "show", "lviv")) == []
    assert "There is no branch “x”" in salon.refused("programme", "show", "x")


def test_the_daily_job_takes_all_networks_and_catches_up(salon):
    later = NOW + timedelta(days=90)
    assert salon.said("daily") == "0 changes of standing.\n"
    salon.said(*INIT, "--name", "Second", "--another")
    assert sorted(salon.said("daily", now=later).splitlines()) == [
        "Salons: 1 change of standing.",
        "Second: 0 changes of standing.",
    ]
    assert "Salons: 0 changes" in salon.said("daily", now=later)


def test_of_several_networks_one_is_named(salon):
    second = salon.said(*INIT, "--another").strip()
    told = salon.refused("standing", "show", "1001", code=2)
    assert "say by --network which one is meant: " in told
    assert f"{second} (Salons)" in told
    assert "no client" in salon.refused("standing", "show", "1001", "--network", second)
    for words in (("daily",), ("recount",), ("plugins", "list"), ("import", "clients", f"{salon.folder}/clients.csv")):
        assert "there is no network 9" in salon.refused(*words, "--network", "9" * 30, code=2)


def test_everybody_is_judged_anew_on_demand(salon):
    change(salon, "UPDATE core_standing SET value = 9999")
    assert salon.said("reassess") == "1 change of standing.\n"
    assert salon.said("reassess") == "0 changes of standing.\n"


def test_a_recount_finds_what_was_kept_wrongly_and_repairs_it_on_demand(salon):
    change(salon, "UPDATE core_totals SET visits = visits + 1")
    done = salon("recount")
    assert done.exit_code == 1
    assert done.stdout.startswith("Kept differently: ")
    assert "--repair" in done.stdout
    assert salon.said("recount", "--repair").endswith("Repaired.\n")
    salon.said("recount")


def test_a_plugin_is_switched_off_and_on(salon):
    assert salon.said("plugins", "disable", "discount_rules").startswith("The plugin discount_rules is off")
    assert "no discount" in salon.said("standing", "show", "1001")
    assert salon.said("plugins", "disable", "discount_rules") == "The plugin discount_rules was off already.\n"
    assert salon.said("plugins", "enable", "discount_rules").startswith("The plugin discount_rules is on")
    assert "5%, by rule" in salon.said("standing", "show", "1001")
    assert salon.said("plugins", "enable", "discount_rules") == "The plugin discount_rules was on already.\n"
    for verb in ("enable", "disable"):
        assert "There is no plugin nope." in salon.refused("plugins", verb, "nope")


def test_a_blocked_plugin_is_listed_and_what_it_gave_stays(salon):
    blocked = {"LOYALTY_BLOCKED_PLUGINS": "discount_rules"}
    listed = salon("plugins", "list", **blocked).stdout
    assert "it is blocked by LOYALTY_BLOCKED_PLUGINS" in listed
    done = salon("reassess", **blocked)
    assert done.stdout == "0 changes of standing.\n"
    assert "the plugin discount_rules is on but not in use, and what it gave stays as it is" in done.stderr
    assert "5%, by rule" in salon("standing", "show", "1001", **blocked).stdout


def test_a_plugin_that_cannot_be_loaded_is_told_in_a_line(salon):
    broken = Plugins.load(extra={"odd": ModuleType("loyalty_odd.plugin")})
    listed = salon("plugins", "list", plugins=broken)
    assert listed.exit_code == 0
    assert "odd                  not loaded" in listed.stdout
    assert "not loaded" in salon("plugins", "enable", "odd", plugins=broken).stderr + listed.stdout


def test_a_plugin_that_raises_is_told_in_a_line_and_with_its_place_on_demand(salon):
    @hookimpl
    def loyalty_show_programme_tabs():
        raise ValueError("odd day")

    module = ModuleType("loyalty_odd.plugin", "Odd: raises.")
    module.loyalty_show_programme_tabs = loyalty_show_programme_tabs  # type: ignore[attr-defined]
    plugins = Plugins.load(extra={"odd": module})
    assert plugins.broken == {}
    salon("plugins", "enable", "odd", plugins=plugins)
    quiet = salon("plugins", "list", plugins=plugins)
    assert "ValueError: odd day" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in salon("--verbose", "plugins", "list", plugins=plugins).stderr


@pytest.mark.parametrize(("words", "told"), SAYS_IN_ENGLISH, ids=[" ".join(words) for words, _ in SAYS_IN_ENGLISH])
def test_people_are_told_in_their_language(salon, words, told):
    english = salon.said(*words)
    assert told in english
    for locale in ("uk", "ru"):
        text = salon.said(*words, locale=locale)
        assert told not in text
        assert any("а" <= letter <= "я" for letter in text)


@pytest.mark.parametrize("zone", ["America/Santiago", "Africa/Cairo"])
def test_days_without_a_midnight_and_currencies_without_cents_go_through(nowhere, zone):
    nowhere.said("init", "--name", "Far", "--currency", "JPY", "--time-zone", zone)
    header = "external_id,branch,client,status,starts_at\n"
    for kind, text in (
        ("branches", f"external_id,name,time_zone\nb,B,{zone}\n"),
        ("clients", "external_id,name\n1,A\n"),
        ("visits", f"{header}v1,b,1,arrived,2025-09-07T00:00\nv2,b,1,arrived,2026-04-24T00:00\n"),
    ):
        nowhere.said("import", kind, nowhere.file("given.csv", text))
    programme = PROGRAMME.replace("podil", "b").replace("500000", "5000")
    now = datetime(2026, 4, 25, 12, tzinfo=UTC)
    nowhere("programme", "save", nowhere.file("b.toml", programme), now=now)
    shown = nowhere("standing", "show", "1", now=now).stdout
    assert "visits: 2, sold: ¥0, paid: ¥0; the last on April 24, 2026" in shown
    nowhere.said("recount")
