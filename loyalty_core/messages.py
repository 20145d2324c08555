"""Texts for people, kept untranslated until the edge renders them in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CORE_DOMAIN = "loyalty_core"


@dataclass(frozen=True, slots=True)
class Wording:
    """One text that people typed in several languages, by language code: a name of their own that no catalogue has.

    The reader gets the own language, else English, else the first there is.
    """

    texts: Mapping[str, str] = field(hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", MappingProxyType(dict(self.texts)))

    def __str__(self) -> str:
        """Return the English text, or the first there is: for logs and tests."""
        return self.of("en")

    def of(self, *languages: str) -> str:
        """Return the text in the first of `languages` that it has, else in English, else in any."""
        return next((self.texts[each] for each in (*languages, "en") if each in self.texts), _first(self.texts))


def _first(texts: Mapping[str, str]) -> str:
    return next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable text with its parameters, rendered only where a person reads it.

    `params` hold plain values (`int`, `str`, `date`, `Money`, `Percent`, a `Wording` or another `Message`); the
    edge formats them by the reader's locale. A message with a plural names the parameter that counts in `count`.
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
