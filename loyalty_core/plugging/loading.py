"""Loading plugins, and what is known of those that are loaded (ARCHITECTURE, *A plugin's life*)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
from loyalty_core.plugging.calling import BUDGETS
from loyalty_core.plugging.containing import CONTAINED, raised_problem, said
from loyalty_core.plugging.dispatch import Dispatcher, Implementation, Outcome, Schemas
from loyalty_core.plugging.finding import Candidate, NotLoadable, candidates
from loyalty_core.plugging.forms import form_to_keep, read_form
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

    `hooks` are the names of those it implements; `settings`, `part` and `offer_form` are the schemas of what people
    type for it; `migrations` is the folder of its migrations.
    """

    name: str
    title: Message
    version: str
    distribution: str
    package: str
    module: object
    hooks: tuple[str, ...]
    kinds: tuple[ProgrammeKind, ...]
    settings: type[Schema] | None
    part: type[Schema] | None
    offer_form: type[Schema] | None
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
    kinds of programme by code; `settings`, `parts` and `offer_forms` are the schemas of what people type, by plugin.
    `dispatcher` calls their hooks.
    """

    def __init__(
        self,
        loaded: Mapping[str, LoadedPlugin],
        broken: Mapping[str, Message],
        blocked: Collection[str],
        implementations: Iterable[Implementation],
        budgets: Mapping[str, float] = BUDGETS,
    ) -> None:
        self.loaded = MappingProxyType(dict(sorted(loaded.items())))
        self.broken = MappingProxyType(dict(sorted(broken.items())))
        self.blocked = tuple(sorted(blocked))
        self.kinds = MappingProxyType(
            {kind.code: OwnedKind(plugin.name, kind) for plugin in self.loaded.values() for kind in plugin.kinds}
        )
        every = self.loaded.values()
        self.settings = MappingProxyType({each.name: each.settings for each in every if each.settings is not None})
        self.parts = MappingProxyType({each.name: each.part for each in every if each.part is not None})
        self.offer_forms = MappingProxyType(
            {each.name: each.offer_form for each in every if each.offer_form is not None}
        )
        self.tables = MappingProxyType({plugin.name: plugin.tables for plugin in self.loaded.values()})
        packages = {plugin.name: plugin.package for plugin in self.loaded.values()}
        schemas = Schemas(self.settings, self.parts)
        self.dispatcher = Dispatcher.of(implementations, schemas, packages, budgets=budgets)

    @classmethod
    def load(
        cls,
        entry_points: Iterable[EntryPoint] | None = None,
        extra: Mapping[str, object] | None = None,
        blocked: Collection[str] = (),
        budgets: Mapping[str, float] = BUDGETS,
    ) -> Plugins:
        """Load every plugin that is installed, or those of `entry_points`, and the modules in `extra` by name.

        A plugin that does not hold is not loaded, loudly: its reason is logged and shown in `broken`; all others
        load. The result does not depend on the order in which plugins are found. `budgets` are the seconds that a call
        may take, by the first word of its hook.
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
        return cls(loaded, broken, set(blocked) & found.keys(), implementations, budgets)

    def migration_sources(self) -> tuple[MigrationSource, ...]:
        """Return where the migrations of loaded plugins lie, by plugin name; the core's own come before them."""
        return tuple(
            MigrationSource(plugin.name, plugin.migrations, f"{plugin.name}_")
            for plugin in self.loaded.values()
            if plugin.migrations is not None
        )

    def usable(
        self, active: Collection[str], behind: Collection[str] = (), suspended: Collection[str] = ()
    ) -> frozenset[str]:
        """Return the plugins that may be called where `active` are active.

        Those `behind` wait for a migration, those `suspended` for a person: they offended (RELIABILITY, *Failing
        plugins*).
        """
        wanted = [name for name in active if name not in suspended]
        return frozenset(name for name in wanted if self.life(name, active, behind) is Life.ACTIVE)

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
                stored[name] = _contained(name, form_to_keep, schema, part)
            except Refused as refused:
                problems.extend(problem.under(name) for problem in refused.problems)
        if problems:
            raise Refused(problems)
        return stored

    def check_settings(self, name: str, given: object) -> dict[str, object]:
        """Return settings of a plugin as they are stored: validated, with defaults, plain JSON.

        Raises `Refused` with every problem found. Codes: `no_settings` for a plugin that has none, `plugin_failed`,
        and those of its schema.
        """
        return _contained(name, form_to_keep, self._settings_of(name), given)

    def read_settings(self, name: str, stored: object) -> Mapping[str, object]:
        """Return stored settings as the plugin gets them: read by its schema, with defaults, frozen.

        Raises as `check_settings`: a later version of the plugin may not accept what an earlier one stored.
        """
        return _contained(name, read_form, self._settings_of(name), stored)

    def check_offer(self, name: str, form: object) -> dict[str, object]:
        """Return an offer that staff typed in a plugin's own form as it is stored: validated, plain JSON.

        Raises `Refused` with every problem found. Codes: `no_offer_form` for a plugin that has none, `plugin_failed`,
        and those of its schema.
        """
        return _contained(name, form_to_keep, self._offer_form_of(name), form)

    def read_offer(self, name: str, stored: object) -> Mapping[str, object]:
        """Return a stored offer as the plugin gets it: read by its schema, frozen; raises as `check_offer`."""
        return _contained(name, read_form, self._offer_form_of(name), stored)

    def _settings_of(self, name: str) -> type[Schema]:
        if name not in self.settings:
            raise Refused(Problem("no_settings", _("No plugin “%(plugin)s” has settings.", plugin=name)))
        return self.settings[name]

    def _offer_form_of(self, name: str) -> type[Schema]:
        if name not in self.offer_forms:
            raise Refused(Problem("no_offer_form", _("No plugin “%(plugin)s” has offers to fill in.", plugin=name)))
        return self.offer_forms[name]


def _contained(name: str, read: Callable[[type[Schema], object, str], T], schema: type[Schema], given: object) -> T:
    """Read a form by a plugin's schema; whatever else the schema raises is a refusal that says so."""
    try:
        return read(schema, given, name)
    except Refused:
        raise
    except CONTAINED as error:
        log.error("the schema of plugin %s failed: %s", name, said(error), exc_info=error)
        raise Refused(raised_problem(name, "schema")) from error


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
    alone = Dispatcher.of(implementations, packages={name: package})
    kinds = _registered(alone.register_programme_kinds()) or ()
    for other in earlier.values():
        _refuse_collision(other, name, kinds, tables)
    settings = _with_defaults(_registered(alone.register_settings()), name)
    part = _with_defaults(_registered(alone.register_programme_part()), name)
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
        settings=settings,
        part=part,
        offer_form=_registered(alone.register_offer_form()),
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


def _with_defaults(schema: type[Schema] | None, plugin: str) -> type[Schema] | None:
    """Refuse a schema of settings or of a part of a programme that needs something typed: there may be nothing yet."""
    if schema is not None:
        try:
            form_to_keep(schema, {}, plugin)
        except Refused as refused:
            text = _("Its settings or its part of a programme have no defaults: %(error)s", error=said(refused))
            raise NotLoadable(text) from refused
    return schema


def _registered(outcomes: Sequence[Outcome[T]]) -> T | None:
    """Return what the one plugin that was asked handed over; nothing where it does not implement the hook."""
    for outcome in outcomes:
        if outcome.failure is not None:
            raise NotLoadable(outcome.failure.problems[0].message)
        return outcome.answer
    return None


def _reason(error: BaseException) -> Message:
    return error.reason if isinstance(error, NotLoadable) else _("It cannot be loaded: %(error)s", error=said(error))
