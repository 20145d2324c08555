"""An invoice that is being made out, as the host sends it: whole, each time (SEMANTICS 1 and 6).

A draft is a document of the host's, not rows of the core: it carries all that pricing needs to know of items and of
the person, so that a quote reads the core's own rows only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Tax:
    """How a line is taxed: the rate in basis points, and whether the price includes it."""

    rate_bp: int = 0
    included: bool = True


@dataclass(frozen=True, slots=True)
class ItemFlags:
    """What the business allows for an item; held by the core, after all plugins (SEMANTICS 1, *item flags*).

    `minimum_price_minor` is of one unit, in the price's own basis; `reason` says why something is not allowed.
    """

    discountable: bool = True
    earns: bool = True
    payable_with_value: bool = True
    counts_in_totals: bool = True
    minimum_price_minor: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line: `key` is the caller's own, `categories` the item's category and its ancestors, the nearest first.

    `third_party_minor` is what somebody else pays of the line (an insurer, an employer): loyalty sees only the rest.
    """

    key: str
    item: str
    name: str
    kind: str
    quantity_milli: int
    unit_price_minor: int
    categories: tuple[str, ...] = ()
    tax: Tax = Tax()
    third_party_minor: int = 0
    flags: ItemFlags = ItemFlags()


@dataclass(frozen=True, slots=True)
class Person:
    """What a host tells of the person who is served."""

    birthday: date | None = None
    locale: str = ""


@dataclass(frozen=True, slots=True)
class ManualDiscount:
    """A discount that a member of staff gives by hand, with a reason: basis points, or an amount, not both.

    It lies on the lines named by key in `lines`; absent: on all that may be discounted.
    """

    reason: str
    percent_bp: int | None = None
    amount_minor: int | None = None
    lines: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice before it is issued; (`source`, `external_id`) says which one it is, as for recorded ones.

    `taken_off` are references of offers that staff chose not to apply (`Offer.reference`).
    """

    source: str
    external_id: str
    branch_id: int
    lines: tuple[DraftLine, ...]
    client_id: int | None = None
    visit_id: int | None = None
    person: Person = Person()
    codes: tuple[str, ...] = ()
    taken_off: frozenset[str] = frozenset()
    manual: ManualDiscount | None = None
