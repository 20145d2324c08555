"""A network to import into, and a look at all its tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_core.facts.money import Currency
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import FixedClock
from loyalty_core.services.anchors import found_network
from loyalty_core.services.house import Loyalty
from loyalty_core.storage.base import Base
from loyalty_core.storage.migrate import upgrade
from loyalty_web.erp.importing.run import Request, Result, import_file
from loyalty_web.erp.migrations import WEB

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


class Shop:
    """A network with what the tests do to it."""

    def __init__(self, engine: Engine, folder: Path, currency: Currency, plugins: Plugins) -> None:
        self.engine = engine
        self.folder = folder
        self.loyalty = Loyalty(engine, plugins, FixedClock(NOW))
        self.network_id = found_network(self.loyalty, "Salons", currency, "Europe/Kyiv", "test")

    def take(self, kind: str, text: str | bytes, **options: Any) -> Result:
        """Import a file with this content."""
        path = self.folder / f"{kind}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_file(self.loyalty, self.network_id, Request(kind, path, **options))

    def taken(self, kind: str, text: str, **options: Any) -> tuple[int, int, int]:
        """Import a file that is good and return how many were new, changed, unchanged."""
        result = self.take(kind, text, **options)
        assert [str(problem) for problem in result.problems] == []
        return result.counts.new, result.counts.changed, result.counts.unchanged

    def refused(self, kind: str, text: str | bytes, **options: Any) -> list[tuple[Any, ...]]:
        """Import a file that is bad, see that nothing was written, and return (line, column, code) of its problems."""
        before = self.everything()
        result = self.take(kind, text, **options)
        assert self.everything() == before
        return [(*problem.path, problem.code) for problem in result.problems]

    def take_facts(self, new: int = 2) -> None:
        """Import two clients and two visits, all of them `new` or all known."""
        assert self.taken("clients", CLIENTS) == (new, 0, 2 - new)
        assert self.taken("visits", VISITS) == (new, 0, 2 - new)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, in the order of its key."""
        found = Base.metadata.tables[table]
        with self.engine.connect().execution_options(unscoped=True) as connection:
            statement = select(found).order_by(*found.primary_key)
            return [dict(row) for row in connection.execute(statement).mappings()]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Return all rows of all tables."""
        return {name: self.rows(name) for name in Base.metadata.tables if name.startswith(("core_", "erp_"))}


Open = Callable[..., Shop]

BRANCHES = "external_id,name,time_zone\npodil,Salon on Podil,Europe/Kyiv\nny,Salon in New York,America/New_York\n"
CLIENTS = "external_id,name\n1001,Олена Ковальчук\n1002,Іван Бондар\n"
VISITS = (
    "external_id,branch,client,status,starts_at\n"
    "v1,podil,1001,arrived,2026-03-02T10:00\n"
    "v2,podil,1002,no_show,2026-03-02T11:30\n"
)


@pytest.fixture
def open_shop(engine: Engine, tmp_path: Path) -> Open:
    """Open a network in a currency, with two branches, two clients and two visits."""
    upgrade(engine, [WEB])

    def opened(currency: str = "UAH", digits: int = 2, plugins: Plugins | None = None, *, facts: bool = True) -> Shop:
        plugins = plugins or Plugins.load([])
        upgrade(engine, plugins.migration_sources())
        shop = Shop(engine, tmp_path, Currency(currency, digits), plugins)
        shop.taken("branches", BRANCHES)
        if facts:
            shop.take_facts()
        return shop

    return opened


@pytest.fixture
def shop(open_shop: Open) -> Shop:
    """A network in UAH."""
    return open_shop()
