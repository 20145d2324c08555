"""The rules of the house that a machine can hold (docs/architecture.md, CONTRIBUTING.md).

Each rule collects every offence and shows them all. An exception is written down with its reason, and a test fails
when it is no longer needed.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from loyalty_core.hookspecs import HOOKS

ROOT = Path(__file__).parents[1]
CORE, HOST, PLUGINS = ROOT / "loyalty_core", ROOT / "web" / "loyalty_web", ROOT / "plugins"
WITH_CODE = ("loyalty_core", "web", "plugins", "tests", "benchmarks", "examples", "hatch_build.py")

LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE = 400, 50, 120

Function = ast.FunctionDef | ast.AsyncFunctionDef

# Path, or path::function, to the reason.
OVERSIZED: dict[str, str] = {}
FLOATS: dict[str, str] = {}
DURATIONS: dict[str, str] = {
    "loyalty_core/plugging/dispatch.py": "the time each plugin takes is kept with its answer",
    "web/loyalty_web/erp/demo/building.py": "the demo says how long each of its parts took",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files(*folders: Path) -> list[Path]:
    """Return the modules under `folders`, generated migrations left out."""
    found = [path for folder in folders for path in ([folder] if folder.is_file() else folder.rglob("*.py"))]
    return sorted(path for path in found if "versions" not in path.parts)


PRODUCT = python_files(CORE, HOST, PLUGINS)
EVERYTHING = python_files(*(ROOT / name for name in WITH_CODE if (ROOT / name).exists()))
TREES = {path: ast.parse(path.read_text("utf-8"), str(path)) for path in EVERYTHING}


def offences(paths: list[Path], is_wrong: Callable[[ast.AST], bool]) -> list[str]:
    """Return `path:line` of each node of the files that is wrong."""
    return [
        f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
        for path in paths
        for node in ast.walk(TREES[path])
        if is_wrong(node)
    ]


def without(excepted: dict[str, str], found: list[str]) -> list[str]:
    return [offence for offence in found if offence.rpartition(":")[0] not in excepted]


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    for node in ast.iter_child_nodes(tree):
        inner = f"{prefix}{node.name}." if isinstance(node, Function | ast.ClassDef) else prefix
        if isinstance(node, Function):
            yield f"{prefix}{node.name}", node
        yield from functions(node, inner)


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each module that a file imports, with the line; names of a `from` count as modules too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def attribute_path(node: ast.AST) -> str:
    """Return `a.b.c` for such an expression, else what can be said of its end."""
    if isinstance(node, ast.Attribute):
        return f"{attribute_path(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


# Layers


def test_the_import_contracts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("logging.config.dictConfig", lambda _config: None)  # it would silence everybody else's logs
    assert lint_imports(str(ROOT / "pyproject.toml"), no_cache=True) == 0, "the output says which"


def test_of_ours_a_plugin_imports_the_api_and_itself_only() -> None:
    wrong = []
    for plugin in PLUGINS.glob("loyalty_*"):
        allowed = {"loyalty_core.api", plugin.name}
        for path in sorted(plugin.rglob("*.py")):
            for module, line in imported(ast.parse(path.read_text("utf-8"))):
                ours = module.startswith("loyalty_")
                if ours and module not in allowed and not module.startswith(f"{plugin.name}."):
                    wrong.append(f"{name_of(path)}:{line} {module}")
    assert wrong == []


def test_the_pure_packages_import_the_standard_library_and_ours_only() -> None:
    wrong = []
    for path in python_files(*(CORE / name for name in ("facts", "decisions", "engine", "ledger"))):
        for module, line in imported(TREES[path]):
            top = module.partition(".")[0]
            if top not in sys.stdlib_module_names and top != "loyalty_core":
                wrong.append(f"{name_of(path)}:{line} {module}")
    assert wrong == []


WALK = """
import importlib, pkgutil, sys

class NoFlask:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"flask", "werkzeug", "flask_sqlalchemy", "flask_babel", "flask_htmx"}:
            raise ModuleNotFoundError("the core must run without " + name, name=name)

sys.meta_path.insert(0, NoFlask())
import loyalty_core
names = [m.name for m in pkgutil.walk_packages(loyalty_core.__path__, "loyalty_core.") if ".migrations" not in m.name]
for name in names:
    importlib.import_module(name)
sys.exit(0 if len(names) > 10 else "too few modules were found")
"""


def test_every_module_of_the_core_is_imported_where_flask_cannot_be() -> None:
    ran = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_host_and_the_plugins_are_not_packages_of_these_names() -> None:
    """The editable install has the root on its path: `web` and `plugins` must not become importable packages."""
    assert [name for name in ("web", "plugins") if (ROOT / name / "__init__.py").exists()] == []


# Sizes


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in EVERYTHING}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE and name not in OVERSIZED} == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    wrong = {}
    for path, tree in TREES.items():
        for name, node in functions(tree):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION and f"{name_of(path)}::{name}" not in OVERSIZED:
                wrong[f"{name_of(path)}::{name}"] = length
    assert wrong == {}


def test_no_template_is_longer_than_a_hundred_and_twenty_lines() -> None:
    templates = [path for folder in (HOST, PLUGINS) for path in folder.rglob("templates/**/*.html")]
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in templates}
    assert {name: n for name, n in lengths.items() if n > LONGEST_TEMPLATE and name not in OVERSIZED} == {}


# Money


def touches_a_float(node: ast.AST) -> bool:
    """Say whether a node is a float, the name of the type, or a true division that is not one of paths."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        sides = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
        return not any(is_text(side) for side in sides)
    return (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (
        isinstance(node, ast.Name) and node.id == "float"
    )


def is_text(node: ast.AST) -> bool:
    """Say whether a node is a text, or a path put together from one: `folder / "name" / other`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return is_text(node.left) or is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


MONEY = ("facts", "decisions", "engine", "ledger", "storage", "services")


def test_no_float_comes_near_money() -> None:
    files = python_files(*(CORE / name for name in MONEY), PLUGINS)
    assert without(FLOATS, offences(files, touches_a_float)) == []


@pytest.mark.parametrize("code", ["a / b", "a /= 2", "x: float", "float(x)", "1.5", "def f(a: int) -> float: ..."])
def test_a_float_would_be_noticed(code: str) -> None:
    assert any(touches_a_float(node) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize("code", ["a // b", "folder / 'x' / name", "folder / f'{x}'", "'float'", "a.float_"])
def test_what_is_no_float_is_left_alone(code: str) -> None:
    assert not any(touches_a_float(node) for node in ast.walk(ast.parse(code)))


# Time

CLOCKS = {
    *(f"{kind}.{verb}" for kind in ("datetime", "datetime.datetime") for verb in ("now", "utcnow", "today")),
    *(f"{kind}.today" for kind in ("date", "datetime.date")),
    *(f"time.{verb}" for verb in ("time", "time_ns", "localtime", "gmtime", "ctime")),
    *(f"func.{name}" for name in ("now", "current_timestamp", "current_date", "localtimestamp", "clock_timestamp")),
}
STOPWATCHES = {f"time.{name}{unit}" for name in ("perf_counter", "monotonic", "process_time") for unit in ("", "_ns")}


def reads(clocks: set[str]) -> Callable[[ast.AST], bool]:
    """Return the test of a node that reads one of `clocks`, or imports it by its bare name."""

    def is_wrong(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            return any(f"time.{alias.name}" in clocks for alias in node.names)
        return isinstance(node, ast.Attribute) and attribute_path(node) in clocks

    return is_wrong


def test_time_is_read_through_the_clock_port_only() -> None:
    files = [path for path in PRODUCT if path != CORE / "ports.py"]
    assert offences(files, reads(CLOCKS)) == []


def test_durations_are_measured_only_where_it_is_said_why() -> None:
    assert without(DURATIONS, offences(PRODUCT, reads(STOPWATCHES))) == []


# Plugins


PLUGGY_CALLS = {"subset_hook_caller", "call_historic", "call_extra", "_hookexec", "_inner_hookexec"}


def calls_a_hook(node: ast.AST) -> bool:
    """Say whether a node goes through pluggy's callers (`manager.hook.name`) or calls an implementation by name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        return called in HOOKS
    if isinstance(node, ast.Attribute):
        return node.attr in PLUGGY_CALLS or (isinstance(node.value, ast.Attribute) and node.value.attr == "hook")
    return False


def test_a_hook_is_called_in_the_dispatcher_only() -> None:
    files = [path for path in PRODUCT if path != CORE / "plugging" / "dispatch.py"]
    assert offences(files, calls_a_hook) == []


@pytest.mark.parametrize("code", ["pm.hook.loyalty_x", "m.loyalty_load_facts([], c)", "pm.subset_hook_caller('x', [])"])
def test_a_hook_call_would_be_noticed(code: str) -> None:
    assert any(calls_a_hook(node) for node in ast.walk(ast.parse(code)))


def test_a_plugin_asks_for_no_place_in_the_order_of_calls() -> None:
    asked = {"tryfirst", "trylast", "wrapper", "hookwrapper"}
    found = offences(python_files(PLUGINS), lambda node: isinstance(node, ast.keyword) and node.arg in asked)
    assert found == []


# Names and words

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "handler", "handlers", "data", "info"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {
        name_of(path): {word for part in path.relative_to(ROOT).with_suffix("").parts for word in part.split("_")}
        for path in EVERYTHING
    }
    assert {name: words & VAGUE for name, words in parts.items() if words & VAGUE} == {}


def test_everything_public_says_what_it_does() -> None:
    wrong = []
    for path in PRODUCT:
        tree = TREES[path]
        documented = [("", tree), *public(tree)]
        wrong += [f"{name_of(path)}::{name}" for name, node in documented if not ast.get_docstring(node)]
    assert wrong == []


def public(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Yield classes, functions and methods that others may use."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and node.name != "Meta":
            yield f"{prefix}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{node.name}.")


def test_no_exception_has_outlived_its_reason() -> None:
    """What is excepted above must still be there and still need it."""
    still = {f"{name_of(path)}::{name}" for path, tree in TREES.items() for name, _ in functions(tree)}
    still |= {name_of(path) for path in EVERYTHING}
    assert [name for name in OVERSIZED if name not in still] == []
    floats = {found.rpartition(":")[0] for found in offences(PRODUCT, touches_a_float)}
    durations = {found.rpartition(":")[0] for found in offences(PRODUCT, reads(STOPWATCHES))}
    assert [name for name in FLOATS if name not in floats] == []
    assert [name for name in DURATIONS if name not in durations] == []
