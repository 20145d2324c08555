"""The roles of the small host: what each may do, and up to which percentage.

A role is given in one branch or in the whole network; whoever has several may do what any of them allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loyalty_core.facts.money import FULL_PERCENT
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_web.actor import Grant
from loyalty_web.permissions import DISCOUNT_MANUAL, PERMISSIONS


@dataclass(frozen=True, slots=True)
class Role:
    """A role by name, its permissions, and the largest discount by hand in basis points."""

    name: Message
    permissions: tuple[str, ...]
    most_discount_bp: int = 0


AT_THE_TILL = (
    "clients.view",
    "clients.edit",
    "visits.edit",
    "invoices.view",
    "invoices.issue",
    "invoices.refund",
    "offers.take_off",
    DISCOUNT_MANUAL,
)

ROLES: Mapping[str, Role] = {
    "cashier": Role(_("Cashier"), AT_THE_TILL, most_discount_bp=1_000),
    "manager": Role(
        _("Manager"),
        (
            *AT_THE_TILL,
            "invoices.void",
            "standing.set",
            "programme.view",
            "programme.edit",
            "promotions.view",
            "promotions.edit",
            "items.edit",
            "reports.view",
        ),
        most_discount_bp=3_000,
    ),
    "marketer": Role(
        _("Marketer"),
        (
            "clients.view",
            "programme.view",
            "programme.edit",
            "promotions.view",
            "promotions.edit",
            "reports.view",
        ),
    ),
    "accountant": Role(
        _("Accountant"),
        ("clients.view", "invoices.view", "programme.view", "promotions.view", "reports.view"),
    ),
    "administrator": Role(_("Administrator"), tuple(PERMISSIONS), most_discount_bp=FULL_PERCENT),
    "integrator": Role(
        _("Integrator"),
        ("clients.view", "invoices.view", "programme.view", "promotions.view", "items.edit", "plugins.manage"),
    ),
}


def grants(role: str, branch_id: int | None) -> Iterator[Grant]:
    """Yield what a role gives in a branch, or in the network; a role that is no more gives nothing."""
    found = ROLES.get(role)
    if found is not None:
        for permission in found.permissions:
            limit = found.most_discount_bp if permission == DISCOUNT_MANUAL else FULL_PERCENT
            yield Grant(permission, branch_id, limit)
