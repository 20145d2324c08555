"""What facts count for, as SQL: the one definition, used for one visit and for a full recount alike.

Source: SEMANTICS 2. A line counts while its invoice is not void and its visit, if it has one, is `arrived`; a
payment or return belongs to the time of the visit or sale it rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Date,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.elements import KeyedColumnElement

from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import (
    Measure,
    Opening,
    Payment,
    PaymentLine,
    Return,
    ReturnLine,
    ReturnPayment,
    Sale,
    SaleLine,
    Visit,
)
from loyalty_core.storage.work import table_of

visit, sale, line = table_of(Visit), table_of(Sale), table_of(SaleLine)
payment, payment_line = table_of(Payment), table_of(PaymentLine)
return_, return_line, return_payment = table_of(Return), table_of(ReturnLine), table_of(ReturnPayment)
opening, measure = table_of(Opening), table_of(Measure)

COLUMNS = tuple(column.name for column in measure.c if column.name != "network_id")
"""The columns of a measure, in the order in which every computed row has them."""

AMOUNTS = ("visits", "no_shows", "invoiced_minor", "listed_minor", "paid_minor")
"""The columns that add up to totals."""


class RestsOn(StrEnum):
    """What a measure rests on: its id, its time and its day come from there."""

    VISIT = "visit"
    SALE = "sale"
    OPENING = "opening"


Column = ColumnElement[Any]
NO_DAY: Column = cast(null(), Date)
ZERO: Column = literal(0, Integer)


def _row(kind: str, source_id: Column, place: dict[str, Column], **amounts: Column) -> Select[Any]:
    """Return one arm: a measure of `kind` with its place (rests_on, client, branch, at, day) and what it counts."""
    values: dict[str, Column] = {
        "source_kind": literal(kind),
        "source_id": source_id,
        **dict.fromkeys(AMOUNTS, ZERO),
        "visited_on": NO_DAY,
        "bought_on": NO_DAY,
        **place,
        **amounts,
    }
    return select(*(values[name].label(name) for name in COLUMNS))


def _sum(amount: Column, source: FromClause, *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    total = func.coalesce(func.sum(amount), 0)
    return select(cast(total, BigInteger)).select_from(source).where(*where).scalar_subquery()


_this_sale = and_(
    line.c.network_id == THIS_NETWORK, line.c.network_id == sale.c.network_id, line.c.sale_id == sale.c.id
)
_LISTED = _sum(line.c.listed_minor, line, _this_sale, line.c.counts).correlate(sale)
_INVOICED = _sum(line.c.listed_minor - line.c.discount_minor, line, _this_sale, line.c.counts).correlate(sale)
_KEPT = exists().where(_this_sale, line.c.counts, line.c.returned_milli < line.c.quantity_milli).correlate(sale)


def _on_line(shares: FromClause) -> FromClause:
    """Join rows of shares by line to the lines they lie on."""
    return shares.join(
        line,
        and_(
            line.c.network_id == shares.c.network_id,
            line.c.sale_id == shares.c.sale_id,
            line.c.number == shares.c.line_number,
        ),
    )


_PAID = _sum(
    payment_line.c.amount_minor,
    _on_line(payment_line),
    payment_line.c.network_id == THIS_NETWORK,
    payment_line.c.payment_id == payment.c.id,
    line.c.counts,
).correlate(payment)


def _given_back(amount: KeyedColumnElement[Any]) -> Column:
    return -_sum(
        amount,
        _on_line(return_line),
        return_line.c.network_id == THIS_NETWORK,
        return_line.c.return_id == return_.c.id,
        line.c.counts,
    ).correlate(return_)


_PAID_BACK = -_sum(
    return_payment.c.amount_minor,
    return_payment.join(
        payment,
        and_(payment.c.network_id == return_payment.c.network_id, payment.c.id == return_payment.c.payment_id),
    ).join(
        line,
        and_(
            line.c.network_id == payment.c.network_id,
            line.c.sale_id == payment.c.sale_id,
            line.c.number == return_payment.c.line_number,
        ),
    ),
    return_payment.c.network_id == THIS_NETWORK,
    return_payment.c.return_id == return_.c.id,
    payment.c.counts_as_paid,
    line.c.counts,
).correlate(return_)

_VISIT_PLACE: dict[str, Column] = {
    "rests_on": visit.c.id,
    "branch_id": visit.c.branch_id,
    "at": visit.c.starts_at,
    "local_day": visit.c.local_day,
    "client_id": sale.c.client_id,
}
_SALE_PLACE: dict[str, Column] = {
    "rests_on": sale.c.id,
    "branch_id": sale.c.branch_id,
    "at": sale.c.issued_at,
    "local_day": sale.c.local_day,
    "client_id": sale.c.client_id,
}


def _visits(per_day: bool) -> Select[Any]:
    """Measure visits themselves; with `per_day` only the first of a client's at a branch on a day counts."""
    first: ColumnElement[bool] = literal(True)
    if per_day:
        other = visit.alias("earlier")
        before = or_(
            other.c.starts_at < visit.c.starts_at,
            and_(other.c.starts_at == visit.c.starts_at, other.c.id < visit.c.id),
        )
        same = [other.c[name] == visit.c[name] for name in ("client_id", "branch_id", "local_day", "status")]
        earlier = exists().where(
            other.c.network_id == THIS_NETWORK, other.c.network_id == visit.c.network_id, *same, before
        )
        first = ~earlier.where(other.c.deleted_at.is_(None)).correlate(visit)
    arrived = visit.c.status == VisitStatus.ARRIVED.value
    counted = case((and_(arrived, first), 1), else_=0) if per_day else case((arrived, 1), else_=0)
    missed = visit.c.status == VisitStatus.NO_SHOW.value
    return _row(
        "visit",
        visit.c.id,
        {**_VISIT_PLACE, "client_id": visit.c.client_id},
        visits=counted,
        no_shows=case((and_(missed, first), 1), else_=0) if per_day else case((missed, 1), else_=0),
        visited_on=case((arrived, visit.c.local_day), else_=NO_DAY),
    ).where(visit.c.network_id == THIS_NETWORK, or_(arrived, missed), visit.c.deleted_at.is_(None))


def _sales(place: dict[str, Column], narrow: Callable[[Select[Any]], Select[Any]], alone: bool) -> list[Select[Any]]:
    """Measure sales, their payments and their returns; `narrow` says which sales."""
    of_sale = and_(payment.c.network_id == sale.c.network_id, payment.c.sale_id == sale.c.id)
    to_return = and_(return_.c.network_id == sale.c.network_id, return_.c.sale_id == sale.c.id)
    bought_on = case((_KEPT, sale.c.local_day), else_=NO_DAY) if alone else NO_DAY
    sold = _row("sale", sale.c.id, place, invoiced_minor=_INVOICED, listed_minor=_LISTED, bought_on=bought_on)
    paid = _row("payment", payment.c.id, place, paid_minor=_PAID).where(payment.c.counts_as_paid)
    back = _row(
        "return",
        return_.c.id,
        place,
        invoiced_minor=_given_back(return_line.c.invoiced_minor),
        listed_minor=_given_back(return_line.c.listed_minor),
        paid_minor=_PAID_BACK,
    )
    return [
        narrow(sold.select_from(sale)),
        narrow(paid.select_from(payment).join(sale, of_sale)),
        narrow(back.select_from(return_).join(sale, to_return)),
    ]


_COUNTED = and_(sale.c.network_id == THIS_NETWORK, sale.c.client_id.is_not(None), sale.c.state != SaleState.VOID.value)


def _of_visit(arm: Select[Any]) -> Select[Any]:
    arrived = and_(visit.c.status == VisitStatus.ARRIVED.value, visit.c.deleted_at.is_(None))
    its_visit = and_(visit.c.network_id == sale.c.network_id, visit.c.id == sale.c.visit_id)
    return arm.join(visit, its_visit).where(_COUNTED, visit.c.network_id == THIS_NETWORK, arrived)


def _alone(arm: Select[Any]) -> Select[Any]:
    return arm.where(_COUNTED, sale.c.visit_id.is_(None))


def _openings() -> Select[Any]:
    return _row(
        "opening",
        opening.c.id,
        {
            "rests_on": opening.c.id,
            "client_id": opening.c.client_id,
            "branch_id": opening.c.branch_id,
            "at": opening.c.opens_at,
            "local_day": opening.c.opened_on,
        },
        **{name: opening.c[name] for name in AMOUNTS},
        visited_on=opening.c.last_visit_on,
    ).where(opening.c.network_id == THIS_NETWORK)


@cache
def measures(on: RestsOn, *, per_day: bool, some: bool) -> CompoundSelect[Any] | Select[Any]:
    """Return the statement that measures all facts which rest on visits, on sales or on openings.

    `per_day` counts a client's visits per local day and branch (a network's setting). With `some`, only those whose
    id is in `:ids`. Columns are `COLUMNS`, in order.
    """

    def only(arms: list[Select[Any]], column: Column) -> list[Select[Any]]:
        return [arm.where(column.in_(bindparam("ids", expanding=True))) for arm in arms] if some else arms

    if on is RestsOn.OPENING:
        return only([_openings()], opening.c.id)[0]
    if on is RestsOn.SALE:
        return union_all(*only(_sales(_SALE_PLACE, _alone, alone=True), sale.c.id))
    arms = [_visits(per_day), *_sales(_VISIT_PLACE, _of_visit, alone=False)]
    return union_all(*only(arms, visit.c.id))


@cache
def measure_new_visits(*, per_day: bool) -> ReturningInsert[Any]:
    """Return the statement that measures visits written just now, on which no sale rests yet, and keeps the measures.

    It takes `:ids` and answers with what it kept: `COLUMNS`, in order.
    """
    rows = _visits(per_day).where(visit.c.id.in_(bindparam("ids", expanding=True))).add_columns(THIS_NETWORK)
    kept = insert(measure).from_select([*COLUMNS, "network_id"], rows)
    return kept.returning(*(measure.c[name] for name in COLUMNS))
