"""The demo's users: one per role, with passwords that everybody may know, in a demo only."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, distinct, func, select

from loyalty_core.facts.visit import VisitStatus
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Visit
from loyalty_core.storage.work import table_of
from loyalty_web.erp import users
from loyalty_web.erp.demo.loading import ACTOR
from loyalty_web.erp.roles import ROLES

NAMES = {
    "cashier": "Maria Savchenko",
    "manager": "Andrii Bondar",
    "marketer": "Olha Kravets",
    "accountant": "Iryna Melnyk",
    "administrator": "Taras Hnatiuk",
    "integrator": "Denys Koval",
}
"""Invented people; one for each role."""
assert set(NAMES) == set(ROLES)

AT_ONE_STORE = "cashier"

LATELY = timedelta(days=60)

_visit = table_of(Visit)
_last_day = select(func.max(_visit.c.local_day)).where(
    _visit.c.network_id == THIS_NETWORK, _visit.c.status == VisitStatus.ARRIVED.value
)
_busiest = (
    select(_visit.c.branch_id)
    .where(_visit.c.network_id == THIS_NETWORK, _visit.c.local_day >= bindparam("since"))
    .group_by(_visit.c.branch_id)
    .order_by(func.count(distinct(_visit.c.client_id)).desc(), _visit.c.branch_id)
    .limit(1)
)


def busiest_store(unit: Unit) -> int | None:
    """Return the store where most clients came of late; nothing where nobody did."""
    last = unit.execute(_last_day).scalar()
    if last is None:
        return None
    found: int | None = unit.execute(_busiest, {"since": last - LATELY}).scalar()
    return found


def password_of(role: str) -> str:
    """Return the password of the demo's user of that role."""
    return f"{role}-demo"


def add_staff(loyalty: Loyalty, network_id: int) -> None:
    """Make the users that are not there yet; logins are the names of roles. The cashier works in the busiest store."""
    with loyalty.reading(network_id) as unit:
        missing = [role for role in ROLES if role not in {user.login for user in users.all_users(unit)}]
    if not missing:
        return
    with loyalty.work(network_id, ACTOR) as unit:
        for role in missing:
            given = users.RoleInput(role, busiest_store(unit) if role == AT_ONE_STORE else None)
            users.add(unit, users.UserInput(role, NAMES[role], password_of(role), (given,)))
