"""The product on one database, spoken to by names: what random histories do, and what they read back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Any, ParamSpec
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, inspect, select

from loyalty_core.errors import Refused
from loyalty_core.facts.invoice import (
    Opening,
    PaymentShare,
    RecordedAdjustment,
    RecordedInvoice,
    RecordedLine,
    RecordedPayment,
    ReturnedLine,
)
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.standing import Element
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
    settings,
    standing,
    visits,
)
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.work import table_of
from loyalty_discount_rules.visits import set_for_visit
from tests.stateful import counting
from tests.stateful.model import DONE, SAME, Outcome

P = ParamSpec("P")
SOURCE = "histories"
NO_ID = 1
"""An id that nothing has."""


_audit = table_of(tables.Audit)
_AUDITED = (
    select(_audit.c.action, _audit.c.client_id, _audit.c.scope_id)
    .where(_audit.c.network_id == THIS_NETWORK)
    .order_by(_audit.c.id)
)
_WRITTEN = select(
    *(
        select(func.count()).where(table.c.network_id == THIS_NETWORK).scalar_subquery()
        for table in map(table_of, (tables.Audit, tables.Event, tables.Idempotency))
    )
)


@dataclass(frozen=True)
class Founded:
    """How a network begins; its number tells it from others in the same databases."""

    number: int
    plugins: Plugins
    now: datetime
    zones: Mapping[str, ZoneInfo]
    clients: Sequence[str]


class Abandoned(Exception):
    """The caller's transaction failed after the work was done."""


def outcome(changed: bool) -> Outcome:
    return DONE if changed else SAME


def refusable(verb: Callable[P, Outcome]) -> Callable[P, Outcome]:
    """Turn a refusal into its codes."""

    def tried(*args: P.args, **kwargs: P.kwargs) -> Outcome:
        try:
            return verb(*args, **kwargs)
        except Refused as refused:
            return refused.codes

    return tried


class Side:
    """One network on one database; every third verb runs as a guest in a host's transaction."""

    def __init__(self, name: str, engine: Engine, founded: Founded) -> None:
        self.name = name
        self.engine = engine
        self.tables = set(inspect(engine.execution_options(unscoped=True)).get_table_names())
        # Networks founded at one instant may get the same id from two sources (1 in 2048).
        self.clock = FixedClock(founded.now + timedelta(milliseconds=founded.number))
        self.loyalty = Loyalty(engine, founded.plugins, self.clock)
        self.reader = Loyalty(engine, founded.plugins, self.clock)
        self.network_id = anchors.found_network(self.loyalty, "Salon", Currency("UAH"), "Europe/Kyiv", "tests")
        self._as_guest = cycle((False, False, True))
        self.clock.set(founded.now)
        with self.work() as unit:
            stores = [anchors.BranchInput(code, code, zone.key) for code, zone in founded.zones.items()]
            self.branches = anchors.add_branches(unit, stores)
            self.clients = anchors.anchor_clients(unit, SOURCE, founded.clients)
            for plugin in founded.plugins.loaded:
                plugins.activate(unit, plugin)
            scopes = anchors.branch_scopes(unit)
        self.scopes = {code: scopes[id_] for code, id_ in self.branches.items()}
        self.visits: dict[str, int] = {}
        self.sales: dict[str, int] = {}

    @contextmanager
    def work(self) -> Iterator[Unit]:
        with ExitStack() as stack:
            if next(self._as_guest):
                connection = stack.enter_context(self.engine.connect().execution_options(write=True))
                stack.enter_context(connection.begin())
                opened = self.loyalty.guest(connection, self.network_id, "olena")
            else:
                opened = self.loyalty.work(self.network_id, "olena")
            yield stack.enter_context(opened)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """Read as another process would: with a cache of its own."""
        with self.reader.reading(self.network_id) as unit:
            yield unit

    # Verbs

    @refusable
    def save_visits(self, given: Sequence[counting.Visit], judge: bool) -> Outcome:
        with self.work() as unit:
            saved = visits.save_many(unit, [self._visit(each) for each in given], judge=judge)
            if not judge:
                reassessment.reassess(unit, cause="loaded")
        self.visits.update((each.name, done.id) for each, done in zip(given, saved, strict=True))
        return outcome(not judge or any(done.changed for done in saved))

    @refusable
    def save_visit(self, given: counting.Visit, key: str | None) -> Outcome:
        with self.work() as unit:
            saved = visits.save(unit, self._visit(given), key)
        self.visits[given.name] = saved.id
        return outcome(saved.changed)

    def _visit(self, given: counting.Visit) -> VisitInput:
        place = self.branches[given.branch], self.clients[given.client]
        return VisitInput(SOURCE, given.name, *place, VisitStatus(given.status), given.at)

    @refusable
    def delete_visit(self, name: str) -> Outcome:
        with self.work() as unit:
            visits.delete(unit, self.visits.get(name, NO_ID), "a mistake")
        return DONE

    @refusable
    def give_visit(self, name: str, percent: int | None) -> Outcome:
        with self.work() as unit:
            return outcome(set_for_visit(unit, self.visits.get(name, NO_ID), percent, "asked"))

    @refusable
    def record(self, given: counting.Invoice, key: str | None) -> Outcome:
        sent = RecordedInvoice(
            SOURCE,
            given.name,
            self.branches[given.branch],
            self.clients[given.client] if given.client is not None else None,
            self.visits.get(given.visit, NO_ID) if given.visit is not None else None,
            given.at,
            tuple(_line(line) for line in given.lines),
            tuple(_payment(payment) for payment in given.payments),
        )
        with self.work() as unit:
            recorded = invoices.record(unit, sent, key)
        self.sales[given.name] = recorded.id
        return outcome(recorded.changed)

    @refusable
    def pay(self, name: str, payment: counting.Payment) -> Outcome:
        with self.work() as unit:
            return outcome(invoices.record_payments(unit, [(self.sales[name], _payment(payment))])[0].changed)

    @refusable
    def refund(self, name: str, lines: Sequence[tuple[str, int]], key: str | None) -> Outcome:
        with self.work() as unit:
            invoices.refund(unit, self.sales[name], [ReturnedLine(*line) for line in lines], "did not fit", key)
        return DONE

    @refusable
    def void(self, name: str, key: str | None) -> Outcome:
        with self.work() as unit:
            invoices.void(unit, self.sales[name], "typed twice", key)
        return DONE

    @refusable
    def open(self, given: counting.Opening) -> Outcome:
        amounts = (given.visits, given.no_shows, given.listed, given.invoiced, given.paid)
        place = self.branches[given.branch], self.clients[given.client]
        with self.work() as unit:
            new = openings.record_many(
                unit, [Opening(SOURCE, given.name, *place, given.opened_on, *amounts, given.last_visit_on)]
            )
        return outcome(new[0])

    def _save_programme(self, unit: Unit, branch: str, rules: counting.Rules) -> programmes.SavedProgramme:
        judged_on = JudgedOn.SINCE_RESET if rules.since_reset else JudgedOn.LIFETIME
        names = ("metric", "threshold", "percent_bp")
        part = {
            "rules": [dict(zip(names, rule, strict=True)) for rule in rules.rules],
            "inactive_days": rules.inactive_days,
        }
        return programmes.save(unit, "branch", self.scopes[branch], "Regulars", judged_on, {"discount_rules": part})

    @refusable
    def save_programme(self, branch: str, rules: counting.Rules) -> Outcome:
        with self.work() as unit:
            return outcome(self._save_programme(unit, branch, rules).changed)

    @refusable
    def abandon(self, visit: counting.Visit, branch: str, rules: counting.Rules) -> Outcome:
        """Save a programme and a visit in a transaction that fails in the end."""
        try:
            with self.work() as unit:
                self._save_programme(unit, branch, rules)
                visits.save(unit, self._visit(visit))
                raise Abandoned
        except Abandoned:
            return SAME

    def switch(self, plugin: str, on: bool) -> Outcome:
        with self.work() as unit:
            (plugins.activate if on else plugins.deactivate)(unit, plugin)
        return DONE

    def count_per_day(self, on: bool) -> Outcome:
        with self.work() as unit:
            settings.change(unit, "visits_per_day", on)
        return DONE

    @refusable
    def set_by_hand(self, client: str, branch: str, value: int, until: date | None, lapses: bool) -> Outcome:
        place = self.clients[client], self.scopes[branch]
        with self.work() as unit:
            standing.set_by_hand(unit, *place, Element.DISCOUNT, value, "a friend", until=until, lapses=lapses)
        return DONE

    @refusable
    def return_to_automatic(self, client: str, branch: str) -> Outcome:
        with self.work() as unit:
            standing.return_to_automatic(unit, self.clients[client], self.scopes[branch], Element.DISCOUNT)
        return DONE

    def recalculate(self, client: str) -> int:
        with self.work() as unit:
            return standing.recalculate(unit, self.clients[client])

    def reassess(self) -> int:
        with self.work() as unit:
            return reassessment.reassess(unit)

    def run_daily_job(self) -> int:
        with self.work() as unit:
            return reassessment.reassess_due(unit)

    # What is kept

    def rows(self, unit: Unit, model: type[Base]) -> list[dict[str, Any]]:
        """Return all rows of a table in this network."""
        table = table_of(model)
        return [dict(row) for row in unit.execute(select(table).where(table.c.network_id == THIS_NETWORK)).mappings()]

    def written(self) -> tuple[int, ...]:
        """Return how many rows the append-only tables have: whatever is written leaves a trace there."""
        with self.reading() as unit:
            return tuple(unit.execute(_WRITTEN).one())

    def changed_twice(self, before: tuple[int, ...]) -> list[Any]:
        """Return whose standing changed more than once since `written` said this much."""
        with self.reading() as unit:
            rows = unit.execute(_AUDITED.offset(before[0])).all()
        told = Counter((row.client_id, row.scope_id) for row in rows if row.action == "standing.changed")
        return [place for place, times in told.items() if times > 1]

    def before(self, unit: Unit, cuts: Sequence[before_visit.Cut]) -> dict[int, before_visit.Before]:
        return before_visit.before(unit, cuts)

    def dump(self) -> dict[str, list[str]]:
        """Return everything kept as text by table, ids written as their place in the order of making.

        Left out are digests of texts that hold ids, and tables of a host that other tests in this run loaded.
        """
        with self.reading() as unit:
            found = {
                name: [
                    dict(row)
                    for row in unit.execute(select(table).where(table.c.network_id == THIS_NETWORK)).mappings()
                ]
                for name, table in sorted(Base.metadata.tables.items())
                if name in self.tables and "network_id" in table.c
            }
        labels = {str(self.network_id): "network"}
        for name, rows in found.items():
            ids = sorted(row["id"] for row in rows if "id" in row)
            labels.update((str(id_), f"{name}#{place}") for place, id_ in enumerate(ids))
        for row in (*found["core_sale"], *found["core_idempotency"]):
            row.pop("fingerprint", None)
            row.pop("request", None)

        def labelled(row: dict[str, Any]) -> str:
            text = json.dumps(row, sort_keys=True, default=str)
            return re.sub(r"\d{15,}", lambda id_: labels.get(id_[0], id_[0]), text)

        return {name: sorted(map(labelled, rows)) for name, rows in found.items()}


def _line(line: counting.Line) -> RecordedLine:
    off = (RecordedAdjustment("agreed", line.off),) if line.off else ()
    return RecordedLine(
        line.key, line.item, "Hair", line.kind, line.quantity, line.listed, line.listed, line.invoiced, off
    )


def _payment(payment: counting.Payment) -> RecordedPayment:
    shares = tuple(PaymentShare(*share) for share in payment.shares)
    return RecordedPayment(payment.name, payment.tender, payment.amount, payment.at, shares)
