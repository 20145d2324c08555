"""Random histories: hypothesis chooses what happens, the salon tells, compares and checks."""

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


@some.composite
def invoice_lines(draw: some.DrawFn) -> list[Line]:
    found = []
    for key in "abc"[: draw(some.integers(1, 3))]:
        listed = draw(some.sampled_from((1000, 999, 3333, 100, 1, 0)))
        off = min(listed, draw(some.sampled_from((0, 0, 1, 333, 5000))))
        item, kind = draw(some.sampled_from(("cut", "dye"))), draw(some.sampled_from(KINDS))
        found.append(Line(key, item, kind, draw(some.sampled_from((1000, 3000, 1))), listed, off))
    return found


class Histories(RuleBasedStateMachine):
    """What may happen in two branches with three clients in a few days."""

    def __init__(self) -> None:
        super().__init__()
        self.salon = self.found()

    def found(self) -> Salon:
        """Return a salon without a history; who runs the machine says where."""
        raise NotImplementedError

    def any_sale(self) -> bool:
        return bool(self.salon.model.sales)

    def any_visit(self) -> bool:
        return bool(self.salon.model.visits)

    def anything_by_hand(self) -> bool:
        return bool(self.salon.model.by_hand)

    def a_visit(self, pick: int) -> str:
        """Return a visit that there is, most times; `pick` 11 takes one that was never told of."""
        names = [*self.salon.model.visits]
        return names[pick % len(names)] if pick < 11 else "never"

    def a_sale(self, pick: int, *states: str) -> str:
        """Return a sale in one of these states, most times; `pick` 11 takes any."""
        sales = self.salon.model.sales
        fitting = [name for name, sale in sales.items() if sale.state in states and pick < 11]
        names = fitting or list(sales)
        return names[pick % len(names)]

    @initialize(given=programmes, per_day=some.booleans())
    def begin(self, given: Rules, per_day: bool) -> None:
        if per_day:
            self.salon.count_per_day(True)
        self.save_programme(PODIL, given)

    # Visits

    @rule(name=visit_names, client=clients, branch=branches, status=statuses, days=days, hour=hours, times=times)
    def save_visit(self, **visit: Any) -> None:
        self.salon.visit(**visit)

    @precondition(any_visit)
    @rule(
        pick=picks, change=some.one_of(some.tuples(some.just("status"), statuses), some.tuples(some.just("days"), days))
    )
    def change_visit(self, pick: int, change: tuple[str, Any]) -> None:
        self.salon.change_visit(self.a_visit(pick % 11), **dict([change]))

    @precondition(any_visit)
    @rule(pick=picks, client=clients)
    def hand_visit_over(self, pick: int, client: str) -> None:
        self.salon.change_visit(self.a_visit(pick % 11), client=client)

    @rule(
        given=some.lists(
            some.tuples(visit_names, clients, branches, statuses, days, hours),
            min_size=2,
            max_size=3,
            unique_by=lambda visit: visit[0],
        ),
        judge=some.booleans(),
    )
    def load_visits(self, given: list[Any], judge: bool) -> None:
        self.salon.load([self.salon.a_visit(*each) for each in given], judge)

    @precondition(any_visit)
    @rule(pick=picks)
    def delete_visit(self, pick: int) -> None:
        self.salon.delete(self.a_visit(pick))

    @precondition(any_visit)
    @rule(pick=picks, percent=some.none() | percents)
    def give_visit_a_discount(self, pick: int, percent: int | None) -> None:
        self.salon.give(self.a_visit(pick), percent)

    # Invoices

    @precondition(any_visit)
    @rule(pick=picks, lines=invoice_lines(), portions=payments, days=days, times=times)
    def record_invoice_of_visit(self, pick: int, **invoice: Any) -> None:
        visit = self.salon.model.visits[self.a_visit(pick % 11)]
        self.salon.invoice(visit.client, visit.branch, visit=visit.name, **invoice)

    @rule(
        client=some.one_of(clients, clients, some.none()),
        branch=branches,
        visit=some.one_of(some.none(), some.none(), visit_names),
        lines=invoice_lines(),
        portions=payments,
        days=days,
        hour=hours,
    )
    def record_invoice(self, **invoice: Any) -> None:
        self.salon.invoice(**invoice)

    @precondition(any_sale)
    @rule(pick=picks, what=some.sampled_from(("invoice", "changed invoice", "payment")))
    def send_again(self, pick: int, what: str) -> None:
        name = self.a_sale(pick, "void", "part_paid", "refunded")
        if what == "payment" and self.salon.model.sales[name].paid:
            self.salon.pay_again(name, pick)
        else:
            self.salon.send_again(name, otherwise=what == "changed invoice")

    @precondition(any_sale)
    @rule(pick=picks, portion=portions, name=some.one_of(some.none(), some.none(), some.just("p0")))
    def pay(self, pick: int, portion: Portion, name: str | None) -> None:
        self.salon.pay(self.a_sale(pick, "issued", "part_paid"), portion, name)

    @precondition(any_sale)
    @rule(
        pick=picks,
        some_lines=some.lists(
            some.tuples(some.integers(0, 2), some.sampled_from((1, 2, 3, 3, 4))), min_size=1, max_size=2
        ),
        times=times,
    )
    def refund(self, pick: int, some_lines: list[tuple[int, int]], times: int) -> None:
        """Return lines, given by place and how many thirds of what is left of each (four: too much)."""
        name = self.a_sale(pick, "paid", "part_paid", "part_refunded")
        sale = self.salon.model.sales[name]
        lines = {}
        for place, thirds in some_lines:
            line = sale.invoice.lines[place % len(sale.invoice.lines)]
            left = line.quantity - sale.back.get(line.key, 0)
            lines[line.key] = max(1, left * thirds // 3)
        self.salon.refund(name, list(lines.items()), times)

    @precondition(any_sale)
    @rule(pick=picks, times=times)
    def void(self, pick: int, times: int) -> None:
        name = self.a_sale(pick, "issued")
        repeatable = self.salon.model.sales[name].state == "issued"
        self.salon.void(name, times if repeatable else 1)

    @rule(
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
    )
    def open(self, **opening: Any) -> None:
        self.salon.open(**opening)

    # Rules, hands, the calendar

    @rule(branch=branches, given=programmes)
    def save_programme(self, branch: str, given: Rules) -> None:
        self.salon.programme(branch, *given.rules, inactive=given.inactive_days, since_reset=given.since_reset)

    @rule(
        client=clients,
        branch=branches,
        value=percents,
        days=some.none() | some.integers(0, 4),
        lapses=some.booleans(),
        mistake=some.sampled_from(("", "", "", "value", "until")),
    )
    def set_by_hand(self, value: int, days: int | None, mistake: str, **place: Any) -> None:
        wrong = {"value": (10_001, days), "until": (value, -1)}
        percent, last = wrong.get(mistake, (value, days))
        self.salon.by_hand(value=percent, days=last, **place)

    @precondition(anything_by_hand)
    @rule(pick=picks)
    def return_to_automatic(self, pick: int) -> None:
        places = list(self.salon.model.by_hand)
        self.salon.automatic(*places[pick % len(places)])

    @rule(
        pick=some.sampled_from(("recalculate", "reassess", "automatic", "per_day", "plugin", "plugin")),
        on=some.booleans(),
        client=clients,
        branch=branches,
        plugin=some.sampled_from(("discount_rules", "branch")),
    )
    def administer(self, pick: str, on: bool, client: str, branch: str, plugin: str) -> None:
        """Do what is done rarely."""
        if pick == "recalculate":
            self.salon.recalculate(client)
        elif pick == "reassess":
            self.salon.reassess()
        elif pick == "automatic":
            self.salon.automatic(client, branch)
        elif pick == "per_day":
            self.salon.count_per_day(on)
        else:
            self.salon.switch(plugin, on)

    @rule(visit=some.tuples(visit_names, clients, branches, statuses, days, hours), branch=branches, given=programmes)
    def abandon(self, visit: Any, branch: str, given: Rules) -> None:
        self.salon.abandon(self.salon.a_visit(*visit), branch, given)

    @rule(days=some.integers(1, 4), hour=hours, daily_job=some.sampled_from(("last", "each", "none")))
    def days_pass(self, **passing: Any) -> None:
        self.salon.days_pass(**passing)

    def teardown(self) -> None:
        if self.salon.holds:  # else the failure is known, and another one would hide it
            self.salon.check_all()
