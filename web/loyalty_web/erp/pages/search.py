"""One field for whatever was scanned or typed: a client, an item, an invoice (UI 2.1, the cashier's first tile)."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import bindparam, select
from werkzeug.wrappers import Response

from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Sale
from loyalty_core.storage.work import table_of
from loyalty_web import phones, requests
from loyalty_web.erp.scanning import Hit, cleaned, recognise
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs
from loyalty_web.rendering import render, url_where_there
from loyalty_web.slots import TODAY, Fragment

pages = Pages("search", __name__)

_sale = table_of(Sale)
_by_number = (
    select(_sale.c.id, _sale.c.external_id, _sale.c.branch_id, _sale.c.issued_at)
    .where(_sale.c.network_id == THIS_NETWORK, _sale.c.external_id == bindparam("number"))
    .order_by(_sale.c.issued_at.desc())
    .limit(8)
)


@pages.get("/search")
@needs("clients.view")
def index() -> Response:
    """Go to what was meant, where it is one thing; else show what it may be."""
    text = cleaned(request.args.get("q", ""))
    ports = requests.extension().ports
    with requests.reading() as unit:
        sales = _invoices(unit, text) if text else []
        found = recognise(unit, ports.catalogue, ports.people, text)
        one = None if sales and (found.client or found.item or found.is_choice) else _only(found, sales)
        if one is not None:
            return redirect(one, 303)
        clients = found.clients or ((found.client,) if found.client is not None else ())
        items = found.items or ((found.item,) if found.item is not None else ())
        builder = url_where_there("erp.drafts.new")
        values: dict[str, Any] = {"clients": clients, "items": items, "sales": sales, "by_id": requests.around().by_id}
        return render("erp/search.html", text=text, phone=phones.shown, builder=builder, **values)


def _invoices(unit: Unit, text: str) -> list[dict[str, object]]:
    """Return the invoices of that number which may be seen, with their addresses."""
    actor = requests.the_actor()
    return [
        {"number": row.external_id, "branch_id": row.branch_id, "at": row.issued_at, "url": url}
        for row in unit.execute(_by_number, {"number": text.removeprefix("№").strip()})
        if actor.may("invoices.view", row.branch_id)
        and (url := url_where_there("loyalty.invoices.invoice", sale_id=row.id)) is not None
    ]


def _only(found: Hit, sales: list[dict[str, object]]) -> str | None:
    """Return the address of the one thing that was meant."""
    if len(sales) == 1:
        return str(sales[0]["url"])
    if found.client is not None:
        return url_for("loyalty.clients.card", client_id=found.client.client_id)
    return None


def _tile() -> Fragment:
    return Fragment("erp/search_tile.html")


pages.slot(TODAY, _tile, needs="invoices.issue", order=10)
