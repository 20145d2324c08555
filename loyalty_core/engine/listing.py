"""From a draft to the invoice that is priced: list amounts, and how low each line may go (SEMANTICS 1)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from loyalty_core.facts.draft import Draft, DraftLine
from loyalty_core.facts.money import Currency, Rounding, list_amount
from loyalty_core.facts.pricing import Invoice, Line


def invoice_of(
    draft: Draft, instant: datetime, zone: ZoneInfo, currency: Currency, mode: Rounding = Rounding.HALF_UP
) -> Invoice:
    """Return the invoice that a draft is at an instant, in the branch's zone.

    Of a line that somebody else pays a part of, loyalty sees the rest only (SEMANTICS 11, example 22).
    """
    return Invoice(
        branch_id=draft.branch_id,
        visit_id=draft.visit_id,
        at=instant.astimezone(zone),
        currency=currency,
        lines=tuple(_listed(line, mode) for line in draft.lines),
        codes=draft.codes,
    )


def _listed(line: DraftLine, mode: Rounding) -> Line:
    whole = list_amount(line.quantity_milli, line.unit_price_minor, mode)
    listed = max(0, whole - line.third_party_minor)
    floor = list_amount(line.quantity_milli, line.flags.minimum_price_minor, mode)
    return Line(
        key=line.key,
        item=line.item,
        name=line.name,
        kind=line.kind,
        categories=line.categories,
        quantity_milli=line.quantity_milli,
        unit_price_minor=line.unit_price_minor,
        listed_minor=listed,
        floor_minor=min(floor, listed),
        tax=line.tax,
        flags=line.flags,
    )
