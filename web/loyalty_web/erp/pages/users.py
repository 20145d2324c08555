"""Users: who may sign in, and as what."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response, flash, redirect, request, url_for
from sqlalchemy import Row, bindparam, func, or_, select
from werkzeug.wrappers import Response as AnyResponse

from loyalty_core.errors import Refused
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_core.services.unit import Unit
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web import requests
from loyalty_web.erp import users
from loyalty_web.erp.people_search import anywhere
from loyalty_web.erp.roles import ROLES
from loyalty_web.erp.tables import User
from loyalty_web.forms import Choice, Form, FormSchema, Phrase
from loyalty_web.lists import Listing
from loyalty_web.menu import Reach
from loyalty_web.pages import Pages
from loyalty_web.permissions import needs, require_everywhere
from loyalty_web.rendering import render

pages = Pages("users", __name__)
pages.menu(_("Users"), "index", icon="person-badge", needs="users.manage", reach=Reach.NETWORK, order=95)

_user = table_of(User)
_matching = (
    _user.c.network_id == THIS_NETWORK,
    or_(_user.c.name.ilike(bindparam("part"), escape="/"), _user.c.login.like(bindparam("part"), escape="/")),
)
_count = select(func.count()).select_from(_user).where(*_matching)
_rows = select(_user.c.id, _user.c.login, _user.c.name, _user.c.active, _user.c.locked_until).where(*_matching)


def _languages() -> Mapping[str, str]:
    locales = requests.extension().texts.locales()
    return {str(each): (each.get_display_name() or str(each)).capitalize() for each in locales}


def _places() -> Mapping[str, Message | str]:
    return {place.external_id: place.name for place in requests.around().places}


class UserForm(FormSchema):
    """A new user."""

    name = Phrase(label=_("Name"), required=True)
    login = Phrase(longest=100, label=_("Login"), required=True)
    password = Phrase(longest=users.LONGEST_PASSWORD, label=_("Password"), required=True)
    role = Choice({name: role.name for name, role in ROLES.items()}, label=_("Role"), required=True)
    branch = Choice(_places, label=_("Only in the branch"))
    locale = Choice(_languages, label=_("Language"), required=True)


@pages.get("/admin/users")
@needs("users.manage")
def index() -> Response:
    """List users, by a part of the name or the login."""
    require_everywhere("users.manage")
    listing = Listing.asked(("name", "login"), "name")
    with requests.reading() as unit:
        found = {"part": anywhere(request.args.get("q", "").strip())}
        listing.count(unit.execute(_count, found).scalar_one())
        rows = _page(unit, listing, found)
        requests.say(requests.reader().say(ngettext("%(count)s user", "%(count)s users", listing.total)))
        roles = {id_: [_role(each) for each in given] for id_, given in users.roles_of(unit).items()}
        return render("erp/users.html", "list", list=listing, rows=rows, roles=roles, now=unit.now)


def _page(unit: Unit, listing: Listing, found: dict[str, Any]) -> list[Row[Any]]:
    column = _user.c[listing.column]
    order = column.desc() if listing.descending else column
    statement = _rows.order_by(order, _user.c.id).limit(listing.at_once).offset(listing.offset)
    return list(unit.execute(statement, found))


def _role(given: users.RoleInput) -> tuple[Message, str | None]:
    """Return a role in words, with the branch it is limited to."""
    place = requests.around().by_id.get(given.branch_id) if given.branch_id is not None else None
    return ROLES[given.role].name, place.name if place else None


@pages.route("/admin/users/new", methods=["GET", "POST"])
@needs("users.manage")
def new() -> AnyResponse:
    """Make a user."""
    require_everywhere("users.manage")  # else who manages one branch could make somebody who manages all
    if request.method == "GET":
        form = Form.showing(UserForm(), {"locale": requests.the_actor().locale})
        return render("erp/user.html", form=form)
    form = Form.sent(UserForm())
    again = partial(render, "erp/user.html", "form", form=form)
    if form.failed:
        return again(status=form.status)
    values = form.values
    place = requests.around().by_name.get(values["branch"] or "")
    role = users.RoleInput(values["role"], place.id if place else None)
    try:
        with requests.the_unit() as unit:
            users.add(
                unit,
                users.UserInput(values["login"], values["name"], values["password"], (role,), values["locale"]),
            )
    except Refused as refused:
        form.refuse(refused, {"roles": "role"})
        return again(status=form.status)
    flash(requests.reader().say(_("%(login)s may sign in.", login=values["login"])), "ok")
    return redirect(url_for(".index"), 303)
