"""The form of a promotion, as it is typed and stored (SEMANTICS 8, *promotions*)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from marshmallow import Schema, fields, post_load, validates_schema
from marshmallow.validate import Length, OneOf

from loyalty_core.api import FULL_PERCENT, MAX_MINOR, Message, Problem, Whole, invalid
from loyalty_core.api import gettext as _
from loyalty_promotions.rules import STATES

BENEFITS = ("percent_bp", "amount_minor", "price_minor")
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 1000
LONGEST_CODE = 200
"""As long as the path of a category may be."""

MOST_NAMED = 1000
"""Items, categories, branches or labels that one promotion may name, of each."""

HIGHEST_PRIORITY = 1000
HIGHEST_RANK = 1000
LARGEST_ID = 2**63 - 1
MINUTES = 24 * 60
FIRST_YEAR, LAST_YEAR = 1900, 2199


def _codes(label: Message) -> fields.List[Any]:
    """Return a field for codes of items, categories or labels; none of them means any."""
    return fields.List(
        fields.String(validate=Length(1, LONGEST_CODE)),
        load_default=list,
        validate=Length(max=MOST_NAMED),
        metadata={"label": label},
    )


def _money(label: Message, least: int = 1) -> Whole:
    return Whole(least, MAX_MINOR, allow_none=True, load_default=None, metadata={"label": label, "unit": "minor"})


class Texts(Schema):
    """One text in the languages of the product; blanks around it are taken away."""

    longest = LONGEST_DESCRIPTION

    uk = fields.String(load_default="")
    ru = fields.String(load_default="")
    en = fields.String(load_default="")

    @post_load
    def strip(self, texts: dict[str, str], **_rest: Any) -> dict[str, str]:
        """Take blanks away, and refuse what does not hold."""
        found = {language: text.strip() for language, text in texts.items()}
        problems = list(self.problems(found))
        if problems:
            raise invalid(*problems)
        return found

    def problems(self, texts: dict[str, str]) -> Iterator[Problem]:
        """Yield what is wrong with the text in each language."""
        for language, text in texts.items():
            if len(text) > self.longest:
                message = _("Shorten this to at most %(most)s characters: it would not fit.", most=self.longest)
                yield Problem("too_long", message, (language,))
            if not text.replace("\r", "").replace("\n", "").isprintable():
                message = _("Remove invisible characters: they cannot be shown.")
                yield Problem("control_characters", message, (language,))


class Name(Texts):
    """What clients and staff call a promotion, in at least one language."""

    longest = LONGEST_NAME

    def problems(self, texts: dict[str, str]) -> Iterator[Problem]:
        """Yield what is wrong with a name: there must be one."""
        yield from super().problems(texts)
        if not any(texts.values()):
            text = _("Give a name in at least one language: it is printed where the promotion applies.")
            yield Problem("no_name", text)


class PromotionForm(Schema):
    """A promotion: what clients get, on what, when, where, who, and how it meets other offers.

    Amounts are in minor units, percentages in basis points; `amount_minor`, `minimum_minor` and `cap_minor` include
    tax, `price_minor` is of one unit. `ends_on` is the last day; hours are minutes of the day, from one and before the
    other; Monday is weekday 0. What names nothing holds for all.
    """

    name = fields.Nested(Name, required=True)
    description = fields.Nested(Texts, load_default=lambda: dict.fromkeys(("uk", "ru", "en"), ""))
    state = fields.String(load_default=STATES[0], validate=OneOf(STATES))

    percent_bp = Whole(
        1, FULL_PERCENT, allow_none=True, load_default=None, metadata={"label": _("Percent off"), "unit": "bp"}
    )
    amount_minor = _money(_("Amount off"))
    price_minor = _money(_("Fixed price of one unit"), least=0)
    cap_minor = _money(_("At most, per invoice"))

    items = _codes(_("On items"))
    categories = _codes(_("On categories"))

    starts_on = fields.Date(allow_none=True, load_default=None, metadata={"label": _("First day")})
    ends_on = fields.Date(allow_none=True, load_default=None, metadata={"label": _("Last day")})
    weekdays = fields.List(Whole(0, 6), load_default=list, metadata={"label": _("On days of the week")})
    from_minute = Whole(0, MINUTES - 1, load_default=0, metadata={"label": _("From, time"), "unit": "minute"})
    to_minute = Whole(1, MINUTES, load_default=MINUTES, metadata={"label": _("To, time"), "unit": "minute"})

    branches = fields.List(
        Whole(1, LARGEST_ID), load_default=list, validate=Length(max=MOST_NAMED), metadata={"label": _("In branches")}
    )
    minimum_minor = _money(_("Invoice from"))
    labels = _codes(_("Clients with one of these categories, one a line"))
    class_rank = Whole(
        1,
        HIGHEST_RANK,
        allow_none=True,
        load_default=None,
        metadata={"label": _("Importance class of at least, as its rank")},
    )

    priority = Whole(0, HIGHEST_PRIORITY, load_default=0, metadata={"label": _("Priority")})
    exclusive = fields.Boolean(load_default=False, metadata={"label": _("Never together with anything else")})
    combines = fields.Boolean(load_default=False, metadata={"label": _("Combines with every other discount")})

    @validates_schema
    def check(self, form: dict[str, Any], **_rest: Any) -> None:
        """Refuse what contradicts itself; every problem says what to do, then why."""
        problems = [*_benefit_problems(form), *_time_problems(form), *_meeting_problems(form)]
        if problems:
            raise invalid(*problems)


def _benefit_problems(form: dict[str, Any]) -> Iterator[Problem]:
    given = [field for field in BENEFITS if form[field] is not None]
    if not given:
        text = _("Give a percentage, an amount off or a fixed price: without one a promotion does nothing.")
        yield Problem("no_benefit", text, ("percent_bp",))
    for field in given[1:]:
        text = _("Keep one of percentage, amount off and fixed price: a promotion gives one thing.")
        yield Problem("several_benefits", text, (field,))
    if given == ["price_minor"] and not form["items"] and not form["categories"]:
        text = _("Name the items or categories that have this price: it cannot be the price of everything.")
        yield Problem("price_of_everything", text, ("items",))


def _time_problems(form: dict[str, Any]) -> Iterator[Problem]:
    for field in ("starts_on", "ends_on"):
        day: date | None = form[field]
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            years = {"first": str(FIRST_YEAR), "last": str(LAST_YEAR)}
            text = _("Give a date of the years %(first)s to %(last)s: this one looks like a slip.", **years)
            yield Problem("date_out_of_range", text, (field,))
    if form["starts_on"] is not None and form["ends_on"] is not None and form["ends_on"] < form["starts_on"]:
        text = _("Give a last day that is not before the first one: a promotion cannot end before it begins.")
        yield Problem("ends_before_start", text, ("ends_on",))
    if form["from_minute"] == form["to_minute"]:
        text = _("Give different hours from and to, or none for the whole day: between equal ones lies nothing.")
        yield Problem("no_hours", text, ("to_minute",))


def _meeting_problems(form: dict[str, Any]) -> Iterator[Problem]:
    if form["exclusive"] and form["combines"]:
        text = _("Choose one: exclusive, or combines with everything. An exclusive promotion competes alone.")
        yield Problem("exclusive_and_combines", text, ("exclusive",))
