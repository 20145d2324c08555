"""One way of making forms: a schema reads what was typed, problems stand at their fields; see docs/pages.md."""

from __future__ import annotations

from loyalty_web.forms.fields import Choice, Day, Flag, Minor, Phrase, Points, Quantity, Whole
from loyalty_web.forms.form import Form, FormSchema

__all__ = ["Choice", "Day", "Flag", "Form", "FormSchema", "Minor", "Phrase", "Points", "Quantity", "Whole"]
