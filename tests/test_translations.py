"""Every text a person can see is translated, whole, into every language that is shipped."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural

from loyalty_web.erp.i18n_commands import Domain, domains, po_text, translated

ROOT = Path(__file__).parents[1]
SHIPPED = ("en", "ru", "uk")
COMPLETE = ("ru", "uk")
"""English is the source: its catalogues only hold what is to be worded otherwise than in the code."""

DOMAINS = domains(ROOT)
PLACEHOLDER = re.compile(r"%(?:%|\((?P<name>\w+)\)s)")

each_domain = pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
each_shipped = pytest.mark.parametrize("locale", SHIPPED)
each_complete = pytest.mark.parametrize("locale", COMPLETE)


def texts(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms(text: object) -> list[str]:
    return [str(form) for form in (text if isinstance(text, tuple | list) else (text,))]


def placeholders(text: str) -> set[str]:
    return {match["name"] for match in PLACEHOLDER.finditer(text) if match["name"]}


@each_domain
def test_all_shipped_languages_are_there_and_no_others_by_accident(domain: Domain) -> None:
    assert domain.locales() == list(SHIPPED)


@each_domain
@each_shipped
def test_a_catalogue_is_up_to_date_with_the_sources(domain: Domain, locale: str) -> None:
    catalogue = domain.read(locale)
    catalogue.update(domain.template(), no_fuzzy_matching=True)
    assert domain.path(locale).read_text("utf-8") == po_text(catalogue), "run `loyalty i18n update`"


@each_domain
@each_complete
def test_no_text_is_untranslated(domain: Domain, locale: str) -> None:
    assert [message.id for message in texts(domain.read(locale)) if not translated(message.string)] == []


@each_domain
@each_shipped
def test_no_translation_is_only_a_guess(domain: Domain, locale: str) -> None:
    assert [message.id for message in texts(domain.read(locale)) if message.fuzzy] == []


@each_domain
def test_english_is_worded_in_english(domain: Domain) -> None:
    found = [form for message in texts(domain.read("en")) for form in forms(message.string)]
    assert [form for form in found if re.search("[\u0400-\u04ff]", form)] == []


@each_domain
@each_complete
def test_a_plural_has_the_forms_of_its_language(domain: Domain, locale: str) -> None:
    number = get_plural(locale).num_plurals
    plurals = [message for message in texts(domain.read(locale)) if message.pluralizable]
    assert [message.id for message in plurals if len(forms(message.string)) != number] == []


@each_domain
@each_shipped
def test_a_translation_has_the_placeholders_of_its_source(domain: Domain, locale: str) -> None:
    """The form for one thing may leave the number out ("the last visit"); nothing else may differ."""
    wrong = []
    for message in texts(domain.read(locale)):
        wanted = set().union(*(placeholders(form) for form in forms(message.id)))
        optional = {"count"} if message.pluralizable else set()
        for form in filter(None, forms(message.string)):
            if placeholders(form) | optional != wanted | optional:
                wrong.append((message.id, form))
    assert wrong == []


@each_domain
def test_placeholders_are_named_and_plain(domain: Domain) -> None:
    """`%(name)s` and `%%` only: the edge has formatted the value already."""
    every = [form for message in texts(domain.template()) for form in forms(message.id)]
    for locale in SHIPPED:
        every += [form for message in texts(domain.read(locale)) for form in forms(message.string)]
    assert [form for form in every if "%" in PLACEHOLDER.sub("", form)] == []


@each_domain
def test_a_text_is_a_literal_so_that_it_can_be_extracted(domain: Domain) -> None:
    wrong = []
    for path in (path for source in domain.sources for path in source.rglob("*.py")):
        for call, needed in texts_asked_for(path):
            literal = [isinstance(arg, ast.Constant) and isinstance(arg.value, str) for arg in call.args[:needed]]
            if literal != [True] * needed:
                wrong.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert wrong == []


def texts_asked_for(path: Path) -> Iterator[tuple[ast.Call, int]]:
    """Yield the calls that make a message, with the number of texts each must have."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            needed = {"_": 1, "gettext": 1, "ngettext": 2}.get(node.func.id)
            if needed:
                yield node, needed
