"""Quotes: what a draft comes to, and why. Nothing is written."""

from __future__ import annotations

from typing import Any

from flask import Response

from loyalty_core.services.invoices import quoting
from loyalty_web import requests
from loyalty_web.api import showing
from loyalty_web.api.blueprint import ApiBlueprint, answer
from loyalty_web.api.callers import staff_at
from loyalty_web.api.drafts import DraftBody, draft_of
from loyalty_web.api.naming import named
from loyalty_web.api.shown import QuoteShown

ISSUE = "invoices.issue"

api = ApiBlueprint("quotes", __name__, "What a draft comes to, and why.")


@api.call("POST", "", ISSUE, takes=DraftBody(), gives={200: QuoteShown}, keyed=False)
def quote(body: dict[str, Any]) -> Response:
    """Price a draft.

    Nothing is written: call it on every edit. The ticket in the answer issues the invoice at this price for 15
    minutes.
    """
    with requests.reading() as unit, named():
        draft = draft_of(unit, body, ISSUE)
        quoted = quoting.quote(unit, draft, staff_at(draft.branch_id))
        return answer(showing.quote(unit, quoted))
