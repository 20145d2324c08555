"""A message becomes text only at the edge, in the reader's language, and never fails there."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner

from loyalty_core.facts.money import Currency, Money, Percent
from loyalty_core.i18n import SOURCE_LOCALE, Texts, locale_of
from loyalty_core.messages import Message, gettext, ngettext
from loyalty_web.erp.i18n_commands import domains, i18n

UAH, JPY, KWD = Currency("UAH"), Currency("JPY", 0), Currency("KWD", 3)
UK, RU, EN, AR = (locale_of(name) for name in ("uk", "ru", "en_US", "ar"))
NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
VISITS = '#, python-format\nmsgid "%(count)s visit"\nmsgid_plural "%(count)s visits"\n'


def catalogue(folder: Path, locale: str, domain: str, entries: str) -> None:
    path = folder / locale / "LC_MESSAGES" / f"{domain}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + entries, "utf-8")
    with path.open("rb") as source, path.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, read_po(source, locale=locale, domain=domain))


def plugin(folder: Path) -> ModuleType:
    module = ModuleType("loyalty_birthday.plugin")
    module.__file__ = str(folder / "plugin.py")
    return module


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    core, own = tmp_path / "core", tmp_path / "loyalty_birthday"
    forms = 'msgstr[0] "%(count)s візит"\nmsgstr[1] "%(count)s візити"\nmsgstr[2] "%(count)s візитів"\n\n'
    catalogue(
        core,
        "uk",
        "loyalty_core",
        VISITS
        + forms
        + 'msgid "from %(sum)s"\nmsgstr "від %(sum)s"\n\n'
        + 'msgid "a wrong %(one)s"\nmsgstr "хибний %(other)s"\n\n'
        + 'msgid "Discount"\nmsgstr "Знижка"\n',
    )
    catalogue(core, "ru", "loyalty_core", 'msgid "Discount"\nmsgstr "Скидка"\n')
    catalogue(own / "translations", "uk", "birthday", 'msgid "Discount"\nmsgstr "До дня народження"\n')
    return Texts({"birthday": plugin(own)}, core=core)


@pytest.mark.parametrize(
    ("value", "locale", "expected"),
    [
        (Money(123456750, UAH), UK, f"1{NBSP}234{NBSP}567,50{NBSP}₴"),
        (Money(-5, UAH), UK, f"-0,05{NBSP}₴"),
        (Money(123456750, UAH), EN, f"UAH{NBSP}1,234,567.50"),
        (Money(5, JPY), EN, "¥5"),
        (Money(12345, KWD), EN, f"KWD{NBSP}12.345"),
        (Percent(750), UK, "7,5%"),
        (Percent(500), RU, f"5{NBSP}%"),
        (Percent(1), EN, "0.01%"),
        (date(2026, 3, 1), UK, f"1 березня 2026{NARROW}р."),
        (date(2026, 3, 1), EN, "March 1, 2026"),
        (1234567, UK, f"1{NBSP}234{NBSP}567"),
        ("2026-17", UK, "2026-17"),
    ],
)
def test_a_parameter_is_written_as_the_reader_writes_it(
    texts: Texts, value: object, locale: object, expected: str
) -> None:
    assert texts.render(gettext("%(value)s", value=value), locale) == expected  # type: ignore[arg-type]


def test_arabic_money_carries_its_direction_marks(texts: Texts) -> None:
    assert "\N{RIGHT-TO-LEFT MARK}" in texts.render(gettext("%(sum)s", sum=Money(100, UAH)), AR)


def test_an_amount_has_the_decimals_of_the_network_not_those_of_the_locale_data(texts: Texts) -> None:
    assert texts.render(gettext("%(sum)s", sum=Money(5, Currency("UAH", 0))), EN) == f"UAH{NBSP}5"


@pytest.mark.parametrize(
    ("count", "expected"), [(1, "1 візит"), (3, "3 візити"), (5, "5 візитів"), (11, "11 візитів"), (21, "21 візит")]
)
def test_ukrainian_has_three_plural_forms(texts: Texts, count: int, expected: str) -> None:
    assert texts.render(ngettext("%(count)s visit", "%(count)s visits", count), UK) == expected


@pytest.mark.parametrize(("count", "expected"), [(1, "1 visit"), (0, "0 visits"), (2, "2 visits")])
def test_what_has_no_translation_is_english_with_english_plurals(texts: Texts, count: int, expected: str) -> None:
    message = ngettext("%(count)s visit", "%(count)s visits", count)
    assert texts.render(message, RU) == texts.render(message, AR) == expected == str(message)


def test_each_domain_has_its_own_catalogue(texts: Texts) -> None:
    core, own = gettext("Discount"), Message("Discount", domain="birthday")
    assert (texts.render(core, UK), texts.render(own, UK)) == ("Знижка", "До дня народження")
    assert (texts.render(core, RU), texts.render(own, RU)) == ("Скидка", "Discount")


def test_a_plugin_that_is_gone_leaves_its_english(texts: Texts) -> None:
    assert texts.render(Message("Discount", domain="uninstalled"), UK) == "Discount"


def test_a_plugin_that_is_no_file_speaks_english() -> None:
    assert Texts({"birthday": object()}).render(Message("Discount", domain="birthday"), UK) == "Discount"


def test_a_message_inside_a_message_is_rendered_in_its_own_domain(texts: Texts) -> None:
    inner = gettext("from %(sum)s", sum=Money(50000, UAH))
    outer = gettext("%(what)s (%(rule)s)", what=Message("Discount", domain="birthday"), rule=inner)
    assert texts.render(outer, UK) == f"До дня народження (від 500,00{NBSP}₴)"


def test_a_regional_reader_gets_the_catalogue_of_the_language(texts: Texts) -> None:
    assert texts.render(gettext("Discount"), locale_of("uk-UA")) == "Знижка"


def test_a_value_is_never_read_as_a_template(texts: Texts) -> None:
    assert texts.render(gettext("%(name)s", name="%(sum)s 100 %"), UK) == "%(sum)s 100 %"


def test_a_wrong_translation_gives_way_to_english(texts: Texts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert texts.render(gettext("a wrong %(one)s", one=1), UK) == "a wrong 1"
    assert "хибний" in caplog.text


def test_english_with_a_wrong_placeholder_is_shown_as_it_is(texts: Texts) -> None:
    assert texts.render(gettext("%(missing)s of %(all)s", all=3), UK) == "%(missing)s of %(all)s"


def test_what_is_no_parameter_by_the_contract_is_shown_plainly(texts: Texts) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert texts.render(gettext("%(flag)s %(at)s", flag=True, at=noon), UK) == "True 2026-03-01 12:00:00+00:00"


def test_the_languages_of_the_core_are_known(texts: Texts) -> None:
    assert texts.locales() == (SOURCE_LOCALE, RU, UK)


@pytest.mark.parametrize("name", ["", "tlh-piqaD-x", "zz", "../../etc"])
def test_an_unknown_locale_is_english(name: str) -> None:
    assert locale_of(name) == SOURCE_LOCALE


def test_the_installed_catalogues_are_found_compiled() -> None:
    assert {"en", "ru", "uk"} <= {str(locale) for locale in Texts().locales()}


def test_a_strangers_plugin_is_brought_into_a_new_language_by_the_same_commands(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "hello"\n[project.entry-points."loyalty.plugins"]\nhello = "loyalty_hello.plugin"\n'
    )
    (tmp_path / "src" / "loyalty_hello").mkdir(parents=True)
    (tmp_path / "src" / "loyalty_hello" / "__init__.py").write_text('"""Greetings.\n\nFor everybody."""\n')
    source = tmp_path / "src" / "loyalty_hello" / "plugin.py"
    source.write_text('greeting = _("Hello, %(name)s!", name="Olena")\n')

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(i18n, ["--root", str(tmp_path), *arguments])
        return result.exit_code, result.output

    assert run("update", "--locale", "uk")[0] == 0
    assert run("update", "--check") == (0, "")
    assert run("stats") == (0, "hello uk: 0 of 2\n")
    (hello,) = domains(tmp_path)
    hello.path("uk").write_text(HEADER + 'msgid "Hello, %(name)s!"\nmsgstr "Вітаю, %(name)s!"\n', "utf-8")
    assert run("stats") == (0, "hello uk: 1 of 2\n")
    assert run("compile")[0] == run("extract")[0] == 0
    texts = Texts({"hello": plugin(source.parent)})
    assert texts.render(Message("Hello, %(name)s!", {"name": "Olena"}, "hello"), UK) == "Вітаю, Olena!"

    source.write_text('greeting = _("Good day")\n')
    code, output = run("update", "--check")
    assert code == 1
    assert "not up to date" in output
    assert run("update")[0] == 0
    assert [message.id for message in hello.read("uk") if message.id] == ["Good day", "Greetings."]
