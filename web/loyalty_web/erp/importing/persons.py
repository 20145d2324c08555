"""Persons as the import reads and writes them: thousands at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, delete, select, update

from loyalty_core.services.chunks import chunks
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.erp.tables import Person, PersonEmail, PersonPhone, folded

person, phone, email = table_of(Person), table_of(PersonPhone), table_of(PersonEmail)
_some: BindParameter[list[int]] = bindparam("ids", expanding=True)
_persons = select(person.c.client_id, person.c.name, person.c.birthday, person.c.locale).where(
    person.c.network_id == THIS_NETWORK, person.c.client_id.in_(_some)
)
_phones = select(phone.c.client_id, phone.c.main, phone.c.digits).where(
    phone.c.network_id == THIS_NETWORK, phone.c.client_id.in_(_some)
)
_emails = select(email.c.client_id, email.c.main, email.c.address).where(
    email.c.network_id == THIS_NETWORK, email.c.client_id.in_(_some)
)
_change = (
    update(person)
    .where(person.c.network_id == THIS_NETWORK, person.c.client_id == bindparam("of_client"))
    .values({name: bindparam(f"new_{name}") for name in ("name", "search_name", "birthday", "locale")})
)
_forget_phones = delete(phone).where(phone.c.network_id == THIS_NETWORK, phone.c.client_id.in_(_some))
_forget_emails = delete(email).where(email.c.network_id == THIS_NETWORK, email.c.client_id.in_(_some))


class KnownPerson(NamedTuple):
    """A person as kept, or as it should be. The main phone and address come first, the others sorted."""

    name: str = ""
    birthday: date | None = None
    locale: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def known_persons(unit: Unit, client_ids: Iterable[int]) -> dict[int, KnownPerson]:
    """Return those persons that are known, by the ids of their clients."""
    found: dict[int, KnownPerson] = {}
    for some in chunks(list(client_ids)):
        phones = _by_client(unit.execute(_phones, {"ids": some}).all())
        emails = _by_client(unit.execute(_emails, {"ids": some}).all())
        for row in unit.execute(_persons, {"ids": some}).all():
            several = phones.get(row.client_id, ()), emails.get(row.client_id, ())
            found[row.client_id] = KnownPerson(row.name, row.birthday, row.locale, *several)
    return found


def _by_client(rows: Iterable[Any]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[tuple[bool, str]]] = {}
    for client_id, main, value in rows:
        found.setdefault(client_id, []).append((not main, value))
    return {client_id: tuple(value for _, value in sorted(several)) for client_id, several in found.items()}


def add_persons(unit: Unit, persons: Mapping[int, KnownPerson]) -> None:
    """Write persons of clients that had none."""
    rows = [
        {
            "client_id": client_id,
            "name": each.name,
            "search_name": folded(each.name),
            "birthday": each.birthday,
            "locale": each.locale,
        }
        for client_id, each in persons.items()
    ]
    unit.insert(Person, rows)
    _add_contacts(unit, persons)


def change_persons(unit: Unit, persons: Mapping[int, KnownPerson]) -> None:
    """Write persons anew."""
    changes = [
        {
            "of_client": client_id,
            "new_name": each.name,
            "new_search_name": folded(each.name),
            "new_birthday": each.birthday,
            "new_locale": each.locale,
        }
        for client_id, each in persons.items()
    ]
    unit.execute_each(_change, changes)
    for some in chunks(list(persons)):
        unit.execute(_forget_phones, {"ids": some})
        unit.execute(_forget_emails, {"ids": some})
    _add_contacts(unit, persons)


def _add_contacts(unit: Unit, persons: Mapping[int, KnownPerson]) -> None:
    unit.insert(PersonPhone, _numbered("digits", {client_id: each.phones for client_id, each in persons.items()}))
    unit.insert(PersonEmail, _numbered("address", {client_id: each.emails for client_id, each in persons.items()}))


def _numbered(column: str, several: Mapping[int, tuple[str, ...]]) -> list[dict[str, Any]]:
    """Return a row for each value, the first of each client marked main."""
    return [
        {"client_id": client_id, column: value, "main": number == 0}
        for client_id, values in several.items()
        for number, value in enumerate(values)
    ]
