"""Persons as the pages write them: one at a time, with a record of what was changed but not of what it says."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BindParameter, bindparam, select

from loyalty_core.services.anchors import anchor_clients, known_clients
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.erp.importing.persons import KnownPerson, add_persons, change_persons, known_persons
from loyalty_web.erp.tables import PersonPhone

SOURCE = "erp"
"""What the core knows the host's own clients and visits by."""

_phone = table_of(PersonPhone)
_some: BindParameter[list[str]] = bindparam("numbers", expanding=True)
_same_phone = (
    select(_phone.c.client_id)
    .where(_phone.c.network_id == THIS_NETWORK, _phone.c.digits.in_(_some))
    .distinct()
    .order_by(_phone.c.client_id)
    .limit(5)
)


def others_with(unit: Unit, numbers: Sequence[str], key: str) -> list[int]:
    """Return a few clients who have one of these phones: it may be shared, more often somebody is there already.

    The one that was added by this same page, known by `key`, is nobody else.
    """
    found = unit.execute(_same_phone, {"numbers": list(numbers)}).scalars() if numbers else ()
    own = known_clients(unit, SOURCE, [key]).values()
    return [client_id for client_id in found if client_id not in own]


def write_new(unit: Unit, key: str, person: KnownPerson) -> int:
    """Add a client and return the id; `key` is the page's own, so that the same page sent twice adds one.

    Raises `Refused` for a key that is none.
    """
    client_id = anchor_clients(unit, SOURCE, [key])[key]
    if not known_persons(unit, [client_id]):
        add_persons(unit, {client_id: person})
        unit.audit("person.added", f"client:{client_id}", None, None, client_id=client_id)
    return client_id


def write_over(unit: Unit, client_id: int, person: KnownPerson) -> None:
    """Change a person; nothing is written where nothing differs."""
    old = known_persons(unit, [client_id])[client_id]
    changed = [name for name in KnownPerson._fields if getattr(old, name) != getattr(person, name)]
    if changed:
        change_persons(unit, {client_id: person})
        unit.audit("person.changed", f"client:{client_id}", None, {"fields": changed}, client_id=client_id)
