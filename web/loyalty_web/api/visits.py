"""Visits: who comes, came, or did not."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema

from loyalty_core.errors import Refused
from loyalty_core.facts.visit import VisitInput, VisitStatus
from loyalty_core.services import visits
from loyalty_core.services.idempotency import once
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.api.blueprint import ApiBlueprint, answer
from loyalty_web.api.drafts import ReferenceBody
from loyalty_web.api.fields import Moment, Name, Part, Word
from loyalty_web.api.naming import named
from loyalty_web.api.references import NO_VISIT, Reference, branch_of, client_of, in_address, visit_of, visit_row
from loyalty_web.api.sales import ReasonBody
from loyalty_web.api.shown import VisitShown
from loyalty_web.api.working import writing

EDIT = "visits.edit"

api = ApiBlueprint("visits", __name__, "Who comes, came, or did not.")


class VisitBody(Schema):
    """A visit: where, who, when, and how it stands."""

    branch = Name(required=True)
    client = Part(ReferenceBody, required=True)
    status = Word(tuple(VisitStatus), required=True)
    starts_at = Moment(required=True)


@api.call("PUT", "/<source>/<path:external_id>", EDIT, takes=VisitBody(), gives={200: VisitShown})
def save_visit(body: dict[str, Any], source: str, external_id: str, key: str) -> Response:
    """Save a visit, new or known; totals and standing follow at once."""
    called = in_address(source, external_id)
    with writing() as unit, named():
        _own(unit, called)
        given = VisitInput(
            called.source,
            called.external_id,
            branch_of(unit, body["branch"], EDIT),
            client_of(unit, body["client"]),
            VisitStatus(body["status"]),
            body["starts_at"],
        )
        saved = visits.save(unit, given, key)
    return answer({"id": str(saved.id), "revision": saved.revision, "changed": saved.changed})


@api.call("DELETE", "/<source>/<path:external_id>", EDIT, takes=ReasonBody(), gives={204: None})
def delete_visit(body: dict[str, Any], source: str, external_id: str, key: str) -> Response:
    """Delete a visit that has no invoice: it counts no longer."""
    called = in_address(source, external_id)
    with writing() as unit, named():
        asked = ["api.visits.delete", called.source, called.external_id, body["reason"]]
        once(unit, key, asked, lambda: _delete(unit, called, body["reason"]))
    return Response(status=204)


def _delete(unit: Unit, reference: Reference, reason: str) -> dict[str, object]:
    visits.delete(unit, visit_of(unit, reference, EDIT), reason)
    return {}


def _own(unit: Unit, reference: Reference) -> None:
    """Refuse a visit that is another branch's: as absent as one that nobody may name so.

    The name is locked first, so that nobody moves the visit meanwhile.
    """
    unit.lock_standing(exclusive=False)
    unit.lock_names("visit", [(reference.source, reference.external_id)])
    row = visit_row(unit, reference)
    if row is not None and not requests.the_actor().may(EDIT, row.branch_id):
        raise Refused(NO_VISIT)
