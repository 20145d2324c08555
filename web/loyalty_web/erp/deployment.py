"""What this installation is: where its database lies, which plugins it has, which network is meant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from sqlalchemy import URL, Engine, make_url, select

from loyalty_core.errors import LoyaltyError
from loyalty_core.i18n import Texts, locale_of
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import Clock, SystemClock
from loyalty_core.services.house import Loyalty
from loyalty_core.storage.engine import open_engine
from loyalty_core.storage.migrate import CORE, MigrationSource, State, state, upgrade
from loyalty_core.storage.tables import Network
from loyalty_web.erp.migrations import WEB

DATA_DIR = "LOYALTY_DATA_DIR"
DATABASE_URL = "LOYALTY_DATABASE_URL"
BLOCKED = "LOYALTY_BLOCKED_PLUGINS"
LOCALE = "LOYALTY_LOCALE"
SECRET_KEY = "LOYALTY_SECRET_KEY"
PUBLIC_URL = "LOYALTY_PUBLIC_URL"
QUEUE_URL = "LOYALTY_QUEUE_URL"
KNOWN = (DATA_DIR, DATABASE_URL, BLOCKED, LOCALE, SECRET_KEY, PUBLIC_URL, QUEUE_URL)
OF_TESTS = "LOYALTY_NO_SKIP"
DATABASE_FILE = "loyalty.sqlite"


@dataclass
class Deployment:
    """One installation, read from the environment; `wanted_network` is set when a command names one.

    `LOYALTY_DATA_DIR` is the folder of its files, `./loyalty-data` without it. `LOYALTY_DATABASE_URL` names another
    database than the SQLite file in there. `LOYALTY_BLOCKED_PLUGINS` lists plugins that are not loaded here.
    `LOYALTY_PUBLIC_URL` is the https address under which a proxy shows the pages, `LOYALTY_SECRET_KEY` signs sessions
    and quotes, `LOYALTY_QUEUE_URL` is a Redis for the worker's queue.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    wanted_network: int | None = None

    def __post_init__(self) -> None:
        for name in sorted(self.environment):
            if name.startswith("LOYALTY_") and name not in (*KNOWN, OF_TESTS):
                nearest = get_close_matches(name, KNOWN, 1, 0)[0]
                text = _("there is no setting %(name)s: did you mean %(nearest)s?", name=name, nearest=nearest)
                raise LoyaltyError(text)

    @property
    def folder(self) -> Path:
        """Return the folder of this installation's files."""
        return Path(self.environment.get(DATA_DIR) or "loyalty-data").absolute()

    @property
    def database_file(self) -> Path:
        """Return the SQLite file that is used unless another database is named."""
        return self.folder / DATABASE_FILE

    @property
    def names_database(self) -> bool:
        """Whether another database than the SQLite file is named."""
        return bool(self.environment.get(DATABASE_URL))

    @property
    def database_name(self) -> str:
        """Return what to call the database in a text: its file, or its address without the password."""
        url = self.environment.get(DATABASE_URL)
        return make_url(url).render_as_string(hide_password=True) if url else str(self.database_file)

    @cached_property
    def plugins(self) -> Plugins:
        """Load the plugins of this installation."""
        blocked = self.environment.get(BLOCKED, "").replace(",", " ").split()
        return Plugins.load(blocked=blocked)

    @cached_property
    def texts(self) -> Texts:
        """Return all texts of this installation, those of its plugins too."""
        return Texts({name: plugin.module for name, plugin in self.plugins.loaded.items()})

    def say(self, message: Message) -> str:
        """Return a message in the language of what is printed."""
        return self.texts.render(message, locale_of(locale_name(self.environment)))

    @cached_property
    def engine(self) -> Engine:
        """Return the engine of this installation's database. Raises `LoyaltyError` where there is no file of it."""
        url = self.environment.get(DATABASE_URL)
        if not url and not self.database_file.exists():
            text = _(
                "there is no database in %(folder)s: make one by `loyalty init`, or say by %(setting)s where it is",
                folder=str(self.folder),
                setting=DATA_DIR,
            )
            raise LoyaltyError(text)
        return open_engine(url or sqlite_url(self.database_file))

    def close(self) -> None:
        """Close the connections to the database, if there are any."""
        if "engine" in vars(self):
            self.engine.dispose()

    @property
    def sources(self) -> tuple[MigrationSource, ...]:
        """Return what has tables here: the core, the host, the plugins."""
        return (CORE, WEB, *self.plugins.migration_sources())

    def upgrade(self) -> list[str]:
        """Bring all tables up to date; return what was done. A SQLite file is made where there is none."""
        if not self.names_database:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.database_file.touch()
        with self.engine.connect():
            pass  # a database that cannot be reached is told as such, not as a migration that failed
        return upgrade(self.engine, self.sources)

    @cached_property
    def _loyalty(self) -> Loyalty:
        loyalty = Loyalty(self.engine, self.plugins, self.clock)
        if state(self.engine, WEB) is not State.CURRENT:
            raise LoyaltyError(_("the tables do not fit the program: see `loyalty db status`"))
        return loyalty

    def open(self) -> Loyalty:
        """Open the product on this installation's database."""
        return self._loyalty

    def networks(self) -> dict[int, str]:
        """Return the names of all networks by id, the oldest first."""
        statement = select(Network.id, Network.name).order_by(Network.id).execution_options(unscoped=True)
        with self.open().storage.reading() as connection:
            return {row.id: row.name for row in connection.execute(statement)}

    def chosen_networks(self) -> dict[int, str]:
        """Return the network that was named, or else all. Raises `LoyaltyError` where it, or any, is missing."""
        networks = self.networks()
        if not networks:
            raise LoyaltyError(_("there is no network yet: make one by `loyalty init`"))
        if self.wanted_network is None:
            return networks
        if self.wanted_network not in networks:
            text = _(
                "there is no network %(network)s; there are: %(networks)s",
                network=str(self.wanted_network),
                networks=_listed(networks),
            )
            raise LoyaltyError(text)
        return {self.wanted_network: networks[self.wanted_network]}

    @property
    def the_network(self) -> int:
        """Return the network a command is about: the one named, else the only one.

        Raises `LoyaltyError` where none was named of several.
        """
        chosen = self.chosen_networks()
        if len(chosen) > 1:
            text = _("say by --network which one is meant: %(networks)s", networks=_listed(chosen))
            raise LoyaltyError(text)
        return next(iter(chosen))


def locale_name(environment: Mapping[str, str]) -> str:
    """Return the language of what is printed: `LOYALTY_LOCALE`, else that of the system."""
    system = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return environment.get(LOCALE) or next((name for name in system if name), "en").partition(".")[0]


def sqlite_url(path: Path) -> URL:
    """Return the address of a SQLite file; signs in its path stand for themselves."""
    return URL.create("sqlite", database=str(path))


def _listed(networks: Mapping[int, str]) -> str:
    return ", ".join(f"{id_} ({name})" for id_, name in networks.items())
