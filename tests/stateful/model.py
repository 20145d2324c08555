"""One network as it should be: the judge of random histories.

It shares no code with the product. Facts are kept as they were told, and every figure is computed from all of them
each time it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.stateful.counting import (
    TENDERS,
    ByHand,
    Fact,
    Given,
    Invoice,
    Opening,
    Payment,
    Rules,
    Sale,
    Totals,
    Visit,
    judged,
    part,
    totals_of,
)

DONE, SAME = "done", "same"
Outcome = str | tuple[str, ...]
"""What comes of a verb: `DONE`, `SAME` when everything was so already, or the codes of a refusal."""

Place = tuple[str, str]
"""A client and a branch."""


class Model:
    """One network as it should be; `now` is the clock."""

    def __init__(self, zones: dict[str, ZoneInfo], now: datetime) -> None:
        self.zones = zones
        self.now = now
        self.per_day = False
        self.plugins = {"branch", "discount_rules"}
        self.visits: dict[str, Visit] = {}
        self.sales: dict[str, Sale] = {}
        self.openings: dict[str, Opening] = {}
        self.programmes: dict[str, Rules] = {}
        self.by_hand: dict[Place, ByHand] = {}
        self.own_discounts: dict[str, int | None] = {}
        self._number = 0

    # Time and counting

    def day(self, branch: str, at: datetime) -> date:
        return at.astimezone(self.zones[branch]).date()

    def today(self, branch: str) -> date:
        return self.day(branch, self.now)

    def rules(self, branch: str) -> Rules:
        """Return what is in force: a programme works while its own plugin and that of its rules are switched on."""
        works = self.plugins >= {"branch", "discount_rules"}
        return self.programmes.get(branch, Rules()) if works else Rules()

    def facts(self, client: str, branch: str) -> list[Fact]:
        """Return all that counts for a client at a branch."""
        found = [*self._visit_facts(client, branch), *self._sale_facts(client, branch)]
        for each in self.openings.values():
            if (each.client, each.branch) == (client, branch):
                at = datetime.combine(each.opened_on, time(), self.zones[branch]).astimezone(UTC)
                sums = (each.visits, each.no_shows, each.invoiced, each.listed, each.paid)
                found.append(Fact(at, each.number, each.opened_on, *sums, visited=each.last_visit_on))
        return found

    def _visit_facts(self, client: str, branch: str) -> Iterator[Fact]:
        seen: set[tuple[str, date]] = set()
        for each in sorted(self.visits.values(), key=lambda visit: (visit.at, visit.number)):
            if each.deleted or (each.client, each.branch) != (client, branch):
                continue
            day = self.day(branch, each.at)
            one = 0 if self.per_day and (each.status, day) in seen else 1
            seen.add((each.status, day))
            if each.status == "arrived":
                yield Fact(each.at, each.number, day, visits=one, visited=day)
            elif each.status == "no_show":
                yield Fact(each.at, each.number, day, no_shows=one)

    def _sale_facts(self, client: str, branch: str) -> Iterator[Fact]:
        for sale in self.sales.values():
            invoice = sale.invoice
            if sale.void or (invoice.client, invoice.branch) != (client, branch):
                continue
            rests_on: Visit | Sale = sale
            at = invoice.at
            if invoice.visit is not None:
                rests_on = self.visits[invoice.visit]
                at = rests_on.at
                if rests_on.deleted or rests_on.status != "arrived":
                    continue
            counted = [line for line in invoice.lines if line.counts]
            left = {line.key: (line, sale.back.get(line.key, 0)) for line in counted}
            day = self.day(branch, at)
            kept = any(back < line.quantity for line, back in left.values())
            yield Fact(
                at,
                rests_on.number,
                day,
                invoiced=sum(line.invoiced - part(line.invoiced, back, line.quantity) for line, back in left.values()),
                listed=sum(line.listed - part(line.listed, back, line.quantity) for line, back in left.values()),
                paid=sum(
                    amount - part(amount, left[key][1], left[key][0].quantity)
                    for payment, shares in sale.paid.values()
                    if TENDERS[payment.tender]
                    for key, amount in shares.items()
                    if key in left
                ),
                bought=day if invoice.visit is None and kept else None,
            )

    def totals(self, client: str, branch: str) -> Totals:
        return totals_of(self.facts(client, branch))

    def standing(self, client: str, branch: str, today: date) -> Given | None:
        """Return the personal discount that a client has at a branch on a day, as far as facts are known now."""
        by_hand = self.by_hand.get((client, branch))
        return judged(self.facts(client, branch), self.rules(branch), by_hand, today)

    def before(
        self, client: str, branch: str, at: datetime, number: int, visit: str | None
    ) -> tuple[Totals, int | None]:
        """Return totals and discount before a visit or sale: from what comes earlier, ties by order of recording."""
        facts = [fact for fact in self.facts(client, branch) if (fact.at, fact.number) < (at, number)]
        given = judged(facts, self.rules(branch), self.by_hand.get((client, branch)), self.day(branch, at))
        discount = given[0] if given else None
        if visit in self.own_discounts and "discount_rules" in self.plugins:
            discount = self.own_discounts[visit]
        return totals_of(facts), discount

    # What is told

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def save_visit(self, given: Visit) -> Outcome:
        old = self.visits.get(given.name)
        if old is None:
            self.visits[given.name] = replace(given, number=self.next_number())
            return DONE
        new = replace(given, number=old.number)
        if new == old:
            return SAME
        if (new.client, new.branch) != (old.client, old.branch) and self._invoiced(given.name):
            return ("visit_has_invoice",)
        self.visits[given.name] = new
        return DONE

    def delete_visit(self, name: str) -> Outcome:
        old = self.visits.get(name)
        if old is None or old.deleted:
            return ("unknown_visit",)
        if self._invoiced(name):
            return ("visit_has_invoice",)
        self.visits[name] = replace(old, deleted=True)
        return DONE

    def _invoiced(self, visit: str) -> bool:
        return any(sale.invoice.visit == visit and not sale.void for sale in self.sales.values())

    def record(self, invoice: Invoice) -> Outcome:
        sale = Sale(invoice, self._number + 1)
        if sum(payment.amount for payment in invoice.payments) > sale.owed:
            return ("overpaid",)
        if invoice.name in self.sales:
            return SAME if self.sales[invoice.name].invoice == invoice else ("recorded_differently",)
        if invoice.visit is not None:
            visit = self.visits.get(invoice.visit)
            if visit is None or visit.deleted:
                return ("unknown_visit",)
            if visit.client != invoice.client:
                return ("other_client",)
            if visit.branch != invoice.branch:
                return ("other_branch",)
        self.next_number()
        for payment in invoice.payments:
            sale.pay(payment)
        self.sales[invoice.name] = sale
        return DONE

    def pay(self, name: str, payment: Payment) -> Outcome:
        sale = self.sales[name]
        if payment.name in sale.paid:
            known, shares = sale.paid[payment.name]
            sent = {key: amount for key, amount in payment.shares if amount}
            same = replace(known, shares=()) == replace(payment, shares=()) and sent in ({}, shares)
            return SAME if same else ("recorded_differently",)
        if sale.state in ("void", "part_refunded", "refunded"):
            return ("invoice_closed",)
        if payment.amount > sum(sale.due().values()):
            return ("overpaid",)
        if any(amount > sale.due()[key] for key, amount in payment.shares):
            return ("line_overpaid",)
        sale.pay(payment)
        return DONE

    def refund(self, name: str, lines: Sequence[tuple[str, int]]) -> Outcome:
        sale = self.sales[name]
        quantity = {line.key: line.quantity for line in sale.invoice.lines}
        codes = ["not_refundable"] if sale.state in ("void", "issued") else []
        codes.extend("too_much" for key, much in lines if much > quantity[key] - sale.back.get(key, 0))
        if codes:
            return tuple(codes)
        for key, much in lines:
            sale.back[key] = sale.back.get(key, 0) + much
        return DONE

    def void(self, name: str) -> Outcome:
        sale = self.sales[name]
        if sale.void:
            return ("already_void",)
        if sale.paid_amount or sale.back:
            return ("paid",)
        sale.void = True
        return DONE

    def open(self, given: Opening) -> Outcome:
        old = self.openings.get(given.name)
        if old is not None:
            return SAME if replace(old, number=0) == given else ("recorded_differently",)
        self.openings[given.name] = replace(given, number=self.next_number())
        return DONE

    def save_programme(self, branch: str, rules: Rules) -> Outcome:
        if "branch" not in self.plugins:
            return ("unknown_kind",)
        thresholds = [rule[:2] for rule in rules.rules]
        if twice := len(thresholds) - len(set(thresholds)):
            return ("same_threshold",) * twice
        if self.programmes.get(branch) == rules:
            return SAME
        self.programmes[branch] = rules
        return DONE

    def set_by_hand(self, client: str, branch: str, value: int, last: timedelta | None, lapses: bool) -> Outcome:
        today = self.today(branch)
        if value > 10_000:
            return ("too_large",)
        if last is not None and last < timedelta():
            return ("in_the_past",)
        self.by_hand[client, branch] = ByHand(value, today, None if last is None else today + last, lapses)
        return DONE

    def return_to_automatic(self, client: str, branch: str) -> Outcome:
        return DONE if self.by_hand.pop((client, branch), None) else ("not_by_hand",)

    def give_visit(self, name: str, percent: int | None) -> Outcome:
        """Set the discount of one visit."""
        visit = self.visits.get(name)
        if visit is None or visit.deleted:
            return ("unknown_visit",)
        if name in self.own_discounts and self.own_discounts[name] == percent:
            return SAME
        self.own_discounts[name] = percent
        return DONE
