"""The worker: what is due is done by itself, once, wherever the queue lies."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from huey import PostgresHuey, RedisHuey, SqliteHuey
from sqlalchemy import Engine, select

from loyalty_core.errors import LoyaltyError
from loyalty_core.facts.money import Currency
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.ports import FixedClock
from loyalty_core.services import plugins, programmes, standing, visits
from loyalty_core.services.anchors import (
    BranchInput,
    add_branches,
    anchor_clients,
    branch_scopes,
    found_network,
    known_clients,
)
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Audit
from loyalty_core.storage.work import table_of
from loyalty_core.testing.house import at
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.worker import look_after_standing, queue_of, working

_audit = table_of(Audit)
CAME = date(2026, 1, 5)
RULES = {"discount_rules": {"rules": [{"metric": "visits", "threshold": 1, "percent_bp": 500}], "inactive_days": 60}}

# On PostgreSQL the queue leaves the connection on which it listens to the garbage collector, on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:<psycopg.Connection object:ResourceWarning")


@pytest.fixture
def deployment(engine: Engine, tmp_path: Path) -> Iterator[Deployment]:
    """An installation where Olena has 5 % that lapses after sixty days."""
    url = engine.url.render_as_string(hide_password=False)
    environment = {"LOYALTY_DATA_DIR": str(tmp_path), "LOYALTY_DATABASE_URL": url}
    here = Deployment(environment, FixedClock(at(CAME)))
    here.upgrade()
    loyalty = here.open()
    network_id = found_network(loyalty, "Salon", Currency("UAH"), "Europe/Kyiv", "tests")
    with loyalty.work(network_id, "tests") as unit:
        for name in loyalty.plugins.loaded:
            plugins.activate(unit, name)
        branch_id = add_branches(unit, [BranchInput("podil", "Podil", "Europe/Kyiv")])["podil"]
        olena = anchor_clients(unit, "tests", ["Olena"])["Olena"]
        programmes.save(unit, "branch", branch_scopes(unit)[branch_id], "Podil", parts=RULES)
        visits.save(unit, VisitInput("tests", "1", branch_id, olena, VisitStatus.ARRIVED, at(CAME)))
    yield here
    here.close()
    gc.collect()  # while what the queue leaves to the collector may still be left


def discounts(deployment: Deployment) -> list[int]:
    """What Olena has anywhere."""
    network_id = deployment.the_network
    with deployment.open().reading(network_id) as unit:
        olena = known_clients(unit, "tests", ["Olena"])["Olena"]
        found = standing.of_client(unit, olena).values()
        return [verdict.given.value for held in found for verdict in held.values() if verdict.given]


def two_months_later(deployment: Deployment) -> None:
    assert isinstance(deployment.clock, FixedClock)
    deployment.clock.set(at(CAME) + timedelta(days=61))


def wait_until(holds: Callable[[], bool]) -> None:
    for _attempt in range(200):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("the worker did not do it within ten seconds")


def test_what_is_due_is_judged_in_every_network(deployment: Deployment) -> None:
    assert discounts(deployment) == [500]
    assert look_after_standing(deployment) == 0
    two_months_later(deployment)
    assert look_after_standing(deployment) == 1
    assert discounts(deployment) == []
    assert look_after_standing(deployment) == 0


def test_a_worker_catches_up_as_soon_as_it_begins(deployment: Deployment) -> None:
    two_months_later(deployment)
    with working(deployment):
        wait_until(lambda: discounts(deployment) == [])


def test_two_workers_at_once_do_it_once(deployment: Deployment) -> None:
    two_months_later(deployment)
    with working(deployment), working(deployment):
        wait_until(lambda: discounts(deployment) == [])
    with deployment.open().reading(deployment.the_network) as unit:
        audit = unit.execute(select(_audit.c.action).where(_audit.c.network_id == THIS_NETWORK)).scalars().all()
    assert audit.count("standing.changed") == 2, "given once, taken away once"


def test_the_queue_lies_beside_the_database_or_where_it_is_said(deployment: Deployment, tmp_path: Path) -> None:
    on_postgres = deployment.engine.dialect.name == "postgresql"
    assert isinstance(queue_of(deployment), PostgresHuey if on_postgres else SqliteHuey)
    elsewhere = Deployment({"LOYALTY_DATA_DIR": str(tmp_path), "LOYALTY_QUEUE_URL": "redis://localhost/1"})
    assert isinstance(queue_of(elsewhere), RedisHuey)
    with pytest.raises(LoyaltyError, match="LOYALTY_QUEUE_URL"):
        queue_of(Deployment({"LOYALTY_QUEUE_URL": "amqp://localhost"}))
