"""What tests of clients and visits do to the salon of the office."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from werkzeug.test import TestResponse

from loyalty_core.facts.standing import Element
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services import standing, visits
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import ClientExternal
from tests.web.office import Office, Visitor, words

TODAY = date(2026, 4, 1)
ZONE = ZoneInfo("Europe/Kyiv")


def client_id(office: Office, external_id: str = "1001") -> int:
    """Return a client of the salon: 1001 is Olena, 1002 is Ivan."""
    statement = select(ClientExternal.client_id).where(
        ClientExternal.network_id == THIS_NETWORK, ClientExternal.external_id == external_id
    )
    with office.reading() as unit:
        return int(unit.execute(statement).scalar_one())


def book(
    office: Office,
    name: str = "today",
    client: str = "1002",
    *,
    branch: str = "podil",
    status: VisitStatus = VisitStatus.WAITING,
    day: date = TODAY,
    hour: int = 15,
) -> int:
    """Save a visit and return its id."""
    at = datetime.combine(day, time(hour), ZONE).astimezone(UTC)
    given = VisitInput("erp", name, office.branch(branch), client_id(office, client), status, at)
    with office.work() as unit:
        return visits.save(unit, given).id


def by_hand(office: Office, client: str, bp: int, *, branch: str = "podil", until: date | None = None) -> None:
    """Set a client's discount by hand, as the manager."""
    id_, branch_id = client_id(office, client), office.branch(branch)
    with office.work("manager") as unit:
        scope_id = unit.configuration.own_scopes[branch_id]
        standing.set_by_hand(unit, id_, scope_id, Element.DISCOUNT, bp, "sister of the owner", until=until)


def landed(visitor: Visitor, answer: TestResponse) -> str:
    """Return what the page shows that an answer leads to, as plain text."""
    assert answer.status_code == 303, answer.status
    return words(visitor.get(answer.location.partition("#")[0]).text)
