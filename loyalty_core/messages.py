"""Texts for people, kept untranslated until the edge renders them in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CORE_DOMAIN = "loyalty_core"


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable text with its parameters, rendered only where a person reads it.

    `params` hold plain values (`int`, `str`, `date`, `Money`, `Percent` or another `Message`); the edge formats
    them by the reader's locale. A message with a plural names the parameter that counts in `count`.
    `domain` is the catalogue: `loyalty_core` or a plugin's name; the dispatcher stamps a plugin's own.
    """

    msgid: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    domain: str = CORE_DOMAIN
    plural: str | None = None
    count: str | None = None

    def __str__(self) -> str:
        """Return the English text: for logs and tests, never for pages."""
        one = self.count is None or self.params.get(self.count) == 1
        return (self.msgid if one else self.plural or self.msgid) % {k: str(v) for k, v in self.params.items()}


def gettext(msgid: str, /, **params: object) -> Message:
    """Return a message; `msgid` is English with `%(name)s` placeholders for `params`."""
    return Message(msgid, MappingProxyType(params))


def ngettext(singular: str, plural: str, count: int, /, **params: object) -> Message:
    """Return a message with a plural form; `%(count)s` is the number that decides the form."""
    return Message(singular, MappingProxyType({"count": count, **params}), plural=plural, count="count")
