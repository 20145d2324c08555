"""What a body or an address points at, by the caller's own ids; what is not its to see is as absent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import known_clients
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.tables import Sale, Visit
from loyalty_core.storage.work import table_of
from loyalty_web import requests

LONGEST_SOURCE, LONGEST_ID = 40, 100

NO_BRANCH = Problem("unknown_branch", _("There is no such branch."), ("branch",))
NO_CLIENT = Problem("unknown_client", _("There is no such client."), ("client",))
NO_VISIT = Problem("unknown_visit", _("There is no such visit."), ("visit",))
NO_UTF_8 = Problem("no_utf_8", _("Write ids in addresses as percent-encoded UTF-8."))
NO_INVOICE = Problem("unknown_invoice", _("There is no such invoice."))

UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""What bytes of an address become that are no UTF-8: two ids would be one."""

_ID = re.compile("[1-9][0-9]{0,18}")

_sale, _visit = table_of(Sale), table_of(Visit)
_sale_at = select(_sale.c.branch_id).where(_sale.c.network_id == THIS_NETWORK, _sale.c.id == bindparam("of_id"))
_visit_at = select(_visit.c.id, _visit.c.branch_id, _visit.c.deleted_at).where(
    _visit.c.network_id == THIS_NETWORK,
    _visit.c.source == bindparam("of_source"),
    _visit.c.external_id == bindparam("of_external"),
)


@dataclass(frozen=True, slots=True)
class Reference:
    """Something by what a source system calls it."""

    source: str
    external_id: str


def in_address(source: str, external_id: str) -> Reference:
    """Return what an address names, in NFC like in bodies. Raises `Refused` where nothing can be called so."""
    problems: list[Problem] = []
    names = []
    for field, text, longest in (("source", source, LONGEST_SOURCE), ("external_id", external_id, LONGEST_ID)):
        if UNREADABLE in text:
            problems.append(NO_UTF_8.under(field))
            continue
        try:
            names.append(parsing.external_id(text, longest))
        except Refused as refused:
            problems += [each.under(field) for each in refused.problems]
    if problems:
        raise Refused(problems)
    return Reference(*names)


def branch_of(unit: Unit, name: str, permission: str) -> int:
    """Return the id of a branch where the caller has the permission. Raises `Refused` with `unknown_branch`."""
    found = unit.configuration.branch_ids.get(name)
    if found is None or not requests.the_actor().may(permission, found):
        raise Refused(NO_BRANCH)
    return found


def client_of(unit: Unit, given: Reference) -> int:
    """Return the id of a client. Raises `Refused` with `unknown_client`."""
    found = known_clients(unit, given.source, [given.external_id])
    if given.external_id not in found:
        raise Refused(NO_CLIENT)
    return found[given.external_id]


def visit_of(unit: Unit, given: Reference, permission: str) -> int:
    """Return the id of a visit in a branch where the caller has the permission. Raises `Refused`: `unknown_visit`."""
    row = visit_row(unit, given)
    if row is None or row.deleted_at is not None or not requests.the_actor().may(permission, row.branch_id):
        raise Refused(NO_VISIT)
    return int(row.id)


def visit_row(unit: Unit, given: Reference) -> Any:
    """Return id, branch and deletion of a visit; none for one that was never saved."""
    return unit.execute(_visit_at, {"of_source": given.source, "of_external": given.external_id}).first()


def invoice_of(unit: Unit, text: str, permission: str) -> int:
    """Return the id of an invoice in a branch where the caller has the permission. Raises `Refused`."""
    id_ = int(text) if _ID.fullmatch(text) else 0
    branch_id = unit.execute(_sale_at, {"of_id": id_}).scalar() if is_id(id_) else None
    if branch_id is None or not requests.the_actor().may(permission, branch_id):
        raise Refused(NO_INVOICE)
    return id_
