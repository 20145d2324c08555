"""What a column of an import file is: its name, how its cells are read, whether it may be empty."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from loyalty_core.errors import Problem, Refused
from loyalty_core.facts import parsing
from loyalty_core.facts.money import Currency
from loyalty_core.messages import gettext as _


@dataclass(frozen=True, slots=True)
class Forms:
    """How the figures and dates of one file are written."""

    currency: Currency
    point: str = "."
    date: re.Pattern[str] = parsing.ISO_DATE
    moment: re.Pattern[str] = parsing.ISO_MOMENT


@dataclass(frozen=True, slots=True)
class Column:
    """A column of one kind of import.

    `read` turns a cell into a value or raises `Refused`. A required column is in the file, and its reader refuses an
    empty cell; another column may be absent, and its empty cells are `None`, never read.
    """

    name: str
    read: Callable[[str, Forms], Any]
    required: bool = True


def external_id(text: str, forms: Forms) -> str:
    """Read another system's id."""
    return parsing.external_id(text)


def name(text: str, forms: Forms) -> str:
    """Read a name for people."""
    return parsing.name(text)


def money(text: str, forms: Forms) -> int:
    """Read an amount in the network's currency."""
    return parsing.money(text, forms.currency, forms.point)


def quantity(text: str, forms: Forms) -> int:
    """Read a quantity above zero, in thousandths."""
    return parsing.quantity(text, forms.point)


def whole(text: str, forms: Forms) -> int:
    """Read a count."""
    return parsing.whole(text)


def day(text: str, forms: Forms) -> date:
    """Read a date in the form of the file."""
    return parsing.day(text, forms.date)


def moment(text: str, forms: Forms) -> datetime:
    """Read a date with a time; without an offset it stays naive until the branch, and so its zone, is known."""
    return parsing.moment(text, forms.moment)


def shares(text: str, forms: Forms) -> tuple[tuple[str, int], ...]:
    """Read amounts with what they are for, as `1=10.00; 2=5.50`: pairs of a name and minor units."""
    found = []
    for part in text.split(";"):
        what, equals, amount = part.strip().rpartition("=")
        if not equals:
            example = f"1=10{forms.point}00; 2=5{forms.point}50"
            message = _("Write what each amount is for, as in: %(example)s.", example=example)
            raise Refused(Problem("not_shares", message))
        found.append((parsing.external_id(what.strip()), money(amount.strip(), forms)))
    return tuple(found)
