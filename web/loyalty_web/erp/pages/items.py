"""Services and goods: find one, change its price, what is allowed for it, how it is taxed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, request, url_for
from sqlalchemy import Row
from werkzeug.wrappers import Response

from loyalty_core.errors import Refused
from loyalty_core.facts import parsing
from loyalty_core.facts.invoice import LINE_KINDS
from loyalty_core.messages import gettext as _
from loyalty_core.messages import ngettext
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.erp import items
from loyalty_web.erp.importing.items import path_of
from loyalty_web.erp.tables import LONGEST_NAME, LONGEST_PATH
from loyalty_web.forms import Choice, Flag, Form, FormSchema, Minor, Phrase, Points
from loyalty_web.lists import Listing
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs, require_everywhere
from loyalty_web.rendering import render

pages = Pages("items", __name__)
pages.menu(_("Services and goods"), "index", icon="tag", needs="items.edit", order=50)

KINDS = {
    "service": _("Service"),
    "goods": _("Goods"),
    "fee": _("Fee"),
    "gift_card": _("Gift card"),
    "top_up": _("Top-up"),
    "membership": _("Membership"),
}
assert list(KINDS) == list(LINE_KINDS), "every kind has a name"


class Code(Phrase):
    """The business's own code of an item, as a scanner reads it."""

    def read(self, text: str) -> str:
        """Return the code."""
        return parsing.external_id(text.strip())


class Category(Phrase):
    """The path of a category: `Hair / Colouring`."""

    def read(self, text: str) -> str:
        """Return the path with single blanks around its separators."""
        return path_of(super().read(text))


class ItemForm(FormSchema):
    """An item."""

    name = Phrase(LONGEST_NAME, required=True, label=_("What it is called"))
    category = Category(LONGEST_PATH, required=True, label=_("Category"))
    kind = Choice(KINDS, required=True, label=_("Kind"))
    price_minor = Minor(label=_("Price"))
    tax_rate_bp = Points(load_default=0, label=_("Tax rate"))
    tax_included = Flag(label=_("The price includes the tax"))
    not_discountable = Flag(label=_("No discounts on this item"))
    minimum_price_minor = Minor(load_default=0, label=_("Never below"))
    flag_reason = Phrase(LONGEST_NAME, load_default="", label=_("Why"))


class NewItemForm(ItemForm):
    """An item that is not there yet: its code is given once and stays."""

    code = Code(required=True, label=_("Code"))


@pages.get("/items")
@needs("items.edit")
def index() -> Response:
    """List items by what is asked for: a part of the name, the code, a category with all below it, a kind."""
    listing = Listing.asked(items.SORTED_BY, "name")
    wanted = items.Wanted(request.args.get("q", "").strip(), request.args.get("category", ""), _kind())
    with requests.reading() as unit:
        listing.count(items.count(unit, wanted))
        rows = items.listed(unit, wanted, listing.sort, listing.at_once, listing.offset)
        paths = requests.extension().ports.catalogue.categories(unit)
        said = ngettext("%(count)s item", "%(count)s items", listing.total)
        requests.say(requests.reader().say(said))
        return render(
            "erp/items.html", "list", list=listing, rows=rows, wanted=wanted, kinds=KINDS, tree=_tree(paths, wanted)
        )


@pages.route("/items/new", methods=["GET", "POST"])
@needs("items.edit")
def new() -> Response:
    """Add an item."""
    require_everywhere("items.edit")
    form = _form(NewItemForm(), {"kind": "service", "tax_included": True})
    if request.method == "POST" and not form.failed:
        try:
            with requests.the_unit() as unit:
                items.add(unit, form.values["code"], _input(form))
        except Refused as refused:
            form.refuse(refused)
        else:
            flash(requests.reader().say(_("“%(name)s” is added.", name=form.values["name"])), "ok")
            return redirect(url_for(".index"), 303)
    with requests.reading() as unit:
        return _shown(unit, form, None)


@pages.route("/items/<int:item_id>", methods=["GET", "POST"])
@needs("items.edit")
def edit(item_id: int) -> Response:
    """Show an item and change it."""
    require_everywhere("items.edit")
    with requests.the_unit() if request.method == "POST" else requests.reading() as unit:
        row = items.item(unit, item_id) if item_id < 2**63 else None
        if row is None:
            abort(404)
        form = _form(ItemForm(), _values(row))
        if request.method == "POST" and not form.failed:
            try:
                changed = items.change(unit, item_id, _input(form))
            except Refused as refused:
                form.refuse(refused)
            else:
                told = _("Saved. Invoices that were issued keep what they were sold at.")
                flash(requests.reader().say(told if changed else _("Nothing was changed.")), "ok")
                return redirect(url_for(".edit", item_id=item_id), 303)
        return _shown(unit, form, row)


def _shown(unit: Unit, form: Form, row: Row[Any] | None) -> Response:
    paths = requests.extension().ports.catalogue.categories(unit)
    return render("erp/item.html", None, form.status, form=form, item=row, categories=paths)


def _kind() -> str:
    kind = request.args.get("kind", "")
    return kind if kind in KINDS else ""


def _form(schema: FormSchema, values: Mapping[str, Any]) -> Form:
    return Form.sent(schema) if request.method == "POST" else Form.showing(schema, values)


def _values(row: Row[Any]) -> dict[str, Any]:
    """Return what the form shows; nothing where zero means nothing."""
    values = dict(row._mapping)
    values.update(category=row.path, not_discountable=not row.discountable)
    return {**values, "minimum_price_minor": row.minimum_price_minor or None, "tax_rate_bp": row.tax_rate_bp or None}


def _input(form: Form) -> items.ItemInput:
    values = {name: value for name, value in form.values.items() if name not in ("code", "not_discountable")}
    return items.ItemInput(**values, discountable=not form.values["not_discountable"])


def _tree(paths: Any, wanted: items.Wanted) -> dict[str, str]:
    """Return what the filter of categories offers: each with the depth it lies in, one that is gone too."""
    offered = {path: "\N{NO-BREAK SPACE}" * 3 * path.count(" / ") + path.rpartition(" / ")[2] for path in paths}
    return {**offered, **({wanted.category: wanted.category} if wanted.category not in ("", *offered) else {})}
