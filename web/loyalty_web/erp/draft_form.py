"""What the builder's form sent: typed fields, which button, which page; and what it makes of a draft.

A field that cannot be read keeps what the draft had and says why; the rest of the form goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from secrets import token_hex

from flask import request

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.draft import ManualDiscount
from loyalty_core.messages import gettext as _
from loyalty_web import requests
from loyalty_web.erp.drafts import Chosen, ChosenLine
from loyalty_web.forms import Choice, Form, FormSchema, Phrase, typed

LONGEST_REASON = 200
PERCENT, AMOUNT = "percent", "amount"
LONGEST_TOKEN = 32


class ManualForm(FormSchema):
    """The discount given by hand: so many percent or an amount, and why."""

    manual_kind = Choice({PERCENT: _("Percent"), AMOUNT: _("Amount")}, load_default=PERCENT)
    manual_value = Phrase(40)
    reason = Phrase(LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request says besides its fields. `do` is the button, empty while somebody types.

    `page` and `nth` tell a page's requests from another's and an older one from a newer; `shown` is what the page
    showed: minor units by line key, the total under an empty one.
    """

    do: str
    argument: str
    page: str
    nth: int
    draft_id: int | None
    revision: int
    key: str
    ticket: str
    scan: str
    shown: Mapping[str, int]

    @property
    def button(self) -> str:
        """Return what the button sends, to be pressed again."""
        return f"{self.do}:{self.argument}" if self.argument else self.do


def sent() -> Sent:
    """Read the request."""
    given = request.form
    do, _colon, argument = given.get("do", "").partition(":")
    return Sent(
        do=do,
        argument=argument,
        page=_token(given.get("page", "")),
        nth=number(given.get("nth", "")) or 0,
        draft_id=number(given.get("draft", "")),
        revision=number(given.get("revision", "")) or 0,
        key=_token(given.get("key", "")),
        ticket=given.get("ticket", ""),
        scan=given.get("scan", ""),
        shown=_shown(given.get("shown", "")),
    )


def shown_text(total_minor: int, lines: Mapping[str, int]) -> str:
    """Return what a page shows, as the form sends it back: to say later which figures changed."""
    return ";".join([f"={total_minor}", *(f"{key}={minor}" for key, minor in lines.items())])


def read(chosen: Chosen, prices: Mapping[str, int | None], *, may_price: bool, half_given: bool) -> tuple[Chosen, Form]:
    """Return the draft as typed, and the form with what is wrong in it.

    `prices` are those of the items by code. Prices are typed where an item has none, with `may_price` anywhere. With
    `half_given` a discount without its reason is not yet a mistake: somebody is still typing.
    """
    form = Form.sent(ManualForm())
    manual_holds = not form.failed
    for line in chosen.kept:
        own = prices.get(line.item)
        chosen = chosen.with_line(_read_line(form, line, own, may_price=may_price or own is None))
    if "manual_value" in form.texts and manual_holds:
        chosen = replace(chosen, manual=_read_manual(form, chosen.manual, half_given=half_given))
    return chosen, form


def showing(chosen: Chosen) -> Form:
    """Return the form as it shows a draft, nothing typed yet."""
    manual = chosen.manual
    texts = {"manual_kind": PERCENT, "manual_value": "", "reason": ""}
    if manual is not None:
        reader = requests.reader()
        by_amount = manual.amount_minor is not None
        texts["manual_kind"] = AMOUNT if by_amount else PERCENT
        texts["manual_value"] = (
            reader.amount(manual.amount_minor or 0) if by_amount else reader.points(manual.percent_bp or 0)
        )
        texts["reason"] = manual.reason
    return Form(ManualForm(), texts)


def _read_line(form: Form, line: ChosenLine, own_price: int | None, *, may_price: bool) -> ChosenLine:
    reader = requests.reader()
    quantity = form.texts.get(f"quantity-{line.key}")
    if quantity is not None:
        try:
            line = replace(line, quantity_milli=typed.quantity_milli(quantity))
        except Refused as refused:
            _wrong(form, refused, f"quantity-{line.key}")
    price = form.texts.get(f"price-{line.key}")
    if price is not None and may_price:
        try:
            minor = typed.minor(price, reader.currency, reader.locale) if price.strip() else None
            line = replace(line, price_minor=None if minor == own_price else minor)
        except Refused as refused:
            _wrong(form, refused, f"price-{line.key}")
    return line


def _read_manual(form: Form, before: ManualDiscount | None, *, half_given: bool) -> ManualDiscount | None:
    text, reason = form.text("manual_value"), form.values.get("reason") or ""
    if not text.strip():
        return None
    reader = requests.reader()
    by_amount = form.values.get("manual_kind") == AMOUNT
    try:
        value = (
            typed.minor(text, reader.currency, reader.locale) if by_amount else typed.percent_bp(text, reader.locale)
        )
    except Refused as refused:
        _wrong(form, refused, "manual_value")
        return before
    if not value:
        return None
    if not reason:
        if not half_given:
            form.problems.append(Problem("no_reason", _("Say why the discount is given."), ("reason",)))
        return before
    return ManualDiscount(reason, amount_minor=value) if by_amount else ManualDiscount(reason, percent_bp=value)


def _wrong(form: Form, refused: Refused, field: str) -> None:
    form.problems.extend(Problem(each.code, each.message, (field,)) for each in refused.problems)


def _token(text: str) -> str:
    """Return a token of a page; a new one where there is none that could be ours."""
    return text if text.isascii() and text.isalnum() and len(text) <= LONGEST_TOKEN else token_hex(16)


def number(text: str) -> int | None:
    """Return a number as a form of ours sends it; nothing for what none could be."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _shown(text: str) -> dict[str, int]:
    found = {}
    for part in text.split(";")[:1000]:
        key, _mark, minor = part.partition("=")
        if (shown := number(minor)) is not None:
            found[key] = shown
    return found
