"""What is shipped is whole, and what it is built on is pinned."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import loyalty_core

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = SETTINGS["project"]
SHIPPED = SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
PLUGINS = PROJECT["entry-points"]["loyalty.plugins"]


def pins(name: str) -> dict[str, set[str]]:
    """Return the versions that a file of pins has, by package; several where they depend on the interpreter."""
    found: dict[str, set[str]] = {}
    for match in re.finditer(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE):
        found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def wanted() -> list[Requirement]:
    extras = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
    every = [Requirement(text) for text in [*PROJECT["dependencies"], *extras]]
    return [requirement for requirement in every if requirement.name != PROJECT["name"]]


def test_every_package_of_the_tree_is_shipped() -> None:
    packages = [
        path.parent for place in (".", "web", "plugins") for path in ROOT.glob(f"{place}/loyalty_*/__init__.py")
    ]
    assert sorted(SHIPPED) == sorted(path.relative_to(ROOT).as_posix() for path in packages)


def test_every_plugin_of_the_tree_is_announced_under_its_own_name() -> None:
    folders = {path.parent.name for path in ROOT.glob("plugins/*/plugin.py")}
    assert {f"loyalty_{name}": f"loyalty_{name}.plugin" for name in PLUGINS} == {
        name: f"{name}.plugin" for name in folders
    }


def test_what_is_announced_can_be_loaded() -> None:
    installed = {point.name: point.value for point in entry_points(group="loyalty.plugins")}
    assert PLUGINS.items() <= installed.items()
    for point in entry_points(group="loyalty.plugins"):
        assert point.load().__name__ == point.value


def test_our_packages_say_that_they_are_typed() -> None:
    assert [name for name in SHIPPED if not (ROOT / name / "py.typed").exists()] == []
    assert loyalty_core.__doc__


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_constraints_pin_what_is_asked_for(requirement: Requirement) -> None:
    versions = pins("constraints.txt")[canonicalize_name(requirement.name)]
    assert all(requirement.specifier.contains(version) for version in versions), versions


def test_both_files_of_pins_agree() -> None:
    constraints = pins("constraints.txt")
    assert {
        name: versions for name, versions in pins("requirements-hashed.txt").items() if constraints[name] != versions
    } == {}


def test_no_pin_names_an_address() -> None:
    for path in [*ROOT.glob("constraints*.txt"), *ROOT.glob("requirements*.txt")]:
        lines = path.read_text("utf-8").splitlines()
        assert [line for line in lines if "://" in line or line.startswith("-")] == []
