"""The conformance kit: what every plugin must pass, ours and anybody's, as tests that pytest collects.

from loyalty_core.testing import Conformance
from loyalty_birthday import plugin

class TestBirthday(Conformance):
    name, module = "birthday", plugin
    settings = ({"percent": "12.5", "days": 7},)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from loyalty_core.decisions.changes import Subject
from loyalty_core.errors import Refused
from loyalty_core.facts.context import Rows
from loyalty_core.facts.money import Currency
from loyalty_core.plugging.dispatch import Dispatcher, Occasion, Outcome, failures
from loyalty_core.plugging.loading import LoadedPlugin, Plugins
from loyalty_core.plugging.rows import Reading, vet_reading
from loyalty_core.testing.builders import UAH, a_programme, a_subject, an_occasion, some_subjects
from loyalty_core.testing.invoices import a_client, a_stored_offer, some_invoices

LONGEST_TITLE = 120
CURRENCIES = (UAH, Currency("JPY", 0), Currency("KWD", 3))
OURS = ("loyalty_core", "loyalty_web")
ALLOWED = ("loyalty_core.api", "loyalty_core.testing")

Form = Mapping[str, object]
Parts = Mapping[str, Form]


class Conformance:
    """The tests; a subclass names the plugin as its entry point does, its module, and examples of what people type.

    `settings`, `parts` and `offers` are examples of its settings, its part of a programme and its offers.
    """

    name: str
    module: ModuleType
    settings: Sequence[Form] = ()
    parts: Sequence[Form] = ()
    offers: Sequence[Form] = ()

    def test_it_loads(self) -> None:
        """It loads, and loading it again gives the same."""
        plugins = self._load()
        assert not plugins.broken, "; ".join(map(str, plugins.broken.values()))
        assert plugins.loaded == self._load().loaded, "it loads otherwise the second time"

    def test_it_has_a_title_of_one_line(self) -> None:
        """The package's docstring begins with a title."""
        title = str(self._plugin().title)
        assert title != self.name, "the title is the first line of the package's docstring"
        assert len(title) <= LONGEST_TITLE, "the title is too long for a list of plugins"

    def test_its_part_of_a_programme_has_defaults_and_comes_back_as_it_was_stored(self) -> None:
        """The schema accepts `{}`, every example, and what it wrote itself."""
        for part in self._parts():
            stored = self._load().check_parts(part)
            assert self._load().check_parts(stored) == stored, f"{part} does not come back"

    def test_its_part_of_a_programme_refuses_unknown_fields(self) -> None:
        """A misspelt field is refused, not passed over."""
        if self._plugin().part is not None:
            codes = _refused(partial(self._load().check_parts, {self.name: {"no_such_field": 1}}))
            assert "unknown_field" in codes, "the schema accepts unknown fields"

    def test_its_settings_have_defaults_and_come_back_as_they_were_stored(self) -> None:
        """The schema accepts `{}`, every example, and what it wrote itself; a misspelt field is refused."""
        plugins = self._load()
        if self._plugin().settings is not None:
            for given in self._settings():
                stored = plugins.check_settings(self.name, given)
                assert plugins.check_settings(self.name, stored) == stored, f"{given} does not come back"
            codes = _refused(partial(plugins.check_settings, self.name, {"no_such_field": 1}))
            assert "unknown_field" in codes, "the schema of settings accepts unknown fields"

    def test_its_offers_come_back_as_they_were_stored(self) -> None:
        """The form accepts every example and what it wrote itself; a misspelt field is refused."""
        plugins = self._load()
        for given in self.offers:
            stored = plugins.check_offer(self.name, given)
            assert plugins.check_offer(self.name, stored) == stored, f"{given} does not come back"
        if self._plugin().offer_form is not None:
            assert self.offers, "give examples of offers"
            codes = _refused(partial(plugins.check_offer, self.name, {"no_such_field": 1}))
            assert "unknown_field" in codes, "the form of offers accepts unknown fields"

    def test_it_compiles_its_offers_the_same_way_twice(self) -> None:
        """Without any stored offer, with one, with all examples at once; whatever the settings."""
        plugins = self._load()
        stored = [
            a_stored_offer(plugins.read_offer(self.name, plugins.check_offer(self.name, form)), id=at, version_id=at)
            for at, form in enumerate(self.offers, 1)
        ]
        for settings in self._settings():
            for some in ([], *([each] for each in stored), stored):
                self._twice(partial(Dispatcher.compile_offers, stored={self.name: some}), settings=settings)

    def test_it_proposes_the_same_twice_whoever_comes_and_whatever_is_bought(self) -> None:
        """Proposals hold for every invoice, with a client and without, in currencies of no, two and three decimals."""
        clients = (None, a_client(), a_client(birthday=None, discount_bp=None, number=1))
        for settings in self._settings():
            for invoice in some_invoices():
                for client in clients:
                    ask = partial(Dispatcher.propose_adjustments, invoice=invoice, client=client)
                    self._twice(ask, settings=settings)
        for currency in CURRENCIES:
            invoice = replace(some_invoices()[1], currency=currency)
            self._twice(partial(Dispatcher.propose_adjustments, invoice=invoice, client=a_client()), currency)

    def test_the_order_of_lines_changes_nothing(self) -> None:
        """A line is known by its key, not by its place."""
        dispatcher = self._load().dispatcher
        for invoice in some_invoices():
            forth, back = (
                dispatcher.propose_adjustments(self._occasion(), replace(invoice, lines=lines), a_client())
                for lines in (invoice.lines, invoice.lines[::-1])
            )
            assert [each.answer for each in forth] == [each.answer for each in back], "the order of lines matters"

    def test_it_compiles_its_defaults_and_every_example_the_same_way_twice(self) -> None:
        """Compiling is a pure function, in currencies of no, two and three decimals."""
        for currency in CURRENCIES:
            for part in self._parts():
                self._twice(partial(_compile, parts=part), currency)

    def test_it_answers_for_no_one_for_one_and_for_many(self) -> None:
        """Facts and changes hold for a batch of any size."""
        for subjects in ((), (a_subject(),), some_subjects(60)):
            self._twice(partial(_facts, subjects=subjects))
            self._twice(partial(_changes, subjects=subjects))

    def test_the_order_of_subjects_changes_nothing(self) -> None:
        """Each subject is judged by itself."""
        dispatcher, subjects = self._load().dispatcher, some_subjects()
        forth, back = (_changes(dispatcher, self._occasion(), each) for each in (subjects, subjects[::-1]))
        assert [each.answer for each in forth] == [each.answer for each in back], "the order of subjects matters"

    def test_its_tabs_hold(self) -> None:
        """Tabs have codes of their own and templates in the plugin's folder."""
        self._twice(Dispatcher.show_programme_tabs)

    def test_its_tables_come_with_migrations(self) -> None:
        """Where there are tables there are revisions that make them."""
        plugin = self._plugin()
        if plugin.tables:
            assert plugin.migrations is not None, "tables without a folder migrations/versions"
            assert list(plugin.migrations.glob("*.py")), "tables without a revision"

    def test_of_ours_it_imports_the_api_only(self) -> None:
        """Everything but `loyalty_core.api` may move without notice."""
        wrong = [
            f"{path.name}:{line} {module}"
            for path in _sources(self._plugin().package)
            for module, line in _imports(path)
            if module.partition(".")[0] in OURS and not module.startswith(ALLOWED)
        ]
        assert not wrong, f"import loyalty_core.api instead: {', '.join(wrong)}"

    def _load(self) -> Plugins:
        return Plugins.load([], {self.name: self.module})

    def _plugin(self) -> LoadedPlugin:
        return self._load().loaded[self.name]

    def _parts(self) -> list[Parts]:
        """Return no part, the defaults and every example, as parts of whole programmes."""
        examples = ({}, *self.parts) if self._plugin().part is not None else ()
        return [{}, *({self.name: part} for part in examples)]

    def _settings(self) -> tuple[Form, ...]:
        """Return the defaults and every example; no settings at all where the plugin has none."""
        return ({}, *self.settings) if self._plugin().settings is not None else ({},)

    def _occasion(self, currency: Currency = UAH, settings: Form | None = None) -> Occasion:
        def rows_of(plugin: str) -> Rows:
            return partial(_no_rows, tables=self._plugin().tables)

        occasion = an_occasion({self.name}, currency=currency, rows_of=rows_of)
        if not settings:
            return occasion
        return replace(occasion, settings={self.name: self._load().read_settings(self.name, settings)})

    def _twice(
        self,
        ask: Callable[[Dispatcher, Occasion], Sequence[Outcome[Any]]],
        currency: Currency = UAH,
        settings: Form | None = None,
    ) -> None:
        """Ask twice, of a plugin loaded anew each time; the answers must hold and be equal."""
        first, second = (ask(self._load().dispatcher, self._occasion(currency, settings)) for _ in range(2))
        problems = [problem for failure in failures(first, second) for problem in failure.problems]
        assert not problems, "; ".join(str(problem.message) for problem in problems)
        assert [each.answer for each in first] == [each.answer for each in second], "the same question, another answer"


def _refused(check: Callable[[], object]) -> tuple[str, ...]:
    """Return the codes of the refusal of what was typed; none where it is accepted."""
    try:
        check()
    except Refused as refused:
        return refused.codes
    return ()


def _compile(dispatcher: Dispatcher, at: Occasion, parts: Parts) -> Sequence[Outcome[Any]]:
    return dispatcher.compile_standing(at, a_programme(), parts)


def _facts(dispatcher: Dispatcher, at: Occasion, subjects: Sequence[Subject]) -> Sequence[Outcome[Any]]:
    return dispatcher.load_facts(at, subjects)


def _changes(dispatcher: Dispatcher, at: Occasion, subjects: Sequence[Subject]) -> Sequence[Outcome[Any]]:
    return dispatcher.propose_changes(at, subjects, dispatcher.load_facts(at, subjects))


def _no_rows(statement: Reading, params: object = None, *, tables: Sequence[str]) -> Sequence[Any]:
    """Stand for empty tables; a statement that a plugin may not run is refused as in earnest."""
    vet_reading(statement, tables)
    return ()


def _sources(package: str) -> list[Path]:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return []
    path = Path(spec.origin)
    return sorted(path.parent.rglob("*.py")) if spec.submodule_search_locations is not None else [path]


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
