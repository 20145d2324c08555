"""A plugin reads rows of its own tables in its own network, and a statement that fails hurts nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, delete, exists, func, insert, literal_column, select, text, union_all, update
from sqlalchemy.exc import DBAPIError

from loyalty_core.errors import LoyaltyError
from loyalty_core.plugging.dispatch import Occasion
from loyalty_core.plugging.loading import Plugins
from loyalty_core.plugging.rows import own_rows, vet_reading
from loyalty_core.ports import SystemClock
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.migrate import CORE, upgrade
from loyalty_core.storage.tables import Client, Visit
from loyalty_core.storage.work import Storage, Work, table_of
from loyalty_core.testing import a_plugin, a_subject
from loyalty_core.testing.builders import NOON, UAH
from loyalty_discount_rules.tables import VisitDiscount

OWN = ("discount_rules_visit_discount",)
mine, client, visit = table_of(VisitDiscount), table_of(Client), table_of(Visit)
here = mine.c.network_id == THIS_NETWORK
good = select(mine.c.visit_id).where(here)
failing = good.where(func.no_such_function() == 1)
other_alias = client.alias("mine")


@pytest.fixture
def work(engine: Engine) -> Iterator[Work]:
    """A unit that only reads."""
    upgrade(engine, [CORE, *Plugins.load().migration_sources()])
    storage = Storage(engine, SystemClock())
    with storage.reading() as connection:
        yield Work(connection, 1, "reader", storage.clock, storage.ids)


@pytest.mark.parametrize(
    "statement",
    [
        good,
        select(VisitDiscount).where(VisitDiscount.network_id == THIS_NETWORK),
        select(mine.alias("a").c.reason),
        select(func.count()).select_from(mine),
        union_all(good, good),
        select(good.cte("c").c.visit_id),
        good.where(exists().where(mine.alias("b").c.visit_id == mine.c.visit_id)),
        select(mine.join(mine.alias("d"), mine.c.visit_id == mine.alias("d").c.visit_id)),
    ],
)
def test_any_way_of_reading_own_rows_is_accepted(statement: Any) -> None:
    vet_reading(statement, OWN)


@pytest.mark.parametrize(
    "statement",
    [
        select(client.c.id),
        select(Client),
        select(other_alias.c.id),
        select(mine.c.visit_id, visit.c.status).join_from(mine, visit, mine.c.visit_id == visit.c.id),
        good.where(mine.c.visit_id.in_(select(visit.c.id))),
        good.where(exists().where(visit.c.id == mine.c.visit_id)),
        select(mine.c.visit_id, select(client.c.id).scalar_subquery()),
        union_all(good, select(client.c.id)),
        select(select(client.c.id).cte("c").c.id),
        select(select(client.c.id).subquery().c.id),
        good.order_by(select(client.c.id).limit(1).scalar_subquery()),
        good.where(text("1 = 1")),
        select(literal_column("(SELECT 1)")),
        text("SELECT 1"),
        insert(mine),
        update(mine),
        delete(mine),
        select(delete(mine).returning(mine.c.visit_id).cte("d").c.visit_id),
        good.with_for_update(),
        good.execution_options(unscoped=True),
        "SELECT 1",
        None,
    ],
)
def test_anything_else_is_refused(statement: Any) -> None:
    with pytest.raises(LoyaltyError):
        vet_reading(statement, OWN)


def test_rows_of_another_network_cannot_be_asked_for(work: Work) -> None:
    rows = own_rows(work, {"discount_rules": OWN})("discount_rules")
    assert rows(good) == []
    with pytest.raises(LoyaltyError):
        rows(good, {"network": 2})


def test_a_statement_that_names_no_network_is_refused(work: Work) -> None:
    with pytest.raises(LoyaltyError):
        own_rows(work, {"discount_rules": OWN})("discount_rules")(select(mine.c.visit_id))


def test_another_plugin_cannot_run_a_statement_that_was_accepted_before(work: Work) -> None:
    rows_of = own_rows(work, {"discount_rules": OWN})
    rows_of("discount_rules")(good)
    with pytest.raises(LoyaltyError):
        rows_of("stranger")(good)


def test_a_statement_that_fails_in_the_database_leaves_the_transaction_usable(work: Work) -> None:
    def load_facts(ctx: Any) -> dict[int, object]:
        ctx.rows(failing)
        return {}

    plugins = Plugins.load([], {"discount_rules": a_plugin("discount_rules", loyalty_load_facts=load_facts)})
    at = Occasion(1, UAH, NOON, {"discount_rules"}, own_rows(work, {"discount_rules": OWN}))
    (outcome,) = plugins.dispatcher.load_facts(at, [a_subject()])
    assert outcome.failure is not None
    assert work.execute(select(client.c.id).where(client.c.network_id == THIS_NETWORK)).all() == []


def test_that_statement_does_fail(work: Work) -> None:
    vet_reading(failing, OWN)
    with pytest.raises(DBAPIError), work.connection.begin_nested():
        work.execute(failing)
