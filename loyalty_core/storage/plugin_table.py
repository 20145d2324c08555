"""The base of plugins' own tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.errors import LoyaltyError
from loyalty_core.storage.base import Base, Key


class Table(Base):
    """A table of a plugin, declared as `class Note(Table, plugin="birthday")`.

    `__tablename__` begins with the plugin's name and `_`, so that tables never collide and it is clear whose they
    are. Every row belongs to a network: `network_id` is the first column of the primary key and of every foreign key
    (DATA, *Keys and ids*), and stands there without being declared. Rows hang on the core by its ids.
    Raises `LoyaltyError` for a name without the prefix.
    """

    __abstract__ = True

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"), sort_order=-1)

    def __init_subclass__(cls, *, plugin: str, **settings: Any) -> None:
        name = cls.__dict__.get("__tablename__")
        if not isinstance(name, str) or not name.startswith(f"{plugin}_"):
            raise LoyaltyError(f"a table of the plugin {plugin} is called {plugin}_…, not {name}")
        arguments = cls.__dict__.get("__table_args__", ())
        constraints, options = (arguments, {}) if isinstance(arguments, tuple) else ((), arguments)
        if constraints and isinstance(constraints[-1], dict):
            constraints, options = constraints[:-1], constraints[-1]
        cls.__table_args__ = (*constraints, {"sqlite_with_rowid": False, **options})
        super().__init_subclass__(**settings)
