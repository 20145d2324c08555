"""Loyalty's pages in any Flask application: the small host of ours, or an ERP of somebody else's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Blueprint, Flask, Response
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection

import loyalty_web.pages
from loyalty_core.i18n import Texts
from loyalty_core.ports import Catalogue, People, Reading
from loyalty_core.services.house import Loyalty
from loyalty_web.actor import Actor
from loyalty_web.htmx import hx
from loyalty_web.menu import Entry
from loyalty_web.pages import pages_in
from loyalty_web.problems import register_problem_pages
from loyalty_web.rendering import set_up_templates
from loyalty_web.security import harden
from loyalty_web.slots import Slot


@dataclass(frozen=True, slots=True)
class Ports:
    """What the host provides: its persons, its items, and what those who do things are called.

    `staff` gives names by the keys of actors, as the audit keeps them; a key without a name is shown as it is.
    """

    people: People
    catalogue: Catalogue
    staff: Callable[[Reading, Iterable[str]], Mapping[str, str]] = lambda _unit, _keys: {}


class LoyaltyExtension:
    """Brings pages, menu and slots into an application; see docs/pages.md.

    Kept in `app.extensions["loyalty"]`. `entries` are the lines of the menu, `slots` what fills places of pages,
    `domains` the catalogue of texts by template folder.
    """

    loyalty: Loyalty
    identify: Callable[[], Actor | None]
    ports: Ports
    connection: Callable[[], Connection | None]
    sign_in: Callable[[], Response | None]
    sign_in_url: Callable[[], str]
    texts: Texts
    layout: str

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.slots: list[Slot] = []
        self.domains: dict[str, str] = {}

    def init_app(
        self,
        app: Flask,
        loyalty: Loyalty,
        identify: Callable[[], Actor | None],
        ports: Ports,
        url_prefix: str = "",
        layout: str = "loyalty/layout.html",
        *,
        connection: Callable[[], Connection | None] = lambda: None,
        sign_in: Callable[[], Response | None] = lambda: None,
        sign_in_url: Callable[[], str] = lambda: "",
    ) -> None:
        """Bring the pages under `url_prefix`, in the look of `layout`, a template with the blocks of ours.

        `identify` says who asks, once per request. `connection` gives the host's own connection inside its
        transaction, which pages then join as a guest and the host commits; by default each request opens its own.
        `sign_in` answers whoever is not known, by default a page says so; `sign_in_url` is where fragments send them.
        """
        self.loyalty, self.identify, self.ports = loyalty, identify, ports
        self.connection, self.layout = connection, layout
        self.sign_in, self.sign_in_url = sign_in, sign_in_url
        plugins = loyalty.plugins.loaded
        self.texts = Texts({name: plugin.module for name, plugin in plugins.items()})
        self.domains = {plugin.package: name for name, plugin in plugins.items()}
        app.extensions["loyalty"] = self
        hx.init_app(app)
        set_up_templates(app)
        app.jinja_env.globals["layout"] = layout
        self.add_pages(app, "loyalty", loyalty_web.pages, url_prefix, _guarded(app))
        for name, plugin in plugins.items():
            _add_templates(app, name, plugin.package)

    def add_pages(
        self, app: Flask, name: str, package: ModuleType, url_prefix: str, before: Callable[[], Any]
    ) -> Blueprint:
        """Add every module of pages of a package under one blueprint, with its menu entries and slots.

        `before` is called before each of its requests.
        """
        root = Blueprint(
            name,
            "loyalty_web",
            url_prefix=url_prefix or None,
            template_folder="templates",
            static_folder="static" if name == "loyalty" else None,
            static_url_path="/static",
        )
        for each in pages_in(package):
            root.register_blueprint(each)
            self.entries += each.entries_under(name)
            self.slots += each.slots
        root.before_request(before)
        root.after_request(harden)
        register_problem_pages(root)
        app.register_blueprint(root)
        return root


def _add_templates(app: Flask, name: str, package: str) -> None:
    """Let a plugin's templates be found: the folder `templates` in its package, if it has one."""
    module = sys.modules.get(package)
    for place in getattr(module, "__path__", ()):
        folder = Path(place) / "templates"
        if folder.is_dir():
            app.register_blueprint(Blueprint(f"templates_of_{name}", package, template_folder=str(folder)))


def _guarded(app: Flask) -> Callable[[], Any]:
    """Return the check against forged requests; where the host has one of its own, that one."""
    if "csrf" not in app.extensions:
        app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)  # the host's own pages are its own affair
        CSRFProtect(app)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # a till page that was open overnight still submits
    csrf: CSRFProtect = app.extensions["csrf"]
    protect: Callable[[], Any] = csrf.protect
    return protect
