"""Shipped for plugin authors: builders and the conformance kit that the bundled plugins pass too."""

from loyalty_core.testing.builders import a_plugin, a_programme, a_subject, an_occasion, some_subjects
from loyalty_core.testing.conformance import Conformance

__all__ = ["Conformance", "a_plugin", "a_programme", "a_subject", "an_occasion", "some_subjects"]
