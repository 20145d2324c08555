"""Tokens of the JSON API: which program may call, where, and what it may do (RELIABILITY, *Doors*).

A token is `loyalty_` with a public prefix of its own and 256 random bits. Only its SHA-256 is kept: what has that many
random bits needs no slow hash. It is shown once, when it is made.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.exc import OperationalError

from loyalty_core.engine.checking import amount_problem, text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.facts.money import FULL_PERCENT
from loyalty_core.messages import gettext as _
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.actor import Actor, Grant
from loyalty_web.erp.tables import ApiToken
from loyalty_web.permissions import DISCOUNT_MANUAL, RECORD

PERMISSIONS = (
    "clients.view",
    "clients.edit",
    "visits.edit",
    "invoices.view",
    "invoices.issue",
    RECORD,
    "invoices.refund",
    "invoices.void",
    DISCOUNT_MANUAL,
    "offers.take_off",
)
"""What a token may be good for: what routes of the API ask for."""

WORD = "loyalty"
PREFIX_BYTES, SECRET_BYTES = 6, 32
SEEN_EVERY = timedelta(hours=1)
"""How exactly it is kept when a token was used last: a write with every call would cost more than the call."""

_token = table_of(ApiToken)
_by_prefix = select(_token).where(_token.c.prefix == bindparam("of_prefix")).execution_options(unscoped=True)
"""Whoever calls names no network: the token finds it."""
_all = select(_token).where(_token.c.network_id == THIS_NETWORK).order_by(_token.c.id)
_of_id = (_token.c.network_id == THIS_NETWORK, _token.c.id == bindparam("of_id"))
_used = update(_token).where(*_of_id).values(last_used_at=bindparam("used_at"))
_revoke = update(_token).where(*_of_id).values(revoked_at=bindparam("now"))


@dataclass(frozen=True, slots=True)
class TokenInput:
    """A token to make: without a branch it is good in the whole network, without an end until it is revoked."""

    name: str
    permissions: tuple[str, ...]
    branch_id: int | None = None
    discount_limit_bp: int = 0
    expires_at: datetime | None = None


def add(unit: Unit, given: TokenInput) -> str:
    """Make a token and return it: nobody can read it again.

    Raises `Refused`: `required` or `too_long` for the name, `no_permission`, `unknown_permission`, `too_large` for a
    limit above 100 %, `no_limit` for discounts by hand without a limit, `in_the_past`.
    """
    problems = [text_problem(given.name, 200, "name"), _limit_problem(given), *_permission_problems(given)]
    if given.expires_at is not None and given.expires_at <= unit.now:
        problems.append(Problem("in_the_past", _("Choose an end that is yet to come."), ("expires_at",)))
    if found := [problem for problem in problems if problem is not None]:
        raise Refused(found)
    prefix = secrets.token_hex(PREFIX_BYTES)
    token = f"{WORD}_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    row = {
        "id": unit.ids.next(),
        "prefix": prefix,
        "token_hash": _hashed(token),
        "name": given.name,
        "branch_id": given.branch_id,
        "permissions": " ".join(sorted(set(given.permissions))),
        "discount_limit_bp": given.discount_limit_bp,
        "made_at": unit.now,
        "made_by": unit.actor,
        "expires_at": given.expires_at,
        "revoked_at": None,
        "last_used_at": None,
    }
    unit.insert(ApiToken, [row])
    kept = {name: row[name] for name in ("name", "branch_id", "permissions", "discount_limit_bp", "expires_at")}
    unit.audit("token.added", f"token:{prefix}", None, kept)
    return token


def _limit_problem(given: TokenInput) -> Problem | None:
    if DISCOUNT_MANUAL in given.permissions and not given.discount_limit_bp:
        return Problem("no_limit", _("Say up to how many percent it may give by hand."), ("discount_limit",))
    return amount_problem(given.discount_limit_bp, "discount_limit", most=FULL_PERCENT)


def _permission_problems(given: TokenInput) -> list[Problem]:
    if not given.permissions:
        return [Problem("no_permission", _("Say what the token is good for."), ("permissions",))]
    known = ", ".join(PERMISSIONS)
    return [
        Problem(
            "unknown_permission",
            _("Tokens know no permission “%(permission)s”. There are: %(known)s.", permission=name, known=known),
            ("permissions",),
        )
        for name in given.permissions
        if name not in PERMISSIONS
    ]


def all_tokens(unit: Unit) -> Sequence[Row[Any]]:
    """Return the tokens of the network, the oldest first."""
    return unit.execute(_all).all()


def revoke(unit: Unit, prefix: str) -> bool:
    """Let a token be good no longer, from now on; return whether it was until now.

    Raises `Refused` with `unknown_token`.
    """
    found = next((row for row in all_tokens(unit) if row.prefix == prefix), None)
    if found is None:
        raise Refused(Problem("unknown_token", _("There is no token “%(prefix)s”.", prefix=prefix), ("prefix",)))
    if found.revoked_at is not None:
        return False
    unit.execute(_revoke, {"of_id": found.id, "now": unit.now})
    unit.audit("token.revoked", f"token:{prefix}", None, {"name": found.name})
    return True


def actor_of(loyalty: Loyalty, text: str) -> Actor | None:
    """Return the program whose token this is, if the token is good now."""
    word, _sign, rest = text.partition("_")
    prefix = rest.partition("_")[0]
    if word != WORD or not prefix.isalnum():
        return None
    with loyalty.storage.reading() as connection:
        row = connection.execute(_by_prefix, {"of_prefix": prefix}).first()
    if row is None or not hmac.compare_digest(row.token_hash, _hashed(text)):
        return None
    now = loyalty.clock.now()
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    if row.last_used_at is None or now - row.last_used_at >= SEEN_EVERY:
        with suppress(OperationalError), loyalty.work(row.network_id, f"token:{prefix}") as unit:
            unit.execute(_used, {"of_id": row.id, "used_at": now})  # who is kept waiting for this is let in without
    return Actor(f"token:{prefix}", row.name, row.network_id, branch_id=row.branch_id, grants=tuple(_grants(row)))


def _grants(row: Row[Any]) -> list[Grant]:
    return [
        Grant(name, row.branch_id, row.discount_limit_bp if name == DISCOUNT_MANUAL else FULL_PERCENT)
        for name in row.permissions.split()
    ]


def _hashed(token: str) -> str:
    return sha256(token.encode(errors="backslashreplace")).hexdigest()
