"""What is looked at before a plugin is loaded. Whatever does not hold keeps that plugin out, and only that one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pluggy
from sqlalchemy import ForeignKeyConstraint, Table

from loyalty_core import hookspecs
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.containing import said
from loyalty_core.plugging.dispatch import Implementation
from loyalty_core.plugging.finding import NotLoadable
from loyalty_core.storage.base import Base

RESERVED = ("alembic", "core", "erp", "loyalty", "web")
"""Names whose tables are the core's and the host's."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def check_name(name: str) -> None:
    """Refuse a name that is no identifier in small letters, or whose tables could be taken for ours."""
    if not _NAME.fullmatch(name):
        raise NotLoadable(_("A plugin's name consists of small Latin letters, digits and “_”, at most 40."))
    if any(name == taken or name.startswith(f"{taken}_") for taken in RESERVED):
        raise NotLoadable(_("This name is kept for the product itself."))


def implementations(name: str, module: object) -> tuple[Implementation, ...]:
    """Return the hooks that a plugin implements, refusing unknown ones, wrong arguments and any wish for an order."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise NotLoadable(_("Its hooks do not fit: %(error)s", error=said(error))) from error
    found: dict[str, Implementation] = {}
    for caller in manager.get_hookcallers(module) or ():
        if caller.name not in hookspecs.HOOKS:
            continue  # optional: for a hook of a later version
        for implementation in caller.get_hookimpls():
            if caller.name in found:
                raise NotLoadable(_("The hook %(hook)s is implemented twice.", hook=caller.name))
            found[caller.name] = _implementation(name, caller.name, implementation)
    for attribute, value in vars(module).items():
        looks_like_one = attribute.startswith("loyalty_") and inspect.isfunction(value)
        if looks_like_one and manager.parse_hookimpl_opts(module, attribute) is None:
            raise NotLoadable(_("The function %(name)s is not marked with @hookimpl.", name=attribute))
    if not found:
        raise NotLoadable(_("The plugin implements no hook."))
    return tuple(found.values())


def _implementation(plugin: str, hook: str, found: pluggy.HookImpl) -> Implementation:
    if found.tryfirst or found.trylast or found.wrapper or found.hookwrapper:
        raise NotLoadable(_("The hook %(hook)s asks for an order: plugins are called by name.", hook=hook))
    function, arguments = found.function, tuple(found.argnames)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise NotLoadable(_("The hook %(hook)s is asynchronous.", hook=hook))
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        raise NotLoadable(_("The hook %(hook)s takes its arguments by position.", hook=hook)) from error
    return Implementation(plugin, hook, function, arguments)


def package_of(module: object) -> str:
    """Return the package that a plugin's files lie in; the module itself when it is a single file."""
    if not isinstance(module, ModuleType):
        return type(module).__module__
    return module.__package__ or module.__name__


def title_of(name: str, module: object, package: str) -> str:
    """Return the first line of the package's docstring, or of the module's, or the name."""
    folder = import_module(package) if _is_package(package) else None
    for holder in (folder, module):
        lines = (getattr(holder, "__doc__", None) or "").strip().splitlines()
        if lines:
            return lines[0].strip()
    return name


def migrations_of(package: str) -> Path | None:
    """Return the folder of a plugin's revisions, `migrations/versions` in its package, if it has one."""
    spec = find_spec(package) if _is_package(package) else None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "migrations" / "versions"
    return folder if folder.is_dir() else None


def import_tables(package: str) -> None:
    """Import the module `tables` of a plugin, where it has one, so that its tables are known."""
    if _is_package(package) and find_spec(f"{package}.tables") is not None:
        import_module(f"{package}.tables")


def _is_package(package: str) -> bool:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):  # a module that was never imported from a file
        return False
    return spec is not None and spec.submodule_search_locations is not None


def own_tables(name: str, package: str, before: Collection[str], names: Collection[str]) -> tuple[str, ...]:
    """Return the names of a plugin's tables, refusing any that is not its own or not tied to a network.

    They are those that classes of its package declare, and those that are new since `before` it was imported.
    `names` are all plugins': the longest one that a table's name begins with owns it.
    """
    tables = {table.name: table for table in _declared(package)}
    tables.update({name: table for name, table in Base.metadata.tables.items() if name not in before})
    for table in tables.values():
        if _owner(table.name, names) != name:
            raise NotLoadable(_("The table %(table)s does not begin with the plugin's name.", table=table.name))
        if [column.name for column in table.primary_key][:1] != ["network_id"]:
            raise NotLoadable(_("The primary key of %(table)s does not begin with network_id.", table=table.name))
        for constraint in table.foreign_key_constraints:
            _check_reference(name, table, constraint, names)
    return tuple(sorted(tables))


def _declared(package: str) -> Iterator[Table]:
    for mapper in Base.registry.mappers:
        module = mapper.class_.__module__
        if (module == package or module.startswith(f"{package}.")) and isinstance(mapper.local_table, Table):
            yield mapper.local_table


def _check_reference(name: str, table: Table, constraint: ForeignKeyConstraint, names: Collection[str]) -> None:
    targets = {element.target_fullname.partition(".")[0] for element in constraint.elements}
    tied = any(element.parent.name == "network_id" for element in constraint.elements)
    if not tied or not all(_owner(target, names) in (name, "core") for target in targets):
        raise NotLoadable(_("A foreign key of %(table)s leads out of the network or past the core.", table=table.name))


def _owner(table: str, names: Collection[str]) -> str:
    owners = [each for each in (*names, *RESERVED) if table.startswith(f"{each}_")]
    return max(owners, key=len, default="")
