"""Invoices: record a finished one, pay, refund, void. One module per verb."""

from loyalty_core.services.invoices.paying import record_payments
from loyalty_core.services.invoices.recording import known, record, record_many
from loyalty_core.services.invoices.refunding import refund
from loyalty_core.services.invoices.rows import RecordedSale
from loyalty_core.services.invoices.voiding import void

__all__ = ["RecordedSale", "known", "record", "record_many", "record_payments", "refund", "void"]
