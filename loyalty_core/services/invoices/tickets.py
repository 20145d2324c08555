"""The ticket of a quote: when and by which configuration it was priced, and what it showed; signed.

Whoever issues an invoice hands the ticket back, so nobody can choose an instant or a configuration for themselves.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _

HOLDS = timedelta(minutes=15)
"""How long a quote can be issued (SEMANTICS 6, *Tender*)."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a quote was: its network, instant, configuration and fingerprint."""

    network_id: int
    priced_at: datetime
    config_version: int
    fingerprint: str


def sign(ticket: Ticket, secret: bytes) -> str:
    """Return a ticket as text that only whoever knows the secret can make."""
    body = json.dumps(
        [ticket.network_id, ticket.priced_at.isoformat(), ticket.config_version, ticket.fingerprint],
        separators=(",", ":"),
    ).encode()
    return ".".join(_text(part) for part in (body, _mac(body, secret)))


def read(text: str, secret: bytes) -> Ticket:
    """Return a ticket that was signed here. Raises `Refused` with `bad_ticket`."""
    try:
        body, mac = (_bytes(part) for part in text.split("."))
        if hmac.compare_digest(mac, _mac(body, secret)):
            network_id, priced_at, config_version, fingerprint = json.loads(body)
            return Ticket(network_id, datetime.fromisoformat(priced_at), config_version, fingerprint)
    except (AttributeError, ValueError, binascii.Error):
        pass
    raise Refused(Problem("bad_ticket", _("Price the invoice again: this quote is not ours."), ("ticket",)))


def _mac(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"quote:" + body, "sha256")


def _text(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
