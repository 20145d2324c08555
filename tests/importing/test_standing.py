"""Imported facts give standing: once, at the end of the file, in every scope that it touched."""

from __future__ import annotations

import pytest

from loyalty_core.plugging.loading import Plugins
from loyalty_core.services import anchors, plugins, programmes
from loyalty_core.services.recount import recount
from tests.importing.conftest import Open, Shop

RULES = {
    "rules": [
        {"metric": "visits", "threshold": 1, "percent_bp": 300},
        {"metric": "sold", "threshold": 50_000, "percent_bp": 500},
        {"metric": "paid", "threshold": 60_000, "percent_bp": 700},
    ]
}
INVOICE = "invoice,branch,client,visit,issued_at,item,category,kind,listed,invoiced\n"
SOLD = INVOICE + "i1,podil,1001,v1,2026-03-02T11:00,cut,Hair,service,600.00,600.00\n"
PAID = "invoice,external_id,tender,amount,paid_at\ni1,p1,cash,600.00,2026-03-02T11:05\n"


@pytest.fixture
def ruled(open_shop: Open) -> Shop:
    """A network whose branches have the branch programme, before anybody has come."""
    shop = open_shop(plugins=Plugins.load(), facts=False)
    with shop.loyalty.work(shop.network_id, "test") as unit:
        for plugin in ("branch", "discount_rules"):
            plugins.activate(unit, plugin)
        for scope_id in anchors.branch_scopes(unit).values():
            programmes.save(unit, "branch", scope_id, "Regulars", parts={"discount_rules": RULES})
    return shop


def held(shop: Shop) -> set[tuple[str, str, int]]:
    """Return who holds what where: branch, client, basis points."""
    with shop.loyalty.reading(shop.network_id) as unit:
        scopes = {scope: branch for branch, scope in anchors.branch_scopes(unit).items()}
        branches = {id_: name for name, id_ in anchors.branch_ids(unit).items()}
    clients = {row["client_id"]: row["external_id"] for row in shop.rows("core_client_external")}
    return {
        (branches[scopes[row["scope_id"]]], clients[row["client_id"]], row["value"])
        for row in shop.rows("core_standing")
        if row["value"] is not None
    }


def test_visits_invoices_payments_and_openings_give_clients_their_discounts(ruled):
    ruled.take_facts()
    assert held(ruled) == {("podil", "1001", 300)}
    ruled.taken("invoices", SOLD)
    assert held(ruled) == {("podil", "1001", 500)}
    ruled.taken("payments", PAID)
    assert held(ruled) == {("podil", "1001", 700)}
    opening = "external_id,branch,client,opened_on,visits,listed,invoiced,paid,last_visit_on\n"
    ruled.taken("openings", opening + "o1,ny,1002,2026-01-01,1,500.00,500.00,0,2025-12-12\n")
    assert held(ruled) == {("podil", "1001", 700), ("ny", "1002", 500)}


def test_a_visit_that_moves_leaves_nothing_in_the_branch_it_left(ruled):
    ruled.take_facts()
    moved = "external_id,branch,client,status,starts_at\nv1,ny,1001,arrived,2026-03-02T10:00\n"
    assert ruled.taken("visits", moved) == (0, 1, 0)
    assert held(ruled) == {("ny", "1001", 300)}


def test_standing_is_judged_once_however_long_the_file(ruled):
    ruled.taken("clients", "external_id,name\n1001,Ann\n")
    visits = "".join(f"x{number},podil,1001,arrived,2026-03-02T10:00\n" for number in range(5_000))
    ruled.taken("visits", "external_id,branch,client,status,starts_at\n" + visits)
    changes = [row for row in ruled.rows("core_audit") if row["client_id"] is not None]
    assert [row["cause"] for row in changes] == ["import:visits"]


def test_what_is_imported_equals_a_full_recount(ruled):
    ruled.take_facts()
    ruled.taken("invoices", SOLD)
    ruled.taken("payments", PAID)
    with ruled.loyalty.work(ruled.network_id, "test") as unit:
        assert recount(unit).none


def test_a_file_that_changes_nothing_judges_nobody(ruled):
    ruled.take_facts()
    before = ruled.everything()
    ruled.take_facts(new=0)
    assert ruled.everything() == before
