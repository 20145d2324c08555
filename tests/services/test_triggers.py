"""When standing is brought up to date, and that it is written once (SEMANTICS 4)."""

from __future__ import annotations

import pytest

from loyalty_core.errors import Refused
from loyalty_core.facts.invoice import ReturnedLine
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services import invoices, plugins, reassessment, standing
from loyalty_core.testing.house import START, House, a_line, days

TODAY, TOMORROW = START, START + days(1)


def told(house: House) -> list[tuple[int | None, int | None]]:
    """Return what the outbox tells of single changes of a standing: before and after."""
    return [(event["body"]["before"], event["body"]["after"]) for event in house.events("standing_changed")]


def causes(house: House) -> list[str]:
    return [row["cause"] for row in house.audit("standing.changed")]


def test_saving_a_visit_as_arrived(house: House) -> None:
    house.programme([("visits", 1, 500)])
    visit = house.visit("Olha", TODAY, VisitStatus.CONFIRMED, name="v")
    assert house.discount("Olha") is None
    house.visit("Olha", TODAY, VisitStatus.ARRIVED, name="v")
    assert house.discount("Olha") == 500
    assert (causes(house), told(house)) == ([f"visit:{visit}"], [(None, 500)])


@pytest.mark.parametrize("status", [each for each in VisitStatus if each is not VisitStatus.ARRIVED])
def test_saving_a_visit_away_from_arrived(house: House, status: VisitStatus) -> None:
    house.programme([("visits", 1, 500)])
    house.visit("Olha", TODAY, VisitStatus.ARRIVED, name="v")
    house.visit("Olha", TODAY, status, name="v")
    assert house.discount("Olha") is None
    assert told(house) == [(None, 500), (500, None)]


def test_saving_a_visit_as_missed_and_away_from_it(house: House) -> None:
    house.visit("Olha", TODAY, VisitStatus.NO_SHOW, name="v")
    assert house.totals("Olha").no_shows == 1
    house.visit("Olha", TODAY, VisitStatus.WAITING, name="v")
    assert house.totals("Olha").no_shows == 0


def test_recording_an_invoice(house: House) -> None:
    house.programme([("sold", 100_00, 500)])
    visit = house.visit("Olha", TODAY)
    house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=0)
    assert house.discount("Olha") == 500


def test_recording_a_payment(house: House) -> None:
    house.programme([("paid", 100_00, 500)])
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=60_00)
    assert house.discount("Olha") is None
    house.pay(sale, 40_00)
    assert house.discount("Olha") == 500


def test_refunding(house: House) -> None:
    house.programme([("sold", 100_00, 500), ("sold", 200_00, 700)])
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(200_00, quantity_milli=2000), visit_id=visit)
    assert house.discount("Olha") == 700
    house.refund(sale, ("1", 1000))
    assert house.discount("Olha") == 500


def test_voiding(house: House) -> None:
    house.programme([("sold", 100_00, 500)])
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=0)
    house.void(sale)
    assert house.discount("Olha") is None


def test_recording_an_opening(house: House) -> None:
    house.programme([("visits", 5, 500)])
    house.opening("Olha", TODAY, visits=5, last_visit_on=START - days(1))
    assert house.discount("Olha") == 500


def test_saving_a_programme_judges_everybody(house: House) -> None:
    house.came("Olha", TODAY)
    house.came("Petro", TODAY, branch="obolon")
    version = house.programme([("visits", 1, 500)])
    assert (house.discount("Olha"), house.discount("Petro")) == (500, None)
    assert causes(house) == [f"programme:{version.version_id}"]
    (event,) = house.events("standings_changed")
    assert event["body"]["changes"] == 1


def test_a_deleted_rule_leaves_the_best_that_still_matches(house: House) -> None:
    house.programme([("visits", 1, 300), ("visits", 2, 500), ("sold", 100_00, 700)])
    house.came("Olha", TODAY, 100_00)
    house.came("Olha", TOMORROW)
    found = []
    for rules in ([("visits", 1, 300), ("visits", 2, 500)], [("visits", 1, 300)], []):
        house.programme(rules)
        found.append(house.discount("Olha"))
    assert found == [500, 300, None]
    assert house.rows()["core_standing"] == []


def test_a_changed_rule_gives_what_it_says_now(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", TODAY)
    house.programme([("visits", 1, 400)])
    assert house.discount("Olha") == 400
    house.programme([("visits", 2, 400)])
    assert house.discount("Olha") is None


def test_a_programme_that_says_what_it_said_before_changes_nothing(house: House) -> None:
    first = house.programme([("visits", 1, 500), ("sold", 100_00, 700)], inactive_days=60)
    house.came("Olha", TODAY)
    before = house.rows()
    again = house.programme([("visits", 1, 500), ("sold", 100_00, 700)], inactive_days=60)
    assert (again.version_id, again.number, again.changed) == (first.version_id, 1, False)
    assert house.rows() == before


def test_a_new_version_says_its_number_and_the_old_one_is_kept(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", TODAY)
    kept = house.given("Olha")
    second = house.programme([("visits", 1, 500)], inactive_days=60)
    assert (second.number, second.changed) == (2, True)
    assert [row["number"] for row in house.rows()["core_programme_version"]] == [1, 2]
    assert house.given("Olha") == kept, "the same rule gives the same: it has not been given anew"


def test_recalculating_puts_a_client_right(house: House) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", TODAY)
    client = house.client("Olha")
    house.clock.set(house.clock.now() + days(61))
    assert house.discount("Olha") == 500
    with house.work() as unit:
        assert standing.recalculate(unit, client) == 1
    assert house.discount("Olha") is None
    before = house.rows()
    with house.work() as unit:
        assert standing.recalculate(unit, client) == 0
    assert house.rows() == before


def test_by_command_everybody_is_judged(house: House) -> None:
    for branch in ("podil", "obolon"):
        house.programme([("visits", 1, 500)], inactive_days=60, branch=branch)
        house.came("Olha", TODAY, branch=branch)
    house.clock.set(house.clock.now() + days(61))
    with house.work() as unit:
        assert reassessment.reassess(unit, [house.scopes["podil"]]) == 1
    assert (house.discount("Olha"), house.discount("Olha", "obolon")) == (None, 500)
    with house.work() as unit:
        assert reassessment.reassess(unit, tell=False) == 1
    assert house.discount("Olha", "obolon") is None
    assert causes(house)[-2:] == ["command"] * 2
    told_of = {event["body"]["scope"] for event in house.events("standings_changed")}
    assert told_of == {str(house.scopes["podil"])}, "the second command was silent"


@pytest.mark.parametrize("plugin", ["branch", "discount_rules"])
def test_a_plugin_switched_off_takes_its_effects_and_keeps_its_rows_and_on_again_all_is_as_it_was(
    house: House, plugin: str
) -> None:
    house.programme([("visits", 1, 500)], inactive_days=60)
    house.came("Olha", TODAY)
    kept = house.verdict("Olha")
    with house.work() as unit:
        plugins.deactivate(unit, plugin)
    assert house.discount("Olha") is None
    assert house.before("Olha", TOMORROW).discount is None
    assert len(house.rows()["core_programme_version"]) == 1
    house.came("Petro", TODAY)
    assert house.discount("Petro") is None
    with house.work() as unit:
        plugins.activate(unit, plugin)
    assert (house.verdict("Olha"), house.discount("Petro")) == (kept, 500)
    switched = [(row["before"], row["after"]) for row in house.audit("plugin.switched") if row["subject"][7:] == plugin]
    on, off = {"active": True}, {"active": False}
    assert switched == [(off, on), (on, off), (off, on)]


def test_a_plugin_switched_on_twice_changes_nothing(house: House) -> None:
    before = house.rows()
    with house.work() as unit:
        plugins.activate(unit, "branch")
        with pytest.raises(Refused, match="unknown_plugin"):
            plugins.deactivate(unit, "nobody knows it")
    assert house.rows() == before


def test_judging_twice_changes_nothing_and_writes_nothing(house: House) -> None:
    """ "Recomputing twice changes nothing the second time" (SEMANTICS 4)."""
    house.programme([("visits", 1, 500), ("sold", 100_00, 700)], inactive_days=60)
    for name in ("Olha", "Petro"):
        house.came(name, TODAY, 100_00)
    house.by_hand("Petro", 1200, lapses=True)
    client = house.client("Olha")
    before = house.rows()
    with house.work() as unit:
        assert reassessment.reassess(unit) == 0
        assert reassessment.reassess_due(unit) == 0
        assert standing.recalculate(unit, client) == 0
    assert house.rows() == before


def test_a_change_that_leaves_standing_as_it_was_writes_no_change_of_standing(house: House) -> None:
    house.programme([("visits", 1, 500)])
    house.came("Olha", TODAY)
    given = house.rows()["core_standing"]
    house.came("Olha", TOMORROW, 100_00)
    assert house.rows()["core_standing"] == given
    assert len(house.audit("standing.changed")) == 1


def test_each_verb_leaves_one_event_of_its_own(house: House) -> None:
    visit = house.visit("Olha", TODAY)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=0)
    house.void(sale)
    sale = house.invoice("Olha", TODAY, a_line(100_00), visit_id=visit, paid=0)
    house.pay(sale, 100_00)
    with house.work() as unit:
        invoices.refund(unit, sale, [ReturnedLine("1", 1000)], "tests")
    other = house.visit("Olha", TOMORROW)
    house.delete(other)
    assert [event["kind"] for event in house.events() if event["client_id"] == house.client("Olha")] == [
        "visit_saved",
        "invoice_recorded",
        "invoice_voided",
        "invoice_recorded",
        "invoice_paid",
        "invoice_refunded",
        "visit_saved",
        "visit_deleted",
    ]
