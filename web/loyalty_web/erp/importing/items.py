"""Import of items and their categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select, update

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.facts.invoice import LINE_KINDS
from loyalty_core.messages import gettext as _
from loyalty_core.services.chunks import chunks
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.erp.importing import columns
from loyalty_web.erp.importing.columns import Column, Forms
from loyalty_web.erp.importing.importer import Importer
from loyalty_web.erp.importing.sheet import Record
from loyalty_web.erp.tables import LONGEST_PATH, Item, ItemCategory, folded

SEPARATOR = " / "
"""What stands between the names in a category's path."""

item, item_category = table_of(Item), table_of(ItemCategory)
_categories = select(item_category.c.path, item_category.c.id).where(item_category.c.network_id == THIS_NETWORK)
_items = (
    select(
        item.c.id,
        item.c.external_id,
        item.c.name,
        item_category.c.path.label("category"),
        item.c.kind,
        item.c.price_minor.label("price"),
    )
    .select_from(
        item.join(
            item_category,
            and_(item_category.c.network_id == item.c.network_id, item_category.c.id == item.c.category_id),
        )
    )
    .where(item.c.network_id == THIS_NETWORK, item.c.external_id.in_(bindparam("ids", expanding=True)))
)
_change = (
    update(item)
    .where(item.c.network_id == THIS_NETWORK, item.c.id == bindparam("of_id"))
    .values(
        name=bindparam("new_name"),
        search_name=bindparam("new_search_name"),
        category_id=bindparam("new_category"),
        kind=bindparam("new_kind"),
        price_minor=bindparam("new_price"),
    )
)


def item_kind(text: str, forms: Forms) -> str:
    """Read the kind of an item or line."""
    return parsing.one_of(text, LINE_KINDS)


def category_path(text: str, forms: Forms) -> str:
    """Read a category with those above it as its path."""
    return path_of(text)


def path_of(text: str) -> str:
    """Return the path of a category as it is written, `Hair/ Colouring`, with its separators as they are kept."""
    path = SEPARATOR.join(parsing.name(part) for part in text.split("/"))
    if len(path) > LONGEST_PATH:
        message = _("Shorten this to at most %(longest)s characters.", longest=LONGEST_PATH)
        raise Refused(Problem("too_long", message))
    return path


class KnownItem(NamedTuple):
    """An item as it is kept."""

    id: int
    external_id: str
    name: str
    category: str
    kind: str
    price: int | None


def known_items(unit: Unit, external_ids: Iterable[str]) -> dict[str, KnownItem]:
    """Return those items that are known, by external id."""
    found: dict[str, KnownItem] = {}
    for some in chunks(list(external_ids)):
        for row in unit.execute(_items, {"ids": some}).mappings().all():
            found[row["external_id"]] = KnownItem(**row)
    return found


def category_ids(unit: Unit, paths: Iterable[str]) -> dict[str, int]:
    """Return the ids of all categories by path, making those of `paths` that are missing, the upper ones first."""
    ids = {row.path: row.id for row in unit.execute(_categories)}
    rows = []
    for path in sorted(paths):
        names = path.split(SEPARATOR)
        for depth in range(1, len(names) + 1):
            part = SEPARATOR.join(names[:depth])
            if part in ids:
                continue
            ids[part] = unit.ids.next()
            parent = ids[SEPARATOR.join(names[: depth - 1])] if depth > 1 else None
            rows.append({"id": ids[part], "parent_id": parent, "name": names[depth - 1], "path": part})
    unit.insert(ItemCategory, rows)
    return ids


class Items(Importer):
    """What a business sells; a known item is updated, categories are made as they are named."""

    kind = "items"
    columns = (
        Column("external_id", columns.external_id),
        Column("name", columns.name),
        Column("category", category_path),
        Column("kind", item_kind),
        Column("price", columns.money, required=False),
    )

    def save(self, records: Sequence[Record]) -> None:
        """Create or update items; a file without prices leaves them as they are."""
        kept = [each for each in records if self.once(each.line, "external_id", each.values["external_id"])]
        known = known_items(self.unit, [each.values["external_id"] for each in kept])
        categories = category_ids(self.unit, {record.values["category"] for record in kept})
        new, changed = [], []
        for record in kept:
            old = known.get(record.values["external_id"])
            values = record.values if old is None else {**old._asdict(), **record.values}
            category_id = categories[values["category"]]
            if old is None:
                new.append(self._row(values, category_id))
            elif old != KnownItem(**values):
                changed.append(self._change(values, category_id))
        self.unit.insert(Item, new)
        self.unit.execute_each(_change, changed)
        self.counts.new += len(new)
        self.counts.changed += len(changed)
        self.counts.unchanged += len(kept) - len(new) - len(changed)

    def _row(self, values: Mapping[str, Any], category_id: int) -> dict[str, Any]:
        return {
            "id": self.unit.ids.next(),
            "external_id": values["external_id"],
            "name": values["name"],
            "search_name": folded(values["name"]),
            "category_id": category_id,
            "kind": values["kind"],
            "price_minor": values.get("price"),
        }

    def _change(self, values: Mapping[str, Any], category_id: int) -> dict[str, Any]:
        return {
            "of_id": values["id"],
            "new_name": values["name"],
            "new_search_name": folded(values["name"]),
            "new_category": category_id,
            "new_kind": values["kind"],
            "new_price": values["price"],
        }
