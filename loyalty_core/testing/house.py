"""A small salon to test with: one network, two branches, a clock that stands still, verbs in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from loyalty_core.facts.invoice import RecordedAdjustment, RecordedInvoice, RecordedLine, RecordedPayment, ReturnedLine
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.standing import Element, Given
from loyalty_core.facts.totals import Totals
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import FixedClock
from loyalty_core.services import anchors, before_visit, invoices, plugins, programmes, reassessment, standing, visits
from loyalty_core.services.house import Loyalty
from loyalty_core.services.judging import totals_of
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.migrate import CORE, upgrade
from loyalty_core.storage.tables import Totals as TotalsTable
from loyalty_core.storage.work import table_of

ZONE = ZoneInfo("Europe/Kyiv")
START = date(2026, 1, 5)
UAH = Currency("UAH")

_totals = table_of(TotalsTable)


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
        self.network_id = anchors.found_network(self.loyalty, "Salon", currency, ZONE.key, "tests")
        self._numbers = count(1)
        with self.work() as unit:
            stores = [
                anchors.BranchInput("podil", "Podil", ZONE.key),
                anchors.BranchInput("obolon", "Obolon", ZONE.key),
            ]
            self.branches = anchors.add_branches(unit, stores)
            for name in self.plugins.loaded:
                plugins.activate(unit, name)
            scopes = anchors.branch_scopes(unit)
        self.scopes = {name: scopes[id_] for name, id_ in self.branches.items()}

    @contextmanager
    def work(self, actor: str = "olena") -> Iterator[Unit]:
        """Open a unit that writes."""
        with self.loyalty.work(self.network_id, actor) as unit:
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
        given = VisitInput(
            "tests",
            name or f"visit-{next(self._numbers)}",
            self.branches[branch],
            self.client(client),
            status,
            at(on, hour),
        )
        with self.work() as unit:
            return visits.save(unit, given).id

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
        owed = sum(line.invoiced_minor for line in lines)
        amount = owed if paid is None else paid
        issued_at = at(on, hour)
        payments = (RecordedPayment("1", tender, amount, issued_at),) if amount else ()
        given = RecordedInvoice(
            "tests",
            name or f"invoice-{next(self._numbers)}",
            self.branches[branch],
            None if client is None else self.client(client),
            visit_id,
            issued_at,
            lines,
            payments,
        )
        with self.work() as unit:
            return invoices.record(unit, given).id

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

    def on(self, day: date, hour: int = 9) -> None:
        """Move the clock to a local day and run the daily job."""
        self.clock.set(at(day, hour))
        with self.work() as unit:
            reassessment.reassess_due(unit)

    def totals(self, client: str, branch: str = "podil") -> Totals:
        """Return the totals kept of a client at a branch."""
        client_id = self.client(client)
        with self.loyalty.reading(self.network_id) as unit:
            row = unit.execute(
                select(_totals).where(
                    _totals.c.network_id == THIS_NETWORK,
                    _totals.c.scope_id == self.scopes[branch],
                    _totals.c.client_id == client_id,
                )
            ).first()
        return Totals() if row is None else totals_of(row)

    def given(self, client: str, branch: str = "podil") -> Given | None:
        """Return the personal discount kept of a client at a branch, with its cause."""
        client_id = self.client(client)
        with self.loyalty.reading(self.network_id) as unit:
            verdict = standing.of_client(unit, client_id).get(self.scopes[branch], {}).get((Element.DISCOUNT, ""))
        return None if verdict is None else verdict.given

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
        with self.loyalty.reading(self.network_id) as unit:
            return before_visit.before(unit, [cut])[1]


def days(number: int) -> timedelta:
    """Return a span of calendar days."""
    return timedelta(days=number)
