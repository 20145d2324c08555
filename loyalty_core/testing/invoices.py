"""Invoices, clients and stored offers for tests: like `builders`, with defaults for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from loyalty_core.decisions.offers import StoredOffer
from loyalty_core.facts.draft import ItemFlags, Tax
from loyalty_core.facts.money import MILLI, list_amount
from loyalty_core.facts.pricing import Client, Invoice, Line
from loyalty_core.testing.builders import NOON, UAH, a_subject


def a_line(key: str = "1", /, **fields: Any) -> Line:
    """Return one haircut of 500.00; its list amount follows from quantity and price unless it is given."""
    line = Line(
        key=key,
        item="haircut",
        name="Haircut",
        kind="service",
        categories=("hair", "services"),
        quantity_milli=MILLI,
        unit_price_minor=50_000,
        listed_minor=0,
        floor_minor=0,
        tax=Tax(),
        flags=ItemFlags(),
    )
    line = replace(line, **fields)
    return line if "listed_minor" in fields else _listed(line)


def _listed(line: Line) -> Line:
    return replace(line, listed_minor=list_amount(line.quantity_milli, line.unit_price_minor))


def an_invoice(*lines: Line, **fields: Any) -> Invoice:
    """Return an invoice of these lines, or of one haircut, at noon of 14 March 2026."""
    invoice = Invoice(branch_id=1, visit_id=None, at=NOON, currency=UAH, lines=lines or (a_line(),))
    return replace(invoice, **fields)


def some_invoices() -> tuple[Invoice, ...]:
    """Return invoices of every make: without lines, with one, with goods, taxes and amounts great and small."""
    shampoo = a_line("2", item="shampoo", name="Shampoo", kind="goods", categories=("care", "goods"))
    taxed = a_line("3", tax=Tax(2_000, included=False), quantity_milli=1_500, unit_price_minor=33_333)
    card = a_line("4", item="card", name="Gift card", kind="gift_card", categories=())
    free, dear = a_line("5", unit_price_minor=0), a_line("6", unit_price_minor=10**12)
    return (
        replace(an_invoice(), lines=()),
        an_invoice(),
        an_invoice(a_line(), shampoo, taxed, card, free, codes=("SPRING",)),
        an_invoice(dear, visit_id=101),
        an_invoice(*(a_line(str(number)) for number in range(1, 61))),
    )


def a_client(**fields: Any) -> Client:
    """Return a client on a fourth visit who was born on 14 March and has a personal discount of 5 %."""
    client = Client(
        id=1001,
        birthday=date(1990, 3, 14),
        locale="uk",
        totals=a_subject().totals,
        number=4,
        discount_bp=500,
    )
    return replace(client, **fields)


def a_stored_offer(form: Mapping[str, object], /, **fields: Any) -> StoredOffer:
    """Return an offer that staff typed at noon of 14 March 2026; `form` is as its schema reads it."""
    return replace(StoredOffer(id=1, version_id=1, since=NOON, form=form), **fields)
