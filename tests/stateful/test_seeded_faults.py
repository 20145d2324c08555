"""The checks of random histories can fail: each seeded fault is caught by one fixed history."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyalty_core.plugging.loading import Plugins
from loyalty_core.storage.migrate import CORE, upgrade
from tests.stateful.fixed_history import PARTS, rules_take_turns, tell
from tests.stateful.salon import Salon
from tests.stateful.seeded_faults import FAULTS, ON_ONE_DATABASE, Fault, Part, planted

PLUGINS = Plugins.load()


def a_salon(*engines: Engine) -> Salon:
    for engine in engines:
        upgrade(engine, [CORE, *PLUGINS.migration_sources()])
    return Salon({engine.dialect.name: engine for engine in engines}, PLUGINS)


def test_the_history_holds_as_long_as_nothing_is_wrong(sqlite_engine: Engine, postgres_engine: Engine) -> None:
    salon = a_salon(sqlite_engine, postgres_engine)
    tell(salon)
    assert salon.steps > 100


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_each_part_of_the_history_holds_alone(part: Part, sqlite_engine: Engine) -> None:
    part(a_salon(sqlite_engine))


@pytest.mark.parametrize(
    ("part", "fault"),
    [pytest.param(part, fault, id=fault.says) for part, faults in FAULTS.items() for fault in faults],
)
def test_the_history_does_not_hold_when(part: Part, fault: Fault, sqlite_engine: Engine) -> None:
    with planted(fault):
        salon = a_salon(sqlite_engine)
        with pytest.raises(AssertionError):
            part(salon)


@pytest.mark.parametrize("fault", ON_ONE_DATABASE, ids=lambda fault: fault.says)
def test_the_databases_differ_when(fault: Fault, sqlite_engine: Engine, postgres_engine: Engine) -> None:
    with planted(fault):
        salon = a_salon(sqlite_engine, postgres_engine)
        with pytest.raises(AssertionError, match="differs between the databases"):
            rules_take_turns(salon)
