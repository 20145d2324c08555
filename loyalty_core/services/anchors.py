"""Anchors: networks, branches with their scopes, clients, tenders. Ids only; names of people stay with the host."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Executable, Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from loyalty_core.engine.checking import text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.money import Currency
from loyalty_core.facts.programme import Level
from loyalty_core.messages import gettext as _
from loyalty_core.services.chunks import chunks
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import (
    Branch,
    Client,
    ClientExternal,
    Network,
    Opening,
    Sale,
    Scope,
    ScopeBranch,
    Tender,
    Visit,
)
from loyalty_core.storage.work import table_of

_CURRENCY = re.compile("[A-Z]{3}")

EVER = date(1900, 1, 1)
"""A branch's own scope holds all that ever happened there."""

branch, client, external = table_of(Branch), table_of(Client), table_of(ClientExternal)
tender = table_of(Tender)
_branches = select(branch.c.id, branch.c.external_id, branch.c.name, branch.c.time_zone).where(
    branch.c.network_id == THIS_NETWORK
)
_change_branch = (
    update(branch)
    .where(branch.c.network_id == THIS_NETWORK, branch.c.id == bindparam("of_id"))
    .values(name=bindparam("new_name"), time_zone=bindparam("new_zone"))
)
_clients = select(external.c.external_id, external.c.client_id).where(
    external.c.network_id == THIS_NETWORK,
    external.c.source == bindparam("of_source"),
    external.c.external_id.in_(bindparam("ids", expanding=True)),
)
_existing = select(client.c.id).where(
    client.c.network_id == THIS_NETWORK, client.c.id.in_(bindparam("ids", expanding=True))
)
_forget_clients = delete(client).where(
    client.c.network_id == THIS_NETWORK, client.c.id.in_(bindparam("ids", expanding=True))
)
_tenders = select(tender).where(tender.c.network_id == THIS_NETWORK)
_USED = [
    select(table.c.id).where(table.c.network_id == THIS_NETWORK, table.c.branch_id == bindparam("of_branch")).limit(1)
    for table in (table_of(Visit), table_of(Sale), table_of(Opening))
]


@dataclass(frozen=True, slots=True)
class BranchInput:
    """A branch as the host sends it; `time_zone` is an IANA name."""

    external_id: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class TenderInput:
    """A way of paying: whether it is money, and whether it counts in what the client has paid (SEMANTICS 1)."""

    code: str
    name: str
    is_money: bool
    counts_as_paid: bool


STOCK_TENDERS = (
    TenderInput("cash", "Cash", is_money=True, counts_as_paid=True),
    TenderInput("card", "Bank card", is_money=True, counts_as_paid=True),
    TenderInput("other", "Other", is_money=False, counts_as_paid=False),
)


def found_network(loyalty: Loyalty, name: str, currency: Currency, time_zone: str, actor: str) -> int:
    """Create a network with its stock tenders and return its id.

    Raises `Refused` for an empty name, an unknown time zone, a currency that is not three capital letters, or minor
    digits outside 0 to 3.
    """
    problems = [problem for problem in (text_problem(name, 200, "name"), _zone_problem(time_zone)) if problem]
    if not (isinstance(currency.code, str) and _CURRENCY.fullmatch(currency.code)):
        problems.append(Problem("bad_currency", _("Give the three letters of an ISO 4217 currency."), ("currency",)))
    if type(currency.digits) is not int or currency.digits not in range(4):
        problems.append(Problem("bad_digits", _("A currency has 0 to 3 decimals."), ("digits",)))
    if problems:
        raise Refused(problems)
    network_id = loyalty.storage.ids.next()
    with loyalty.storage.writing() as connection:
        row = {
            "id": network_id,
            "name": name,
            "currency": currency.code,
            "digits": currency.digits,
            "time_zone": time_zone,
            "config_version": 1,
            "created_at": loyalty.clock.now(),
        }
        connection.execute(insert(table_of(Network)), row)
        with loyalty.guest(connection, network_id, actor) as unit:
            add_tenders(unit, STOCK_TENDERS)
            unit.audit("network.founded", f"network:{network_id}", None, {"name": name, "currency": currency.code})
    return network_id


def add_branches(unit: Unit, branches: Sequence[BranchInput]) -> dict[str, int]:
    """Create branches, each with a scope of its own, or update those known; return ids by external id.

    A time zone may change only while nothing happened there, as local days are stored when things happen; the caller
    is refused otherwise (`zone_in_use`).
    """
    problems = [problem for number, each in enumerate(branches) for problem in _branch_problems(number, each)]
    if len({each.external_id for each in branches}) < len(branches):
        problems.append(Problem("branch_twice", _("Each branch needs an id of its own.")))
    if problems:
        raise Refused(problems)
    known = {row.external_id: row for row in unit.execute(_branches)}
    new = [each for each in branches if each.external_id not in known]
    ids = {external_id: row.id for external_id, row in known.items()}
    ids.update({each.external_id: unit.ids.next() for each in new})
    scopes = {each.external_id: unit.ids.next() for each in new}
    changed = [each for each in branches if each.external_id in known and _differs(each, known[each.external_id])]
    _keep_zones(unit, branches, known)
    unit.insert(
        Branch,
        [
            {"id": ids[b.external_id], "external_id": b.external_id, "name": b.name, "time_zone": b.time_zone}
            for b in new
        ],
    )
    unit.insert(Scope, [{"id": id_, "level": Level.BRANCH.value, "history_from": None} for id_ in scopes.values()])
    unit.insert(
        ScopeBranch,
        [
            {"scope_id": scopes[b.external_id], "branch_id": ids[b.external_id], "starts_on": EVER, "ends_before": None}
            for b in new
        ],
    )
    unit.execute_each(
        _change_branch,
        [{"of_id": ids[b.external_id], "new_name": b.name, "new_zone": b.time_zone} for b in changed],
    )
    if new or changed:
        unit.configuration_changed()
    return {each.external_id: ids[each.external_id] for each in branches}


def _branch_problems(number: int, given: BranchInput) -> Iterator[Problem]:
    checks = (
        text_problem(given.external_id, 100, "external_id"),
        text_problem(given.name, 200, "name"),
        _zone_problem(given.time_zone),
    )
    yield from (problem.under(number) for problem in checks if problem)


def _zone_problem(name: str) -> Problem | None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        text = _("Give a time zone by its IANA name, such as Europe/Kyiv.")
        return Problem("unknown_zone", text, ("time_zone",))
    return None


def _differs(given: BranchInput, known: Row[Any]) -> bool:
    return (given.name, given.time_zone) != (known.name, known.time_zone)


def _keep_zones(unit: Unit, branches: Sequence[BranchInput], known: Mapping[str, Row[Any]]) -> None:
    """Refuse another time zone for branches where something has happened."""
    for number, each in enumerate(branches):
        old = known.get(each.external_id)
        if old is None or old.time_zone == each.time_zone:
            continue
        if any(unit.execute(used, {"of_branch": old.id}).first() for used in _USED):
            text = _("The time zone of %(branch)s cannot change: what happened there is dated by it.", branch=each.name)
            raise Refused(Problem("zone_in_use", text, (number, "time_zone")))


def branch_ids(unit: Unit) -> dict[str, int]:
    """Return the ids of all branches by their external ids."""
    return dict(unit.configuration.branch_ids)


def branch_scopes(unit: Unit) -> dict[int, int]:
    """Return the id of each branch's own scope by branch id."""
    return dict(unit.configuration.own_scopes)


def known_clients(unit: Unit, source: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Return the ids of those clients that a source system's ids are known for."""
    found: dict[str, int] = {}
    for some in chunks(external_ids):
        rows = unit.execute(_clients, {"of_source": source, "ids": some})
        found.update((row.external_id, row.client_id) for row in rows)
    return found


def anchor_clients(unit: Unit, source: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Return the ids of clients by a source system's ids, creating those not seen before.

    Somebody else may create the same ones meanwhile: whoever commits first names them, the other takes their ids.
    """
    problems = [problem for problem in (text_problem(source, 40, "source"),) if problem]
    for number, external_id in enumerate(external_ids):
        problem = text_problem(external_id, 100, "external_id")
        if problem is not None:
            problems.append(problem.under(number))
    if problems:
        raise Refused(problems)
    found = known_clients(unit, source, external_ids)
    new = {external_id: unit.ids.next() for external_id in dict.fromkeys(external_ids) if external_id not in found}
    unit.insert(Client, [{"id": id_, "created_at": unit.now} for id_ in new.values()])
    unit.execute_each(
        _name_clients(unit.dialect),
        [
            {"network_id": unit.network_id, "source": source, "external_id": external_id, "client_id": new[external_id]}
            for external_id in sorted(new)
        ],
    )
    named = known_clients(unit, source, sorted(new)) if unit.dialect == "postgresql" else new
    for some in chunks([id_ for external_id, id_ in new.items() if named[external_id] != id_]):
        unit.execute(_forget_clients, {"ids": some})
    return {**found, **named}


@cache
def _name_clients(dialect: str) -> Executable:
    """Return the statement that names new clients, and leaves those alone that somebody else has named meanwhile."""
    make: Callable[..., Any] = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(external).on_conflict_do_nothing()  # type: ignore[no-any-return]


def add_tenders(unit: Unit, tenders: Sequence[TenderInput]) -> None:
    """Add ways of paying; one that is known keeps its flags, as payments already made rest on them.

    Raises `Refused` for a bad code or name, a flag that is none (`wrong_kind`), one code twice (`tender_twice`), and
    other flags than the known ones (`tender_differs`).
    """
    known = {row.code: row for row in unit.execute(_tenders)}
    problems: list[Problem] = []
    for number, each in enumerate(tenders):
        checks = (text_problem(each.code, 40, number, "code"), text_problem(each.name, 200, number, "name"))
        problems.extend(problem for problem in checks if problem)
        for flag in ("is_money", "counts_as_paid"):
            if type(getattr(each, flag)) is not bool:
                problems.append(Problem("wrong_kind", _("Say yes or no."), (number, flag)))
        if any(each.code == earlier.code for earlier in tenders[:number]):
            problems.append(Problem("tender_twice", _("This tender is named twice."), (number, "code")))
        old = known.get(each.code)
        if old is not None and (old.is_money, old.counts_as_paid) != (each.is_money, each.counts_as_paid):
            text = _("The tender %(tender)s exists with other flags: choose another code.", tender=each.code)
            problems.append(Problem("tender_differs", text, (number, "code")))
    if problems:
        raise Refused(problems)
    unit.insert(Tender, [asdict(each) for each in tenders if each.code not in known])


def tender_flags(unit: Unit) -> dict[str, bool]:
    """Return whether each tender counts as paid, by its code."""
    return {row.code: row.counts_as_paid for row in unit.execute(_tenders)}


def unknown_clients(unit: Unit, ids: Collection[int]) -> set[int]:
    """Return those of `ids` that are no clients of the network."""
    known: set[int] = set()
    for some in chunks(sorted(filter(is_id, ids))):
        known.update(unit.execute(_existing, {"ids": some}).scalars())
    return set(ids) - known
