"""Drafts of invoices: documents of the host's, which the core prices and issues (ARCHITECTURE, *a real ERP*).

A draft holds what was chosen, never what it comes to. Every change raises its revision; two people who change one
draft see both (UI 3, *Errors*).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.messages import gettext as _
from loyalty_core.ports import Reading
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_core.storage.work import canonical, table_of
from loyalty_web.erp.tables import Draft, User

SOURCE = "erp"
"""What the core knows the host's invoices by."""

MOST_LINES = 500

_draft, _user = table_of(Draft), table_of(User)
_THIS = (_draft.c.network_id == THIS_NETWORK, _draft.c.id == bindparam("of_id"))
_by_id = select(_draft).where(*_THIS)
_by_page = select(_draft).where(_draft.c.network_id == THIS_NETWORK, _draft.c.made_by == bindparam("of_page"))
_last_number = select(func.max(_draft.c.number)).where(_draft.c.network_id == THIS_NETWORK)
_open = (
    select(_draft)
    .where(
        _draft.c.network_id == THIS_NETWORK,
        _draft.c.branch_id.in_(bindparam("branches", expanding=True)),
        _draft.c.sale_id.is_(None),
    )
    .order_by(_draft.c.updated_at.desc(), _draft.c.id)
    .limit(bindparam("most"))
)
_names = select(_user.c.login, _user.c.name).where(
    _user.c.network_id == THIS_NETWORK, _user.c.login.in_(bindparam("logins", expanding=True))
)
_write = (
    update(_draft)
    .where(*_THIS)
    .values(
        body=bindparam("new_body"),
        client_id=bindparam("new_client"),
        visit_id=bindparam("new_visit"),
        revision=bindparam("new_revision"),
        author=bindparam("new_author"),
        updated_at=bindparam("new_time"),
    )
)
_see = update(_draft).where(*_THIS).values(body=bindparam("new_body"))
_became = update(_draft).where(*_THIS).values(sale_id=bindparam("new_sale"), updated_at=bindparam("new_time"))
_forget = delete(_draft).where(*_THIS)


@dataclass(frozen=True, slots=True)
class ChosenLine:
    """An item on a draft. `price_minor` is one that was typed, else the item's own holds; `removed` can be undone."""

    key: str
    item: str
    quantity_milli: int = 1000
    price_minor: int | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen for an invoice; `taken_off` are references of offers, `codes` what no plugin took yet.

    `seen` is the page that sent it last, with the number of its request: an older one of the same page is stale.
    """

    client_id: int | None = None
    visit_id: int | None = None
    lines: tuple[ChosenLine, ...] = ()
    codes: tuple[str, ...] = ()
    taken_off: tuple[str, ...] = ()
    manual: ManualDiscount | None = None
    seen: tuple[str, int] = ("", 0)

    @property
    def kept(self) -> tuple[ChosenLine, ...]:
        """Return the lines that are not removed."""
        return tuple(line for line in self.lines if not line.removed)

    def line(self, key: str) -> ChosenLine | None:
        """Return a line by its key."""
        return next((line for line in self.lines if line.key == key), None)

    def with_line(self, changed: ChosenLine) -> Chosen:
        """Return the same with one line changed, found by its key."""
        return replace(self, lines=tuple(changed if line.key == changed.key else line for line in self.lines))

    def with_item(self, item: str) -> Chosen:
        """Return the same with one more of an item: on its line where there is one, else on a new line.

        Raises `Refused` with `too_many_lines`.
        """
        there = next((line for line in self.kept if line.item == item and line.price_minor is None), None)
        if there is not None:
            return self.with_line(replace(there, quantity_milli=there.quantity_milli + 1000))
        if len(self.kept) >= MOST_LINES:
            text = _("An invoice may have at most %(most)s lines: split it.", most=MOST_LINES)
            raise Refused(Problem("too_many_lines", text, ("scan",)))
        key = str(max((int(line.key) for line in self.lines), default=0) + 1)
        return replace(self, lines=(*self.lines, ChosenLine(key, item)))

    def means(self) -> tuple[object, ...]:
        """Return what decides whether something changed: all but who saw it last."""
        return (self.client_id, self.visit_id, self.lines, self.codes, self.taken_off, self.manual)


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft as it is kept."""

    id: int
    number: int
    branch_id: int
    chosen: Chosen
    revision: int
    author: str
    updated_at: datetime
    sale_id: int | None


def read(unit: Reading, draft_id: int) -> SavedDraft | None:
    """Return a draft; nothing for one that is none of this network's."""
    row = unit.execute(_by_id, {"of_id": draft_id}).first() if is_id(draft_id) else None
    return None if row is None else _saved(row)


def locked(unit: Unit, draft_id: int) -> SavedDraft | None:
    """Return a draft that nobody else changes until the unit ends."""
    unit.lock_names("draft", [(str(draft_id),)])
    return read(unit, draft_id)


def made_by(unit: Unit, page: str) -> SavedDraft | None:
    """Return the draft that a page made, under lock: a page that asks again gets the same one."""
    unit.lock_names("draft-page", [(page,)])
    row = unit.execute(_by_page, {"of_page": page}).first()
    return None if row is None else _saved(row)


def make(unit: Unit, branch_id: int, page: str, chosen: Chosen) -> SavedDraft:
    """Make a draft at a branch, with the next number."""
    unit.lock_names("draft-number", [("",)])
    number = (unit.execute(_last_number).scalar() or 0) + 1
    made = SavedDraft(unit.ids.next(), number, branch_id, chosen, 1, unit.actor, unit.now, None)
    row = {
        "id": made.id,
        "number": number,
        "branch_id": branch_id,
        "client_id": chosen.client_id,
        "visit_id": chosen.visit_id,
        "body": _body(chosen),
        "revision": 1,
        "author": unit.actor,
        "made_by": page,
        "made_at": unit.now,
        "updated_at": unit.now,
        "sale_id": None,
    }
    unit.insert(Draft, [row])
    return made


def save(unit: Unit, draft: SavedDraft, chosen: Chosen) -> SavedDraft:
    """Keep what was chosen; where nothing changed, only who saw it last."""
    if chosen.means() == draft.chosen.means():
        if chosen.seen != draft.chosen.seen:
            unit.execute_each(_see, [{"of_id": draft.id, "new_body": _body(chosen)}])
        return draft
    new = replace(draft, chosen=chosen, revision=draft.revision + 1, author=unit.actor, updated_at=unit.now)
    values = {
        "of_id": draft.id,
        "new_body": _body(chosen),
        "new_client": chosen.client_id,
        "new_visit": chosen.visit_id,
        "new_revision": new.revision,
        "new_author": unit.actor,
        "new_time": unit.now,
    }
    unit.execute_each(_write, [values])
    return new


def became(unit: Unit, draft: SavedDraft, sale_id: int) -> None:
    """Keep which invoice a draft became; it is in no list any more."""
    unit.execute_each(_became, [{"of_id": draft.id, "new_sale": sale_id, "new_time": unit.now}])


def discard(unit: Unit, draft: SavedDraft) -> None:
    """Throw a draft away; one that became an invoice stays."""
    assert draft.sale_id is None, "an issued invoice keeps its draft"
    unit.execute(_forget, {"of_id": draft.id})


def waiting(unit: Reading, branches: Iterable[int], most: int) -> list[SavedDraft]:
    """Return drafts of branches that are not issued yet, the latest first."""
    return [_saved(row) for row in unit.execute(_open, {"branches": sorted(branches), "most": most})]


def names_of(unit: Reading, logins: Iterable[str]) -> dict[str, str]:
    """Return what people who changed drafts are called, by login."""
    return {row.login: row.name for row in unit.execute(_names, {"logins": sorted(set(logins))})}


def _body(chosen: Chosen) -> str:
    kept = asdict(chosen)
    del kept["client_id"], kept["visit_id"]
    return canonical(kept)


def _saved(row: Any) -> SavedDraft:
    kept = json.loads(row.body)
    manual = kept["manual"]
    chosen = Chosen(
        client_id=row.client_id,
        visit_id=row.visit_id,
        lines=tuple(ChosenLine(**line) for line in kept["lines"]),
        codes=tuple(kept["codes"]),
        taken_off=tuple(kept["taken_off"]),
        manual=None if manual is None else ManualDiscount(**manual),
        seen=(kept["seen"][0], kept["seen"][1]),
    )
    return SavedDraft(
        id=row.id,
        number=row.number,
        branch_id=row.branch_id,
        chosen=chosen,
        revision=row.revision,
        author=row.author,
        updated_at=row.updated_at,
        sale_id=row.sale_id,
    )
