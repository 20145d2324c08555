"""Void an invoice: as if it had not been issued; only while there is no money on it (SEMANTICS 6, *States*)."""

from __future__ import annotations

from typing import Any

from loyalty_core.engine.checking import text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.invoice import SaleState
from loyalty_core.messages import gettext as _
from loyalty_core.services.idempotency import once
from loyalty_core.services.invoices.rows import RecordedSale, lock_sale, set_states, settle_sales
from loyalty_core.services.unit import Unit


def void(unit: Unit, sale_id: int, reason: str, key: str | None = None) -> RecordedSale:
    """Void an invoice.

    Raises `Refused`: `unknown_invoice`, `already_void`, `paid` when money lies on it (refund it instead), `required`
    without a reason.
    """

    def effect() -> dict[str, Any]:
        problem = text_problem(reason, 1000, "reason")
        if problem is not None:
            raise Refused(problem)
        unit.lock_standing(exclusive=False)
        sale = lock_sale(unit, sale_id)
        if sale.state == SaleState.VOID.value:
            raise Refused(Problem("already_void", _("The invoice is void already."), ("sale_id",)))
        if sale.paid_minor or sale.state in (SaleState.PART_REFUNDED.value, SaleState.REFUNDED.value):
            raise Refused(Problem("paid", _("There is money on this invoice: refund it instead."), ("sale_id",)))
        set_states(unit, [(sale_id, SaleState.VOID, 0, 0)])
        if sale.client_id is not None:
            settle_sales(unit, [(sale_id, sale.visit_id)], f"void:{sale_id}")
        before, after = {"state": sale.state}, {"state": SaleState.VOID.value}
        unit.audit("invoice.voided", f"invoice:{sale_id}", before, after, client_id=sale.client_id, reason=reason)
        unit.emit("invoice_voided", {"invoice": str(sale_id)}, sale.client_id)
        return {"id": sale_id}

    answer = once(unit, key, ["invoices.void", sale_id, reason], effect)
    return RecordedSale(answer["id"], SaleState.VOID, changed=True)
