"""A network of its own for every test, in a database that holds those of all the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url

from loyalty_core.storage.engine import open_engine
from loyalty_core.testing.house import START, House, at


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def crowded_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database for the whole run: founding a network is quick, and its neighbours' rows must never matter."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('crowd') / 'loyalty.db'}")
        yield engine
        engine.dispose()
        return
    server = make_url(request.getfixturevalue("postgres_url"))
    name = f"{request.getfixturevalue('postgres_template')}_crowd"
    plain = create_engine(server.set(drivername="postgresql+psycopg"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with plain.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine = open_engine(server.set(database=name).render_as_string(hide_password=False))
        yield engine
        engine.dispose()
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def crowd(crowded_engine: Engine) -> House:
    """The first network of the database, which founds the others."""
    return House(crowded_engine)


@pytest.fixture
def house(crowd: House) -> Iterator[House]:
    """A salon on the morning of `START`. When the test is over, what is kept must equal a recount (RELIABILITY I22)."""
    crowd.clock.set(at(START, 9))
    house = crowd.neighbour()
    yield house
    assert house.drift().none, "totals and standing kept differ from those counted anew"
