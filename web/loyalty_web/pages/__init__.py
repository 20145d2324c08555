"""Pages, one module per noun, found by convention: see docs/pages.md.

A module `pages/clients.py` has `pages = Pages("clients", __name__)` with its routes, and tells by calls on it what it
adds to the menu and to slots. Nothing else has to be told of it.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from flask import Blueprint

from loyalty_core.messages import Message
from loyalty_web.menu import Entry, Reach
from loyalty_web.slots import Fill, Slot


class Pages(Blueprint):
    """The pages about one noun: a blueprint that also knows its menu entries and slots."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name)
        self.entries: list[tuple[str, dict[str, Any]]] = []
        self.slots: list[Slot] = []

    def menu(
        self,
        label: Message,
        view: str,
        *,
        icon: str,
        needs: str,
        reach: Reach = Reach.DAILY,
        order: int = 50,
        phone: bool = False,
        of_branch: bool = False,
    ) -> None:
        """Add a line to the menu that leads to the view of this name."""
        settings = {
            "label": label,
            "icon": icon,
            "needs": needs,
            "reach": reach,
            "order": order,
            "phone": phone,
            "of_branch": of_branch,
        }
        self.entries.append((view, settings))

    def slot(self, name: str, fill: Fill, *, needs: str, order: int = 50) -> None:
        """Fill a slot of some page."""
        self.slots.append(Slot(name, fill, needs, order))

    def entries_under(self, parent: str) -> list[Entry]:
        """Return the menu entries with full endpoints, for pages that hang under the blueprint `parent`."""
        return [Entry(endpoint=f"{parent}.{self.name}.{view}", **settings) for view, settings in self.entries]


def pages_in(package: ModuleType) -> list[Pages]:
    """Import every module of a package and return their pages, by module name."""
    names = sorted(module.name for module in iter_modules(package.__path__, f"{package.__name__}."))
    found = (getattr(import_module(name), "pages", None) for name in names)
    return [each for each in found if isinstance(each, Pages)]
