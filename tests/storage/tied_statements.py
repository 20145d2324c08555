"""Statements of every shape that tie each of their tables to `:network`, and what they are made of."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    union,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, aliased, joinedload, mapped_column, relationship

from loyalty_core.storage.base import THIS_NETWORK as NETWORK
from loyalty_core.storage.base import Base
from loyalty_core.storage.tables import Client, Visit

network, branch, client, visit, sale, totals = (
    Base.metadata.tables[f"core_{name}"] for name in ("network", "branch", "client", "visit", "sale", "totals")
)
other = client.alias("other")
scratch = Table("scratch", MetaData(), Column("client_id", Integer), Column("n", Integer))

of_client = client.c.network_id == NETWORK
of_visit = visit.c.network_id == NETWORK
same_client = and_(visit.c.network_id == client.c.network_id, visit.c.client_id == client.c.id)


class Other(DeclarativeBase):
    """Models with a relationship, as a host or a plugin may have."""


class Person(Other):
    __tablename__ = "x_person"
    network_id = mapped_column(BigInteger, primary_key=True)
    id = mapped_column(BigInteger, primary_key=True)
    dogs = relationship("Dog")


class Dog(Other):
    __tablename__ = "x_dog"
    network_id = mapped_column(BigInteger, primary_key=True)
    id = mapped_column(BigInteger, primary_key=True)
    owner_id = mapped_column(BigInteger)
    __table_args__ = (ForeignKeyConstraint(["network_id", "owner_id"], ["x_person.network_id", "x_person.id"]),)


def recursive(step):
    """Count clients up from each one, with the recursive arm built by `step`."""
    chain = select(client.c.network_id, client.c.id).where(of_client).cte("chain", recursive=True)
    return select(chain.union_all(step(chain)))


def upsert(dialect, **extra):
    statement = dialect.insert(totals).values(network_id=1, scope_id=1, client_id=1, visits=1)
    return statement.on_conflict_do_update(
        index_elements=["network_id", "scope_id", "client_id"],
        set_={"visits": totals.c.visits + statement.excluded.visits},
        **extra,
    )


tied_visits = select(visit.c.network_id, visit.c.client_id).where(of_visit).subquery()
untied_visits = select(visit.c.network_id, visit.c.client_id).subquery()
two_arms = union_all(
    select(visit.c.network_id, visit.c.client_id).where(of_visit),
    select(sale.c.network_id, sale.c.client_id).where(sale.c.network_id == NETWORK),
)
false_arm = union_all(
    select(visit.c.network_id, visit.c.client_id).where(of_visit),
    select(sale.c.id, sale.c.client_id).where(sale.c.network_id == NETWORK),
).cte()
given = select(NETWORK.label("network_id"), literal(1).label("n")).subquery()
alias = aliased(Client)

TIED = {
    "a plain select": select(client).where(of_client),
    "with the parameter on the left": select(client).where(bindparam("network") == client.c.network_id),
    "with further conditions": select(client).where(of_client, or_(client.c.id == 1, client.c.id == 2)),
    "with a nested AND": select(client).where(and_(client.c.id > 1, and_(client.c.id < 9, of_client))),
    "an AND in parentheses": select(client).where(and_(client.c.id > 1, of_client).self_group()),
    "the network by its id": select(network).where(network.c.id == NETWORK),
    "a table joined to the network": select(branch)
    .join(network, network.c.id == branch.c.network_id)
    .where(network.c.id == NETWORK),
    "a join in ON": select(client, visit).join(visit, same_client).where(of_client),
    "a join by the foreign key": select(client, visit).join_from(client, visit).where(of_client),
    "a join in WHERE": select(client, visit).where(same_client, of_client),
    "the other side of a join": select(client, visit).join(visit, same_client).where(of_visit),
    "a chain of joins": select(client.c.id)
    .join(visit, same_client)
    .join(sale, and_(sale.c.network_id == visit.c.network_id, sale.c.visit_id == visit.c.id))
    .where(of_client),
    "the tie in ON": select(client, visit).join(visit, and_(same_client, of_visit)),
    "the optional side of an outer join": select(client, visit).outerjoin(visit, same_client).where(of_client),
    "the optional side tied in ON": select(client, visit)
    .outerjoin(visit, and_(of_visit, visit.c.client_id == client.c.id))
    .where(of_client),
    "a join inside an outer join": select(client)
    .select_from(
        client.outerjoin(
            visit.join(branch, and_(branch.c.network_id == visit.c.network_id, branch.c.id == visit.c.branch_id)),
            same_client,
        )
    )
    .where(of_client),
    "both sides of a full join in WHERE": select(client, visit)
    .outerjoin(visit, same_client, full=True)
    .where(of_client, of_visit),
    "an alias": select(other).where(other.c.network_id == NETWORK),
    "a table and its alias": select(client, other).where(of_client, other.c.network_id == client.c.network_id),
    "an EXISTS tied to the enclosing table": select(client).where(of_client, exists().where(same_client)),
    "an EXISTS tied to the parameter": select(client).where(of_client, exists().where(of_visit)),
    "a NOT EXISTS": select(client).where(of_client, ~exists().where(same_client)),
    "an EXISTS two levels down": select(client).where(
        of_client,
        exists().where(
            same_client,
            exists().where(sale.c.network_id == visit.c.network_id, sale.c.visit_id == visit.c.id),
        ),
    ),
    "an EXISTS tied past its parent": select(client).where(
        of_client,
        exists(
            select(scratch.c.n).where(
                scratch.c.client_id == client.c.id,
                exists(select(visit.c.id).where(same_client).correlate(client)),
            )
        ),
    ),
    "a scalar subquery": select(client.c.id, select(func.count()).where(same_client).scalar_subquery()).where(
        of_client
    ),
    "an IN with a subquery": select(client).where(
        of_client, client.c.id.in_(select(visit.c.client_id).where(of_visit))
    ),
    "a CASE with a subquery": select(case((exists().where(same_client), 1), else_=0)).where(of_client),
    "a subquery in FROM": select(tied_visits.c.client_id),
    "a table joined to a tied subquery": select(client).join(
        tied_visits, and_(tied_visits.c.network_id == client.c.network_id, tied_visits.c.client_id == client.c.id)
    ),
    "a table joined to a tied union": select(client).join(
        cte := two_arms.cte("both"), and_(cte.c.network_id == client.c.network_id, cte.c.client_id == client.c.id)
    ),
    "a table joined to the parameter itself": select(client).join(given, given.c.network_id == client.c.network_id),
    "a union": two_arms,
    "a union in a union": union(two_arms, select(client.c.network_id, client.c.id).where(of_client)),
    "a recursive CTE": recursive(
        lambda chain: select(client.c.network_id, client.c.id).join(
            chain, and_(client.c.network_id == chain.c.network_id, client.c.id > chain.c.id)
        )
    ),
    "a table without a network": select(scratch),
    "a temporary table joined to a tied one": select(scratch, client).where(
        of_client, client.c.id == scratch.c.client_id
    ),
    "a function": select(func.max(1)),
    "a count of rows": select(func.count()).select_from(client).where(of_client),
    "grouped and ordered": select(visit.c.client_id, func.count())
    .where(of_visit)
    .group_by(visit.c.client_id)
    .having(func.count() > 1)
    .order_by(visit.c.client_id)
    .limit(3),
    "an update": update(client).where(of_client).values(id=1),
    "an update with a subquery": update(totals)
    .where(totals.c.network_id == NETWORK)
    .values(
        visits=select(func.count())
        .where(visit.c.network_id == totals.c.network_id, visit.c.client_id == totals.c.client_id)
        .scalar_subquery()
    ),
    "an update from another table": update(totals)
    .where(totals.c.network_id == NETWORK, visit.c.network_id == totals.c.network_id)
    .values(visits=visit.c.revision),
    "an update from a subquery": update(totals)
    .where(totals.c.network_id == tied_visits.c.network_id, totals.c.client_id == tied_visits.c.client_id)
    .values(visits=0),
    "a delete": delete(client).where(of_client),
    "a delete where something exists": delete(client).where(of_client, exists().where(same_client)),
    "an insert": insert(client).values(network_id=1, id=1),
    "an insert of many": insert(client),
    "an upsert on SQLite": upsert(sqlite),
    "an upsert on PostgreSQL": upsert(postgresql),
    "an insert from a select": insert(client).from_select(
        ["network_id", "id"], select(visit.c.network_id, visit.c.client_id).where(of_visit)
    ),
    "an entity": select(Client).where(Client.network_id == NETWORK),
    "columns of an entity": select(Client.id).where(Client.network_id == NETWORK),
    "an alias of an entity": select(alias).where(alias.network_id == NETWORK),
    "entities joined": select(Client, Visit)
    .join(Visit, and_(Visit.network_id == Client.network_id, Visit.client_id == Client.id))
    .where(Client.network_id == NETWORK),
    "entities joined by a relationship": select(Person).join(Person.dogs).where(Person.network_id == NETWORK),
    "related entities loaded by a join": select(Person)
    .options(joinedload(Person.dogs))
    .where(Person.network_id == NETWORK),
    "an ORM update": update(Client).where(Client.network_id == NETWORK).values(id=1),
    "harmless text": select(literal_column("1"), literal_column("'rule'"), text("*"))
    .select_from(client)
    .where(of_client),
}
