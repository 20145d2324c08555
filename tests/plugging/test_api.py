"""What authors import is written down: nothing leaves it or changes by accident."""

from __future__ import annotations

import ast
import json
from copy import deepcopy
from pathlib import Path
from types import ModuleType

from loyalty_core import api
from loyalty_core.plugging.work_protocol import Work
from loyalty_core.storage import work as storage_work
from loyalty_core.testing.surface import FILE, left, surface, written


def test_the_file_says_what_the_api_offers() -> None:
    assert FILE.read_text("utf-8") == written(surface(api)), "run `python -m loyalty_core.testing.surface`"


def test_a_name_that_leaves_needs_a_new_first_number() -> None:
    old = json.loads(FILE.read_text("utf-8"))
    new = deepcopy(old)
    del new["names"]["Rule"]
    assert left(old, new) == ["Rule"]
    assert left(old, {**new, "api": [old["api"][0] + 1, 0]}) == []
    assert left(new, old) == []


def test_a_change_of_a_signature_is_noticed() -> None:
    module = ModuleType("changed")
    vars(module).update({name: getattr(api, name) for name in api.__all__}, __all__=api.__all__)
    module.percent_of = lambda amount: amount  # type: ignore[attr-defined]
    assert surface(module)["names"]["percent_of"] != surface(api)["names"]["percent_of"]


def test_the_description_names_no_module_and_no_address() -> None:
    text = FILE.read_text("utf-8")
    assert "loyalty_core." not in text
    assert " at 0x" not in text


def test_the_api_holds_nothing_of_its_own() -> None:
    tree = ast.parse(Path(api.__file__).read_text("utf-8"))
    own = [node for node in tree.body[1:] if not isinstance(node, ast.ImportFrom)]
    assert [ast.unparse(node.targets[0]) for node in own if isinstance(node, ast.Assign)] == ["API", "__all__"]
    assert len(own) == 2


def test_everything_the_api_imports_is_offered() -> None:
    tree = ast.parse(Path(api.__file__).read_text("utf-8"))
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    assert imported | {"API"} == set(api.__all__)


def test_the_unit_of_work_is_what_plugins_are_promised() -> None:
    def promised(work: storage_work.Work) -> Work:
        return work  # the type checker compares the two

    names = {name for name in vars(Work) if not name.startswith("_")}
    assert names <= set(dir(storage_work.Work)) | {"network_id", "actor", "now"}
    assert promised is not None
