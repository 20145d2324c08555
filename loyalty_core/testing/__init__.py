"""Shipped for plugin authors: builders and the conformance kit that the bundled plugins pass too."""

from loyalty_core.testing.builders import a_plugin, a_programme, a_subject, an_occasion, some_subjects
from loyalty_core.testing.conformance import Conformance
from loyalty_core.testing.invoices import a_client, a_line, a_stored_offer, an_invoice, some_invoices

__all__ = [
    "Conformance",
    "a_client",
    "a_line",
    "a_plugin",
    "a_programme",
    "a_stored_offer",
    "a_subject",
    "an_invoice",
    "an_occasion",
    "some_invoices",
    "some_subjects",
]
