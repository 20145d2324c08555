"""A till to test with: drafts in one line, quotes, invoices issued and paid at a `House`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from loyalty_core.facts.draft import Draft, DraftLine, ItemFlags, ManualDiscount, Tax
from loyalty_core.facts.staff import UNLIMITED, Staff
from loyalty_core.services import offers
from loyalty_core.services.invoices import issuing, quoting
from loyalty_core.services.invoices.issuing import IssuedSale
from loyalty_core.services.invoices.quoting import Quote
from loyalty_core.testing.house import House

UNTAXED = Tax()


def a_draft_line(
    price_minor: int,
    item: str = "cut",
    *,
    key: str = "",
    kind: str = "service",
    quantity_milli: int = 1000,
    categories: tuple[str, ...] = (),
    tax: Tax = UNTAXED,
    third_party_minor: int = 0,
    **flags: Any,
) -> DraftLine:
    """Return a line of one unit; its key is the item unless given, `flags` are those of the item."""
    return DraftLine(
        key=key or item,
        item=item,
        name=item.title(),
        kind=kind,
        quantity_milli=quantity_milli,
        unit_price_minor=price_minor,
        categories=categories,
        tax=tax,
        third_party_minor=third_party_minor,
        flags=ItemFlags(**flags),
    )


class Till:
    """The till of one branch of a house; its staff may do everything unless said otherwise."""

    def __init__(self, house: House, branch: str = "podil", staff: Staff = UNLIMITED) -> None:
        self.house = house
        self.branch = branch
        self.staff = staff
        self._numbers = count(1)

    def draft(self, *lines: DraftLine, client: str | None = None, visit: int | None = None, **more: Any) -> Draft:
        """Return a draft of a number of its own."""
        return Draft(
            source="till",
            external_id=f"{self.branch}-{next(self._numbers)}",
            branch_id=self.house.branches[self.branch],
            lines=lines,
            client_id=None if client is None else self.house.client(client),
            visit_id=visit,
            **more,
        )

    def promotion(self, form: Mapping[str, object], offer_id: int | None = None) -> offers.SavedOffer:
        """Save a promotion in the form of the plugin `promotions`."""
        with self.house.work() as unit:
            return offers.save(unit, "promotions", form, offer_id)

    def quote(self, draft: Draft, staff: Staff | None = None) -> Quote:
        """Price a draft."""
        with self.house.reading() as unit:
            return quoting.quote(unit, draft, staff or self.staff)

    def ticket(self, quoted: Quote) -> str:
        """Return the ticket of a quote."""
        with self.house.reading() as unit:
            return issuing.ticket_of(unit, quoted)

    def issue(self, draft: Draft, ticket: str | None = None, *, key: str | None = None) -> IssuedSale:
        """Issue a draft by a ticket, or by a quote made right now."""
        shown = ticket or self.ticket(self.quote(draft))
        with self.house.work() as unit:
            return issuing.issue(unit, draft, shown, self.staff, key)

    def sell(self, *lines: DraftLine, client: str | None = None, **more: Any) -> IssuedSale:
        """Quote and issue lines at once."""
        return self.issue(self.draft(*lines, client=client, **more))


def by_hand(draft: Draft, *, percent_bp: int | None = None, amount_minor: int | None = None) -> Draft:
    """Return a draft with a discount given by hand."""
    return replace(draft, manual=ManualDiscount("a stain on the coat", percent_bp, amount_minor))


def off(quoted: Quote) -> Sequence[int]:
    """Return what came off each line, in minor units."""
    return [line.off_minor for line in quoted.priced.lines]
