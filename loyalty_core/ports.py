"""What a host must provide. Each port but the clock takes a sequence of ids and answers for all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from loyalty_core.facts.draft import ItemFlags, Tax


class Reading(Protocol):
    """The unit of work as a port sees it: a network, and statements in its transaction."""

    @property
    def network_id(self) -> int:
        """The network that is meant."""
        ...

    def execute(self, statement: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Run one statement, each of its tables tied to the network."""
        ...


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What the host knows of a client as a person; `phones` are digits without a sign, the main one first.

    `locale` is the language to write to the person in.
    """

    client_id: int
    name: str
    phones: tuple[str, ...] = ()
    birthday: date | None = None
    locale: str | None = None


class People(Protocol):
    """The host's persons: personal data stays there, the core knows ids only (DATA, *Ownership*)."""

    def cards(self, unit: Reading, client_ids: Sequence[int]) -> Mapping[int, PersonCard]:
        """Return what is known of clients, by id; one that nobody knows is left out."""
        ...

    def find(self, unit: Reading, text: str, limit: int) -> Sequence[PersonCard]:
        """Return at most `limit` persons by a part of the name, or the last digits of a phone; the best first."""
        ...


@dataclass(frozen=True, slots=True)
class ItemCard:
    """Something that is sold. `code` is the host's id of it, `category` the path of its category.

    `kind` is `service` or `goods` or a kind of the host's own; an item without `price_minor` is priced at the till.
    `flags` and `tax` go into a draft as they are.
    """

    code: str
    name: str
    kind: str
    category: str
    price_minor: int | None = None
    flags: ItemFlags = ItemFlags()
    tax: Tax = Tax()


class Catalogue(Protocol):
    """The host's services and goods."""

    def items(self, unit: Reading, codes: Sequence[str]) -> Mapping[str, ItemCard]:
        """Return items by the host's id; one that nobody knows is left out."""
        ...

    def find(self, unit: Reading, text: str, limit: int) -> Sequence[ItemCard]:
        """Return at most `limit` items by a part of the name, or the exact id; the best first."""
        ...

    def categories(self, unit: Reading) -> Sequence[str]:
        """Return the paths of all categories, a category before those below it."""
        ...


class Clock(Protocol):
    """The only source of time in the product."""

    def now(self) -> datetime:
        """Return the present instant, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock: the one place where the product reads it."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is set: for the demo's "as of" and for tests."""

    def __init__(self, instant: datetime) -> None:
        self.set(instant)

    def now(self) -> datetime:
        """Return the instant that was set."""
        return self._instant

    def set(self, instant: datetime) -> None:
        """Move the clock to `instant`, which must be timezone-aware."""
        if instant.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._instant = instant.astimezone(UTC)
