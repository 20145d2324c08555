"""The example plugin is a distribution of its own: built, installed, found, asked, and sound."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from loyalty_core.decisions.offers import Covers, PercentOff
from loyalty_core.errors import Refused
from loyalty_core.facts.combination import Lane
from loyalty_core.facts.pricing import Client
from loyalty_core.plugging.dispatch import failures
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import Conformance, a_client, an_invoice, an_occasion

EXAMPLE = Path(__file__).parents[2] / "examples" / "loyalty_birthday"

ASK = """
import json
from loyalty_core.plugging.loading import Plugins
from loyalty_core.testing import a_client, an_invoice, an_occasion

plugins = Plugins.load()
birthday = plugins.loaded["birthday"]
(outcome,) = plugins.dispatcher.propose_adjustments(an_occasion({"birthday"}), an_invoice(), a_client())
print(json.dumps({
    "from": f"{birthday.distribution} {birthday.version}",
    "title": str(birthday.title),
    "broken": list(plugins.broken),
    "offers": [f"{offer.reference} {offer.label} {offer.benefit.bp}" for offer in outcome.answer],
}))
"""


def imported() -> ModuleType:
    spec = spec_from_file_location("loyalty_birthday", EXAMPLE / "loyalty_birthday.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BIRTHDAY = imported()


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the module be found by its name, as an installed one is."""
    monkeypatch.setitem(sys.modules, "loyalty_birthday", BIRTHDAY)


class TestBirthday(Conformance):
    name, module = "birthday", BIRTHDAY
    settings = ({"percent": "12.5", "days": 7}, {"percent": 0, "days": 0}, {"percent": 100, "days": 31})


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the example was installed into from its wheel, without a network."""
    folder = tmp_path_factory.mktemp("birthday")
    source, wheels, site = folder / "source", folder / "wheels", folder / "site"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__"))
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check", "--quiet")
    pip("wheel", *offline, "--no-build-isolation", "--wheel-dir", str(wheels), str(source))
    (wheel,) = wheels.iterdir()
    pip("install", *offline, "--target", str(site), str(wheel))
    return site


def pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


def test_it_is_installed_from_its_own_wheel_found_and_asked(installed: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), *filter(None, sys.path)])}
    ran = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "from": "loyalty-birthday 1.0",
        "title": "Birthday discount: a percentage off for a few days around the client's birthday.",
        "broken": [],
        "offers": ["birthday:birthday Birthday discount 1000"],
    }


def test_its_wheel_holds_one_module(installed: Path) -> None:
    assert [path.name for path in installed.glob("*.py")] == ["loyalty_birthday.py"]


def test_it_proposes_its_percentage_near_the_birthday_only() -> None:
    plugins = Plugins.load([], {"birthday": BIRTHDAY})
    at = an_occasion({"birthday"})  # 14 March; three days by default
    found = {}
    for day in range(9, 20):
        client = a_client(birthday=date(1990, 3, day))
        (outcome,) = plugins.dispatcher.propose_adjustments(at, an_invoice(), client)
        assert failures([outcome]) == ()
        found[day] = len(outcome.answer or ())
    assert found == {day: int(11 <= day <= 17) for day in range(9, 20)}


@pytest.mark.parametrize("client", [None, a_client(birthday=None)])
def test_it_proposes_nothing_for_nobody_it_knows(client: Client | None) -> None:
    plugins = Plugins.load([], {"birthday": BIRTHDAY})
    (outcome,) = plugins.dispatcher.propose_adjustments(an_occasion({"birthday"}), an_invoice(), client)
    assert outcome.answer == ()


def test_its_settings_are_what_staff_set() -> None:
    plugins = Plugins.load([], {"birthday": BIRTHDAY})
    stored = plugins.check_settings("birthday", {"percent": 12.5})
    assert stored == {"percent": "12.50", "days": 3}
    at = an_occasion({"birthday"}, settings={"birthday": plugins.read_settings("birthday", stored)})
    (outcome,) = plugins.dispatcher.propose_adjustments(at, an_invoice(), a_client())
    assert outcome.answer is not None
    (offer,) = outcome.answer
    assert (offer.benefit, offer.lane) == (PercentOff(Decimal("12.5")), Lane.PROMOTION)
    assert (offer.covers, offer.label.domain, offer.version_id) == (Covers(), "birthday", None)


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"percent": 101}, "out_of_range", "Give a number from 0 to 100."),
        ({"days": "many"}, "not_whole", "Give a whole number."),
        ({"percent": "NaN"}, "not_a_number", "Give a number."),
        ({"day": 1}, "unknown_field", "There is no such field."),
    ],
)
def test_its_settings_are_refused_in_words_that_can_be_translated(
    given: dict[str, object], code: str, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        Plugins.load([], {"birthday": BIRTHDAY}).check_settings("birthday", given)
    (problem,) = refused.value.problems
    assert (problem.code, str(problem.message), problem.message.domain) == (code, said, "loyalty_core")
