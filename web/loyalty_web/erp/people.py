"""The small host's persons, as the pages ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from loyalty_core.ports import PersonCard, Reading
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.work import table_of
from loyalty_web.erp.people_search import matching, wanted
from loyalty_web.erp.tables import Person, PersonPhone

_person, _phone = table_of(Person), table_of(PersonPhone)

_ids: BindParameter[Any] = bindparam("ids", expanding=True)
_persons = select(_person).where(_person.c.network_id == THIS_NETWORK, _person.c.client_id.in_(_ids))
_phones = (
    select(_phone.c.client_id, _phone.c.digits)
    .where(_phone.c.network_id == THIS_NETWORK, _phone.c.client_id.in_(_ids))
    .order_by(_phone.c.main.desc(), _phone.c.digits)
)


@lru_cache(maxsize=256)
def _found(shape: tuple[tuple[int, ...], bool]) -> Select[Any]:
    """Return the statement that finds persons by a shape of `Wanted`."""
    found = select(_person.c.client_id).where(_person.c.network_id == THIS_NETWORK, matching(shape))
    return found.order_by(_person.c.search_name, _person.c.client_id).limit(bindparam("most"))


class HostPeople:
    """Persons of the host's own tables: the port `People`."""

    def cards(self, unit: Reading, client_ids: Sequence[int]) -> Mapping[int, PersonCard]:
        """Return what is known of clients, by id; what no id can be is as unknown as one that nobody has."""
        ids = {"ids": [client_id for client_id in client_ids if is_id(client_id)]}
        phones: dict[int, tuple[str, ...]] = {}
        for row in unit.execute(_phones, ids):
            phones[row.client_id] = (*phones.get(row.client_id, ()), row.digits)
        return {
            row.client_id: PersonCard(row.client_id, row.name, phones.get(row.client_id, ()), row.birthday, row.locale)
            for row in unit.execute(_persons, ids)
        }

    def find(self, unit: Reading, text: str, limit: int) -> Sequence[PersonCard]:
        """Return persons by a part of the name, the last digits of a phone, or both; by name."""
        asked = wanted(text)
        if asked.impossible or not asked.params:
            return []
        best = list(unit.execute(_found(asked.shape), {**asked.params, "most": limit}).scalars())
        cards = self.cards(unit, best)
        return [cards[client_id] for client_id in best if client_id in cards]
