"""Users: who may sign in, with which password, in which roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, bindparam, select, update

from loyalty_core.engine.checking import text_problem
from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import gettext as _
from loyalty_core.services.house import Loyalty
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web.erp.roles import ROLES
from loyalty_web.erp.tables import RoleAssignment, User

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 500
"""More would only keep the processor busy."""

ATTEMPTS = 5
LOCKED_FOR = timedelta(minutes=15)

_hasher = PasswordHasher()
_user, _role = table_of(User), table_of(RoleAssignment)
_by_login = select(_user).where(_user.c.login == bindparam("of_login")).execution_options(unscoped=True)
"""Whoever signs in names no network: the login finds it."""
_all = select(_user).where(_user.c.network_id == THIS_NETWORK).order_by(_user.c.login)
_roles = select(_role).where(_role.c.network_id == THIS_NETWORK).order_by(_role.c.role, _role.c.branch_id)
_of_user = (_user.c.network_id == THIS_NETWORK, _user.c.id == bindparam("of_id"))
_failed = (
    update(_user)
    .where(*_of_user)
    .values(failed_attempts=_user.c.failed_attempts + 1)
    .returning(_user.c.failed_attempts)
)
_lock = update(_user).where(*_of_user).values(failed_attempts=0, locked_until=bindparam("until"))
_cleared = update(_user).where(*_of_user).values(failed_attempts=0, locked_until=None)
_set_password = update(_user).where(*_of_user).values(password_hash=bindparam("hashed"))


@dataclass(frozen=True, slots=True)
class RoleInput:
    """A role to give, in a branch or, without one, in the whole network."""

    role: str
    branch_id: int | None = None


@dataclass(frozen=True, slots=True)
class UserInput:
    """A user to make."""

    login: str
    name: str
    password: str
    roles: tuple[RoleInput, ...]
    locale: str = "en"


def hashed(password: str) -> str:
    """Return a password as it is kept: argon2id."""
    return _hasher.hash(password)


def fingerprint(password_hash: str) -> str:
    """Return what a session remembers of the password, so that a new password ends the others."""
    return sha256(password_hash.encode()).hexdigest()[:16]


def add(unit: Unit, given: UserInput) -> int:
    """Make a user and return its id.

    Raises `Refused`: `required`, `too_long`, `login_taken`, `weak_password`, `unknown_role`, `no_role`.
    """
    login = given.login.strip().casefold()
    problems = [text_problem(login, 100, "login"), text_problem(given.name, 200, "name")]
    problems += [password_problem(given.password), *(_role_problem(each) for each in given.roles)]
    if not given.roles:
        problems.append(Problem("no_role", _("Give at least one role."), ("roles",)))
    unit.lock_names("login", [(login,)])
    if unit.execute(_by_login, {"of_login": login}).first() is not None:
        problems.append(Problem("login_taken", _("Choose another login: this one is taken."), ("login",)))
    if found := [problem for problem in problems if problem is not None]:
        raise Refused(found)
    user_id = unit.ids.next()
    row = {
        "id": user_id,
        "login": login,
        "name": given.name.strip(),
        "password_hash": hashed(given.password),
        "locale": given.locale,
        "theme": "auto",
        "shortcuts": True,
        "active": True,
        "failed_attempts": 0,
        "locked_until": None,
    }
    unit.insert(User, [row])
    unit.insert(
        RoleAssignment,
        [
            {"id": unit.ids.next(), "user_id": user_id, "role": each.role, "branch_id": each.branch_id}
            for each in given.roles
        ],
    )
    roles = [each.role for each in given.roles]
    unit.audit("user.added", f"user:{user_id}", None, {"login": login, "roles": roles})
    return user_id


def set_password(unit: Unit, user_id: int, password: str) -> None:
    """Give a user another password, which ends all sessions of the old one, and lets a locked one in again.

    Raises `Refused` with `weak_password`.
    """
    if problem := password_problem(password):
        raise Refused(problem)
    unit.execute(_set_password, {"of_id": user_id, "hashed": hashed(password)})
    unit.execute(_cleared, {"of_id": user_id})
    unit.audit("user.password_set", f"user:{user_id}", None, None)


def password_problem(password: str) -> Problem | None:
    """Return what is wrong with a password that somebody chose."""
    if SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return None
    text = _(
        "Give a password of %(least)s to %(most)s characters: a few words are easy to keep in mind.",
        least=SHORTEST_PASSWORD,
        most=LONGEST_PASSWORD,
    )
    return Problem("weak_password", text, ("password",))


def _role_problem(given: RoleInput) -> Problem | None:
    if given.role in ROLES:
        return None
    text = _("There is no role “%(role)s”. There are: %(roles)s.", role=given.role, roles=", ".join(ROLES))
    return Problem("unknown_role", text, ("roles",))


def by_login(loyalty: Loyalty, login: str) -> Row[Any] | None:
    """Return the user of that login, in whichever network."""
    with loyalty.storage.reading() as connection:
        return connection.execute(_by_login, {"of_login": login.strip().casefold()}).first()


def all_users(unit: Unit) -> Sequence[Row[Any]]:
    """Return the users of the network, by login."""
    return unit.execute(_all).all()


def roles_of(unit: Unit) -> Mapping[int, list[RoleInput]]:
    """Return the roles of every user of the network, by user."""
    found: dict[int, list[RoleInput]] = {}
    for row in unit.execute(_roles):
        found.setdefault(row.user_id, []).append(RoleInput(row.role, row.branch_id))
    return found


@cache
def _nobodys_hash() -> str:
    return hashed("nobody has this password")


def check_password(loyalty: Loyalty, login: str, password: str) -> Row[Any] | None:
    """Return the user if login and password fit and the account may be used.

    An unknown login takes as long as a wrong password. Wrong passwords are counted in the database, for all workers;
    after `ATTEMPTS` the account is locked for `LOCKED_FOR`, the right password included.
    """
    user = by_login(loyalty, login)
    fits = _verified(user.password_hash if user is not None else _nobodys_hash(), password[:LONGEST_PASSWORD])
    if user is None or not user.active or _is_locked(user, loyalty.clock.now()):
        return None
    with loyalty.work(user.network_id, user.login) as unit:
        if not fits:
            if unit.execute(_failed, {"of_id": user.id}).scalar_one() >= ATTEMPTS:
                unit.execute(_lock, {"of_id": user.id, "until": unit.now + LOCKED_FOR})
                unit.audit("user.locked", f"user:{user.id}", None, None)
            return None
        unit.execute(_cleared, {"of_id": user.id})
        if _hasher.check_needs_rehash(user.password_hash):
            unit.execute(_set_password, {"of_id": user.id, "hashed": hashed(password)})
    return by_login(loyalty, login)


def _is_locked(user: Row[Any], now: datetime) -> bool:
    return user.locked_until is not None and now < user.locked_until


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
