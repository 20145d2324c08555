"""Who is signed in, read once per request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_login import UserMixin
from sqlalchemy import select

from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.ids import is_id
from loyalty_web.actor import Actor
from loyalty_web.erp.database import db
from loyalty_web.erp.roles import ROLES, grants
from loyalty_web.erp.tables import RoleAssignment, User
from loyalty_web.erp.users import fingerprint


class SignedIn(UserMixin):  # type: ignore[misc]
    """A user with roles, as Flask-Login keeps it."""

    def __init__(self, user: User | Any, roles: Sequence[RoleAssignment]) -> None:
        self.user = user
        self.roles = roles

    def get_id(self) -> str:
        """Return what the session remembers: the user, and which password it was."""
        return session_id(self.user)

    def actor(self, branch_id: int | None) -> Actor:
        """Return the actor that pages see; a working branch that is not the user's own is none."""
        given = tuple(grant for each in self.roles for grant in grants(each.role, each.branch_id))
        own = {each.branch_id for each in self.roles if each.role in ROLES}
        if None not in own and branch_id not in own:
            branch_id = min((each for each in own if each is not None), default=None)
        user = self.user
        return Actor(user.login, user.name, user.network_id, user.locale, user.theme, user.shortcuts, branch_id, given)


def session_id(user: Any) -> str:
    """Return what a session of a user is called; another password makes it another one."""
    return f"{user.network_id}.{user.id}.{fingerprint(user.password_hash)}"


def load_user(name: str) -> SignedIn | None:
    """Return the user of a session; nobody where it was closed, or has another password by now."""
    network, _dot, rest = name.partition(".")
    number = rest.partition(".")[0]
    if not (network.isdecimal() and number.isdecimal() and is_id(int(network)) and is_id(int(number))):
        return None
    here = {"network": int(network)}
    user = db.session.execute(
        select(User).where(User.network_id == THIS_NETWORK, User.id == int(number)), here
    ).scalar_one_or_none()
    if user is None or not user.active or session_id(user) != name:
        return None
    roles = db.session.execute(
        select(RoleAssignment).where(RoleAssignment.network_id == THIS_NETWORK, RoleAssignment.user_id == int(number)),
        here,
    ).scalars()
    signed_in = SignedIn(user, roles.all())
    db.session.expunge_all()
    db.session.rollback()  # lets go of the connection: what follows opens its own unit of work
    return signed_in
