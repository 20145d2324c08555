"""What somebody sets for themselves: language, theme, shortcuts, and the branch they work in."""

from __future__ import annotations

from flask import abort, redirect, request, session
from sqlalchemy import bindparam, update
from werkzeug.wrappers import Response

from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.work import table_of
from loyalty_web import requests
from loyalty_web.erp.signing_in import safe_target
from loyalty_web.erp.tables import User
from loyalty_web.pages import Pages
from loyalty_web.permissions import SIGNED_IN, needs

pages = Pages("account", __name__)

_user = table_of(User)
_own = (_user.c.network_id == THIS_NETWORK, _user.c.login == bindparam("of_login"))
_set = {
    "locale": update(_user).where(*_own).values(locale=bindparam("chosen")),
    "theme": update(_user).where(*_own).values(theme=bindparam("chosen")),
    "shortcuts": update(_user).where(*_own).values(shortcuts=bindparam("chosen")),
}
THEMES = ("light", "dark", "auto")
ON = {"on": True, "off": False}


@pages.post("/account")
@needs(SIGNED_IN)
def change() -> Response:
    """Set one thing and go back to the page it was set on."""
    actor = requests.the_actor()
    for name, chosen in request.form.items():
        if name in _set:
            with requests.the_unit() as unit:
                unit.execute(_set[name], {"of_login": actor.key, "chosen": _allowed(name, chosen)})
    return redirect(safe_target(request.form.get("next")), 303)


def _allowed(name: str, chosen: str) -> str | bool:
    if name == "shortcuts":
        return ON[chosen] if chosen in ON else abort(400)
    names = THEMES if name == "theme" else tuple(str(locale) for locale in requests.extension().texts.locales())
    return chosen if chosen in names else abort(400)


@pages.post("/place")
@needs(SIGNED_IN)
def work_in() -> Response:
    """Choose the branch where visits and invoices go, from now on in this session."""
    place = requests.around().by_name.get(request.form.get("branch", ""))
    own = {grant.branch_id for grant in requests.the_actor().grants}
    if place is None or (None not in own and place.id not in own):
        abort(404)
    session["branch"] = place.id
    return redirect(safe_target(request.form.get("next")), 303)
