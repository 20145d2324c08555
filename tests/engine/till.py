"""Invoices and offers in few words, for the tests of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from loyalty_core.decisions.offers import Benefit, Covers, Offer
from loyalty_core.engine.listing import invoice_of
from loyalty_core.engine.matching import index
from loyalty_core.engine.pricing import price
from loyalty_core.engine.rounding import RoundingLevel
from loyalty_core.facts.combination import CombinationPolicy, Lane
from loyalty_core.facts.draft import Draft, DraftLine, ItemFlags, ManualDiscount, Tax
from loyalty_core.facts.money import Currency, Rounding
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.quote import Considered, Priced
from loyalty_core.facts.totals import Totals
from loyalty_core.messages import gettext

KYIV, UAH = ZoneInfo("Europe/Kyiv"), Currency("UAH")
MONDAY_NOON = datetime(2026, 3, 2, 12, 0, tzinfo=KYIV).astimezone(UTC)
HALF_UP_BY_LINE = (Rounding.HALF_UP, RoundingLevel.LINE)


def line(item: str, price_minor: int, quantity: int = 1, **more: Any) -> DraftLine:
    """Return a line of some pieces of a service, its key that of its item; tax, flags and the like by name."""
    flags = {name: more.pop(name) for name in ("discountable", "minimum_price_minor", "reason") if name in more}
    tax = Tax(more.pop("rate_bp", 0), more.pop("included", True))
    fields = {"key": item, "name": item, "kind": "service", "flags": ItemFlags(**flags), "tax": tax, **more}
    fields.setdefault("quantity_milli", quantity * 1000)
    return DraftLine(item=item, unit_price_minor=price_minor, **fields)


def invoice(lines: Sequence[DraftLine], at: datetime = MONDAY_NOON, mode: Rounding = Rounding.HALF_UP) -> Invoice:
    """Return an invoice in branch 1."""
    draft = Draft(source="test", external_id="1", branch_id=1, lines=tuple(lines))
    return invoice_of(draft, at, KYIV, UAH, mode)


def offer(key: str, benefit: Benefit, *, on: Iterable[str] = (), lane: str = Lane.PROMOTION, **more: Any) -> Offer:
    """Return an offer on some items, or on all."""
    covers = more.pop("covers", Covers(items=frozenset(on)))
    return Offer(key, gettext("An offer"), benefit, lane, covers, plugin="test", **more)


def client(**more: Any) -> Client:
    """Return a client on the first visit, without any standing."""
    fields = {"id": 1, "birthday": None, "locale": "uk", "totals": Totals(), "number": 1, **more}
    return Client(**fields)


def meeting(*pairs: tuple[str, str], **more: Any) -> CombinationPolicy:
    """Return a policy in which these lanes may meet."""
    return CombinationPolicy(meeting=frozenset(frozenset(pair) for pair in pairs), **more)


def priced(
    lines: Sequence[DraftLine],
    *offers: Offer,
    policy: CombinationPolicy | None = None,
    rounding: tuple[Rounding, RoundingLevel] = HALF_UP_BY_LINE,
    manual: ManualDiscount | None = None,
    at: datetime = MONDAY_NOON,
    to: Client | None = None,
    **more: Any,
) -> Priced:
    """Price lines with these offers."""
    made = invoice(lines, at, rounding[0])
    return price(made, to, index(offers), (), policy or CombinationPolicy(), rounding, manual, **more)


def offs(result: Priced) -> list[int]:
    """Return what came off each line, with tax."""
    return [line.off_minor for line in result.lines]


def fate_of(result: Priced, key: str) -> Considered:
    """Return what became of an offer."""
    (found,) = [each for each in result.considered if each.reference == f"test:{key}"]
    return found
