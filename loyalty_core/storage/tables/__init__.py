"""The core's own tables, one module per noun.

Every table belongs to a network: its primary key begins with `network_id` and so does every foreign key, so no row
can point across networks (DATA, *Keys and ids*).
"""

from loyalty_core.storage.tables.anchors import Branch, Client, ClientExternal, Network, Scope, ScopeBranch, Tender
from loyalty_core.storage.tables.programmes import (
    Offer,
    OfferVersion,
    PastConfiguration,
    PluginState,
    Programme,
    ProgrammeVersion,
    Setting,
)
from loyalty_core.storage.tables.record import Audit, Event, Idempotency
from loyalty_core.storage.tables.sales import (
    Adjustment,
    Decision,
    Opening,
    Payment,
    PaymentLine,
    Return,
    ReturnLine,
    ReturnPayment,
    Sale,
    SaleLine,
)
from loyalty_core.storage.tables.standing import ManualValue, Measure, Reset, Standing, Totals
from loyalty_core.storage.tables.visits import Visit

__all__ = [
    "Adjustment",
    "Audit",
    "Branch",
    "Client",
    "ClientExternal",
    "Decision",
    "Event",
    "Idempotency",
    "ManualValue",
    "Measure",
    "Network",
    "Offer",
    "OfferVersion",
    "Opening",
    "PastConfiguration",
    "Payment",
    "PaymentLine",
    "PluginState",
    "Programme",
    "ProgrammeVersion",
    "Reset",
    "Return",
    "ReturnLine",
    "ReturnPayment",
    "Sale",
    "SaleLine",
    "Scope",
    "ScopeBranch",
    "Setting",
    "Standing",
    "Tender",
    "Totals",
    "Visit",
]
