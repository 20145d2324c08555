"""A small salon to test with: one network, two branches, a clock that stands still, verbs in one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from loyalty_core.facts.invoice import (
    Opening,
    RecordedAdjustment,
    RecordedInvoice,
    RecordedLine,
    RecordedPayment,
    ReturnedLine,
)
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.standing import Element, Given, Verdict
from loyalty_core.facts.totals import Totals
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import FixedClock
from loyalty_core.services import (
    anchors,
    before_visit,
    invoices,
    openings,
    plugins,
    programmes,
    reassessment,
    recount,
    standing,
    visits,
)
from loyalty_core.services.house import Loyalty
from loyalty_core.services.judging import totals_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.migrate import CORE, upgrade
from loyalty_core.storage.work import table_of

ZONE = ZoneInfo("Europe/Kyiv")
START = date(2026, 1, 5)
UAH = Currency("UAH")

_totals, _network = table_of(tables.Totals), table_of(tables.Network)


def at(day: date, hour: int = 12, minute: int = 0, zone: ZoneInfo = ZONE) -> datetime:
    """Return an instant on a local day."""
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


def a_line(
    amount_minor: int,
    key: str = "1",
    *,
    off_minor: int = 0,
    kind: str = "service",
    quantity_milli: int = 1000,
    item: str = "cut",
) -> RecordedLine:
    """Return a line with a list amount, less one adjustment."""
    adjustments = (RecordedAdjustment("agreed", off_minor),) if off_minor else ()
    return RecordedLine(
        key, item, "Hair", kind, quantity_milli, amount_minor, amount_minor, amount_minor - off_minor, adjustments
    )


class House:
    """One network on a migrated database, with the bundled plugins active; each verb is a unit of work of its own."""

    def __init__(self, engine: Engine, plugin_set: Plugins | None = None, currency: Currency = UAH) -> None:
        self.plugins = plugin_set or Plugins.load()
        upgrade(engine, [CORE, *self.plugins.migration_sources()])
        self.clock = FixedClock(at(START, 9))
        self.loyalty = Loyalty(engine, self.plugins, self.clock)
        self._found(currency)

    def neighbour(self, currency: Currency = UAH) -> House:
        """Found another network on the same database, under the same clock, and return its house."""
        other = copy(self)
        other._found(currency)
        return other

    def _found(self, currency: Currency) -> None:
        self.network_id = anchors.found_network(self.loyalty, "Salon", currency, ZONE.key, "tests")
        self.branches: dict[str, int] = {}
        self.scopes: dict[str, int] = {}
        self._numbers = count(1)
        with self.work() as unit:
            for name in self.plugins.loaded:
                plugins.activate(unit, name)
        self.branch("podil")
        self.branch("obolon")

    def branch(self, name: str, zone: str = ZONE.key) -> int:
        """Open a branch, with a scope of its own, and return its id."""
        with self.work() as unit:
            self.branches.update(anchors.add_branches(unit, [anchors.BranchInput(name, name.title(), zone)]))
            self.scopes[name] = anchors.branch_scopes(unit)[self.branches[name]]
        return self.branches[name]

    @contextmanager
    def work(self, actor: str = "olena") -> Iterator[Unit]:
        """Open a unit that writes."""
        with self.loyalty.work(self.network_id, actor) as unit:
            yield unit

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """Open a unit that reads."""
        with self.loyalty.reading(self.network_id) as unit:
            yield unit

    def client(self, name: str) -> int:
        """Return the id of a client by name, new or known."""
        with self.work() as unit:
            return anchors.anchor_clients(unit, "tests", [name])[name]

    def programme(
        self,
        rules: Sequence[tuple[str, int, int]] = (),
        inactive_days: int | None = None,
        *,
        branch: str = "podil",
        judged_on: JudgedOn = JudgedOn.LIFETIME,
    ) -> programmes.SavedProgramme:
        """Save a branch programme of rules (metric, threshold, percent in basis points)."""
        part: Mapping[str, object] = {
            "rules": [{"metric": metric, "threshold": value, "percent_bp": bp} for metric, value, bp in rules],
            "inactive_days": inactive_days,
        }
        with self.work() as unit:
            return programmes.save(
                unit, "branch", self.scopes[branch], "Podil regulars", judged_on, {"discount_rules": part}
            )

    def visit(
        self,
        client: str,
        on: date,
        status: VisitStatus = VisitStatus.ARRIVED,
        *,
        name: str | None = None,
        branch: str = "podil",
        hour: int = 12,
    ) -> int:
        """Save a visit, new or known by `name`, and return its id."""
        given = self.a_visit(client, on, status, name=name, branch=branch, hour=hour)
        with self.work() as unit:
            return visits.save(unit, given).id

    def a_visit(
        self,
        client: str,
        on: date,
        status: VisitStatus = VisitStatus.ARRIVED,
        *,
        name: str | None = None,
        branch: str = "podil",
        hour: int = 12,
    ) -> VisitInput:
        """Return a visit as a host would send it."""
        external_id = name or f"visit-{next(self._numbers)}"
        client_id = self.client(client)
        return VisitInput("tests", external_id, self.branches[branch], client_id, status, at(on, hour))

    def delete(self, visit_id: int) -> None:
        """Delete a visit."""
        with self.work() as unit:
            visits.delete(unit, visit_id, "tests")

    def invoice(
        self,
        client: str | None,
        on: date,
        *lines: RecordedLine,
        visit_id: int | None = None,
        paid: int | None = None,
        tender: str = "cash",
        branch: str = "podil",
        name: str | None = None,
        hour: int = 12,
    ) -> int:
        """Record an invoice, wholly paid unless `paid` says how much, and return its id."""
        given = self.an_invoice(
            client, on, *lines, visit_id=visit_id, paid=paid, tender=tender, branch=branch, name=name, hour=hour
        )
        with self.work() as unit:
            return invoices.record(unit, given).id

    def an_invoice(
        self,
        client: str | None,
        on: date,
        *lines: RecordedLine,
        visit_id: int | None = None,
        paid: int | None = None,
        tender: str = "cash",
        branch: str = "podil",
        name: str | None = None,
        hour: int = 12,
    ) -> RecordedInvoice:
        """Return a finished invoice as a host would send it, wholly paid unless `paid` says how much."""
        amount = sum(line.invoiced_minor for line in lines) if paid is None else paid
        issued_at = at(on, hour)
        payments = (RecordedPayment("1", tender, amount, issued_at),) if amount else ()
        return RecordedInvoice(
            "tests",
            name or f"invoice-{next(self._numbers)}",
            self.branches[branch],
            None if client is None else self.client(client),
            visit_id,
            issued_at,
            lines,
            payments,
        )

    def came(self, client: str, on: date, amount_minor: int = 0, *, branch: str = "podil", hour: int = 12) -> int:
        """Save an arrived visit, with a paid invoice when there is an amount; return the visit's id."""
        visit_id = self.visit(client, on, branch=branch, hour=hour)
        if amount_minor:
            self.invoice(client, on, a_line(amount_minor), visit_id=visit_id, branch=branch, hour=hour)
        return visit_id

    def refund(self, sale_id: int, *lines: tuple[str, int]) -> None:
        """Return lines, given as (key, thousandths)."""
        with self.work() as unit:
            invoices.refund(unit, sale_id, [ReturnedLine(*line) for line in lines], "tests")

    def pay(self, sale_id: int, amount_minor: int, name: str = "2", *, tender: str = "cash") -> None:
        """Record a payment of an invoice, made now."""
        payment = RecordedPayment(name, tender, amount_minor, self.clock.now())
        with self.work() as unit:
            invoices.record_payments(unit, [(sale_id, payment)])

    def void(self, sale_id: int) -> None:
        """Void an invoice."""
        with self.work() as unit:
            invoices.void(unit, sale_id, "tests")

    def opening(self, client: str, on: date, *, name: str = "1", branch: str = "podil", **figures: Any) -> None:
        """Record what a client had before `on`: `visits`, `invoiced_minor` …, all zero unless given."""
        nothing = {"visits": 0, "no_shows": 0, "listed_minor": 0, "invoiced_minor": 0, "paid_minor": 0}
        fields = {"last_visit_on": None, **nothing, **figures}
        given = Opening("tests", name, self.branches[branch], self.client(client), on, **fields)
        with self.work() as unit:
            openings.record_many(unit, [given])

    def by_hand(
        self,
        client: str,
        bp: int,
        *,
        until: date | None = None,
        lapses: bool = False,
        branch: str = "podil",
        reason: str = "a regular",
    ) -> None:
        """Set a client's personal discount by hand, in basis points."""
        client_id, scope_id = self.client(client), self.scopes[branch]
        with self.work() as unit:
            standing.set_by_hand(unit, client_id, scope_id, Element.DISCOUNT, bp, reason, until=until, lapses=lapses)

    def automatic(self, client: str, *, branch: str = "podil") -> None:
        """Return a client's personal discount to automatic."""
        client_id = self.client(client)
        with self.work() as unit:
            standing.return_to_automatic(unit, client_id, self.scopes[branch], Element.DISCOUNT)

    def on(self, day: date, hour: int = 9) -> int:
        """Move the clock to a local day, run the daily job and return how many elements of standing it changed."""
        self.clock.set(at(day, hour))
        with self.work() as unit:
            return reassessment.reassess_due(unit)

    def drift(self) -> recount.Drift:
        """Run the daily job, count everything anew and return what was kept differently."""
        with self.work() as unit:
            reassessment.reassess_due(unit)
            return recount.recount(unit)

    def totals(self, client: str, branch: str = "podil") -> Totals:
        """Return the totals kept of a client at a branch."""
        client_id = self.client(client)
        with self.reading() as unit:
            row = unit.execute(
                select(_totals).where(
                    _totals.c.network_id == THIS_NETWORK,
                    _totals.c.scope_id == self.scopes[branch],
                    _totals.c.client_id == client_id,
                )
            ).first()
        return Totals() if row is None else totals_of(row)

    def verdict(self, client: str, branch: str = "podil") -> Verdict:
        """Return the personal discount kept of a client at a branch, with its cause and next date."""
        client_id = self.client(client)
        with self.reading() as unit:
            kept = standing.of_client(unit, client_id).get(self.scopes[branch], {})
        return kept.get((Element.DISCOUNT, ""), Verdict())

    def given(self, client: str, branch: str = "podil") -> Given | None:
        """Return the personal discount kept of a client at a branch, with its cause."""
        return self.verdict(client, branch).given

    def discount(self, client: str, branch: str = "podil") -> int | None:
        """Return the personal discount kept of a client at a branch, in basis points."""
        given = self.given(client, branch)
        return None if given is None else given.value

    def before(
        self, client: str, on: date, visit_id: int | None = None, *, branch: str = "podil", hour: int = 12
    ) -> before_visit.Before:
        """Return what a client has before a visit, saved or only thought of."""
        rests_on = visit_id if visit_id is not None else 2**62
        cut = before_visit.Cut(1, self.client(client), self.branches[branch], visit_id, at(on, hour), rests_on, on)
        with self.reading() as unit:
            return before_visit.before(unit, [cut])[1]

    def audit(self, action: str = "") -> list[dict[str, Any]]:
        """Return the audit in order, or what it says of one action, `before` and `after` read."""
        found = [row for row in self.all_of(tables.Audit) if action in ("", row["action"])]
        for row in found:
            row.update({side: row[side] and json.loads(row[side]) for side in ("before", "after")})
        return found

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the outbox in order, or the events of one kind, their bodies read."""
        found = [row for row in self.all_of(tables.Event) if kind in ("", row["kind"])]
        for row in found:
            row["body"] = json.loads(row["body"])
        return found

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return every row of the network by table: where two answers are equal, nothing was written between."""
        plugins_own = {name for names in self.plugins.tables.values() for name in names}
        models = [mapper.class_ for mapper in Base.registry.mappers]
        kept = [each for each in models if each.__tablename__.startswith("core_") or each.__tablename__ in plugins_own]
        return {each.__tablename__: self.all_of(each) for each in kept}

    def all_of(self, model: type[Base]) -> list[dict[str, Any]]:
        """Return every row that the network has in one table, by primary key."""
        table = table_of(model)
        network_id = table.c.id if table is _network else table.c.network_id
        with self.reading() as unit:
            rows = unit.execute(select(table).where(network_id == THIS_NETWORK).order_by(*table.primary_key))
            return [dict(row) for row in rows.mappings()]


def days(number: int) -> timedelta:
    """Return a span of calendar days."""
    return timedelta(days=number)
