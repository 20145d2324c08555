"""Saving and deleting visits (SEMANTICS 1, 2 and 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from loyalty_core.engine.checking import moment_problem, text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import SaleState
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import unknown_clients
from loyalty_core.services.chunks import chunks
from loyalty_core.services.externals import ids_by_external, rows_by_external
from loyalty_core.services.idempotency import once
from loyalty_core.services.tail import settle
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Sale, Visit
from loyalty_core.storage.work import table_of

visit, sale = table_of(Visit), table_of(Sale)
_by_external = (
    select(visit)
    .where(
        visit.c.network_id == THIS_NETWORK,
        visit.c.source == bindparam("of_source"),
        visit.c.external_id.in_(bindparam("ids", expanding=True)),
    )
    .with_for_update()
)
_ids = select(visit.c.external_id, visit.c.id).where(
    visit.c.network_id == THIS_NETWORK,
    visit.c.source == bindparam("of_source"),
    visit.c.external_id.in_(bindparam("ids", expanding=True)),
    visit.c.deleted_at.is_(None),
)
_by_id = select(visit).where(visit.c.network_id == THIS_NETWORK, visit.c.id == bindparam("of_id")).with_for_update()
_client_of = select(visit.c.client_id).where(visit.c.network_id == THIS_NETWORK, visit.c.id == bindparam("of_id"))
_invoiced = select(sale.c.visit_id).where(
    sale.c.network_id == THIS_NETWORK,
    sale.c.visit_id.in_(bindparam("ids", expanding=True)),
    sale.c.state != SaleState.VOID.value,
)
_same_day = (
    select(visit.c.id)
    .where(
        visit.c.network_id == THIS_NETWORK,
        visit.c.client_id == bindparam("of_client"),
        visit.c.branch_id == bindparam("of_branch"),
        visit.c.local_day == bindparam("of_day"),
    )
    .order_by(visit.c.id)
    .with_for_update()
)
_change = (
    update(visit)
    .where(visit.c.network_id == THIS_NETWORK, visit.c.id == bindparam("of_id"))
    .values(
        branch_id=bindparam("new_branch"),
        client_id=bindparam("new_client"),
        status=bindparam("new_status"),
        starts_at=bindparam("new_start"),
        local_day=bindparam("new_day"),
        revision=visit.c.revision + 1,
        deleted_at=bindparam("new_deletion"),
    )
)

Day = tuple[int, int, date]
"""A client, a branch and a local day: what counts as one visit in a network that counts per day."""


@dataclass(frozen=True, slots=True)
class SavedVisit:
    """A visit as saved; `changed` is false when everything was so already."""

    id: int
    revision: int
    changed: bool


def save(unit: Unit, visit: VisitInput, key: str | None = None) -> SavedVisit:
    """Save one visit, new or known by (`source`, `external_id`), and bring totals and standing up to date.

    Raises `Refused`, see `save_many`; with `key` the same call again gets the same answer.
    """

    def effect() -> dict[str, Any]:
        try:
            saved = save_many(unit, [visit])[0]
        except Refused as refused:
            raise refused.of_one() from None
        return {"id": saved.id, "revision": saved.revision, "changed": saved.changed}

    request = None if key is None else ["visits.save", *asdict(visit).values()]
    return SavedVisit(**once(unit, key, request, effect))


def save_many(unit: Unit, visits: Sequence[VisitInput], *, judge: bool = True) -> list[SavedVisit]:
    """Save visits in one go. With `judge` false standing and events are left to the caller: bulk loading.

    Raises `Refused` with every problem: a bad or repeated id (`visit_twice`), unknown branch or client, a time
    without zone, or another client or branch for a visit that has an invoice (`visit_has_invoice`).
    """
    unit.lock_standing(exclusive=not judge)
    problems = list(_problems(unit, visits))
    if problems:
        raise Refused(problems)
    if judge:
        unit.lock_names("visit", ((each.source, each.external_id) for each in visits))
        _lock_days(unit, (each.client_id for each in visits))
    known = rows_by_external(unit, _by_external, ((each.source, each.external_id) for each in visits))
    days = [unit.configuration.local_day(each.branch_id, each.starts_at) for each in visits]
    saved: list[SavedVisit] = []
    new: list[dict[str, Any]] = []
    changes: list[tuple[int, Row[Any], dict[str, Any]]] = []
    touched: set[Day] = set()
    for number, (given, day) in enumerate(zip(visits, days, strict=True)):
        old = known.get((given.source, given.external_id))
        if old is None:
            new.append(_new_row(unit.ids.next(), given, day))
            saved.append(SavedVisit(new[-1]["id"], 1, changed=True))
        elif _same(given, old):
            saved.append(SavedVisit(old.id, old.revision, changed=False))
            continue
        else:
            changes.append((number, old, _change_row(old.id, given, day)))
            saved.append(SavedVisit(old.id, old.revision + 1, changed=True))
            touched.add((old.client_id, old.branch_id, old.local_day))
        touched.add((given.client_id, given.branch_id, day))
    _keep_invoiced(unit, [(number, old) for number, old, row in changes if _moves_owner(old, row)])
    unit.insert(Visit, new)
    unit.execute_each(_change, [row for _number, _old, row in changes])
    moved = (old.id for _number, old, _row in changes)
    settle_visits(unit, moved, touched, new=(row["id"] for row in new), judge=judge)
    if judge:
        for given, each in zip(visits, saved, strict=True):
            if each.changed:
                unit.emit("visit_saved", {"visit": str(each.id), "status": given.status}, given.client_id)
    return saved


def delete(unit: Unit, visit_id: int, reason: str) -> None:
    """Delete a visit that has no issued invoice: it counts no longer.

    Raises `Refused`: `unknown_visit`, `visit_has_invoice` (void it first), `required` for an empty reason.
    """
    problem = text_problem(reason, 1000, "reason")
    if problem is not None:
        raise Refused(problem)
    unit.lock_standing(exclusive=False)
    old = _lock_visit(unit, visit_id)
    if old is None or old.deleted_at is not None:
        raise Refused(Problem("unknown_visit", _("There is no such visit."), ("visit_id",)))
    if unit.execute(_invoiced, {"ids": [visit_id]}).first():
        text = _("The visit has an invoice: void it first.")
        raise Refused(Problem("visit_has_invoice", text, ("visit_id",)))
    gone = {"of_id": old.id, "new_branch": old.branch_id, "new_client": old.client_id, "new_status": old.status}
    unit.execute_each(
        _change, [{**gone, "new_start": old.starts_at, "new_day": old.local_day, "new_deletion": unit.now}]
    )
    settle_visits(unit, [visit_id], {(old.client_id, old.branch_id, old.local_day)})
    subject = f"visit:{visit_id}"
    unit.audit("visit.deleted", subject, {"status": old.status}, None, client_id=old.client_id, reason=reason)
    unit.emit("visit_deleted", {"visit": str(visit_id)}, old.client_id)


def known(unit: Unit, source: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Return the ids of those visits that a source system's ids are known for."""
    return ids_by_external(unit, _ids, source, external_ids)


def settle_visits(
    unit: Unit, ids: Iterable[int], days: Iterable[Day], *, new: Iterable[int] = (), judge: bool = True
) -> None:
    """Settle visits and `new` ones; where they count per day, with all others of the same client, branch and day."""
    visits, new_visits = set(ids), set(new)
    if unit.configuration.visits_per_day:
        for client, branch, day in days:
            same = unit.execute(_same_day, {"of_client": client, "of_branch": branch, "of_day": day})
            visits.update(same.scalars())
    every = visits | new_visits
    cause = f"visit:{min(every)}" if len(every) == 1 else "visits"
    settle(unit, cause, visits=visits - new_visits, new_visits=new_visits, judge=judge)


def _lock_days(unit: Unit, clients: Iterable[int]) -> None:
    """Where visits count per day, let one unit at a time change a client's: they are measured against each other."""
    if unit.configuration.visits_per_day:
        unit.lock_names("days", ((str(client_id),) for client_id in clients))


def _lock_visit(unit: Unit, visit_id: int) -> Row[Any] | None:
    """Return a visit, locked after its client's days."""
    if not is_id(visit_id):
        return None
    _lock_days(unit, unit.execute(_client_of, {"of_id": visit_id}).scalars().all())
    return unit.execute(_by_id, {"of_id": visit_id}).first()


def _problems(unit: Unit, visits: Sequence[VisitInput]) -> Iterator[Problem]:
    branches = unit.configuration.branches
    strangers = unknown_clients(unit, {each.client_id for each in visits})
    seen: set[tuple[str, str]] = set()
    for number, each in enumerate(visits):
        for problem in (
            text_problem(each.source, 40, number, "source"),
            text_problem(each.external_id, 100, number, "external_id"),
            moment_problem(each.starts_at, number, "starts_at"),
        ):
            if problem is not None:
                yield problem
        if (each.source, each.external_id) in seen:
            yield Problem("visit_twice", _("This visit is named twice."), (number, "external_id"))
        seen.add((each.source, each.external_id))
        if each.branch_id not in branches:
            yield Problem("unknown_branch", _("There is no such branch."), (number, "branch_id"))
        if each.client_id in strangers:
            yield Problem("unknown_client", _("There is no such client."), (number, "client_id"))
        if not isinstance(each.status, VisitStatus):
            text = _("Choose a known status: %(statuses)s.", statuses=", ".join(VisitStatus))
            yield Problem("unknown_status", text, (number, "status"))


def _same(given: VisitInput, old: Row[Any]) -> bool:
    kept = (old.branch_id, old.client_id, old.status, old.starts_at, old.deleted_at)
    return kept == (given.branch_id, given.client_id, given.status, given.starts_at, None)


def _moves_owner(old: Row[Any], row: dict[str, Any]) -> bool:
    return (old.client_id, old.branch_id) != (row["new_client"], row["new_branch"])


def _keep_invoiced(unit: Unit, moved: Sequence[tuple[int, Row[Any]]]) -> None:
    """Refuse another client or branch for visits that have an invoice."""
    numbers = {old.id: number for number, old in moved}
    invoiced: set[int] = set()
    for some in chunks(sorted(numbers)):
        invoiced.update(unit.execute(_invoiced, {"ids": some}).scalars())
    if invoiced:
        text = _("The visit has an invoice: its client and branch stay. Void the invoice first.")
        raise Refused(Problem("visit_has_invoice", text, (numbers[id_],)) for id_ in sorted(invoiced))


def _new_row(id_: int, given: VisitInput, day: date) -> dict[str, Any]:
    return {
        "id": id_,
        "source": given.source,
        "external_id": given.external_id,
        "branch_id": given.branch_id,
        "client_id": given.client_id,
        "status": given.status.value,
        "starts_at": given.starts_at,
        "local_day": day,
        "revision": 1,
        "deleted_at": None,
    }


def _change_row(id_: int, given: VisitInput, day: date) -> dict[str, Any]:
    return {
        "of_id": id_,
        "new_branch": given.branch_id,
        "new_client": given.client_id,
        "new_status": given.status.value,
        "new_start": given.starts_at,
        "new_day": day,
        "new_deletion": None,
    }
