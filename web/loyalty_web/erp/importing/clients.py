"""Import of clients: anchored in the core, known as persons by the host."""

from __future__ import annotations

import re
from collections.abc import Sequence

from babel import Locale, UnknownLocaleError

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.services.anchors import anchor_clients
from loyalty_web.erp.importing import columns
from loyalty_web.erp.importing.columns import Column, Forms
from loyalty_web.erp.importing.importer import Importer
from loyalty_web.erp.importing.persons import KnownPerson, add_persons, change_persons, known_persons
from loyalty_web.erp.importing.sheet import Record
from loyalty_web.erp.tables import LONGEST_EMAIL

_PHONE = re.compile(r"\+?[0-9(][0-9 ().-]*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SHORTEST_PHONE, _LONGEST_PHONE = 5, 15


def phones(text: str, forms: Forms) -> tuple[str, ...]:
    """Read phones separated by semicolons, as digits; the first is the main one, the others are kept sorted."""
    found = []
    for part in text.split(";"):
        shown = part.strip()
        digits = "".join(each for each in shown if each in "0123456789")
        if not _PHONE.fullmatch(shown) or not _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE:
            message = _("Write phones as +380 67 123-45-67, several separated by “;”.")
            raise Refused(Problem("not_a_phone", message))
        found.append(digits)
    return _main_first(found)


def emails(text: str, forms: Forms) -> tuple[str, ...]:
    """Read e-mail addresses separated by semicolons; the first is the main one, the others are kept sorted."""
    found = []
    for part in text.split(";"):
        address = part.strip()
        if not _EMAIL.fullmatch(address) or len(address) > LONGEST_EMAIL or not address.isprintable():
            message = _("Write e-mail addresses as name@example.org, several separated by “;”.")
            raise Refused(Problem("not_an_email", message))
        found.append(address)
    return _main_first(found)


def _main_first(found: list[str]) -> tuple[str, ...]:
    return (found[0], *sorted(set(found) - {found[0]}))


def locale(text: str, forms: Forms) -> str:
    """Read a language, `uk` or `uk-UA`, that texts can be formatted in."""
    try:
        return str(Locale.parse(text.replace("-", "_")))
    except (ValueError, UnknownLocaleError):
        raise Refused(Problem("unknown_locale", _("Write a language such as uk, ru or en-GB."))) from None


class Clients(Importer):
    """Clients by their ids in the source system; a known one is updated."""

    kind = "clients"
    columns = (
        Column("external_id", columns.external_id),
        Column("name", columns.name),
        Column("phones", phones, required=False),
        Column("emails", emails, required=False),
        Column("birthday", columns.day, required=False),
        Column("locale", locale, required=False),
    )

    def save(self, records: Sequence[Record]) -> None:
        """Anchor clients and keep their persons; what the file has no column for stays as it is."""
        kept = [each for each in records if self._good(each)]
        ids = anchor_clients(self.unit, self.source, [each.values["external_id"] for each in kept])
        known = known_persons(self.unit, ids.values())
        new: dict[int, KnownPerson] = {}
        changed: dict[int, KnownPerson] = {}
        for record in kept:
            client_id = ids[record.values["external_id"]]
            old = known.get(client_id)
            person = self._person(record, old)
            if old is None:
                new[client_id] = person
            elif person != old:
                changed[client_id] = person
        add_persons(self.unit, new)
        change_persons(self.unit, changed)
        self.counts.new += len(new)
        self.counts.changed += len(changed)
        self.counts.unchanged += len(kept) - len(new) - len(changed)

    def _good(self, record: Record) -> bool:
        born = record.values.get("birthday")
        if born is not None and born > self.unit.now.date():
            self.refuse(record.line, "birthday", "in_future", _("A birthday lies in the past."))
            return False
        return self.once(record.line, "external_id", record.values["external_id"])

    def _person(self, record: Record, old: KnownPerson | None) -> KnownPerson:
        given = {name: value for name, value in record.values.items() if name in KnownPerson._fields}
        for several in given.keys() & {"phones", "emails"}:
            given[several] = given[several] or ()
        return (old or KnownPerson())._replace(**given)
