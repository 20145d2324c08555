"""Bring the real sales into a database of their own: one network, a branch per store, the same programme in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from loyalty_core.facts.money import Currency
from loyalty_core.services import anchors, invoices, plugins, programmes, visits
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_web.erp import tables
from loyalty_web.erp.demo.journey import COUPON, SEED, SOURCE, Basket, Item, Journey, invoice_of, visit_of
from loyalty_web.erp.demo.names import invent
from loyalty_web.erp.demo.shift import TIME_ZONE
from loyalty_web.erp.importing.persons import KnownPerson, add_persons

USD = Currency("USD")
ACTOR = "demo"
AT_ONCE = 1000
"""How many baskets are saved in one go."""

PLUGINS = ("branch", "discount_rules")
LOCALE = "uk"


@dataclass(frozen=True, slots=True)
class Step:
    """A rule of the demo's programme: from `threshold` (a count, or minor units) of `metric`, `percent_bp` off."""

    metric: str
    threshold: int
    percent_bp: int


STEPS = (
    Step("visits", 3, 300),
    Step("sold", 500_00, 500),
    Step("sold", 1_000_00, 700),
    Step("paid", 2_000_00, 1000),
)
INACTIVE_DAYS = 60

Progress = Callable[[int], None]


def load(loyalty: Loyalty, journey: Journey, progress: Progress = lambda baskets: None) -> int:
    """Load everything in one transaction and return the network's id; standing is judged afterwards, by `reassess`.

    `progress` is told how many more baskets are in.
    """
    network_id = anchors.found_network(loyalty, "The Complete Journey", USD, TIME_ZONE, ACTOR)
    with loyalty.work(network_id, ACTOR) as unit:
        for name in PLUGINS:
            plugins.activate(unit, name)
        anchors.add_tenders(
            unit, [anchors.TenderInput(COUPON, "Manufacturer's coupon", is_money=False, counts_as_paid=False)]
        )
        stores = [anchors.BranchInput(store, f"Store {store}", TIME_ZONE) for store in journey.stores]
        branches = anchors.add_branches(unit, stores)
        clients = _add_clients(unit, journey.households)
        _add_items(unit, journey.items)
        for some in _batches(journey.baskets()):
            _save(unit, some, branches, clients)
            progress(len(some))
        _save_programmes(unit)
    return network_id


def _add_clients(unit: Unit, households: Sequence[str]) -> dict[str, int]:
    clients = anchors.anchor_clients(unit, SOURCE, households)
    persons = {}
    for household, client_id in clients.items():
        person = invent(SEED, household)
        phones = (person.phone.removeprefix("+"),)
        persons[client_id] = KnownPerson(person.name, person.birthday, LOCALE, phones)
    add_persons(unit, persons)
    return clients


def _add_items(unit: Unit, items: Sequence[Item]) -> None:
    categories = {name: unit.ids.next() for name in sorted({item.category for item in items})}
    paths = [{"id": id_, "parent_id": None, "name": name, "path": name} for name, id_ in categories.items()]
    unit.insert(tables.ItemCategory, paths)
    unit.insert(
        tables.Item,
        [
            {
                "id": unit.ids.next(),
                "external_id": item.id,
                "name": item.name,
                "search_name": tables.folded(item.name),
                "category_id": categories[item.category],
                "kind": "goods",
                "price_minor": None,
            }
            for item in items
        ],
    )


def _batches(baskets: Iterator[Basket]) -> Iterator[list[Basket]]:
    while some := list(islice(baskets, AT_ONCE)):
        yield some


def _save(unit: Unit, baskets: Sequence[Basket], branches: dict[str, int], clients: dict[str, int]) -> None:
    places = [(branches[basket.store], clients[basket.household]) for basket in baskets]
    came = [visit_of(basket, *place) for basket, place in zip(baskets, places, strict=True)]
    saved = visits.save_many(unit, came, judge=False)
    sales = [invoice_of(basket, *place, visit.id) for basket, place, visit in zip(baskets, places, saved, strict=True)]
    invoices.record_many(unit, sales, judge=False)


def _save_programmes(unit: Unit) -> None:
    part = {
        "rules": [
            {"metric": each.metric, "threshold": each.threshold, "percent_bp": each.percent_bp} for each in STEPS
        ],
        "inactive_days": INACTIVE_DAYS,
    }
    given = [
        programmes.ProgrammeInput("branch", scope_id, "Regular customers", parts={"discount_rules": part})
        for scope_id in anchors.branch_scopes(unit).values()
    ]
    programmes.save_many(unit, given, judge=False)
