"""The standing before a visit equals a plain computation over the facts, for random histories (SEMANTICS 4).

The reference below shares no code with the product: it sorts facts by time and id, and adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.facts.invoice import Opening, RecordedInvoice, ReturnedLine
from loyalty_core.facts.programme import JudgedOn
from loyalty_core.facts.totals import Totals
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services import invoices, openings, visits
from loyalty_core.services.before_visit import Cut, before
from loyalty_core.testing.house import START, House, a_line, at, days

ARRIVED, MISSED, BOOKED = VisitStatus.ARRIVED, VisitStatus.NO_SHOW, VisitStatus.CONFIRMED
LATER = 2**62

Rules = list[tuple[str, int, int]]


@dataclass(frozen=True)
class Told:
    """One thing that happened on a day, told to the product; `status` absent: goods without a visit."""

    day: int
    hour: int
    status: VisitStatus | None
    branch: str
    sold: int
    paid: int
    returned: bool

    @property
    def is_returned(self) -> bool:
        """Whether the line comes back: one that nothing was paid on cannot."""
        return self.returned and (self.paid > 0 or self.sold == 0)


@dataclass(frozen=True)
class Fact:
    """The same as it counts."""

    at: datetime
    id: int
    day: date
    visits: int = 0
    no_shows: int = 0
    sold: int = 0
    paid: int = 0
    visited_on: date | None = None
    bought_on: date | None = None


@dataclass(frozen=True)
class Wanted:
    """A programme; and an opening of so many visits, so many days before the start."""

    rules: Rules
    inactive_days: int | None
    judged_on: JudgedOn
    opened: tuple[int, int] | None


def rules() -> st.SearchStrategy[Rules]:
    one = st.tuples(st.sampled_from(["visits", "sold", "paid"]), st.integers(1, 5), st.sampled_from([300, 500, 700]))
    return st.lists(one, max_size=4, unique_by=lambda rule: rule[:2])


TOLD = st.builds(
    Told,
    day=st.integers(0, 30),
    hour=st.sampled_from([9, 12]),
    status=st.sampled_from([ARRIVED, ARRIVED, ARRIVED, MISSED, BOOKED, None]),
    branch=st.sampled_from(["podil", "podil", "podil", "obolon"]),
    sold=st.integers(0, 3),
    paid=st.integers(0, 3),
    returned=st.booleans(),
)
WANTED = st.builds(
    Wanted,
    rules=rules(),
    inactive_days=st.sampled_from([None, 3, 10]),
    judged_on=st.sampled_from(list(JudgedOn)),
    opened=st.none() | st.tuples(st.integers(1, 3), st.integers(1, 15)),
)


def fact_of(told: Told, id_: int) -> Fact:
    """Return what something counts for once everything is told."""
    when, day = at(START + days(told.day), told.hour), START + days(told.day)
    sold, paid = (0, 0) if told.is_returned else (told.sold, min(told.sold, told.paid))
    if told.status is None:
        return Fact(when, id_, day, sold=sold, paid=paid, bought_on=None if told.is_returned else day)
    if told.status is MISSED:
        return Fact(when, id_, day, no_shows=1)
    if told.status is BOOKED:
        return Fact(when, id_, day)
    return Fact(when, id_, day, visits=1, sold=sold, paid=paid, visited_on=day)


def totals_of(facts: Sequence[Fact]) -> Totals:
    visited = [fact.visited_on for fact in facts if fact.visited_on]
    bought = [fact.bought_on for fact in facts if fact.bought_on]
    sold = sum(fact.sold for fact in facts)
    return Totals(
        visits=sum(fact.visits for fact in facts),
        no_shows=sum(fact.no_shows for fact in facts),
        invoiced_minor=sold,
        listed_minor=sold,
        paid_minor=sum(fact.paid for fact in facts),
        first_day=min([*visited, *bought], default=None),
        visited_on=max(visited, default=None),
        bought_on=max(bought, default=None),
    )


def percent_of(wanted: Wanted, facts: Sequence[Fact], on: date) -> int | None:
    """Return the discount that the rules give on a day to whoever has these facts."""
    visited = sorted({fact.visited_on for fact in facts if fact.visited_on})
    bought = [fact.bought_on for fact in facts if fact.bought_on]
    last = visited[-1] if visited else max(bought, default=None)
    limit = wanted.inactive_days
    if limit is not None and last is not None and (on - last).days > limit:
        return None
    if limit is not None and wanted.judged_on is JudgedOn.SINCE_RESET:
        ends = [later for earlier, later in pairwise(visited) if (later - earlier).days > limit]
        facts = [fact for fact in facts if not ends or (fact.visited_on or fact.day) >= ends[-1]]
    totals = totals_of(facts)
    figures = {"visits": totals.visits, "sold": totals.invoiced_minor, "paid": totals.paid_minor}
    return max((bp for metric, threshold, bp in wanted.rules if figures[metric] >= threshold), default=None)


def an_invoice(house: House, told: Told) -> RecordedInvoice:
    line, day = a_line(told.sold), START + days(told.day)
    return house.an_invoice(None, day, line, paid=min(told.sold, told.paid), branch=told.branch, hour=told.hour)


def tell(house: House, name: str, wanted: Wanted, history: Sequence[Told]) -> list[int]:
    """Tell the product what happened, in one unit; return the ids of visits and sales that facts rest on."""
    client_id = house.client(name)
    templates = [an_invoice(house, told) for told in history]
    ids = []
    with house.work() as unit:
        if wanted.opened is not None:
            number, ago = wanted.opened
            branch_id, last_visit_on = house.branches["podil"], START - days(ago)
            opening = Opening("tests", name, branch_id, client_id, START, number, 0, 0, 0, 0, last_visit_on)
            openings.record_many(unit, [opening])
        for place, told in enumerate(history):
            branch_id, when = house.branches[told.branch], at(START + days(told.day), told.hour)
            visit_id = None
            if told.status is not None:
                visit = VisitInput("tests", f"{name}-{place}", branch_id, client_id, told.status, when)
                visit_id = visits.save(unit, visit).id
            sale_id = 0
            if told.sold or visit_id is None:
                invoice = replace(templates[place], client_id=client_id, visit_id=visit_id)
                sale_id = invoices.record(unit, invoice).id
                if told.is_returned:
                    invoices.refund(unit, sale_id, [ReturnedLine("1", 1000)], "tests")
            ids.append(visit_id or sale_id)
    return ids


names = (f"client-{number}" for number in count(1))


@settings(max_examples=25)
@given(wanted=WANTED, history=st.lists(TOLD, max_size=8), asked=st.integers(0, 45))
def test_it_equals_the_reference_for_every_visit_and_sale(
    house: House, wanted: Wanted, history: list[Told], asked: int
) -> None:
    name = next(names)
    house.programme(wanted.rules, wanted.inactive_days, judged_on=wanted.judged_on)
    ids = tell(house, name, wanted, history)
    here = [fact_of(told, id_) for told, id_ in zip(history, ids, strict=True) if told.branch == "podil"]
    cuts = [(fact.at, fact.id, fact.day) for fact in here] + [(at(START + days(asked)), LATER, START + days(asked))]
    if wanted.opened is not None:
        number, ago = wanted.opened
        here.append(Fact(at(START, 0), 0, START, visits=number, visited_on=START - days(ago)))
    client_id, branch_id = house.client(name), house.branches["podil"]
    with house.reading() as unit:
        asks = [Cut(place, client_id, branch_id, None, *cut) for place, cut in enumerate(cuts)]
        found = before(unit, asks)
    for place, (when, id_, day) in enumerate(cuts):
        earlier = [fact for fact in here if (fact.at, fact.id) < (when, id_)]
        answer = found[place]
        assert answer.totals == totals_of(earlier)
        assert (answer.discount and answer.discount.value) == percent_of(wanted, earlier, day)
