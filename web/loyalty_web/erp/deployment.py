"""What this installation is: where its database lies, which plugins it has, which network is meant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine, select

from loyalty_core.errors import LoyaltyError
from loyalty_core.i18n import Texts, locale_of
from loyalty_core.messages import Message
from loyalty_core.plugging.loading import Plugins
from loyalty_core.ports import Clock, SystemClock
from loyalty_core.services.house import Loyalty
from loyalty_core.storage.engine import open_engine
from loyalty_core.storage.migrate import CORE, MigrationSource, upgrade
from loyalty_core.storage.tables import Network
from loyalty_web.erp.migrations import WEB

DATA_DIR = "LOYALTY_DATA_DIR"
DATABASE_URL = "LOYALTY_DATABASE_URL"
BLOCKED = "LOYALTY_BLOCKED_PLUGINS"
LOCALE = "LOYALTY_LOCALE"
KNOWN = frozenset({DATA_DIR, DATABASE_URL, BLOCKED, LOCALE, "LOYALTY_NO_SKIP"})
DATABASE_FILE = "loyalty.sqlite"


@dataclass
class Deployment:
    """One installation, read from the environment; `network_id` is set when a command names a network.

    `LOYALTY_DATA_DIR` is the folder of its files, `./loyalty-data` without it. `LOYALTY_DATABASE_URL` names another
    database than the SQLite file in there. `LOYALTY_BLOCKED_PLUGINS` lists plugins that are not loaded here.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    wanted_network: int | None = None

    def __post_init__(self) -> None:
        unknown = {name for name in self.environment if name.startswith("LOYALTY_")} - KNOWN
        if unknown:
            raise LoyaltyError(f"unknown settings in the environment: {', '.join(sorted(unknown))}")

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
    def locale_name(self) -> str:
        """Return the language of what is printed: `LOYALTY_LOCALE`, else that of the system."""
        system = (self.environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
        return self.environment.get(LOCALE) or next((name for name in system if name), "en").partition(".")[0]

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
        return self.texts.render(message, locale_of(self.locale_name))

    @cached_property
    def engine(self) -> Engine:
        """Return the engine of this installation's database, whose folder is made if need be."""
        url = self.environment.get(DATABASE_URL)
        if not url:
            self.folder.mkdir(parents=True, exist_ok=True)
            url = f"sqlite:///{self.database_file}"
        return open_engine(url)

    @property
    def sources(self) -> tuple[MigrationSource, ...]:
        """Return what has tables here: the core, the host, the plugins."""
        return (CORE, WEB, *self.plugins.migration_sources())

    def upgrade(self) -> list[str]:
        """Bring all tables up to date; return what was done."""
        return upgrade(self.engine, self.sources)

    @cached_property
    def _loyalty(self) -> Loyalty:
        return Loyalty(self.engine, self.plugins, self.clock)

    def open(self) -> Loyalty:
        """Open the product on this installation's database."""
        return self._loyalty

    @property
    def network_id(self) -> int | None:
        """Return the network a command is about: the one named, else the only one; None where there are several."""
        if self.wanted_network is not None:
            return self.wanted_network
        with self.open().storage.reading() as connection:
            found = connection.execute(select(Network.id).execution_options(unscoped=True)).scalars().all()
        if not found:
            raise LoyaltyError("there is no network yet: make one by `loyalty init`")
        return found[0] if len(found) == 1 else None

    @property
    def the_network(self) -> int:
        """Return the network a command is about. Raises `LoyaltyError` where none was named of several."""
        network_id = self.network_id
        if network_id is None:
            raise LoyaltyError("there is more than one network here: say which by --network")
        return network_id
