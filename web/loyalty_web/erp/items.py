"""What the small host sells: services and goods in a tree of categories, as pages and the till ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, or_, select, update

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.draft import ItemFlags, Tax
from loyalty_core.messages import gettext as _
from loyalty_core.ports import ItemCard, Reading
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.erp.importing.items import SEPARATOR, category_ids
from loyalty_web.erp.people_search import anywhere
from loyalty_web.erp.tables import Item, ItemCategory, folded

_item, _category = table_of(Item), table_of(ItemCategory)
_joined = and_(_category.c.network_id == _item.c.network_id, _category.c.id == _item.c.category_id)
_items = select(_item, _category.c.path).join(_category, _joined).where(_item.c.network_id == THIS_NETWORK)
_by_code = _items.where(_item.c.external_id.in_(bindparam("ids", expanding=True)))
_by_id = _items.where(_item.c.id == bindparam("of_id"))
_by_text = (
    _items.where(or_(_item.c.external_id == bindparam("code"), _item.c.search_name.like(bindparam("part"), escape="/")))
    .order_by((_item.c.external_id == bindparam("code")).desc(), _item.c.search_name, _item.c.external_id)
    .limit(bindparam("most"))
)
_paths = select(_category.c.path).where(_category.c.network_id == THIS_NETWORK).order_by(_category.c.path)
_wanted = _items.where(
    or_(
        bindparam("any_text"),
        _item.c.external_id == bindparam("code"),
        _item.c.search_name.like(bindparam("part"), escape="/"),
    ),
    or_(
        bindparam("any_category"),
        _category.c.path == bindparam("path"),
        _category.c.path.like(bindparam("below"), escape="/"),
    ),
    or_(bindparam("any_kind"), _item.c.kind == bindparam("kind")),
)
_counted = select(func.count()).select_from(_wanted.subquery())
_columns = {"name": _item.c.search_name, "code": _item.c.external_id, "category": _category.c.path}
SORTED_BY = (*_columns, "price")
_listed: Mapping[str, Select[Any]] = {
    f"{sign}{name}": _wanted.order_by(column.desc() if sign else column, _item.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
    for name, column in {**_columns, "price": func.coalesce(_item.c.price_minor, -1)}.items()
    for sign in ("", "-")
}
_change = update(_item).where(_item.c.network_id == THIS_NETWORK, _item.c.id == bindparam("of_id"))


@dataclass(frozen=True, slots=True)
class ItemInput:
    """An item as staff write it; `category` is a path, made where there is none yet."""

    name: str
    category: str
    kind: str
    price_minor: int | None
    discountable: bool
    minimum_price_minor: int
    flag_reason: str
    tax_rate_bp: int
    tax_included: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items a list is asked for; empty texts ask for all."""

    text: str = ""
    category: str = ""
    kind: str = ""

    @property
    def params(self) -> dict[str, Any]:
        """Return the parameters of the statements."""
        return {
            "any_text": not self.text,
            "code": self.text,
            "part": anywhere(folded(self.text)),
            "any_category": not self.category,
            "path": self.category,
            "below": anywhere(self.category)[1:-1] + f"{SEPARATOR.replace('/', '//')}%",
            "any_kind": not self.kind,
            "kind": self.kind,
        }


class HostCatalogue:
    """Items of the host's own tables: the port `Catalogue`."""

    def items(self, unit: Reading, codes: Sequence[str]) -> Mapping[str, ItemCard]:
        """Return items by the host's id."""
        return {row.external_id: card(row) for row in unit.execute(_by_code, {"ids": list(codes)})}

    def find(self, unit: Reading, text: str, limit: int) -> Sequence[ItemCard]:
        """Return items by their exact id, then by a part of the name."""
        text = text.strip()
        if not text:
            return []
        params = {"code": text, "part": anywhere(folded(text)), "most": limit}
        return [card(row) for row in unit.execute(_by_text, params)]

    def categories(self, unit: Reading) -> Sequence[str]:
        """Return the paths of all categories, by name."""
        return list(unit.execute(_paths).scalars())


def card(row: Row[Any]) -> ItemCard:
    """Return an item as others see it."""
    flags = ItemFlags(row.discountable, minimum_price_minor=row.minimum_price_minor, reason=row.flag_reason)
    tax = Tax(row.tax_rate_bp, row.tax_included)
    return ItemCard(row.external_id, row.name, row.kind, row.path, row.price_minor, flags, tax)


def count(unit: Unit, wanted: Wanted) -> int:
    """Return how many items there are of those wanted."""
    found: int = unit.execute(_counted, wanted.params).scalar_one()
    return found


def listed(unit: Unit, wanted: Wanted, sort: str, most: int, skipped: int) -> Sequence[Row[Any]]:
    """Return one page of the items wanted; `sort` is one of `SORTED_BY`, with a hyphen before it for descending."""
    rows: Sequence[Row[Any]] = unit.execute(_listed[sort], {**wanted.params, "most": most, "skipped": skipped}).all()
    return rows


def item(unit: Unit, item_id: int) -> Row[Any] | None:
    """Return one item with the path of its category."""
    row: Row[Any] | None = unit.execute(_by_id, {"of_id": item_id}).first()
    return row


def add(unit: Unit, code: str, given: ItemInput) -> int:
    """Add an item and return its id. Raises `Refused`: `item_twice` for a code that is taken, and as `change`."""
    _check(given)
    if unit.execute(_by_code, {"ids": [code]}).first() is not None:
        text = _("Choose another code: “%(code)s” is taken by another item.", code=code)
        raise Refused(Problem("item_twice", text, ("code",)))
    item_id = unit.ids.next()
    unit.insert(Item, [{"id": item_id, "external_id": code, **_row(unit, given)}])
    unit.audit("item.added", f"item:{item_id}", None, {"code": code, **asdict(given)})
    return item_id


def change(unit: Unit, item_id: int, given: ItemInput) -> bool:
    """Change an item and return whether anything is new. Invoices that were issued keep what they were sold at.

    Raises `Refused`: `no_reason` where something is not allowed and nobody says why, `minimum_above_price`.
    """
    _check(given)
    old = item(unit, item_id)
    assert old is not None, "the page has looked it up"
    before = {field.name: getattr(old, _COLUMN.get(field.name, field.name)) for field in fields(ItemInput)}
    if before == asdict(given):
        return False
    unit.execute(_change, {"of_id": item_id, **_row(unit, given)})
    unit.audit("item.changed", f"item:{item_id}", before, asdict(given))
    return True


_COLUMN = {"category": "path"}


def _check(given: ItemInput) -> None:
    problems = []
    if (not given.discountable or given.minimum_price_minor) and not given.flag_reason:
        text = _("Say why, in a few words: staff and clients read it where a discount stops.")
        problems.append(Problem("no_reason", text, ("flag_reason",)))
    if given.price_minor is not None and given.minimum_price_minor > given.price_minor:
        text = _("Give a lowest price of at most the price itself: else it could never be sold at its price.")
        problems.append(Problem("minimum_above_price", text, ("minimum_price_minor",)))
    if problems:
        raise Refused(problems)


def _row(unit: Unit, given: ItemInput) -> dict[str, Any]:
    """Return an item's columns; its category is made where there is none yet."""
    row = asdict(given)
    path = row.pop("category")
    return {**row, "search_name": folded(given.name), "category_id": category_ids(unit, {path})[path]}
