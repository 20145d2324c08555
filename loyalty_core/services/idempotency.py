"""One effect and one answer per idempotency key (RELIABILITY I7).

The key's row is written in the effect's own transaction: the same actor, key and request gets the stored answer; the
same key with another request is refused. A second caller waits for the first one's transaction (the single writer on
SQLite, an advisory lock on PostgreSQL).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Idempotency
from loyalty_core.storage.work import canonical, table_of

idempotency = table_of(Idempotency)
_answer = select(idempotency.c.request, idempotency.c.response).where(
    idempotency.c.network_id == THIS_NETWORK,
    idempotency.c.actor == bindparam("of_actor"),
    idempotency.c.key == bindparam("of_key"),
)


def fingerprint(value: object) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode(errors="backslashreplace")).hexdigest()


def once(unit: Unit, key: str | None, request: object, effect: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Run `effect` once per `key` and return its answer; without a key, simply run it.

    `request` is what the caller asked for, as plain values. Raises `Refused` with the code `key_reused` when the key
    was used for another request.
    """
    if key is None:
        return effect()
    if not isinstance(key, str) or not 1 <= len(key) <= 100 or not key.isprintable():
        raise Refused(Problem("bad_key", _("An idempotency key has 1 to 100 printable characters."), ("key",)))
    asked = fingerprint(request)
    unit.lock_key(f"{unit.network_id}:{unit.actor}:{key}")
    known = unit.execute(_answer, {"of_actor": unit.actor, "of_key": key}).first()
    if known is None:
        answer = effect()
        row = {"actor": unit.actor, "key": key, "request": asked, "response": canonical(answer), "at": unit.now}
        unit.insert(Idempotency, [row])
        return answer
    if known.request != asked:
        raise Refused(Problem("key_reused", _("This key was used for another request: take a new one."), ("key",)))
    stored: Mapping[str, Any] = json.loads(known.response)
    return stored
