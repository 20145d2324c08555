"""The page for authors is true: its plugin is built from the page and run."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import hookspecs
from loyalty_core.decisions.rules import All, AtLeast, Metric, Not
from loyalty_core.errors import Refused
from loyalty_core.facts.standing import Element
from loyalty_core.facts.totals import Totals
from loyalty_core.plugging.breaker import Patience
from loyalty_core.plugging.calling import BUDGETS
from loyalty_core.plugging.dispatch import Failure, failures
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import Conformance, a_programme, a_subject, an_occasion

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
FILES = dict(re.findall(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugins]:
    """The plugin of the page, loaded as if it were installed."""
    for path, text in FILES.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    found = re.search(r'^(\w+) = "(loyalty_\w+\.plugin)"$', FILES["pyproject.toml"], re.MULTILINE)
    assert found is not None
    yield Plugins.load([EntryPoint(found[1], found[2], "loyalty.plugins")])
    for module in [each for each in sys.modules if each.partition(".")[0] == "loyalty_regulars"]:
        del sys.modules[module]


def kit() -> Conformance:
    """Return the test that the page ends with."""
    scope: dict[str, Any] = {}
    exec(FILES["tests/test_regulars.py"], scope)
    made: Conformance = scope["TestRegulars"]()
    return made


def test_the_smallest_plugin_of_the_page_is_the_example_that_is_built_and_installed() -> None:
    shown = {path: text for path, text in FILES.items() if path.startswith("examples/")}
    assert sorted(Path(path).name for path in shown) == ["loyalty_birthday.py", "pyproject.toml"]
    assert (ROOT / "examples/loyalty_birthday/loyalty_birthday.py").read_text("utf-8") == shown[
        "examples/loyalty_birthday/loyalty_birthday.py"
    ]
    for path, text in shown.items():
        assert text in (ROOT / path).read_text("utf-8")


def test_the_page_names_every_budget_and_every_code_of_failure() -> None:
    for contract, said in (("propose", "0.5 s to propose"), ("load", "1 s to load"), ("compile", "10 s to compile")):
        assert f"{BUDGETS[contract]:g} s to {contract}" == said
        assert said in PAGE
    codes = set(re.findall(r"`(plugin_[a-z]+)`", Failure.__doc__ or ""))
    assert codes == set(re.findall(r"^\| `(plugin_[a-z]+)` \|", PAGE, re.MULTILINE))
    assert (Patience().failures, Patience().within, Patience().rest) == (5, 60, 30)


def test_the_plugin_of_the_page_loads_with_its_title(plugins: Plugins) -> None:
    assert plugins.broken == {}
    assert str(plugins.loaded["regulars"].title).startswith("Regulars: ")


def test_its_rules_say_what_the_page_says(plugins: Plugins) -> None:
    parts = plugins.check_parts({"regulars": {"visits": 10}})
    outcomes = plugins.dispatcher.compile_standing(an_occasion({"regulars"}), a_programme(), parts)
    assert failures(outcomes) == ()
    assert outcomes[0].answer is not None
    (rule,) = outcomes[0].answer[0].rules
    assert rule.when == All((AtLeast(Metric.VISITS, 10), Not(AtLeast(Metric.NO_SHOWS, 3))))
    assert (rule.value, str(rule.label)) == (500, "Regulars: 5 %")


def test_it_refuses_in_its_own_words(plugins: Plugins) -> None:
    with pytest.raises(Refused, match="Nobody misses more than 2 visits") as refused:
        plugins.check_parts({"regulars": {"visits": 2}})
    assert refused.value.problems[0].path == ("regulars", "missed")


def test_its_anniversaries_come_true(plugins: Plugins) -> None:
    came = Totals(visits=5, first_day=date(2024, 3, 14))
    subjects = [
        a_subject(1, totals=came),
        a_subject(2, totals=came, given=1500),
        a_subject(3),
        a_subject(4, totals=Totals()),
    ]
    (outcome,) = plugins.dispatcher.propose_changes(an_occasion({"regulars"}), subjects, ())
    assert outcome.answer is not None
    assert [(each.subject_id, each.element, each.value) for each in outcome.answer] == [
        (1, Element.DISCOUNT, 1000),
        (2, Element.DISCOUNT, 1500),
    ]


def test_its_own_test_passes(plugins: Plugins) -> None:
    tests = [name for name in dir(Conformance) if name.startswith("test_")]
    assert len(tests) >= 10
    for name in tests:
        getattr(kit(), name)()


def test_the_kit_finds_a_plugin_that_is_moody(plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = count(1)
    rules = import_module("loyalty_regulars.rules")
    sound = rules.regulars
    monkeypatch.setattr(rules, "regulars", lambda part: sound({**part, "visits": next(visits)}))
    with pytest.raises(AssertionError, match="another answer"):
        kit().test_it_compiles_its_defaults_and_every_example_the_same_way_twice()


def test_the_kit_finds_a_plugin_that_depends_on_what_may_move(plugins: Plugins) -> None:
    folder = Path(import_module("loyalty_regulars").__path__[0])
    (folder / "extra.py").write_text("import loyalty_core.storage.base\n")
    with pytest.raises(AssertionError, match=r"extra\.py:1 loyalty_core\.storage\.base"):
        kit().test_of_ours_it_imports_the_api_only()


def test_the_page_names_every_hook_and_every_argument() -> None:
    for name in hookspecs.HOOKS:
        row = re.search(rf"^\| `{name}` \|([^|]*)\|", PAGE, re.MULTILINE)
        assert row is not None, name
        arguments = set(re.findall(r"`(\w+)`", row[1]))
        assert arguments == set(getattr(hookspecs, name).__code__.co_varnames), name
