"""What must hold at any moment of any history: kept = counted by the model, and recomputing changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

from loyalty_core.services.before_visit import Cut
from loyalty_core.services.recount import recount
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from tests.stateful.counting import Given, Totals, part
from tests.stateful.model import Model
from tests.stateful.sides import Side

NOT_YET = 2**62
"""The id of a visit that is only thought of: after all others."""

HORIZON_DAYS = 12
NOTHING: Totals = (0, 0, 0, 0, 0, None, None, None)
AMOUNTS = ("visits", "no_shows", "invoiced_minor", "listed_minor", "paid_minor", "first_day", "visited_on", "bought_on")


def check_totals(model: Model, side: Side, unit: Unit) -> None:
    """Totals kept are what the model counts."""
    kept = {
        (row["client_id"], row["scope_id"]): tuple(row[name] for name in AMOUNTS)
        for row in side.rows(unit, tables.Totals)
    }
    for client, branch in product(side.clients, side.branches):
        found = kept.pop((side.clients[client], side.scopes[branch]), NOTHING)
        assert found == model.totals(client, branch), f"totals of {client} at {branch} on {side.name}"
    assert not kept, f"totals of nobody on {side.name}"


def check_standing(model: Model, side: Side, unit: Unit) -> None:
    """Standing kept is what the model judges today, and it is looked at again before the calendar changes it."""
    kept = {(row["client_id"], row["scope_id"]): row for row in side.rows(unit, tables.Standing)}
    for client, branch in product(side.clients, side.branches):
        row = kept.pop((side.clients[client], side.scopes[branch]), None)
        today = model.today(branch)
        right = model.standing(client, branch, today)
        place = f"standing of {client} at {branch} on {side.name}"
        assert given_in(row) == right, place
        next_on = None if row is None else row["next_on"]
        assert next_on is None or next_on > today, f"{place}: its next date has passed"
        later = (today + timedelta(each) for each in range(1, HORIZON_DAYS + 1))
        change = next((day for day in later if model.standing(client, branch, day) != right), None)
        assert change is None or (next_on is not None and next_on <= change), f"{place}: changes on {change}"
    assert not kept, f"standing of nobody on {side.name}"


def given_in(row: Any) -> Given | None:
    """Return what a row of standing, or its image in the audit, gives."""
    return None if row is None or row["value"] is None else (row["value"], row["origin"], row["rule"])


def check_sales(model: Model, side: Side, unit: Unit) -> None:
    """Sales are in the state and have the sums of the model."""
    kept = {row["id"]: row for row in side.rows(unit, tables.Sale)}
    assert len(kept) == len(model.sales)
    for name, sale in model.sales.items():
        row = kept[side.sales[name]]
        found = (row["state"], row["owed_minor"], row["paid_minor"], row["returned_minor"])
        assert found == (sale.state, sale.owed, sale.paid_amount, sale.returned_amount), f"{name} on {side.name}"
        assert 0 <= row["returned_minor"] <= row["paid_minor"] <= row["owed_minor"]


def check_shares(model: Model, side: Side, unit: Unit) -> None:
    """What was paid and given back lies on the lines where the model puts it."""
    lines = {(row["sale_id"], row["number"]): row for row in side.rows(unit, tables.SaleLine)}
    payments = {row["id"]: row for row in side.rows(unit, tables.Payment)}
    kept: dict[tuple[Any, ...], list[int]] = {}
    for column, table in enumerate((tables.PaymentLine, tables.ReturnPayment)):
        for row in side.rows(unit, table):
            payment = payments[row["payment_id"]]
            line = lines[payment["sale_id"], row["line_number"]]
            share = kept.setdefault((line["sale_id"], payment["external_id"], line["key"]), [0, 0])
            share[column] += row["amount_minor"]
    right = {
        (side.sales[name], payment.name, line.key): [
            shares[line.key],
            part(shares[line.key], sale.back.get(line.key, 0), line.quantity),
        ]
        for name, sale in model.sales.items()
        for payment, shares in sale.paid.values()
        for line in sale.invoice.lines
        if line.key in shares
    }
    assert kept == right, f"shares on {side.name}"


def check_visits(model: Model, side: Side, unit: Unit) -> None:
    """Visits are what was told last."""
    kept = {row["external_id"]: row for row in side.rows(unit, tables.Visit)}
    assert kept.keys() == model.visits.keys()
    for name, visit in model.visits.items():
        row = kept[name]
        found = (row["client_id"], row["branch_id"], row["status"], row["starts_at"], row["deleted_at"] is not None)
        place = side.clients[visit.client], side.branches[visit.branch]
        assert found == (*place, visit.status, visit.at, visit.deleted), f"{name} on {side.name}"
        assert row["local_day"] == model.day(visit.branch, visit.at)


@dataclass(frozen=True)
class _Question:
    """What is asked about the standing before something, and what the model answers."""

    cut: Cut
    totals: Totals
    discount: int | None


def _questions(model: Model, side: Side) -> Iterator[_Question]:
    """Yield every visit, every sale without one, and a visit thought of for every client at every branch."""
    asked: list[tuple[str, str, str | None, Any, int, int]] = [
        (each.client, each.branch, name, each.at, each.number, side.visits[name])
        for name, each in model.visits.items()
        if not each.deleted
    ]
    asked += [
        (sale.invoice.client, sale.invoice.branch, None, sale.invoice.at, sale.number, side.sales[name])
        for name, sale in model.sales.items()
        if sale.invoice.client is not None and sale.invoice.visit is None
    ]
    asked += [(*place, None, model.now, NOT_YET, NOT_YET) for place in product(side.clients, side.branches)]
    for id_, (client, branch, visit, at, number, rests_on) in enumerate(asked):
        visit_id = None if visit is None else side.visits[visit]
        place = side.clients[client], side.branches[branch]
        cut = Cut(id_, *place, visit_id, at, rests_on, model.day(branch, at))
        yield _Question(cut, *model.before(client, branch, at, number, visit))


def check_before(model: Model, side: Side, unit: Unit) -> None:
    """The standing before any visit or sale is what the model judges from what comes earlier."""
    questions = list(_questions(model, side))
    answers = side.before(unit, [each.cut for each in questions])
    for each in questions:
        found, totals = answers[each.cut.id], answers[each.cut.id].totals
        discount = None if found.discount is None else found.discount.value
        assert tuple(getattr(totals, name) for name in AMOUNTS) == each.totals, f"{each.cut} on {side.name}"
        assert discount == each.discount, f"{each.cut} on {side.name}"
        assert found.number == each.totals[0] + 1


def check_audit(side: Side, unit: Unit) -> None:
    """The audit tells the whole story: its changes, one after the other, lead to the standing kept."""
    told: dict[tuple[int, int], dict[str, Any]] = {}
    changes = [row for row in side.rows(unit, tables.Audit) if row["action"] == "standing.changed"]
    for row in sorted(changes, key=lambda row: row["id"]):
        before, after = (row[name] and json.loads(row[name]) for name in ("before", "after"))
        place = row["client_id"], row["scope_id"]
        assert before == told.get(place), f"the audit jumps on {side.name}: {row}"
        assert given_in(before) != given_in(after), f"the audit tells of no change on {side.name}: {row}"
        assert row["subject"] == "discount"
        told[place] = after
    kept = {
        (row["client_id"], row["scope_id"]): {
            name: row[column] for name, column in zip(("value", "origin", "rule", "version"), COLUMNS, strict=True)
        }
        for row in side.rows(unit, tables.Standing)
        if row["value"] is not None
    }
    assert {place: each for place, each in told.items() if each} == kept, f"the audit on {side.name}"


COLUMNS = ("value", "origin", "rule", "version_id")


def check_recomputing(side: Side) -> None:
    """Counting and judging everything anew finds nothing to change; the daily job has run."""
    with side.work() as unit:
        drift = recount(unit)
        assert drift.none, f"{drift} on {side.name}"
    written = side.written()
    assert side.run_daily_job() == 0, f"the daily job changes something twice on {side.name}"
    assert side.reassess() == 0, f"judging everybody changes something on {side.name}"
    for client in side.clients:
        assert side.recalculate(client) == 0, f"recalculating {client} changes something on {side.name}"
    assert side.written() == written, f"recomputing wrote something on {side.name}"
