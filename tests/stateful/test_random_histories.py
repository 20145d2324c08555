"""Whatever happens: kept = recomputed = what SEMANTICS says, on SQLite and PostgreSQL alike (RELIABILITY I20, I22)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine

from loyalty_core.plugging.loading import Plugins
from loyalty_core.storage.migrate import CORE, upgrade
from tests.stateful.histories import Histories
from tests.stateful.salon import Salon

STEPS = 24
QUICK = 40
WHOLE = int(os.environ.get("LOYALTY_HISTORIES", "10000"))
"""How many histories the long run tries."""

patient = settings(
    deadline=None, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
)


@pytest.fixture
def engines(sqlite_engine: Engine, postgres_engine: Engine) -> dict[str, Engine]:
    return {"SQLite": sqlite_engine, "PostgreSQL": postgres_engine}


def try_histories(engines: dict[str, Engine], how: settings) -> dict[str, int]:
    """Try random histories, each in a network of its own, and return how many there were, and of how many steps."""
    plugins = Plugins.load()
    for engine in engines.values():
        upgrade(engine, [CORE, *plugins.migration_sources()])
    tried: list[Salon] = []

    class HistoriesHere(Histories):
        def found(self) -> Salon:
            tried.append(Salon(engines, plugins, len(tried)))
            return tried[-1]

    run_state_machine_as_test(HistoriesHere, settings=how)
    return {"histories": len(tried), "steps": sum(salon.steps for salon in tried)}


def test_histories_leave_what_the_model_says(engines: dict[str, Engine]) -> None:
    tried = try_histories(engines, settings(patient, max_examples=QUICK))
    assert tried["histories"] >= QUICK


@pytest.mark.long
def test_many_histories_leave_what_the_model_says(engines: dict[str, Engine], capsys: pytest.CaptureFixture) -> None:
    tried = try_histories(engines, settings(patient, max_examples=WHOLE))
    with capsys.disabled():
        print(f"\n{tried}")  # noqa: T201
