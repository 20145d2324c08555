"""Tiles of Today for whoever is responsible for discounts: what needs a person, what was given, what ends (UI 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from loyalty_core.facts.money import FULL_PERCENT, round_ratio
from loyalty_core.services import plugins
from loyalty_core.services.unit import Unit
from loyalty_core.services.week_shown import (
    WEEK,
    GivenOnDay,
    ending_discounts,
    given_by_day,
    manual_discounts,
    week_of,
)
from loyalty_web import requests
from loyalty_web.charts import columns
from loyalty_web.pages import Pages
from loyalty_web.pages.clients import seen_in
from loyalty_web.rendering import url_where_there
from loyalty_web.slots import TODAY, Fragment

pages = Pages("week", __name__)

MOST_LINES = 5


@dataclass(frozen=True, slots=True)
class Sums:
    """What was given in a span of days, and on what; `share_bp` is the part of list prices."""

    given_minor: int
    listed_minor: int

    @property
    def share_bp(self) -> int:
        """Return the part that was given, in basis points."""
        return round_ratio(self.given_minor * FULL_PERCENT, self.listed_minor) if self.listed_minor else 0


def needs_you() -> Fragment | None:
    """Show plugins that are suspended, and this week's discounts by hand."""
    places = seen_in("reports.view")
    today = requests.today()
    with requests.reading() as unit:
        suspended = plugins.suspensions(unit) if requests.the_actor().may_everywhere("reports.view") else {}
        by_hand = manual_discounts(unit, [place.id for place in places], week_of(today), today)
        people = _names(unit, [each.client_id for each in by_hand[:MOST_LINES] if each.client_id is not None])
        staff = requests.extension().ports.staff(unit, {each.actor for each in by_hand if each.actor})
    if not suspended and not by_hand:
        return None
    values = {
        "suspended": suspended,
        "plugins_url": url_where_there("loyalty.plugins.index") if requests.the_actor().may("plugins.manage") else None,
        "by_hand": by_hand[:MOST_LINES],
        "number": len(by_hand),
        "total": sum(each.amount_minor for each in by_hand),
        "people": people,
        "staff": staff,
        "by_id": requests.around().by_id,
        "invoice_url": partial(url_where_there, "loyalty.invoices.invoice"),
    }
    return Fragment("loyalty/needs_you.html", values)


def given() -> Fragment | None:
    """Show what was given this week, beside the same days of the week before."""
    ids = [place.id for place in seen_in("reports.view")]
    today = requests.today()
    monday = week_of(today)
    with requests.reading() as unit:
        days = given_by_day(unit, ids, monday - timedelta(days=WEEK), today)
    before, now = days[:WEEK], days[WEEK:]
    this_week, last_week = _sums(now), _sums(before[: len(now)])
    if not this_week.listed_minor and not last_week.listed_minor:
        return None
    change = this_week.given_minor - last_week.given_minor
    values = {
        "now": this_week,
        "before": last_week,
        "change_bp": round_ratio(change * FULL_PERCENT, last_week.given_minor) if last_week.given_minor else None,
        "chart": columns([(each.day, each.given_minor) for each in days], requests.reader(), weekdays=True),
        "first": days[0].day,
        "monday": monday,
    }
    return Fragment("loyalty/given_tile.html", values)


def ending() -> Fragment | None:
    """Show whose discount ends within a week."""
    places = seen_in("clients.view")
    today = requests.today()
    with requests.reading() as unit:
        found = ending_discounts(unit, [place.id for place in places], today)
        own = {scope_id: branch_id for branch_id, scope_id in unit.configuration.own_scopes.items()}
        people = _names(unit, [each.client_id for each in found[:MOST_LINES]])
    if not found:
        return None
    shown = [(each, people.get(each.client_id, ""), requests.around().by_id[own[each.scope_id]]) for each in found]
    counted = [(place, sum(at == place for _each, _name, at in shown)) for place in places]
    values = {
        "number": len(found),
        "lines": shown[:MOST_LINES],
        "lists": [
            (place, number, url_where_there("erp.clients.index", branch=place.external_id, discount="ending"))
            for place, number in counted
            if number
        ],
    }
    return Fragment("loyalty/ending_tile.html", values)


def _names(unit: Unit, client_ids: Sequence[int]) -> dict[int, str]:
    cards = requests.extension().ports.people.cards(unit, client_ids) if client_ids else {}
    return {client_id: card.name for client_id, card in cards.items()}


def _sums(days: Sequence[GivenOnDay]) -> Sums:
    return Sums(sum(each.given_minor for each in days), sum(each.listed_minor for each in days))


pages.slot(TODAY, needs_you, needs="reports.view", order=30)
pages.slot(TODAY, given, needs="reports.view", order=40)
pages.slot(TODAY, ending, needs="standing.set", order=50)
