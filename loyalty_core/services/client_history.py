"""What happened to a client, newest first: visits, invoices, changes of standing, imported history; paid by month.

Whoever may see some branches only is given the facts of those; standing is seen by every branch (SEMANTICS 1). A page
of it is two statements, and one more for each kind that is on it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, cast, func, literal, select, union_all

from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services.unit import Unit
from loyalty_core.storage import tables
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.measuring import RestsOn
from loyalty_core.storage.work import table_of

BY_HAND = "by hand"
"""The cause of a change that a person made; what they did stands in the audit by itself, with the reason."""

visit, sale, opening = table_of(tables.Visit), table_of(tables.Sale), table_of(tables.Opening)
audit, measure = table_of(tables.Audit), table_of(tables.Measure)


class Kind(StrEnum):
    """What may have happened."""

    VISIT = "visit"
    INVOICE = "invoice"
    STANDING = "standing"
    OPENING = "opening"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose visits and imported history, and whose invoices, may be shown: the ids of branches."""

    visits: Collection[int]
    invoices: Collection[int]


@dataclass(frozen=True, slots=True)
class VisitEvent:
    """A visit, as it stands now."""

    id: int
    at: datetime
    day: date
    branch_id: int
    status: VisitStatus


@dataclass(frozen=True, slots=True)
class InvoiceEvent:
    """An invoice, as it stands now."""

    id: int
    at: datetime
    day: date
    branch_id: int
    number: str
    state: SaleState
    owed_minor: int
    discount_minor: int


@dataclass(frozen=True, slots=True)
class StandingEvent:
    """A change of standing, or what a person did to it. `before` and `after` are as in the audit."""

    id: int
    at: datetime
    day: date
    scope_id: int | None
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    cause: str
    actor: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class OpeningEvent:
    """History brought from elsewhere: what there was before `day`."""

    id: int
    at: datetime
    day: date
    branch_id: int
    visits: int
    listed_minor: int
    invoiced_minor: int
    paid_minor: int
    last_visit_on: date | None


Happened = VisitEvent | InvoiceEvent | StandingEvent | OpeningEvent

_client = bindparam("of_client", type_=BigInteger)


def _at(column: ColumnElement[int], names: str) -> ColumnElement[bool]:
    """Return that a branch is among those that may be shown.

    Nothing is added to it but a hint: a client's few rows are found by the client, never by hundreds of branches.
    """
    return (column + 0).in_(bindparam(names, expanding=True))


_arms: Mapping[Kind, Select[Any]] = {
    Kind.VISIT: select(literal(Kind.VISIT.value).label("kind"), visit.c.id, visit.c.starts_at.label("at")).where(
        visit.c.network_id == THIS_NETWORK,
        visit.c.client_id == _client,
        visit.c.deleted_at.is_(None),
        _at(visit.c.branch_id, "visited"),
    ),
    Kind.INVOICE: select(literal(Kind.INVOICE.value).label("kind"), sale.c.id, sale.c.issued_at.label("at")).where(
        sale.c.network_id == THIS_NETWORK,
        sale.c.client_id == _client,
        _at(sale.c.branch_id, "invoiced"),
    ),
    Kind.STANDING: select(literal(Kind.STANDING.value).label("kind"), audit.c.id, audit.c.at).where(
        audit.c.network_id == THIS_NETWORK,
        audit.c.client_id == _client,
        audit.c.action.startswith("standing."),
        audit.c.cause != BY_HAND,
    ),
    Kind.OPENING: select(literal(Kind.OPENING.value).label("kind"), opening.c.id, opening.c.opens_at.label("at")).where(
        opening.c.network_id == THIS_NETWORK,
        opening.c.client_id == _client,
        _at(opening.c.branch_id, "visited"),
    ),
}


def _page(kinds: Iterable[Kind]) -> Any:
    arms = union_all(*(_arms[kind] for kind in kinds)).subquery("happened")
    latest = select(arms.c.kind, arms.c.id).order_by(arms.c.at.desc(), arms.c.id.desc())
    return latest.limit(bindparam("most")).offset(bindparam("skipped"))


_PAGES: Mapping[Kind | None, Any] = {None: _page(Kind), **{kind: _page([kind]) for kind in Kind}}
_every = union_all(*_arms.values()).subquery("happened")
_COUNTS = select(_every.c.kind, func.count().label("number")).group_by(_every.c.kind)


def _by_ids(model: type[Base]) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c.network_id == THIS_NETWORK, table.c.id.in_(bindparam("ids", expanding=True)))


_DETAILS: Mapping[Kind, Select[Any]] = {
    Kind.VISIT: _by_ids(tables.Visit),
    Kind.INVOICE: _by_ids(tables.Sale),
    Kind.STANDING: _by_ids(tables.Audit),
    Kind.OPENING: _by_ids(tables.Opening),
}
_PAID = (
    select(measure.c.local_day, cast(func.sum(measure.c.paid_minor), BigInteger).label("paid"))
    .where(
        measure.c.network_id == THIS_NETWORK,
        measure.c.client_id == _client,
        measure.c.local_day >= bindparam("first"),
        _at(measure.c.branch_id, "invoiced"),
        measure.c.source_kind != RestsOn.OPENING.value,
    )
    .group_by(measure.c.local_day)
)


def counts(unit: Unit, client_id: int, audience: Audience) -> dict[Kind, int]:
    """Return how much happened, by kind."""
    found = {Kind(row.kind): row.number for row in unit.execute(_COUNTS, _asked(client_id, audience))}
    return {kind: found.get(kind, 0) for kind in Kind}


def history(
    unit: Unit, client_id: int, audience: Audience, kind: Kind | None = None, *, most: int = 50, skipped: int = 0
) -> list[Happened]:
    """Return what happened, of one kind or of every, newest first; at most `most` after the first `skipped`."""
    asked = {**_asked(client_id, audience), "most": most, "skipped": skipped}
    order = [(Kind(row.kind), row.id) for row in unit.execute(_PAGES[kind], asked)]
    found: dict[tuple[Kind, int], Happened] = {}
    for each in Kind:
        ids = [id_ for of, id_ in order if of is each]
        if ids:
            found.update(
                ((each, row.id), _event(unit, each, row)) for row in unit.execute(_DETAILS[each], {"ids": ids})
            )
    return [found[key] for key in order]


def paid_by_month(
    unit: Unit, client_id: int, audience: Audience, today: date, months: int = 12
) -> list[tuple[date, int]]:
    """Return what the client paid in each of the latest months, the present one last, by the month's first day.

    A payment belongs to the day of the visit or sale that it rests on; imported history is left out.
    """
    firsts = _firsts(today, months)
    found = dict.fromkeys(firsts, 0)
    for row in unit.execute(_PAID, {**_asked(client_id, audience), "first": firsts[0]}):
        month = row.local_day.replace(day=1)
        if month in found:
            found[month] += row.paid
    return list(found.items())


def _firsts(today: date, months: int) -> Sequence[date]:
    """Return the first days of the latest months, ascending."""
    number = today.year * 12 + today.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - months + 1, number + 1)]


def _asked(client_id: int, audience: Audience) -> dict[str, Any]:
    return {"of_client": client_id, "visited": list(audience.visits), "invoiced": list(audience.invoices)}


def _event(unit: Unit, kind: Kind, row: Row[Any]) -> Happened:
    if kind is Kind.VISIT:
        return VisitEvent(row.id, row.starts_at, row.local_day, row.branch_id, VisitStatus(row.status))
    if kind is Kind.INVOICE:
        amounts = (row.owed_minor, row.discount_minor)
        return InvoiceEvent(
            row.id, row.issued_at, row.local_day, row.branch_id, row.external_id, SaleState(row.state), *amounts
        )
    if kind is Kind.OPENING:
        sums = (row.visits, row.listed_minor, row.invoiced_minor, row.paid_minor, row.last_visit_on)
        return OpeningEvent(row.id, row.opens_at, row.opened_on, row.branch_id, *sums)
    zone = unit.configuration.scope_zones.get(row.scope_id, unit.configuration.zone)
    before, after = (None if text is None else json.loads(text) for text in (row.before, row.after))
    day = row.at.astimezone(zone).date()
    return StandingEvent(
        row.id, row.at, day, row.scope_id, row.action, row.subject, before, after, row.cause, row.actor, row.reason
    )
