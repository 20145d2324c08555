"""One template, two answers: the whole page for a browser, one of its blocks for htmx (STYLE 15)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

from babel.numbers import get_currency_symbol
from flask import Flask, Response, current_app, make_response, request, url_for
from flask.templating import render_template
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from jinja2_fragments.flask import render_block
from markupsafe import Markup

from loyalty_core.messages import CORE_DOMAIN, Message
from loyalty_web import requests
from loyalty_web.actor import initials
from loyalty_web.htmx import hx
from loyalty_web.menu import menu, most_used
from loyalty_web.places import Place
from loyalty_web.slots import FAILED, Fragment, filled

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
MACROS = ("fields", "messages", "marks", "lists", "rows")
_marks: dict[str, str] = {}


def render(template: str, block: str | None = None, /, status: int = 200, **values: Any) -> Response:
    """Render a template: whole for a browser, only `block` where htmx asks for a fragment.

    What was said by `requests.say` goes out of band into the page's one live region.
    """
    if block is None or not hx.fragment:
        return make_response(render_template(template, **values), status)
    html = render_block(template, block, **values)
    said = requests.scope().said
    if said:
        html += render_template("loyalty/said.html", said=said)
    return make_response(html, status)


def part(template: str, /, status: int = 200, **values: Any) -> Response:
    """Render a template that is a fragment by itself, with what is to be said."""
    html = render_template(template, **values)
    said = requests.scope().said
    if said:
        html += render_template("loyalty/said.html", said=said)
    return make_response(html, status)


def asset(name: str) -> str:
    """Return the address of a static file, which changes with its content: browsers may keep it for ever."""
    if name not in _marks:
        _marks[name] = sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return url_for("loyalty.static", filename=name, v=_marks[name])


def icon(name: str, label: str = "") -> Markup:
    """Return an icon; without a label it is decoration, next to a word that says the same."""
    use = Markup('<use href="{}#{}"/>').format(asset("vendor/icons.svg"), name)
    if label:
        return Markup('<svg class="ly-ic" role="img" aria-label="{}">{}</svg>').format(label, use)
    return Markup('<svg class="ly-ic" aria-hidden="true">{}</svg>').format(use)


def url_here(**changed: Any) -> str:
    """Return the address of this page with parts of its query changed; None takes one out.

    Sorting, paging and filters all pass here, so that none loses what another set.
    """
    query: dict[str, Any] = {name: values if len(values) > 1 else values[0] for name, values in request.args.lists()}
    query.update(changed)
    kept = {name: value for name, value in query.items() if value not in (None, "")}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept)


def url_where_there(endpoint: str, /, **values: Any) -> str | None:
    """Return the address of a page that not every host has; nothing where it is not there."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def set_up_templates(app: Flask) -> None:
    """Give templates their words: texts, amounts, days, icons, the frame of the page."""
    env = app.jinja_env
    env.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    env.globals.update(
        _=_gettext, gettext=_gettext, ngettext=_ngettext, icon=icon, asset=asset, url_here=url_here, hx=hx
    )
    env.globals["url_where_there"] = url_where_there
    for name in ("money", "amount", "percent", "points", "quantity", "number", "last_day", "long_day"):
        env.globals[name] = partial(_by_reader, name)
    env.globals.update(day=_day, moment=_moment, clock_time=_clock_time, say=_say, slot=_slot, frame=frame)
    env.globals.update(fragment=_fragment, said=_said, initials=initials, currency_sign=_currency_sign)
    env.globals.update(actor_or_none=requests.actor_or_none, reader=requests.reader, today=requests.today)
    env.globals["idempotency_key"] = lambda: token_hex(16)
    env.globals["sign_in_url"] = lambda: requests.extension().sign_in_url()
    env.globals["ui"] = Macros(env)
    env.filters["say"] = _say
    env.tests["message"] = lambda value: isinstance(value, Message)


class Macros:
    """The macros of `loyalty/macros`, in every template and block without an import: `ui.field(…)`."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        """Return a macro by name, from whichever file has it."""
        for file in MACROS:
            found = getattr(self._env.get_template(f"loyalty/macros/{file}.html").module, name, None)
            if found is not None:
                return found
        raise AttributeError(name)


def frame() -> Mapping[str, Any]:
    """Return what the layout shows around a page: menu, place, actor."""
    ext = requests.extension()
    groups = menu(ext.entries)
    return {
        "menu": groups,
        "phone": most_used(groups),
        "around": requests.around(),
        "place": requests.working_place(),
        "actor": requests.the_actor(),
    }


def _domain(context: Context) -> str:
    """Return the catalogue of the template that is being rendered: a plugin's, if it lies in a plugin's folder."""
    package = (context.name or "").partition("/")[0]
    return requests.extension().domains.get(package, CORE_DOMAIN)


@pass_context
def _gettext(context: Context, msgid: str, /, **params: Any) -> str:
    return requests.reader().text(msgid, _domain(context), **params)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int, /, **params: Any) -> str:
    return requests.reader().plural(one, many, count, _domain(context), **params)


def _by_reader(name: str, value: Any) -> str:
    return str(getattr(requests.reader(), name)(value))


def _say(message: Message | str) -> str:
    """Render a message; what is text already stays."""
    return requests.reader().say(message) if isinstance(message, Message) else message


def _day(day: date) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), requests.reader().day(day))


def _moment(instant: datetime, place: Place | None = None) -> Markup:
    text = requests.reader().moment(instant, place.zone if place else None)
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(timespec="seconds"), text)


def _clock_time(instant: datetime, place: Place | None = None) -> Markup:
    text = requests.reader().clock_time(instant, place.zone if place else None)
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(timespec="seconds"), text)


def _slot(name: str, **known: Any) -> Markup:
    """Render what fills a slot of this page."""
    return Markup("").join(_fragment(each) for each in filled(requests.extension().slots, name, **known))


def _fragment(found: Fragment) -> Markup:
    """Render a part that somebody put into a slot; where that fails, one line says so."""
    try:
        return Markup(render_template(found.template, **found.values))
    except Exception:
        if current_app.testing:
            raise
        log.exception("fragment %s failed", found.template)
        return Markup(render_template(FAILED.template))


def _said() -> list[str]:
    return requests.scope().said


def _currency_sign() -> str:
    reader = requests.reader()
    return str(get_currency_symbol(reader.currency.code, reader.locale))
