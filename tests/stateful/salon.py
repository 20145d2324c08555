"""A salon whose history is told to the model and to the product on each database at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from loyalty_core.plugging.loading import Plugins
from tests.stateful import checks
from tests.stateful.counting import Invoice, Line, Opening, Payment, Rules, Sale, Visit
from tests.stateful.model import DONE, SAME, Model, Outcome
from tests.stateful.sides import Founded, Side

CLIENTS = ("ann", "bob", "cem")
ZONES = {"podil": ZoneInfo("Europe/Kyiv"), "obolon": ZoneInfo("America/New_York")}
FIRST_DAY = date(2026, 3, 26)
"""Three days before the clocks change in Kyiv."""

Portion = tuple[str, int, bool]
"""How to pay: the tender, how many quarters of what is due (five: too much), and whether shares by line are sent."""


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


class Salon:
    """Tells, compares, checks. Days are given relative to today, hours in UTC."""

    def __init__(self, engines: Mapping[str, Engine], plugins: Plugins, number: int = 0) -> None:
        self.day = FIRST_DAY
        self.model = Model(ZONES, at(self.day, 12))
        founded = Founded(number, plugins, self.model.now, ZONES, CLIENTS)
        self.sides = [Side(name, engine, founded) for name, engine in engines.items()]
        self.up_to_date = True
        self.steps = 0
        self.holds = True
        self._names = count(1)

    def _tell(self, expected: Outcome, act: Callable[[Side], Outcome], *, times: int = 1) -> None:
        """Do something on each side, expect one outcome, and check what is kept; a refusal writes nothing.

        With `times` 2 the same is sent again, with the same key.
        """
        self.steps += 1
        self.holds = False
        for side in self.sides:
            for turn in range(times):
                written = side.written()
                found = act(side)
                assert found == expected, f"on {side.name}: {found}, expected {expected}"
                if turn or (expected != DONE and (times == 1 or expected != SAME)):  # a key leaves a row of its own
                    assert side.written() == written, f"{expected} wrote something on {side.name}"
                else:
                    assert not side.changed_twice(written), f"standing went to and fro on {side.name}"
        self.check()
        self.holds = True

    def check(self) -> None:
        """Check the cheap invariants."""
        for side in self.sides:
            with side.reading() as unit:
                checks.check_totals(self.model, side, unit)
                if self.up_to_date:
                    checks.check_standing(self.model, side, unit)
                checks.check_sales(self.model, side, unit)

    def check_all(self) -> None:
        """Run the daily job and check everything, also that all databases hold the same."""
        self.run_daily_job()
        for side in self.sides:
            with side.reading() as unit:
                checks.check_shares(self.model, side, unit)
                checks.check_visits(self.model, side, unit)
                checks.check_before(self.model, side, unit)
                checks.check_audit(side, unit)
            checks.check_recomputing(side)
        first, *others = [side.dump() for side in self.sides]
        for other in others:
            for table, rows in first.items():
                assert other[table] == rows, f"{table} differs between the databases"

    def _key(self, times: int) -> str | None:
        return f"key-{next(self._names)}" if times > 1 else None

    # Facts

    def a_visit(self, name: str, client: str, branch: str, status: str, days: int, hour: int) -> Visit:
        return Visit(name, client, branch, status, at(self.day + timedelta(days), hour))

    def visit(self, name: str, client: str, branch: str, status: str, days: int, hour: int, times: int = 1) -> None:
        given = self.a_visit(name, client, branch, status, days, hour)
        key = self._key(times)
        self._tell(self.model.save_visit(given), lambda side: side.save_visit(given, key), times=times)

    def change_visit(
        self, name: str, status: str | None = None, days: int | None = None, client: str | None = None
    ) -> None:
        """Change one thing about a visit: its status, its day, or whose it is."""
        old = self.model.visits[name]
        moved = old.at if days is None else at(self.day + timedelta(days), old.at.hour)
        given = replace(
            old, status=status or old.status, at=moved, client=client or old.client, number=0, deleted=False
        )
        self._tell(self.model.save_visit(given), lambda side: side.save_visit(given, None))

    def load(self, given: Sequence[Visit], judge: bool) -> None:
        """Save several visits at once, all or none."""
        tried = deepcopy(self.model)
        outcomes = [tried.save_visit(each) for each in given]
        refused = tuple(code for each in outcomes if isinstance(each, tuple) for code in each)
        if not refused:
            self.model = tried
        self._tell(
            refused or (DONE if DONE in outcomes or not judge else SAME), lambda side: side.save_visits(given, judge)
        )
        self.up_to_date |= not judge and not refused

    def delete(self, name: str) -> None:
        self._tell(self.model.delete_visit(name), lambda side: side.delete_visit(name))

    def give(self, name: str, percent: int | None) -> None:
        self._tell(self.model.give_visit(name, percent), lambda side: side.give_visit(name, percent))

    def invoice(
        self,
        client: str | None,
        branch: str,
        lines: Sequence[Line],
        portions: Sequence[Portion] = (),
        visit: str | None = None,
        days: int = 0,
        hour: int = 12,
        name: str | None = None,
        times: int = 1,
    ) -> str:
        """Record an invoice; of a visit that is known, for the visit's client and branch."""
        name = name or f"invoice-{next(self._names)}"
        issued_at = at(self.day + timedelta(days), hour)
        empty = Invoice(name, client, branch, visit, issued_at, tuple(lines), ())
        invoice = replace(empty, payments=_payments(empty, portions))
        key = self._key(times)
        self._tell(self.model.record(invoice), lambda side: side.record(invoice, key), times=times)
        return name

    def send_again(self, name: str, *, otherwise: bool) -> None:
        """Send a known invoice again, with the same content or with other lines."""
        invoice = self.model.sales[name].invoice
        if otherwise:
            invoice = replace(invoice, lines=(*invoice.lines, Line("more", "cut", "service", 1000, 100, 0)))
        self._tell(self.model.record(invoice), lambda side: side.record(invoice, None))

    def pay(self, name: str, portion: Portion, payment: str | None = None) -> None:
        payment = payment or f"payment-{next(self._names)}"
        given = _portion(self.model.sales[name], portion, payment, self.model.now)
        given = replace(given, amount=max(given.amount, 1))
        self._tell(self.model.pay(name, given), lambda side: side.pay(name, given))

    def pay_again(self, name: str, place: int) -> None:
        """Send a known payment again."""
        paid = list(self.model.sales[name].paid.values())
        given, _shares = paid[place % len(paid)]
        self._tell(self.model.pay(name, given), lambda side: side.pay(name, given))

    def refund(self, name: str, lines: Sequence[tuple[str, int]], times: int = 1) -> None:
        """Return lines, given by key and thousandths."""
        key = self._key(times)
        self._tell(self.model.refund(name, lines), lambda side: side.refund(name, lines, key), times=times)

    def void(self, name: str, times: int = 1) -> None:
        key = self._key(times)
        self._tell(self.model.void(name), lambda side: side.void(name, key), times=times)

    def open(
        self,
        name: str,
        client: str,
        branch: str,
        days: int,
        visits: int = 0,
        no_shows: int = 0,
        invoiced: int = 0,
        off: int = 0,
        paid: int = 0,
        since_last: int | None = None,
    ) -> None:
        """Record an opening; its last visit, if any, lies some days before it."""
        opened_on = self.day + timedelta(days)
        last = opened_on - timedelta(since_last or 1) if visits or since_last else None
        amounts = (visits, no_shows, invoiced + off, invoiced, paid)
        given = Opening(name, client, branch, opened_on, *amounts, last)
        self._tell(self.model.open(given), lambda side: side.open(given))

    # Rules, hands, the calendar

    def programme(self, branch: str, *rules: tuple[str, int, int], inactive: int | None, since_reset: bool) -> None:
        given = Rules(rules, inactive, since_reset)
        self._tell(self.model.save_programme(branch, given), lambda side: side.save_programme(branch, given))

    def abandon(self, visit: Visit, branch: str, rules: Rules) -> None:
        """Do things in a transaction that fails: nothing of it happened."""
        outcome = deepcopy(self.model).save_programme(branch, rules)
        if isinstance(outcome, str):
            outcome = deepcopy(self.model).save_visit(visit)
        expected = outcome if isinstance(outcome, tuple) else SAME
        self._tell(expected, lambda side: side.abandon(visit, branch, rules))

    def switch(self, plugin: str, on: bool) -> None:
        changed = on != (plugin in self.model.plugins)
        self.model.plugins = self.model.plugins | {plugin} if on else self.model.plugins - {plugin}
        self._tell(DONE, lambda side: side.switch(plugin, on))
        self.up_to_date |= changed

    def count_per_day(self, on: bool) -> None:
        changed = on != self.model.per_day
        self.model.per_day = on
        self._tell(DONE, lambda side: side.count_per_day(on))
        self.up_to_date |= changed

    def by_hand(self, client: str, branch: str, value: int, days: int | None, lapses: bool) -> None:
        last = None if days is None else timedelta(days)
        until = None if last is None else self.model.today(branch) + last
        self._tell(
            self.model.set_by_hand(client, branch, value, last, lapses),
            lambda side: side.set_by_hand(client, branch, value, until, lapses),
        )

    def automatic(self, client: str, branch: str) -> None:
        expected = self.model.return_to_automatic(client, branch)
        self._tell(expected, lambda side: side.return_to_automatic(client, branch))

    def recalculate(self, client: str) -> None:
        self._count_alike(lambda side: side.recalculate(client))

    def reassess(self) -> None:
        self._count_alike(lambda side: side.reassess())
        self.up_to_date = True
        self.check()

    def run_daily_job(self) -> None:
        self._count_alike(lambda side: side.run_daily_job())
        self.up_to_date = True
        self.check()

    def days_pass(self, days: int, hour: int, daily_job: str) -> None:
        """Move the clock; the daily job runs on `each` day, on the `last`, or on `none`."""
        for passed in range(1, days + 1):
            self.day += timedelta(1)
            self.model.now = at(self.day, hour)
            for side in self.sides:
                side.clock.set(self.model.now)
            self.up_to_date = False
            if daily_job == "each" or (daily_job == "last" and passed == days):
                self.run_daily_job()

    def _count_alike(self, act: Callable[[Side], int]) -> None:
        """Let each side count its changes: as many on each."""
        self.steps += 1
        found = {act(side) for side in self.sides}
        assert len(found) == 1, f"the databases count differently: {found}"


def _payments(invoice: Invoice, portions: Sequence[Portion]) -> tuple[Payment, ...]:
    """Return the payments of an invoice, each a portion of what the ones before it left due."""
    sale = Sale(invoice, 0)
    paid = []
    for number, portion in enumerate(portions):
        payment = _portion(sale, portion, f"p{number}", invoice.at)
        if not payment.amount:
            continue
        paid.append(payment)
        if payment.amount > sum(sale.due().values()):
            break
        sale.pay(payment)
    return tuple(paid)


def _portion(sale: Sale, portion: Portion, name: str, paid_at: datetime) -> Payment:
    tender, quarters, by_line = portion
    due = sale.due()
    amount = sum(due.values()) * quarters // 4 + (quarters > 4)
    if not by_line or not 0 < amount <= sum(due.values()):
        return Payment(name, tender, amount, paid_at)
    left, shares = amount, []
    for key, each in due.items():
        shares.append((key, min(left, each)))
        left -= shares[-1][1]
    return Payment(name, tender, amount, paid_at, tuple(shares))
