"""Random histories: hypothesis chooses what happens, the salon tells, compares and checks.

A rule is a field of work, and draws what is done there: so every field has its part in a history, however many verbs
the others have.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.stateful.counting import TENDERS, Line, Rules
from tests.stateful.salon import CLIENTS, ZONES, Portion, Salon

VISITS = ("v1", "v2", "v3", "v4")
STATUSES = ("arrived", "arrived", "arrived", "no_show", "confirmed", "cancelled")
KINDS = ("service", "service", "goods", "fee", "gift_card", "membership", "top_up")

ANN, PODIL = CLIENTS[0], next(iter(ZONES))
clients = some.just(ANN) | some.sampled_from(CLIENTS)
branches = some.just(PODIL) | some.sampled_from(tuple(ZONES))
"""One client at one branch more often than not, so that things meet."""

visit_names, statuses = some.sampled_from(VISITS), some.sampled_from(STATUSES)
days, hours = some.integers(-9, 2), some.sampled_from((12, 12, 22, 3))
"""Twice as often noon, so that things happen at one moment; 22 and 3 are other days in Kyiv and New York."""

visits = some.tuples(visit_names, clients, branches, statuses, days, hours)
times = some.sampled_from((1, 1, 1, 2))
picks = some.integers(0, 11)
portions: some.SearchStrategy[Portion] = some.tuples(
    some.sampled_from(tuple(TENDERS)), some.sampled_from((4, 4, 3, 2, 1, 5)), some.booleans()
)
payments = some.lists(portions, min_size=1, max_size=3) | some.just([])
amounts = some.sampled_from((0, 999, 2500))
percents = some.sampled_from((0, 300, 500, 700, 10_000))
rules = some.one_of(
    some.tuples(some.just("visits"), some.integers(1, 3), some.sampled_from((300, 500, 700))),
    some.tuples(
        some.sampled_from(("sold", "paid")),
        some.sampled_from((1, 999, 1000, 2500, 5000)),
        some.sampled_from((300, 500, 700)),
    ),
)
programmes = some.builds(
    Rules,
    some.one_of(
        some.lists(rules, min_size=1, max_size=4, unique_by=lambda rule: rule[:2]),
        some.lists(rules, max_size=4),
    ).map(tuple),
    some.sampled_from((3, 1, 2, 5, None)),
    some.booleans(),
)


Told = tuple[str, dict[str, Any]]
"""What is done, a method of `Histories`, and with what."""


def told(verb: str, **arguments: some.SearchStrategy[Any]) -> some.SearchStrategy[Told]:
    return some.tuples(some.just(verb), some.fixed_dictionaries(arguments))


@some.composite
def invoice_lines(draw: some.DrawFn) -> list[Line]:
    """Lines of one amount or of several, mostly of three pieces: things that do not divide evenly."""
    amount = some.sampled_from((1000, 999, 3333, 100, 1, 0))
    common = draw(some.none() | amount)
    found = []
    for key in "abc"[: draw(some.integers(1, 3))]:
        listed = draw(amount) if common is None else common
        off = min(listed, draw(some.sampled_from((0, 0, 1, 333, 5000))))
        item, kind = draw(some.sampled_from(("cut", "dye"))), draw(some.sampled_from(KINDS))
        found.append(Line(key, item, kind, draw(some.sampled_from((3000, 1000, 3000, 1))), listed, off))
    return found


def mostly(usual: some.SearchStrategy[Told], *others: some.SearchStrategy[Told]) -> some.SearchStrategy[Told]:
    """Draw the usual as often as all others together."""
    return some.one_of(*(usual for _ in others), *others)


VISIT_VERBS = mostly(
    told(
        "save_visit",
        name=visit_names,
        client=clients,
        branch=branches,
        status=statuses,
        days=days,
        hour=hours,
        times=times,
    ),
    told("change_visit", pick=picks, status=statuses),
    told("change_visit", pick=picks, days=days),
    told("change_visit", pick=picks, client=clients),
    told("delete_visit", pick=picks),
    told("give_visit_a_discount", pick=picks, percent=some.none() | percents),
    told(
        "load_visits",
        given=some.lists(visits, min_size=2, max_size=3, unique_by=lambda visit: visit[0]),
        judge=some.booleans(),
    ),
)
INVOICE_VERBS = mostly(
    told("sell_at_visit", pick=picks, lines=invoice_lines(), portions=payments, days=days, times=times),
    told(
        "sell",
        client=some.one_of(clients, clients, some.none()),
        branch=branches,
        visit=some.one_of(some.none(), some.none(), visit_names),
        lines=invoice_lines(),
        portions=payments,
        days=days,
        hour=hours,
    ),
    told(
        "open",
        name=some.sampled_from(("o1", "o2")),
        client=clients,
        branch=branches,
        days=some.integers(-12, 2),
        since_last=some.none() | some.integers(1, 6),
        visits=some.integers(0, 3),
        no_shows=some.integers(0, 1),
        invoiced=amounts,
        off=amounts,
        paid=amounts,
    ),
)
MONEY_VERBS = mostly(
    told(
        "refund",
        pick=picks,
        parts=some.lists(
            some.tuples(some.integers(0, 2), some.sampled_from((1, 1, 1, 2, 3, 4))), min_size=1, max_size=2
        ),
        times=times,
    ),
    told("pay", pick=picks, portion=portions, name=some.one_of(some.none(), some.none(), some.just("p0"))),
    told("void", pick=picks, times=times),
    told("send_again", pick=picks, what=some.sampled_from(("invoice", "changed invoice", "payment", "payment"))),
)
OFFICE_VERBS = mostly(
    told("save_programme", branch=branches, given=programmes),
    told(
        "set_by_hand",
        client=clients,
        branch=branches,
        value=percents,
        days=some.none() | some.integers(0, 4),
        lapses=some.booleans(),
    ),
    told("set_by_hand", client=clients, branch=branches, value=some.just(10_001), days=some.none()),
    told("set_by_hand", client=clients, branch=branches, value=percents, days=some.just(-1)),
    told("return_to_automatic", client=clients, branch=branches),
    told("recalculate", client=clients),
    told("reassess"),
    told("count_per_day", on=some.booleans()),
    told("switch", plugin=some.sampled_from(("discount_rules", "branch")), on=some.booleans()),
    told("abandon", visit=visits, branch=branches, given=programmes),
)


class Histories(RuleBasedStateMachine):
    """What may happen in two branches with three clients in a few days."""

    def __init__(self) -> None:
        super().__init__()
        self.salon = self.found()

    def found(self) -> Salon:
        """Return a salon without a history; who runs the machine says where."""
        raise NotImplementedError

    @initialize(given=programmes, per_day=some.booleans())
    def begin(self, given: Rules, per_day: bool) -> None:
        if per_day:
            self.salon.count_per_day(True)
        self.save_programme(PODIL, given)

    @rule(what=VISIT_VERBS)
    def visits(self, what: Told) -> None:
        self.do(what)

    @rule(what=INVOICE_VERBS)
    def invoices(self, what: Told) -> None:
        self.do(what)

    @precondition(lambda self: self.salon.model.sales)
    @rule(what=MONEY_VERBS)
    def money(self, what: Told) -> None:
        self.do(what)

    @rule(what=OFFICE_VERBS)
    def office(self, what: Told) -> None:
        self.do(what)

    @rule(days=some.integers(1, 4), hour=hours, daily_job=some.sampled_from(("last", "each", "none")))
    def days_pass(self, days: int, hour: int, daily_job: str) -> None:
        self.salon.days_pass(days, hour, daily_job)

    def teardown(self) -> None:
        if self.salon.holds:  # else the failure is known, and another one would hide it
            self.salon.check_all()

    def do(self, what: Told) -> None:
        """Do one thing: here, where something is to be picked, else in the salon itself."""
        verb, arguments = what
        (getattr(self, verb, None) or getattr(self.salon, verb))(**arguments)

    # What is picked among what there is

    def a_visit(self, pick: int) -> str:
        """Return a visit that there is, most times; `pick` 11 takes one that was never told of."""
        names = [*self.salon.model.visits]
        return names[pick % len(names)] if names and pick < 11 else "never"

    def a_sale(self, pick: int, *states: str) -> str:
        """Return a sale in one of these states, most times; `pick` 11 takes any."""
        sales = self.salon.model.sales
        fitting = [name for name, sale in sales.items() if sale.state in states and pick < 11]
        names = fitting or list(sales)
        return names[pick % len(names)]

    def save_visit(self, **visit: Any) -> None:
        self.salon.visit(**visit)

    def change_visit(self, pick: int, **change: Any) -> None:
        if self.salon.model.visits:
            self.salon.change_visit(self.a_visit(pick % 11), **change)

    def delete_visit(self, pick: int) -> None:
        self.salon.delete(self.a_visit(pick))

    def give_visit_a_discount(self, pick: int, percent: int | None) -> None:
        self.salon.give(self.a_visit(pick), percent)

    def load_visits(self, given: list[Any], judge: bool) -> None:
        self.salon.load([self.salon.a_visit(*each) for each in given], judge)

    def sell(self, **invoice: Any) -> None:
        self.salon.invoice(**invoice)

    def sell_at_visit(self, pick: int, **invoice: Any) -> None:
        """Record an invoice of a visit, or of no visit where there is none."""
        visit = self.salon.model.visits.get(self.a_visit(pick % 11))
        if visit is None:
            self.salon.invoice(ANN, PODIL, **invoice)
        else:
            self.salon.invoice(visit.client, visit.branch, visit=visit.name, **invoice)

    def pay(self, pick: int, portion: Portion, name: str | None) -> None:
        self.salon.pay(self.a_sale(pick, "issued", "part_paid"), portion, name)

    def refund(self, pick: int, parts: list[tuple[int, int]], times: int) -> None:
        """Return lines, given by place and how many thirds of each: no more than what is left, but for four."""
        name = self.a_sale(pick, "paid", "part_paid", "part_refunded")
        sale = self.salon.model.sales[name]
        lines = {}
        for place, thirds in parts:
            line = sale.invoice.lines[place % len(sale.invoice.lines)]
            left = line.quantity - sale.back.get(line.key, 0)
            much = line.quantity * thirds // 3
            lines[line.key] = max(1, much if thirds > 3 else min(left, much))
        self.salon.refund(name, list(lines.items()), times)

    def void(self, pick: int, times: int) -> None:
        name = self.a_sale(pick, "issued")
        self.salon.void(name, times if self.salon.model.sales[name].state == "issued" else 1)

    def send_again(self, pick: int, what: str) -> None:
        """Send what is known, or an invoice with other lines."""
        name = self.a_sale(pick, "void", "part_paid", "refunded")
        if what == "payment" and self.salon.model.sales[name].paid:
            self.salon.pay_again(name, pick)
        else:
            self.salon.send_again(name, otherwise=what == "changed invoice")

    def save_programme(self, branch: str, given: Rules) -> None:
        self.salon.programme(branch, *given.rules, inactive=given.inactive_days, since_reset=given.since_reset)

    def set_by_hand(self, lapses: bool = False, **value: Any) -> None:
        self.salon.by_hand(lapses=lapses, **value)

    def return_to_automatic(self, client: str, branch: str) -> None:
        """Return what was set first, or what never was."""
        by_hand = self.salon.model.by_hand
        self.salon.automatic(*next(iter(by_hand), (client, branch)))

    def abandon(self, visit: Any, branch: str, given: Rules) -> None:
        self.salon.abandon(self.salon.a_visit(*visit), branch, given)
