"""What visits and openings are refused for: the code, the place, and nothing written (RELIABILITY I19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from loyalty_core.facts.invoice import Opening
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services import openings, visits
from loyalty_core.testing.house import START, House, a_line, at, days
from tests.services.refusals import Act, Found, are_refused

BELL, HALF_A_PAIR = "\x07", "\ud800"
NOBODY = 999
NO_ID = (NOBODY, -1, 0, 2**63, 2**200, True, "1", None)
"""What may stand where an id belongs, and is none."""


def saving(visit: VisitInput) -> Act:
    return lambda unit: visits.save(unit, visit)


def test_a_visit_that_does_not_hold_is_refused(house: House) -> None:
    good = house.a_visit("Olha", START)
    west = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    mistakes: list[tuple[str, Any, str]] = [
        *(("source", value, "required") for value in ("", "  ", None, 7)),
        ("source", "s" * 41, "too_long"),
        ("source", f"a{BELL}", "control_characters"),
        *(("external_id", value, "required") for value in ("", None, 7)),
        ("external_id", "x" * 101, "too_long"),
        ("external_id", "a\nb", "control_characters"),
        ("external_id", HALF_A_PAIR, "control_characters"),
        *(("branch_id", value, "unknown_branch") for value in NO_ID),
        *(("client_id", value, "unknown_client") for value in NO_ID),
        *(("status", value, "unknown_status") for value in ("arrived", "here", None, True, 1)),
        ("starts_at", datetime(2026, 1, 5, 12), "no_zone"),  # noqa: DTZ001 - the mistake itself
        *(("starts_at", value, "not_a_moment") for value in (None, "2026-01-05T12:00Z", START, 0)),
        *(("starts_at", value, "date_out_of_range") for value in (west, datetime.max.replace(tzinfo=UTC))),
        ("starts_at", datetime(1899, 12, 31, 12, tzinfo=UTC), "date_out_of_range"),
    ]
    are_refused(
        house,
        {
            f"{field}={value!r}": (saving(replace(good, **{field: value})), (code, (field,)))
            for field, value, code in mistakes
        },
    )


def test_every_mistake_of_many_visits_is_told_with_its_place(house: House) -> None:
    good = house.a_visit("Olha", START, name="same")
    many = [good, replace(good, external_id="", client_id=NOBODY), replace(good, starts_at=at(START, 15))]
    found = [
        ("required", (1, "external_id")),
        ("unknown_client", (1, "client_id")),
        ("visit_twice", (2, "external_id")),
    ]
    are_refused(house, {"many": (lambda unit: visits.save_many(unit, many), found)})


def test_a_visit_with_an_invoice_keeps_its_client_and_branch(house: House) -> None:
    visit = house.a_visit("Olha", START, name="v")
    sale = house.invoice("Olha", START, a_line(100_00), visit_id=house.visit("Olha", START, name="v"), paid=0)
    other_client = replace(visit, client_id=house.client("Petro"))
    other_branch = replace(visit, branch_id=house.branches["obolon"])
    mistakes = {"client": other_client, "branch": other_branch}
    are_refused(house, {name: (saving(each), ("visit_has_invoice", ())) for name, each in mistakes.items()})
    house.void(sale)
    for each in mistakes.values():
        with house.work() as unit:
            assert visits.save(unit, each).changed


def test_a_visit_with_an_issued_invoice_cannot_be_deleted(house: House) -> None:
    visit = house.came("Olha", START, 100_00)
    issued = house.visit("Petro", START)
    sale = house.invoice("Petro", START, a_line(100_00), visit_id=issued, paid=0)

    def deleting(visit_id: Any, reason: Any = "tests") -> Act:
        return lambda unit: visits.delete(unit, visit_id, reason)

    has_invoice: Found = ("visit_has_invoice", ("visit_id",))
    unknown: Found = ("unknown_visit", ("visit_id",))
    mistakes: dict[str, tuple[Act, Found | Sequence[Found]]] = {
        "paid": (deleting(visit), has_invoice),
        "issued": (deleting(issued), has_invoice),
        "no reason": (deleting(visit, ""), ("required", ("reason",))),
        "no text": (deleting(visit, None), ("required", ("reason",))),
        "a long reason": (deleting(visit, "x" * 1001), ("too_long", ("reason",))),
        **{f"id {value!r}": (deleting(value), unknown) for value in NO_ID},
    }
    are_refused(house, mistakes)
    house.void(sale)
    house.delete(issued)
    are_refused(house, {"deleted already": (deleting(issued), unknown)})


def test_an_opening_that_does_not_hold_is_refused(house: House) -> None:
    branch, client = house.branches["podil"], house.client("Olha")
    good = Opening("tests", "1", branch, client, START, 3, 1, 90, 80, 70, START - days(1))
    mistakes: list[tuple[str, Any, str, str]] = [
        *(("source", value, "required", "source") for value in ("", None, 7)),
        ("external_id", "x" * 101, "too_long", "external_id"),
        *(("branch_id", value, "unknown_branch", "branch_id") for value in NO_ID),
        *(("client_id", value, "unknown_client", "client_id") for value in NO_ID),
        *(("visits", value, "not_whole", "visits") for value in ("3", None, True)),
        ("visits", -1, "too_small", "visits"),
        ("visits", 1_000_001, "too_large", "visits"),
        ("no_shows", -1, "too_small", "no_shows"),
        *((f"{name}_minor", -1, "too_small", name) for name in ("listed", "invoiced", "paid")),
        *((f"{name}_minor", "1", "not_whole", name) for name in ("listed", "invoiced", "paid")),
        ("paid_minor", 10**15 + 1, "too_large", "paid"),
        ("invoiced_minor", 91, "shares_do_not_add_up", "invoiced"),
        ("last_visit_on", START, "after_opening", "last_visit_on"),
        ("last_visit_on", None, "required", "last_visit_on"),
        *(("last_visit_on", value, "not_a_date", "last_visit_on") for value in ("2026-01-01", at(START))),
        *(("opened_on", value, "not_a_date", "opened_on") for value in (None, "2026-01-05", at(START))),
        ("opened_on", date.max, "date_out_of_range", "opened_on"),
        ("last_visit_on", date(1899, 12, 31), "date_out_of_range", "last_visit_on"),
    ]

    def recording(opening: Opening) -> Act:
        return lambda unit: openings.record_many(unit, [opening])

    are_refused(
        house,
        {
            f"{field}={value!r}": (recording(replace(good, **{field: value})), (code, (0, place)))
            for field, value, code, place in mistakes
        },
    )
    twice: Act = lambda unit: openings.record_many(unit, [good, good])  # noqa: E731 - one mistake of two inputs
    are_refused(house, {"twice": (twice, ("opening_twice", (1, "external_id")))})
    with house.work() as unit:
        assert openings.record_many(unit, [good]) == [True]
    differing = recording(replace(good, paid_minor=71))
    are_refused(house, {"other figures": (differing, ("recorded_differently", (0, "external_id")))})


def test_statuses_are_those_of_the_product(house: House) -> None:
    assert [house.visit("Olha", START, status) > 0 for status in VisitStatus] == [True] * 5
