"""Accounts on both databases: tables as the code has them, passwords, locks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from loyalty_core.errors import Refused
from loyalty_core.storage.migrate import CORE, check, downgrade, upgrade
from loyalty_core.testing.house import House
from loyalty_web.erp import users
from loyalty_web.erp.migrations import WEB

PASSWORD = "long enough for tests"


@pytest.fixture
def house(engine: Engine) -> House:
    upgrade(engine, [CORE, WEB])
    house = House(engine)
    with house.work() as unit:
        users.add(unit, users.UserInput("Maria", "Maria", PASSWORD, (users.RoleInput("cashier"),)))
    return house


def test_the_hosts_tables_are_those_of_the_code_and_go_down_and_up_again(empty_engine: Engine) -> None:
    upgrade(empty_engine, [CORE, WEB])
    assert check(empty_engine, [CORE, WEB]) == []
    downgrade(empty_engine, WEB)
    upgrade(empty_engine, [CORE, WEB])
    assert check(empty_engine, [CORE, WEB]) == []


def test_a_login_is_one_in_the_whole_installation_and_case_does_not_matter(house: House) -> None:
    with pytest.raises(Refused) as refused, house.neighbour().work() as unit:
        users.add(unit, users.UserInput("MARIA", "Other", PASSWORD, (users.RoleInput("cashier"),)))
    assert refused.value.codes == ("login_taken",)


def test_attempts_at_once_are_all_counted(house: House) -> None:
    with ThreadPoolExecutor(users.ATTEMPTS) as pool:
        found = list(pool.map(lambda _n: users.check_password(house.loyalty, "maria", "wrong"), range(users.ATTEMPTS)))
    assert found == [None] * users.ATTEMPTS
    assert users.check_password(house.loyalty, "maria", PASSWORD) is None, "locked by then"
    house.clock.set(house.clock.now() + users.LOCKED_FOR)
    assert users.check_password(house.loyalty, "maria", PASSWORD) is not None


def test_what_happened_to_an_account_is_on_record_without_its_password(house: House) -> None:
    with house.reading() as unit:
        found = users.by_login(house.loyalty, "maria")
        assert found is not None
        rows = unit.connection.exec_driver_sql(
            "SELECT action, after FROM core_audit WHERE action LIKE 'user.%%'"
            if unit.dialect == "postgresql"
            else "SELECT action, after FROM core_audit WHERE action LIKE 'user.%'",
            execution_options={"unscoped": True},
        ).all()
    assert [row[0] for row in rows] == ["user.added"]
    assert PASSWORD not in str(rows)
    assert "argon2" not in str(rows)
