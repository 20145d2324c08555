"""Messages from plugins: vetted, copied, and stamped with the catalogue they are translated by."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from loyalty_core.errors import Problem
from loyalty_core.facts.money import Money, Percent
from loyalty_core.messages import CORE_DOMAIN, Message, Wording
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.freezing import NotPlain, holds

LONGEST_TEXT = 1000
"""Characters of a text before its placeholders are filled."""

LONGEST_RENDERED = 4000
"""Characters of a text with its placeholders filled."""

MOST_PARAMS = 20
MOST_NESTED = 3
MOST_LANGUAGES = 50

_VALUES = (int, str, date, Money, Percent)


def stamped(message: object, plugin: str, level: int = 0) -> Message:
    """Return a copy of a plugin's message that belongs to the plugin's own catalogue; raise `NotPlain` if it is none.

    A plugin makes its texts by the same `gettext` as the core, so a message that says "core" came from the plugin
    and becomes the plugin's. One that already names another catalogue is passed on by its author knowingly and keeps
    it. Messages among the parameters are treated alike.
    """
    if type(message) is not Message:
        raise NotPlain(_("A text must be a message made by gettext, not %(type)s.", type=type(message).__name__))
    if level > MOST_NESTED:
        raise NotPlain(_("Values are nested too deeply."))
    if not all(type(text) is str and 0 < len(text) <= LONGEST_TEXT for text in _texts(message)):
        raise NotPlain(_("A text is empty or too long."))
    if not isinstance(message.params, dict | MappingProxyType) or len(message.params) > MOST_PARAMS:
        raise NotPlain(_("The parameters of a text do not hold."))
    params: dict[str, object] = {}
    for name, value in message.params.items():
        if type(value) is Message:
            value = stamped(value, plugin, level + 1)
        elif type(value) is Wording:
            value = _worded(value)
        elif type(name) is not str or type(value) not in _VALUES or not holds(value):
            raise NotPlain(_("The parameters of a text do not hold."))
        params[name] = value
    if message.count is not None and type(params.get(message.count)) is not int:
        raise NotPlain(_("The parameters of a text do not hold."))
    domain = plugin if message.domain == CORE_DOMAIN else message.domain
    copy = Message(message.msgid, MappingProxyType(params), domain, message.plural, message.count)
    _try_out(copy)
    return copy


def stamped_problem(problem: object, plugin: str) -> Problem:
    """Return a copy of a plugin's problem with its message stamped; raise `NotPlain` if it is none."""
    if type(problem) is not Problem or type(problem.code) is not str or type(problem.path) is not tuple:
        raise NotPlain(_("A refusal must say why."))
    if not all(type(step) in (str, int) for step in problem.path):
        raise NotPlain(_("A refusal must say why."))
    return Problem(problem.code, stamped(problem.message, plugin), problem.path)


def _worded(wording: Wording) -> Wording:
    """Return a copy of a text in several languages; raise `NotPlain` if it is empty, too long, or no text."""
    texts = wording.texts
    if not isinstance(texts, dict | MappingProxyType) or not 0 < len(texts) <= MOST_LANGUAGES:
        raise NotPlain(_("A text is empty or too long."))
    for language, text in texts.items():
        if type(language) is not str or type(text) is not str or not holds(text) or not 0 < len(text) <= LONGEST_TEXT:
            raise NotPlain(_("A text is empty or too long."))
    return Wording(texts)


def _texts(message: Message) -> tuple[object, ...]:
    plural = () if message.plural is None else (message.plural,)
    return (message.msgid, *plural, message.domain)


def _try_out(message: Message) -> None:
    """Fill in the placeholders once, so that a text that cannot be rendered is found here and not on a page."""
    try:
        length = len(str(message))
    except (KeyError, TypeError, ValueError) as error:
        raise NotPlain(_("The placeholders of a text do not fit its parameters.")) from error
    if length > LONGEST_RENDERED:
        raise NotPlain(_("A text is empty or too long."))
