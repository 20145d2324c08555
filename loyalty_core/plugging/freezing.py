"""Plain values made unchangeable: what passes between the core and a plugin's own code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import MappingProxyType

from loyalty_core.facts.money import Currency, Money, Percent
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

MOST_LEVELS = 8
"""How deep plain values may be nested; a structure that contains itself meets this bound."""

WIDEST_INT = 2**63 - 1
"""Whole numbers fit 63 bits, or neither database nor JSON would bring them back."""

MOST_DECIMALS = 9
"""Decimals of a number that people typed."""

JSON = (type(None), bool, int, str)
"""What may be stored as JSON and comes back the same."""

FORM = (*JSON, Decimal, date, datetime, time)
"""What a form that people fill in is read as; it is stored as JSON."""

FACTS = (*JSON, date, datetime, Money, Percent)
"""What a plugin's facts may consist of."""

UNCHECKED = (*JSON, float)
"""What a request may consist of before a schema has looked at it: figures of any size, so that it can say which."""


class NotPlain(Exception):
    """A value that has no place here; `why` says what and is shown to staff."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def holds(value: object) -> bool:
    """Whether a plain value can be kept: figures whole and of at most 63 bits, text that can be written."""
    match value:
        case Money():
            return type(value.currency) is Currency and _fits(value.minor)
        case Percent():
            return _fits(value.bp)
        case Decimal():
            return value.is_finite() and abs(value) <= WIDEST_INT and value == round(value, MOST_DECIMALS)
        case bool():
            return True
        case int():
            return _fits(value)
        case str():
            return "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)
    return True


def _fits(number: object) -> bool:
    return type(number) is int and -WIDEST_INT <= number <= WIDEST_INT


class Freezer:
    """Turns plain values into unchangeable copies and counts them, so that no answer is endless.

    Dictionaries become read-only mappings, lists and tuples tuples. Types are exact: an object that merely behaves
    like a list could change later. Fractions of the machine are refused, as money never passes through them.
    """

    def __init__(self, most: int, scalars: tuple[type, ...] = FACTS) -> None:
        """Allow `most` values in all, of the types `scalars`."""
        self._left = most
        self._scalars = scalars
        self._checked = scalars is not UNCHECKED

    def freeze(self, value: object, level: int = 0) -> object:
        """Return an unchangeable copy of `value`; raise `NotPlain` where there is none."""
        self._left -= 1
        if self._left < 0:
            raise NotPlain(_("There are too many values."))
        if level > MOST_LEVELS:
            raise NotPlain(_("Values are nested too deeply."))
        if isinstance(value, dict | MappingProxyType):
            return MappingProxyType(dict(self._items(value, level)))
        if type(value) in (list, tuple):
            return tuple(self.freeze(each, level + 1) for each in value)  # type: ignore[attr-defined]
        if type(value) not in self._scalars:
            raise NotPlain(_("A value of the type %(type)s is not plain.", type=type(value).__name__))
        if self._checked and not holds(value):
            raise NotPlain(_("A number is not whole or too large, or a text cannot be stored."))
        return value

    def _items(self, value: Mapping[object, object], level: int) -> Iterator[tuple[object, object]]:
        for key, each in value.items():
            if type(key) not in (str, int) or not holds(key):
                raise NotPlain(_("A key of the type %(type)s is not plain.", type=type(key).__name__))
            yield key, self.freeze(each, level + 1)


def thawed(value: object) -> object:
    """Return a copy of a frozen value made of new dictionaries and lists, for code that expects to change them."""
    if isinstance(value, Mapping):
        return {key: thawed(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [thawed(each) for each in value]
    return value
