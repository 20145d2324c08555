"""Small checks that answers of every kind pass: a series, a key, a number within bounds, a text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import TypeVar

from loyalty_core.facts.money import MAX_MINOR
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.freezing import NotPlain, holds
from loyalty_core.plugging.stamping import stamped

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,39}")

T = TypeVar("T")


class WrongAnswer(Exception):
    """An answer that does not hold; `why` says what is wrong with it and is shown to staff."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


class Offence(WrongAnswer):
    """What no sound plugin does, even by accident: it is not called again until a person has looked at it."""


def series(answer: object, kind: type[T], most: int) -> tuple[T, ...]:
    """Return what an ordered series yields, all of it exactly of one `kind`; an endless one is stopped."""
    if isinstance(answer, str | bytes | Mapping | set | frozenset) or not isinstance(answer, Iterable):
        raise WrongAnswer(_("The answer is no list or generator, but %(type)s.", type=type(answer).__name__))
    iterator = iter(answer)
    items = tuple(islice(iterator, most + 1))
    if len(items) > most:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
        raise WrongAnswer(_("The answer has more than %(most)s parts.", most=most))
    for item in items:
        exactly(item, kind)
    return items


def exactly(value: object, kind: type) -> None:
    """Refuse a value that is not of this very class: a subclass could behave in any way."""
    if type(value) is not kind:
        names = {"kind": kind.__name__, "type": type(value).__name__}
        raise WrongAnswer(_("The answer must consist of %(kind)s, not %(type)s.", **names))


def text(message: object, plugin: str) -> Message:
    """Return a plugin's message with its catalogue stamped on it."""
    try:
        return stamped(message, plugin)
    except NotPlain as wrong:
        raise WrongAnswer(wrong.why) from wrong


def code(value: object) -> None:
    """Refuse what is no code."""
    if type(value) is not str or not _CODE.fullmatch(value):
        raise WrongAnswer(_("A code consists of small Latin letters, digits and “_”, at most 40."))


def key(value: object) -> None:
    """Refuse what is no key."""
    if type(value) is not str or not _KEY.fullmatch(value):
        raise WrongAnswer(_("A key consists of Latin letters, digits and “_ . : -”, at most 40."))


def within(number: object, least: int, most: int) -> None:
    """Refuse what is no whole number between two bounds, both included."""
    if type(number) is not int or not least <= number <= most:
        raise WrongAnswer(_("A number must be whole and lie between %(least)s and %(most)s.", least=least, most=most))


def figure(number: object, least: int, most: int) -> None:
    """Refuse what is no amount or percentage within bounds; a negative or absurdly large one is an offence."""
    if type(number) is int and not 0 <= number <= MAX_MINOR:
        raise Offence(_("An amount is negative or larger than any sale."))
    within(number, least, most)


def names(found: object, most: int, longest: int) -> None:
    """Refuse what is no frozenset of at most `most` plain texts."""
    if type(found) is not frozenset or len(found) > most:
        raise WrongAnswer(_("Names are a frozenset of at most %(most)s texts.", most=most))
    for name in found:
        if type(name) is not str or not 0 < len(name) <= longest or not holds(name):
            raise WrongAnswer(_("A name is a text of at most %(longest)s characters.", longest=longest))


def truth(value: object) -> None:
    """Refuse what is neither true nor false."""
    if type(value) is not bool:
        raise WrongAnswer(_("A truth value must be true or false, not %(type)s.", type=type(value).__name__))


def each_once(keys: Collection[object], otherwise: Message) -> None:
    """Refuse keys of which two are equal."""
    if len(set(keys)) < len(keys):
        raise WrongAnswer(otherwise)
