"""The edge: where a `Message` becomes text in the reader's language.

Nothing below this layer renders, so no decision, event or audit row is ever frozen in somebody's language. The
catalogue of a message is its domain: `loyalty_core` for the core and the host, a plugin's name for the plugin, whose
catalogues lie in its own folder `translations/`, found by convention.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal, format_percent, get_currency_symbol
from babel.support import NullTranslations, Translations

from loyalty_core.facts.money import Currency, Money, Percent
from loyalty_core.messages import CORE_DOMAIN, Message, Wording

SOURCE_LOCALE = Locale("en")
"""The language the texts are written in: what a reader gets where a translation is missing."""

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

log = logging.getLogger(__name__)


class Texts:
    """All texts of the product, of the core and of the plugins that are loaded, in all languages."""

    def __init__(self, plugins: Mapping[str, object] | None = None, *, core: Path | None = None) -> None:
        """Know the catalogues of `plugins` (name to plugin module) and of the core; none is read before it is needed.

        `core` is the folder of the core's catalogues, absent: the one that is installed. What is no file, as in a
        test, has no catalogues.
        """
        self._folders = {CORE_DOMAIN: core or core_folder()}
        for name, module in (plugins or {}).items():
            if file := getattr(module, "__file__", None):
                self._folders[name] = Path(file).parent / "translations"
        self._catalogues: dict[tuple[str, Locale], NullTranslations] = {}

    def render(self, message: Message, locale: Locale) -> str:
        """Return `message` as text in `locale`, its parameters formatted by that locale's rules; never fails.

        What has no translation is English. A text whose placeholders do not fit its parameters is a mistake of its
        author that no reader should pay for: a wrong translation gives way to English, wrong English is shown as is.
        """
        params = {name: self._format(value, locale) for name, value in message.params.items()}
        for template in (self._translated(message, locale), english(message)):
            try:
                return template % params
            except (KeyError, TypeError, ValueError):
                log.warning("placeholders of %r (%s, %s) do not fit", template, message.domain, locale)
        return message.msgid

    def locales(self) -> tuple[Locale, ...]:
        """Return the languages the core is translated to, English first, the others by name."""
        found = {Locale.parse(path.parents[1].name) for path in self._folders[CORE_DOMAIN].glob("*/LC_MESSAGES/*.mo")}
        return (SOURCE_LOCALE, *sorted(found - {SOURCE_LOCALE}, key=str))

    def _translated(self, message: Message, locale: Locale) -> str:
        catalogue = self._catalogue(message.domain, locale)
        number = message.params.get(message.count) if message.count else None
        if message.plural is not None and isinstance(number, int):
            return str(catalogue.ngettext(message.msgid, message.plural, number))
        return str(catalogue.gettext(message.msgid))

    def _catalogue(self, domain: str, locale: Locale) -> NullTranslations:
        key = domain, locale
        if key not in self._catalogues:
            folder = self._folders.get(domain)
            self._catalogues[key] = Translations.load(folder, [locale], domain) if folder else NullTranslations()
        return self._catalogues[key]

    def _format(self, value: object, locale: Locale) -> str:
        match value:
            case Message():
                return self.render(value, locale)
            case Wording():
                return value.of(str(locale), locale.language)
            case Money():
                return money_text(value, locale)
            case Percent(bp):
                return format_percent(Decimal(bp).scaleb(-4).normalize(), locale=locale, decimal_quantization=False)
            case date() if not isinstance(value, datetime):
                return format_date(value, "long", locale=locale)
            case int() if not isinstance(value, bool):
                return format_decimal(value, locale=locale)
        return str(value)


def money_text(money: Money, locale: Locale) -> str:
    """Return an amount as `locale` writes it, with as many decimals as the network's currency has.

    A currency without a sign is written with its code, which stands apart from the figure: `UAH 5.00`, not `UAH5.00`.
    """
    amount = Decimal(money.minor).scaleb(-money.currency.digits)
    pattern = _money_pattern(money.currency, locale)
    return str(pattern.apply(amount, locale, currency=money.currency.code, currency_digits=False))


@cache
def _money_pattern(currency: Currency, locale: Locale) -> NumberPattern:
    """Return how amounts of a currency are written; a page may show hundreds."""
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    if get_currency_symbol(currency.code, locale)[-1].isalpha():
        positive, negative = (f"{each}{NO_BREAK_SPACE}" if each.endswith("¤") else each for each in pattern.prefix)
        pattern.prefix = (positive, negative)
    pattern.frac_prec = (currency.digits, currency.digits)
    return pattern


def english(message: Message) -> str:
    """Return the message as its author wrote it, in the form its number asks for, placeholders unfilled."""
    one = message.plural is None or message.count is None or message.params.get(message.count) == 1
    return message.msgid if one else message.plural or message.msgid


def core_folder() -> Path:
    """Return the folder of the core's catalogues: in the package when installed, at the top of the source tree else."""
    package = Path(__file__).parent
    installed = package / "translations"
    return installed if installed.is_dir() else package.parent / "translations"


def locale_of(name: str) -> Locale:
    """Return the locale called `name`, as people (`uk-UA`) or systems (`uk_UA`) write it; English when unknown."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return SOURCE_LOCALE
