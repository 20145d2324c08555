"""What a till needs beyond the sales: prices, promotions that run, people who come today.

All of it is invented or derived, and none of it touches the figures: prices are what the products cost on average,
visits of today are booked and not yet there.
"""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import bindparam, func, select, update

from loyalty_core.facts.money import MILLI, round_ratio
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services import offers, plugins, visits
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import SaleLine, Visit
from loyalty_core.storage.work import table_of
from loyalty_web.erp import tables
from loyalty_web.erp.demo.loading import ACTOR
from loyalty_web.erp.demo.shift import ZONE
from loyalty_web.erp.demo.staff import LATELY, busiest_store
from loyalty_web.erp.drafts import SOURCE

PROMOTIONS = "promotions"
HOURS = (9, 10, 11, 13, 14, 16, 17, 18)
"""When those booked for today come; the next person each time."""

OFFERS: tuple[dict[str, object], ...] = (
    {
        "name": {"uk": "Овочі та фрукти тижня", "ru": "Овощи и фрукты недели", "en": "Greens of the week"},
        "state": "active",
        "percent_bp": 1500,
        "categories": ["Produce"],
    },
    {
        "name": {"uk": "М'ясо у будні", "ru": "Мясо в будни", "en": "Meat on weekdays"},
        "state": "active",
        "percent_bp": 1000,
        "categories": ["Meat"],
        "weekdays": [0, 1, 2, 3],
    },
    {
        "name": {"uk": "3,00 з покупки від 20,00", "ru": "3,00 с покупки от 20,00", "en": "3.00 off from 20.00"},
        "state": "active",
        "amount_minor": 300,
        "minimum_minor": 2000,
    },
    {
        "name": {"uk": "Ранкова випічка", "ru": "Утренняя выпечка", "en": "Morning pastry"},
        "state": "active",
        "percent_bp": 2000,
        "categories": ["Pastry"],
        "from_minute": 7 * 60,
        "to_minute": 11 * 60,
    },
    {
        "name": {"uk": "Сезонний розпродаж", "ru": "Сезонная распродажа", "en": "Seasonal sale"},
        "state": "draft",
        "percent_bp": 3000,
        "categories": ["Seafood"],
    },
)

_line, _visit, _item = table_of(SaleLine), table_of(Visit), table_of(tables.Item)
_sums = (
    select(
        _line.c.item,
        func.sum(_line.c.listed_minor).label("listed"),
        func.sum(_line.c.quantity_milli).label("milli"),
    )
    .where(_line.c.network_id == THIS_NETWORK)
    .group_by(_line.c.item)
)
_unpriced = select(_item.c.external_id).where(_item.c.network_id == THIS_NETWORK, _item.c.price_minor.is_(None))
_price = (
    update(_item)
    .where(_item.c.network_id == THIS_NETWORK, _item.c.external_id == bindparam("of_item"))
    .values(price_minor=bindparam("new_price"))
)
_come_most = (
    select(_visit.c.client_id, _visit.c.branch_id)
    .where(_visit.c.network_id == THIS_NETWORK, _visit.c.local_day >= bindparam("since"))
    .group_by(_visit.c.client_id, _visit.c.branch_id)
    .order_by(func.count().desc(), _visit.c.client_id)
)


def furnish(loyalty: Loyalty, network_id: int) -> None:
    """Make what is missing; what is there stays as it is, whatever somebody made of it."""
    with loyalty.work(network_id, ACTOR) as unit:
        _set_prices(unit)
        if PROMOTIONS in loyalty.plugins.loaded:
            plugins.activate(unit, PROMOTIONS)
            if not offers.of_plugin(unit, PROMOTIONS):
                for each in OFFERS:
                    offers.save(unit, PROMOTIONS, each)
        _book_visits(unit, unit.now.astimezone(ZONE).date())


def _set_prices(unit: Unit) -> None:
    """Give items the price they were sold at on average, where they have none."""
    unpriced = set(unit.execute(_unpriced).scalars())
    if unpriced:
        prices = {row.item: round_ratio(int(row.listed) * MILLI, int(row.milli)) for row in unit.execute(_sums)}
        rows = [{"of_item": item, "new_price": prices[item]} for item in sorted(unpriced & prices.keys())]
        unit.execute_each(_price, rows)


def _book_visits(unit: Unit, today: date) -> None:
    """Book for today, in the busiest store, those who came there most of late, then those from elsewhere."""
    branch_id = busiest_store(unit)
    if branch_id is None:
        return
    come = unit.execute(_come_most, {"since": today - LATELY}).all()
    here_first = sorted(come, key=lambda row: row.branch_id != branch_id)
    regulars = list(dict.fromkeys(row.client_id for row in here_first))
    names = [f"demo-{today.isoformat()}-{hour}" for hour in HOURS]
    known = visits.known(unit, SOURCE, names)
    booked = [
        VisitInput(
            SOURCE,
            name,
            branch_id,
            client_id,
            VisitStatus.CONFIRMED,
            datetime.combine(today, time(hour), ZONE),
        )
        for name, hour, client_id in zip(names, HOURS, regulars, strict=False)
        if name not in known
    ]
    visits.save_many(unit, booked)
