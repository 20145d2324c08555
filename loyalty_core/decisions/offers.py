"""Offers: price reductions as data, once per configuration version, or proposed for one invoice (SEMANTICS 6 and 8).

An offer says on which lines it lies, under which conditions, what it gives, and in which lane it competes. It says
nothing about other offers: the core arbitrates, rounds, caps, allocates and explains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from loyalty_core.facts.combination import Lane
from loyalty_core.messages import Message


@dataclass(frozen=True, slots=True)
class PercentOff:
    """So many percent off, with at most two decimals: 7.5 is 7.5 %."""

    percent: Decimal | int

    @property
    def bp(self) -> int:
        """Return the percentage in basis points."""
        return int(self.percent * 100)


@dataclass(frozen=True, slots=True)
class AmountOff:
    """An amount off, with tax, shared over the lines in proportion to their list amounts: all of them or none."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """A price of one unit, in the price's own basis. It is a ceiling: what is left, if that is less, stays."""

    price_minor: int


@dataclass(frozen=True, slots=True)
class UnitsOff:
    """So many units at a percentage off, free by default, for every `of` units on the lines covered: all or none.

    The cheapest units are reduced, however they are spread over the lines; parts of a unit do not count. "The second
    at half price" is one unit of two at 50 % off.
    """

    units: int
    of: int
    percent: Decimal | int = 100

    @property
    def bp(self) -> int:
        """Return the percentage in basis points."""
        return int(self.percent * 100)


@dataclass(frozen=True, slots=True)
class BundlePrice:
    """One price, with tax, for all the lines covered together, as they are: all of them or none.

    Where `Covers.items` names items, each of them must be on the invoice.
    """

    price_minor: int


Benefit = PercentOff | AmountOff | FixedPrice | UnitsOff | BundlePrice


@dataclass(frozen=True, slots=True)
class Covers:
    """Which lines an offer lies on: those of one of the items or categories, of one of the kinds; empty: any.

    `lines` are keys of lines of this very invoice: for proposals. A category stands for those below it too. Gift
    cards, memberships and top-ups are covered only by what names them, by item, category or kind (SEMANTICS 2).
    """

    items: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    lines: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class During:
    """At certain local times: from a day on and before another, on some weekdays, between two minutes of the day.

    Days may be absent, Monday is weekday 0, no weekdays are all of them; minutes are half-open. A window that ends
    at or before its beginning crosses midnight and belongs to the day it begins on (SEMANTICS 12).
    """

    starts_on: date | None = None
    ends_before: date | None = None
    weekdays: frozenset[int] = frozenset()
    from_minute: int = 0
    to_minute: int = 24 * 60


@dataclass(frozen=True, slots=True)
class AtBranches:
    """In one of these branches."""

    ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class ListedAtLeast:
    """When the invoice's list amount with tax is at least so much; gift cards, memberships and top-ups left out."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class ClientKnown:
    """When there is a client at all."""


@dataclass(frozen=True, slots=True)
class VisitNumber:
    """On the client's first visit, or the n-th: counted visits before it, and one."""

    number: int


@dataclass(frozen=True, slots=True)
class InCategories:
    """When the client has one of these labels."""

    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClassAtLeast:
    """When the client's importance class has at least this rank."""

    rank: int


OfferCondition = During | AtBranches | ListedAtLeast | ClientKnown | VisitNumber | InCategories | ClassAtLeast


@dataclass(frozen=True, slots=True)
class LeftAtLeast:
    """Only when this much, with tax, is left on the invoice after the other lanes' discounts, before its own."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class AloneOnItsLines:
    """Only when no other lane takes anything off the lines it covers."""


Requirement = LeftAtLeast | AloneOnItsLines


@dataclass(frozen=True, slots=True)
class Offer:
    """A price reduction that competes with others; `key` names it within its plugin.

    All `conditions` must hold. `cap_minor` limits what it takes off altogether, with tax. Of equals the one with the
    higher `priority` wins, then the older (`since`), then the smaller reference. `exclusive`: it competes alone
    against all the rest. The core fills in `plugin` and `version_id`, the immutable version that it comes from.
    """

    key: str
    label: Message = field(hash=False)
    benefit: Benefit
    lane: str = Lane.PROMOTION
    covers: Covers = Covers()
    conditions: tuple[OfferCondition, ...] = ()
    cap_minor: int | None = None
    requirement: Requirement | None = None
    priority: int = 0
    exclusive: bool = False
    since: datetime | None = None
    plugin: str = ""
    version_id: int | None = None

    @property
    def reference(self) -> str:
        """Return what the offer is called in drafts and records: its plugin and its key."""
        return f"{self.plugin}:{self.key}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An offer for the one invoice that is asked about; `lines` are keys of its lines, absent: all."""

    key: str
    label: Message = field(hash=False)
    benefit: Benefit
    lane: str = Lane.PROMOTION
    lines: frozenset[str] | None = None
    cap_minor: int | None = None
    requirement: Requirement | None = None
    priority: int = 0
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class StoredOffer:
    """An offer as staff typed it, in its plugin's own form: `form` was validated by the schema it registered."""

    id: int
    version_id: int
    since: datetime
    form: object = field(hash=False)
