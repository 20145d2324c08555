"""Items that were there before they had flags and were searched by a folded name."""

from __future__ import annotations

from sqlalchemy import Engine, text

from loyalty_core.facts.money import Currency
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import anchors
from loyalty_core.services.house import Loyalty
from loyalty_core.storage.migrate import CORE, downgrade, upgrade
from loyalty_web.erp.migrations import WEB
from loyalty_web.erp.tables import folded

CATEGORY = "INSERT INTO erp_item_category (network_id, id, name, path) VALUES (:network, 1, 'Hair', 'Hair')"
ITEM = (
    "INSERT INTO erp_item (network_id, id, external_id, name, category_id, kind) "
    "VALUES (:network, 1, 'cut', 'Стрижка Йосифа', 1, 'service')"
)


def test_known_items_are_discountable_and_found_by_their_folded_names(engine: Engine) -> None:
    upgrade(engine, [CORE, WEB])
    loyalty = Loyalty(engine, Plugins.load([]))
    network = anchors.found_network(loyalty, "Salons", Currency("UAH"), "Europe/Kyiv", "tests")
    downgrade(engine, WEB, "0003")
    with engine.execution_options(write=True, unscoped=True).begin() as connection:
        for statement in (CATEGORY, ITEM):
            connection.execute(text(statement), {"network": network})
    upgrade(engine, [WEB])
    with engine.execution_options(unscoped=True).connect() as connection:
        row = connection.execute(text("SELECT * FROM erp_item")).mappings().one()
    assert row["search_name"] == folded("Стрижка Йосифа")
    assert (bool(row["discountable"]), row["minimum_price_minor"], row["tax_rate_bp"]) == (True, 0, 0)
    assert bool(row["tax_included"])
