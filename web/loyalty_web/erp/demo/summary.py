"""What the demo prints: read from the product's own tables, and the last days priced again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from loyalty_core.engine.rounding import percent_off
from loyalty_core.facts.standing import Element
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.services.before_visit import Cut, before
from loyalty_core.services.chunks import chunks
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Branch, Client, Sale, SaleLine, ScopeBranch, Standing, Totals, Visit
from loyalty_core.storage.work import table_of
from loyalty_web.erp.demo.loading import STEPS

LAST_DAYS = 28

sale, line, visit = table_of(Sale), table_of(SaleLine), table_of(Visit)
branch, client, part = table_of(Branch), table_of(Client), table_of(ScopeBranch)
totals, standing = table_of(Totals), table_of(Standing)

Bars = Callable[[Message, int], Callable[[int], None]]


def _count(table: Any) -> Any:
    return select(func.count()).select_from(table).where(table.c.network_id == THIS_NETWORK)


_SUMS = select(
    func.coalesce(func.sum(totals.c.visits), 0),
    func.coalesce(func.sum(totals.c.listed_minor), 0),
    func.coalesce(func.sum(totals.c.invoiced_minor), 0),
    func.coalesce(func.sum(totals.c.paid_minor), 0),
).where(totals.c.network_id == THIS_NETWORK)
_HOLDERS = (
    select(branch.c.external_id, standing.c.rule, func.count().label("clients"))
    .select_from(
        standing.join(
            part, and_(part.c.network_id == standing.c.network_id, part.c.scope_id == standing.c.scope_id)
        ).join(branch, and_(branch.c.network_id == part.c.network_id, branch.c.id == part.c.branch_id))
    )
    .where(
        standing.c.network_id == THIS_NETWORK,
        standing.c.element == Element.DISCOUNT.value,
        standing.c.rule.is_not(None),
    )
    .group_by(branch.c.external_id, standing.c.rule)
)
_RECENT = (
    select(sale.c.id, sale.c.client_id, sale.c.branch_id, visit.c.id, visit.c.starts_at, visit.c.local_day)
    .select_from(sale.join(visit, and_(visit.c.network_id == sale.c.network_id, visit.c.id == sale.c.visit_id)))
    .where(sale.c.network_id == THIS_NETWORK, visit.c.local_day >= bindparam("since"))
    .order_by(sale.c.id)
)
_LINES = select(line.c.sale_id, line.c.listed_minor, line.c.quantity_milli, line.c.item, line.c.key).where(
    line.c.network_id == THIS_NETWORK, line.c.sale_id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Holders:
    """How many clients hold a discount by one rule at one branch; a threshold of money is in minor units."""

    branch: str
    metric: str
    threshold: int
    percent_bp: int
    clients: int


@dataclass(frozen=True, slots=True)
class Repriced:
    """Invoices of the last days, priced again with the standing before each visit; sums in minor units."""

    days: int
    invoices: int
    discounted_invoices: int
    listed_minor: int
    discount_minor: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What came in and what it led to; sums in minor units."""

    clients: int
    branches: int
    visits: int
    lines: int
    listed_minor: int
    sold_minor: int
    paid_minor: int
    holders: tuple[Holders, ...]
    repriced: Repriced


def figures(unit: Unit, as_of: date, bars: Bars) -> Figures:
    """Read the demo's figures as of a local day, and price the 28 days before it again."""
    # PostgreSQL adds whole numbers up to decimals.
    sums = [int(each) for each in unit.execute(_SUMS).one()]
    counts = [unit.execute(_count(table)).scalar_one() for table in (client, branch, line)]
    return Figures(
        clients=counts[0],
        branches=counts[1],
        visits=sums[0],
        lines=counts[2],
        listed_minor=sums[1],
        sold_minor=sums[2],
        paid_minor=sums[3],
        holders=_holders(unit),
        repriced=_reprice(unit, as_of - timedelta(days=LAST_DAYS), bars),
    )


def _holders(unit: Unit) -> tuple[Holders, ...]:
    steps = {f"{step.metric}:{step.threshold}": step for step in STEPS}
    found = [
        Holders(
            row.external_id, steps[row.rule].metric, steps[row.rule].threshold, steps[row.rule].percent_bp, row.clients
        )
        for row in unit.execute(_HOLDERS)
        if row.rule in steps
    ]
    return tuple(sorted(found, key=lambda each: (each.branch, each.percent_bp)))


def _reprice(unit: Unit, since: date, bars: Bars) -> Repriced:
    """Price invoices again: the personal discount is its percent of each line's list amount."""
    sales = unit.execute(_RECENT, {"since": since}).all()
    step = bars(_("Pricing again"), len(sales))
    listed_minor = discount_minor = discounted = 0
    mode, level = unit.configuration.rounding
    for some in chunks(sales):
        percents = _percents(unit, some)
        lines: dict[int, list[Any]] = {}
        for row in unit.execute(_LINES, {"ids": [row[0] for row in some]}):
            lines.setdefault(row.sale_id, []).append(row)
        for sale_id, rows in lines.items():
            amounts = [row.listed_minor for row in rows]
            quantities, keys = [row.quantity_milli for row in rows], [(row.item, row.key) for row in rows]
            off = sum(percent_off(amounts, quantities, keys, percents.get(sale_id, 0), mode, level))
            listed_minor += sum(amounts)
            discount_minor += off
            discounted += off > 0
        step(len(some))
    return Repriced(LAST_DAYS, len(sales), discounted, listed_minor, discount_minor)


def _percents(unit: Unit, sales: Sequence[Any]) -> dict[int, int]:
    """Return the personal discount, in basis points, that each sale's client had before the visit."""
    cuts = [
        Cut(sale_id, client_id, branch_id, visit_id, at, visit_id, on)
        for sale_id, client_id, branch_id, visit_id, at, on in sales
    ]
    return {id_: each.discount.value for id_, each in before(unit, cuts).items() if each.discount is not None}
