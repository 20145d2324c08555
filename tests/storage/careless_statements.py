"""Statements that look scoped and are not, each with the name that a refusal must give."""

from __future__ import annotations

from sqlalchemy import (
    Integer,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import sqlite

from loyalty_core.storage.base import THIS_NETWORK as NETWORK
from loyalty_core.storage.tables import Client, Visit
from tests.storage.tied_statements import (
    alias,
    client,
    false_arm,
    network,
    of_client,
    of_visit,
    other,
    recursive,
    same_client,
    tied_visits,
    totals,
    untied_visits,
    upsert,
    visit,
)

SEEDED = {
    "nothing at all": (select(client), "core_client"),
    "only other conditions": (select(client).where(client.c.id == 5), "core_client"),
    "the tie under OR": (select(client).where(or_(of_client, client.c.id == 5)), "core_client"),
    "the tie under OR under AND": (
        select(client).where(and_(client.c.id > 1, or_(of_client, client.c.id == 5))),
        "core_client",
    ),
    "the tie inside NOT": (select(client).where(not_(of_client)), "core_client"),
    "the tie inside NOT with another": (select(client).where(not_(and_(of_client, client.c.id == 1))), "core_client"),
    "the tie inside CASE": (select(client).where(case((of_client, True), else_=True)), "core_client"),
    "a literal network": (select(client).where(client.c.network_id == 1), "core_client"),
    "another parameter": (select(client).where(client.c.network_id == bindparam("network_id")), "core_client"),
    "an anonymous parameter": (
        select(client).where(client.c.network_id == bindparam("network", 1, unique=True)),
        "core_client",
    ),
    "a list of networks": (
        select(client).where(client.c.network_id.in_(bindparam("network", expanding=True))),
        "core_client",
    ),
    "another comparison": (select(client).where(client.c.network_id >= NETWORK), "core_client"),
    "another column": (select(client).where(client.c.id == NETWORK), "core_client"),
    "the network by its version": (select(network).where(network.c.config_version == NETWORK), "core_network"),
    "a table equal to itself": (select(client).where(client.c.network_id == client.c.network_id), "core_client"),
    "a row of values": (
        select(client).where(tuple_(client.c.network_id, client.c.id) == tuple_(NETWORK, literal(1))),
        "core_client",
    ),
    "a disguised column": (select(client).where(cast(client.c.network_id, Integer) == NETWORK), "core_client"),
    "a join by the client alone": (
        select(client, visit).join(visit, visit.c.client_id == client.c.id).where(of_client),
        "core_visit",
    ),
    "a join of two untied": (select(client, visit).join(visit, same_client), "core_client"),
    "a join with other columns equal": (
        select(client, visit).join(visit, visit.c.network_id == client.c.id).where(of_client),
        "core_visit",
    ),
    "a second table in FROM": (select(client, visit).where(of_client), "core_visit"),
    "a second table in ORDER BY of a join": (
        select(client).join(visit, visit.c.client_id == client.c.id).where(of_client).order_by(visit.c.id),
        "core_visit",
    ),
    "an alias of a tied table": (select(client, other).where(of_client), "other"),
    "the table of a tied alias": (select(client, other).where(other.c.network_id == NETWORK), "core_client"),
    "the kept side of an outer join, tied in ON": (
        select(client).outerjoin(visit, and_(same_client, of_client)),
        "core_client",
    ),
    "the kept side of an outer join, tied by the other": (
        select(client).outerjoin(visit, and_(same_client, of_visit)),
        "core_client",
    ),
    "a full join, tied in ON": (
        select(client).outerjoin(visit, and_(same_client, of_client, of_visit), full=True),
        "core_client",
    ),
    "the first arm of a union": (
        union_all(select(client.c.id), select(visit.c.id).where(of_visit)),
        "core_client",
    ),
    "the second arm of a union": (
        union_all(select(client.c.id).where(of_client), select(visit.c.id)),
        "core_visit",
    ),
    "an EXISTS": (
        select(client).where(of_client, exists().where(visit.c.client_id == client.c.id)),
        "core_visit",
    ),
    "an EXISTS over the same table": (
        select(client).where(of_client, exists(select(other.c.id).where(other.c.id == client.c.id))),
        "other",
    ),
    "a NOT EXISTS": (
        select(client).where(of_client, ~exists().where(visit.c.client_id == client.c.id)),
        "core_visit",
    ),
    "an enclosing select of a tied EXISTS": (
        select(client).where(exists().where(same_client, of_visit)),
        "core_client",
    ),
    "an EXISTS that does not correlate": (
        select(client).where(of_client, exists(select(visit.c.id).where(same_client).correlate(None))),
        "core_client",
    ),
    "a scalar subquery": (
        select(client.c.id, select(func.count()).select_from(visit).scalar_subquery()).where(of_client),
        "core_visit",
    ),
    "an IN with a subquery": (
        select(client).where(of_client, client.c.id.in_(select(visit.c.client_id))),
        "core_visit",
    ),
    "a subquery in FROM": (
        select(client).join(untied_visits, untied_visits.c.network_id == client.c.network_id).where(of_client),
        "core_visit",
    ),
    "a table joined to a tied subquery by another column": (
        select(client).join(tied_visits, tied_visits.c.client_id == client.c.id),
        "core_client",
    ),
    "a table joined to a union whose second arm gives ids": (
        select(client).join(false_arm, false_arm.c.network_id == client.c.network_id),
        "core_client",
    ),
    "a CTE": (select(select(client.c.id).cte("all_clients")), "core_client"),
    "the recursive arm of a CTE": (
        recursive(lambda chain: select(client.c.network_id, client.c.id).join(chain, client.c.id > chain.c.id)),
        "core_client",
    ),
    "an insert from a select": (
        insert(client).from_select(["network_id", "id"], select(visit.c.network_id, visit.c.client_id)),
        "core_visit",
    ),
    "an insert of a subquery": (
        insert(client).values(network_id=1, id=select(func.max(visit.c.id)).scalar_subquery()),
        "core_visit",
    ),
    "an upsert with a subquery": (
        upsert(sqlite, where=exists(select(visit.c.id))),
        "core_visit",
    ),
    "an update": (update(client).values(id=1), "core_client"),
    "an update by id": (update(client).where(client.c.id == 1).values(id=2), "core_client"),
    "an update with a subquery": (
        update(totals)
        .where(totals.c.network_id == NETWORK)
        .values(visits=select(func.count()).where(visit.c.client_id == totals.c.client_id).scalar_subquery()),
        "core_visit",
    ),
    "an update from another table": (
        update(totals)
        .where(totals.c.network_id == NETWORK, visit.c.client_id == totals.c.client_id)
        .values(visits=visit.c.revision),
        "core_visit",
    ),
    "a delete": (delete(client), "core_client"),
    "a delete where something exists": (
        delete(client).where(of_client, exists().where(visit.c.client_id == client.c.id)),
        "core_visit",
    ),
    "a CTE that deletes": (
        select(delete(client).where(client.c.id == 1).returning(client.c.id).cte("gone")),
        "core_client",
    ),
    "an entity": (select(Client), "core_client"),
    "an alias of an entity": (select(Client, alias).where(Client.network_id == NETWORK), "core_client"),
    "entities joined": (
        select(Client, Visit).join(Visit, Visit.client_id == Client.id).where(Client.network_id == NETWORK),
        "core_visit",
    ),
    "an ORM update": (update(Client).where(Client.id == 1).values(id=2), "core_client"),
    "a light-weight table": (select(table("core_client", column("id"))), "core_client"),
    "a table named in text": (select(literal_column("*")).select_from(text("core_client")), "core_client"),
    "textual SQL": (text("SELECT * FROM core_client"), "SELECT"),
    "textual SQL as a select": (text("SELECT id FROM core_client").columns(column("id")), "SELECT"),
    "a textual condition": (select(client).where(of_client).where(text("1 = 1 OR 1 = 1")), "OR"),
    "a textual column": (select(literal_column("(SELECT count(*) FROM core_visit)")), "core_visit"),
    "a textual suffix": (select(client).where(of_client).suffix_with("OR 1 = 1"), "OR"),
}
