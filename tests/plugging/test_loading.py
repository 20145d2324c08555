"""Plugins are found, vetted and loaded; one that does not hold stays out and is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from marshmallow import Schema, fields

from loyalty_core.errors import LoyaltyError
from loyalty_core.hookspecs import hookimpl
from loyalty_core.plugging.loading import Life, Plugins
from loyalty_core.storage.base import Base
from loyalty_core.storage.migrate import MigrationSource
from loyalty_core.storage.plugin_table import Table
from loyalty_core.testing import a_plugin
from tests.plugging.faults import kind, rule_set

BUNDLED = ("branch", "discount_rules", "promotions")


def good(name: str, **hooks: Any) -> ModuleType:
    return a_plugin(name, **hooks or {"loyalty_register_programme_kinds": lambda: [kind(name)]})


def reason(module: object, name: str = "salon") -> str:
    """Return why a plugin is not loaded, though one beside it is."""
    plugins = Plugins.load([], {name: module, "zeta": good("zeta")})
    assert list(plugins.loaded) == ["zeta"]
    return str(plugins.broken[name])


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Write the files of a package and return the entry point of its module `plugin`."""
    monkeypatch.syspath_prepend(tmp_path)
    known = set(Base.metadata.tables)
    written: list[str] = []

    def write(name: str, point: str = "salon", **files: str) -> EntryPoint:
        written.append(name)
        for path, text in {"__init__.py": f'"""{name}: a title."""\n', **files}.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return EntryPoint(point, f"{name}.plugin", "loyalty.plugins")

    yield write
    for module in [each for each in sys.modules if each.partition(".")[0] in written]:
        del sys.modules[module]
    for table in set(Base.metadata.tables) - known:
        Base.metadata.remove(Base.metadata.tables[table])


HOOK = """
from loyalty_core.api import RuleSet, hookimpl

@hookimpl
def loyalty_compile_standing():
    return ()
"""

TABLE = """
from loyalty_core.api import Key, Table
from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

class Note(Table, plugin="{plugin}"):
    __tablename__ = "{plugin}_note"
    {more}
    id: Mapped[Key]
"""


def test_the_bundled_plugins_are_found_by_their_entry_points() -> None:
    plugins = Plugins.load()
    assert set(BUNDLED) <= set(plugins.loaded)
    assert not set(BUNDLED) & set(plugins.broken)
    for name in BUNDLED:
        loaded = plugins.loaded[name]
        assert (loaded.distribution, loaded.package) == ("loyalty", f"loyalty_{name}")
        assert loaded.version


def test_a_plugin_shows_its_title_and_what_it_adds() -> None:
    loaded = Plugins.load().loaded["discount_rules"]
    assert str(loaded.title).startswith("Discount rules: ")
    assert loaded.title.domain == "discount_rules"
    assert loaded.hooks == (
        "loyalty_compile_standing",
        "loyalty_load_facts",
        "loyalty_propose_changes",
        "loyalty_register_programme_part",
        "loyalty_show_programme_tabs",
    )
    assert loaded.tables == ("discount_rules_visit_discount",)


def test_migrations_lie_where_they_are_expected() -> None:
    (source,) = Plugins.load().migration_sources()
    folder = Plugins.load().loaded["discount_rules"].migrations
    assert folder is not None
    assert source == MigrationSource("discount_rules", folder, "discount_rules_")
    assert (folder / "0001_visit_discount.py").exists()


def test_a_blocked_plugin_is_not_loaded_and_not_even_imported(package: Any) -> None:
    point = package("blocked_package", **{"plugin.py": "raise RuntimeError"})
    plugins = Plugins.load([point], {"zeta": good("zeta")}, blocked={"salon", "unheard_of"})
    assert (list(plugins.loaded), dict(plugins.broken), plugins.blocked) == (["zeta"], {}, ("salon",))
    assert "blocked_package" not in sys.modules


def test_a_package_is_loaded_with_its_title_its_tables_and_its_migrations(package: Any) -> None:
    files = {
        "plugin.py": HOOK,
        "tables.py": TABLE.format(plugin="salon", more=""),
        "migrations/versions/0001_note.py": "",
    }
    plugins = Plugins.load([package("salon_package", **files)])
    assert plugins.broken == {}
    loaded = plugins.loaded["salon"]
    assert (str(loaded.title), loaded.tables, loaded.package) == (
        "salon_package: a title.",
        ("salon_note",),
        "salon_package",
    )
    assert loaded.migrations is not None
    assert loaded.migrations.name == "versions"


@pytest.mark.parametrize(
    "code",
    ["import no_such_module", "raise SystemExit(1)", "def broken(:", "1 // 0", "raise RuntimeError('why')", "assert 0"],
)
def test_a_plugin_that_cannot_be_imported_is_shown(package: Any, code: str) -> None:
    plugins = Plugins.load([package("broken_package", **{"plugin.py": code})], {"zeta": good("zeta")})
    assert list(plugins.loaded) == ["zeta"]
    assert "cannot be loaded" in str(plugins.broken["salon"])


def test_a_plugin_whose_tables_cannot_be_imported_is_shown(package: Any) -> None:
    point = package("broken_tables", **{"plugin.py": HOOK, "tables.py": "raise RuntimeError('why')"})
    assert "why" in str(Plugins.load([point]).broken["salon"])


def test_an_unknown_hook_is_refused() -> None:
    assert "loyalty_compile_sitting" in reason(good("salon", loyalty_compile_sitting=lambda: ()))


def test_an_unknown_hook_that_is_marked_optional_is_passed_over() -> None:
    module = good("salon")
    module.loyalty_of_later = hookimpl(lambda: (), optionalhook=True)  # type: ignore[attr-defined]
    assert "salon" in Plugins.load([], {"salon": module}).loaded


def test_an_unknown_argument_is_refused() -> None:
    def compile_standing(program: object) -> tuple[()]:
        return ()

    assert "program" in reason(good("salon", loyalty_compile_standing=compile_standing))


def test_arguments_may_come_in_any_order_or_not_at_all() -> None:
    def compile_standing(ctx: object, programme: object) -> tuple[()]:
        return ()

    hooks = {"loyalty_compile_standing": compile_standing, "loyalty_propose_changes": lambda: ()}
    assert "salon" in Plugins.load([], {"salon": good("salon", **hooks)}).loaded


def test_an_argument_by_keyword_only_is_refused() -> None:
    def compile_standing(*, ctx: object) -> tuple[()]:
        return ()

    assert "by position" in reason(good("salon", loyalty_compile_standing=compile_standing))


@pytest.mark.parametrize("wish", ["tryfirst", "trylast", "wrapper", "hookwrapper"])
def test_a_wish_for_a_place_in_the_order_is_refused(wish: str) -> None:
    def compile_standing() -> Iterator[None]:
        yield

    module = good("salon")
    module.loyalty_compile_standing = hookimpl(**{wish: True})(compile_standing)  # type: ignore[attr-defined,call-overload]
    assert "order" in reason(module)


def test_an_asynchronous_hook_is_refused() -> None:
    async def compile_standing() -> tuple[()]:
        return ()

    assert "asynchronous" in reason(good("salon", loyalty_compile_standing=compile_standing))


def test_a_hook_that_was_not_marked_is_refused() -> None:
    module = good("salon")
    module.loyalty_compile_standing = lambda: ()  # type: ignore[attr-defined]
    assert "@hookimpl" in reason(module)


def test_a_hook_that_is_implemented_twice_is_refused() -> None:
    module = good("salon")
    module.again = hookimpl(specname="loyalty_register_programme_kinds")(lambda: ())  # type: ignore[attr-defined]
    assert "twice" in reason(module)


def test_a_plugin_without_a_hook_is_refused() -> None:
    assert "no hook" in reason(ModuleType("salon"))


@pytest.mark.parametrize("name", ["Salon", "1salon", "sal-on", "", "s" * 41, "core", "core_salon", "web", "salón"])
def test_a_name_that_could_not_stand_before_tables_is_refused(name: str) -> None:
    assert reason(good("salon"), name)


def test_a_kind_that_another_plugin_has_taken_is_refused_for_the_later_name() -> None:
    modules = {name: good(name, loyalty_register_programme_kinds=lambda: [kind("same")]) for name in ("beta", "alpha")}
    plugins = Plugins.load([], modules)
    assert plugins.kinds["same"].plugin == "alpha"
    assert "alpha" in str(plugins.broken["beta"])


def test_a_name_that_two_distributions_claim_belongs_to_neither() -> None:
    points = [EntryPoint("salon", value, "loyalty.plugins") for value in ("one.plugin", "two.plugin")]
    plugins = Plugins.load(points, {"zeta": good("zeta")})
    assert (list(plugins.loaded), list(plugins.broken)) == (["zeta"], ["salon"])


def test_a_part_without_defaults_is_refused() -> None:
    class Strict(Schema):
        days = fields.Integer(required=True)

    assert "no defaults" in reason(good("salon", loyalty_register_programme_part=lambda: Strict))


def test_a_part_that_is_not_read_as_plain_values_is_refused() -> None:
    class Odd(Schema):
        amount = fields.Float(load_default=1.5)

    assert "float" in reason(good("salon", loyalty_register_programme_part=lambda: Odd))


@pytest.mark.parametrize("hook", ["loyalty_register_settings", "loyalty_register_programme_part"])
def test_what_may_be_absent_needs_defaults(hook: str) -> None:
    class Demanding(Schema):
        days = fields.Integer(required=True)

    assert "no defaults" in reason(good("salon", **{hook: lambda: Demanding}))
    assert "salon" in Plugins.load([], {"salon": good("salon", loyalty_register_offer_form=lambda: Demanding)}).loaded


def test_a_suspended_plugin_is_not_usable() -> None:
    plugins = Plugins.load([], {name: good(name) for name in ("salon", "spa", "zeta")})
    assert plugins.usable({"salon", "spa", "zeta"}, {"spa"}, {"zeta"}) == {"salon"}


@dataclass(frozen=True)
class Wrong:
    """A table that is refused and what the reason says."""

    code: str
    says: str


WRONG_TABLES = {
    "another's prefix": Wrong(TABLE.format(plugin="barber", more=""), "salon's name begin"),
    "a foreign key out of the network": Wrong(
        TABLE.format(plugin="salon", more="other: Mapped[int] = mapped_column(ForeignKey('core_client.id'))"),
        "leads out",
    ),
    "a foreign key to another plugin": Wrong(
        TABLE.format(
            plugin="salon",
            more="__table_args__ = (ForeignKeyConstraint(['network_id', 'id'], ['spa_x.network_id', 'spa_x.id']),)",
        ),
        "leads out",
    ),
    "no network": Wrong(
        "from loyalty_core.api import Table\nfrom sqlalchemy import Column, Integer, Table as Plain\n"
        "Plain('salon_plain', Table.metadata, Column('id', Integer, primary_key=True))",
        "network_id",
    ),
    "a plain table of another name": Wrong(
        "from loyalty_core.api import Table\nfrom sqlalchemy import Column, Integer, Table as Plain\n"
        "Plain('elsewhere', Table.metadata, Column('id', Integer, primary_key=True))",
        "begin",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_TABLES)
def test_a_table_that_is_not_the_plugins_own_is_refused(package: Any, wrong: str) -> None:
    number = list(WRONG_TABLES).index(wrong)
    point = package(f"wrong_tables_{number}", **{"plugin.py": HOOK, "tables.py": WRONG_TABLES[wrong].code})
    plugins = Plugins.load([point])
    assert WRONG_TABLES[wrong].says.split()[-1] in str(plugins.broken["salon"])


def test_a_table_is_declared_with_the_prefix_of_its_plugin() -> None:
    before = set(Base.metadata.tables)
    with pytest.raises(LoyaltyError, match="salon_"):

        class Note(Table, plugin="salon"):
            __tablename__ = "sal_note"

    with pytest.raises(LoyaltyError):

        class Nameless(Table, plugin="salon"):
            pass

    assert set(Base.metadata.tables) == before


def test_tables_that_look_like_those_of_another_plugin_are_refused(package: Any) -> None:
    points = [
        package(f"{name}_files", name, **{"plugin.py": HOOK, "tables.py": TABLE.format(plugin=name, more="")})
        for name in ("hair", "hair_colour")
    ]
    plugins = Plugins.load(points)
    assert list(plugins.loaded) == ["hair"]
    assert "hair" in str(plugins.broken["hair_colour"])


def test_a_life_goes_from_installed_to_active() -> None:
    modules = {"alpha": good("alpha"), "beta": good("beta"), "broken": ModuleType("broken"), "off": good("off")}
    plugins = Plugins.load([], modules, blocked={"off"})
    life = {name: plugins.life(name, active={"alpha", "broken"}, behind=()) for name in (*modules, "unknown")}
    assert life == {
        "alpha": Life.ACTIVE,
        "beta": Life.MIGRATED,
        "broken": Life.INSTALLED,
        "off": Life.INSTALLED,
        "unknown": None,
    }
    assert plugins.life("alpha", active={"alpha"}, behind={"alpha"}) is Life.LOADED
    assert plugins.usable({"alpha", "broken", "off", "unknown"}) == {"alpha"}
    assert plugins.usable({"alpha"}, behind={"alpha"}) == set()


def test_what_is_loaded_does_not_depend_on_the_order_it_was_found_in() -> None:
    modules = {name: good(name, loyalty_compile_standing=lambda: [rule_set()]) for name in ("b", "a", "c")}
    forth, back = Plugins.load([], modules), Plugins.load([], dict(reversed(modules.items())))
    assert list(forth.loaded) == list(back.loaded) == ["a", "b", "c"]
    assert forth.loaded == back.loaded
