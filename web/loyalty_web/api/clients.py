"""Clients: making one known by an id of the caller's, and what a client has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response

from loyalty_core.facts.standing import Element, Verdict
from loyalty_core.services import standing
from loyalty_core.services.anchors import anchor_clients
from loyalty_core.services.idempotency import once
from loyalty_core.services.unit import Unit
from loyalty_web import requests
from loyalty_web.api.blueprint import ApiBlueprint, answer
from loyalty_web.api.naming import named
from loyalty_web.api.references import client_of, in_address
from loyalty_web.api.shown import ClientShown, StandingShown
from loyalty_web.api.working import writing

VIEW, EDIT = "clients.view", "clients.edit"

api = ApiBlueprint("clients", __name__, "Who is known, and what they have.")


@api.call("PUT", "/<source>/<path:external_id>", EDIT, gives={200: ClientShown})
def make_client_known(source: str, external_id: str, key: str) -> Response:
    """Make a client known by an id of yours; one that is known stays as it is.

    No name or phone is kept: loyalty knows ids only.
    """
    called = in_address(source, external_id)

    def effect() -> dict[str, Any]:
        return {"id": str(anchor_clients(unit, called.source, [called.external_id])[called.external_id])}

    with writing() as unit, named():
        done = once(unit, key, ["api.clients.make_known", called.source, called.external_id], effect)
    return answer(done)


@api.call("GET", "/<source>/<path:external_id>/standing", VIEW, gives={200: StandingShown}, keyed=False)
def show_standing(source: str, external_id: str) -> Response:
    """Return what a client has: the personal discount and more, branch by branch, each with its cause."""
    with requests.reading() as unit:
        client_id = client_of(unit, in_address(source, external_id))
        found = list(_elements(unit, standing.of_client(unit, client_id)))
    return answer({"client_id": str(client_id), "standing": found})


def _elements(unit: Unit, by_scope: dict[int, dict[tuple[Element, str], Verdict]]) -> Iterator[dict[str, Any]]:
    branches = {id_: name for name, id_ in unit.configuration.branch_ids.items()}
    scopes = {scope_id: branches[id_] for id_, scope_id in unit.configuration.own_scopes.items()}
    for scope_id, elements in sorted(by_scope.items()):
        for (element, item), verdict in sorted(elements.items()):
            given = verdict.given
            assert given is not None, "what is kept has a value"
            yield {
                "branch": scopes.get(scope_id),
                "element": element.value,
                "item": item,
                "value": given.value,
                "origin": given.origin.value,
                "version_id": None if given.version_id is None else str(given.version_id),
                "rule": given.rule,
                "next_on": None if verdict.next_on is None else verdict.next_on.isoformat(),
            }
