"""Loading plugins, and what is known of those that are loaded (ARCHITECTURE, *A plugin's life*)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from marshmallow import Schema

from loyalty_core.decisions.contributions import ProgrammeKind
from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging import vetting
from loyalty_core.plugging.containing import CONTAINED, raised_problem, said
from loyalty_core.plugging.dispatch import Dispatcher, Implementation, Outcome
from loyalty_core.plugging.finding import Candidate, NotLoadable, candidates
from loyalty_core.plugging.parts import part_to_keep
from loyalty_core.storage.base import Base
from loyalty_core.storage.migrate import MigrationSource

log = logging.getLogger(__name__)

T = TypeVar("T")


class Life(StrEnum):
    """How far a plugin has come in one network; each stage includes those before it."""

    INSTALLED = "installed"
    LOADED = "loaded"
    MIGRATED = "migrated"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that is in use in this process, with all that it adds.

    `hooks` are the names of those it implements; `part` is the schema of its part of a programme; `migrations` is the
    folder of its migrations.
    """

    name: str
    title: Message
    version: str
    distribution: str
    package: str
    module: object
    hooks: tuple[str, ...]
    kinds: tuple[ProgrammeKind, ...]
    part: type[Schema] | None
    tables: tuple[str, ...]
    migrations: Path | None


@dataclass(frozen=True, slots=True)
class OwnedKind:
    """A kind of programme and the plugin that provides it."""

    plugin: str
    kind: ProgrammeKind


class Plugins:
    """All plugins of this process: those that are loaded, and why the others are not.

    `loaded` and `broken` are by name, sorted; `blocked` are names that the deployment does not want. `kinds` are the
    kinds of programme by code, `parts` the schemas of programme parts by plugin. `dispatcher` calls their hooks.
    """

    def __init__(
        self,
        loaded: Mapping[str, LoadedPlugin],
        broken: Mapping[str, Message],
        blocked: Collection[str],
        implementations: Iterable[Implementation],
    ) -> None:
        self.loaded = MappingProxyType(dict(sorted(loaded.items())))
        self.broken = MappingProxyType(dict(sorted(broken.items())))
        self.blocked = tuple(sorted(blocked))
        self.kinds = MappingProxyType(
            {kind.code: OwnedKind(plugin.name, kind) for plugin in self.loaded.values() for kind in plugin.kinds}
        )
        self.parts = MappingProxyType(
            {plugin.name: plugin.part for plugin in self.loaded.values() if plugin.part is not None}
        )
        self.tables = MappingProxyType({plugin.name: plugin.tables for plugin in self.loaded.values()})
        packages = {plugin.name: plugin.package for plugin in self.loaded.values()}
        self.dispatcher = Dispatcher.of(implementations, self.parts, packages)

    @classmethod
    def load(
        cls,
        entry_points: Iterable[EntryPoint] | None = None,
        extra: Mapping[str, object] | None = None,
        blocked: Collection[str] = (),
    ) -> Plugins:
        """Load every plugin that is installed, or those of `entry_points`, and the modules in `extra` by name.

        A plugin that does not hold is not loaded, loudly: its reason is logged and shown in `broken`; all others
        load. The result does not depend on the order in which plugins are found.
        """
        found = candidates(entry_points, extra or {})
        loaded: dict[str, LoadedPlugin] = {}
        broken: dict[str, Message] = {}
        implementations: list[Implementation] = []
        for name, candidate in found.items():
            if name in blocked:
                continue
            try:
                loaded[name], its_own = _load(candidate, found, loaded)
            except CONTAINED as error:
                broken[name] = _reason(error)
                log.error("plugin %s is not loaded: %s", name, said(error), exc_info=error, extra={"plugin": name})
                continue
            implementations += its_own
        return cls(loaded, broken, set(blocked) & found.keys(), implementations)

    def migration_sources(self) -> tuple[MigrationSource, ...]:
        """Return where the migrations of loaded plugins lie, by plugin name; the core's own come before them."""
        return tuple(
            MigrationSource(plugin.name, plugin.migrations, f"{plugin.name}_")
            for plugin in self.loaded.values()
            if plugin.migrations is not None
        )

    def usable(self, active: Collection[str], behind: Collection[str] = ()) -> frozenset[str]:
        """Return the plugins that may be called where `active` are active; those `behind` wait for a migration."""
        return frozenset(name for name in active if self.life(name, active, behind) is Life.ACTIVE)

    def life(self, name: str, active: Collection[str], behind: Collection[str] = ()) -> Life | None:
        """Return how far a plugin has come in a network; nothing for one that is not installed."""
        if name in self.loaded:
            if name in behind:
                return Life.LOADED
            return Life.ACTIVE if name in active else Life.MIGRATED
        return Life.INSTALLED if name in self.broken or name in self.blocked else None

    def check_parts(self, given: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """Return the parts of a programme, by plugin name, as they are stored: validated, with defaults, plain JSON.

        Raises `Refused` with every problem found, each path beginning with the plugin's name. Codes: `unknown_part`,
        `plugin_failed`, `plugin_answer`, and those of the schemas.
        """
        problems: list[Problem] = []
        stored: dict[str, dict[str, object]] = {}
        for name, part in sorted(given.items()):
            schema = self.parts.get(name)
            if schema is None:
                text = _("No plugin “%(plugin)s” has a part in programmes.", plugin=name)
                problems.append(Problem("unknown_part", text, (name,)))
                continue
            try:
                stored[name] = part_to_keep(schema, part, name)
            except Refused as refused:
                problems.extend(problem.under(name) for problem in refused.problems)
            except CONTAINED as error:
                log.error("the schema of plugin %s failed: %s", name, said(error), exc_info=error)
                problems.append(raised_problem(name, "schema").under(name))
        if problems:
            raise Refused(problems)
        return stored


def _load(
    candidate: Candidate, names: Collection[str], earlier: Mapping[str, LoadedPlugin]
) -> tuple[LoadedPlugin, tuple[Implementation, ...]]:
    """Import and vet one plugin; `names` are all that were found, `earlier` those loaded before it."""
    name = candidate.name
    vetting.check_name(name)
    before = frozenset(Base.metadata.tables)
    module = candidate.fetch()
    package = vetting.package_of(module)
    implementations = vetting.implementations(name, module)
    vetting.import_tables(package)
    tables = vetting.own_tables(name, package, before, names)
    alone = Dispatcher.of(implementations, {}, {name: package})
    kinds = _registered(alone.register_programme_kinds()) or ()
    for other in earlier.values():
        _refuse_collision(other, name, kinds, tables)
    part = _registered(alone.register_programme_part())
    if part is not None:
        _try_out(part, name)
    title = vetting.title_of(name, module, package)
    loaded = LoadedPlugin(
        name=name,
        title=Message(title.replace("%", "%%"), domain=name),
        version=candidate.version,
        distribution=candidate.distribution,
        package=package,
        module=module,
        hooks=tuple(sorted(each.hook for each in implementations)),
        kinds=kinds,
        part=part,
        tables=tables,
        migrations=vetting.migrations_of(package),
    )
    return loaded, implementations


def _refuse_collision(
    other: LoadedPlugin, name: str, kinds: Collection[ProgrammeKind], tables: Collection[str]
) -> None:
    """Refuse a plugin that takes a kind of an earlier one, or whose tables look like those of an earlier one."""
    for code in sorted({kind.code for kind in kinds} & {kind.code for kind in other.kinds}):
        text = _("The plugin “%(plugin)s” already provides the kind “%(kind)s”.", plugin=other.name, kind=code)
        raise NotLoadable(text)
    if tables and other.tables and name.startswith(f"{other.name}_"):
        raise NotLoadable(_("Its tables would look like those of the plugin “%(plugin)s”.", plugin=other.name))


def _try_out(part: type[Schema], plugin: str) -> None:
    """Refuse a schema without defaults: a programme may be saved without the part."""
    try:
        part_to_keep(part, {}, plugin)
    except Refused as refused:
        text = _("Its part of a programme has no defaults: %(error)s", error=said(refused))
        raise NotLoadable(text) from refused


def _registered(outcomes: Sequence[Outcome[T]]) -> T | None:
    """Return what the one plugin that was asked handed over; nothing where it does not implement the hook."""
    for outcome in outcomes:
        if outcome.failure is not None:
            raise NotLoadable(outcome.failure.problems[0].message)
        return outcome.answer
    return None


def _reason(error: BaseException) -> Message:
    return error.reason if isinstance(error, NotLoadable) else _("It cannot be loaded: %(error)s", error=said(error))
