"""The host's own tables: persons, and the items a business sells. What has happened and counts is the core's.

Foreign keys point to the core, never the other way (DATA, *Ownership*).
"""

from __future__ import annotations

import unicodedata
from datetime import date

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.storage.base import Base, Code, ExternalId, Id, Key, Minor, Name

LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONGEST_PATH = 200
"""The longest path of a category: as long as the core keeps on a line of a sale."""


def folded(name: str) -> str:
    """Return a name as it is searched for: no case, no accents, single blanks; `Йосиф` and `йосиф` are one."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(each for each in parts if not unicodedata.combining(each)).split())[:LONGEST_NAME]


class Person(Base):
    """What a business knows of a client as a person; one row per client of the core."""

    __tablename__ = "erp_person"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        Index(None, "network_id", "search_name"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    client_id: Mapped[Key]
    name: Mapped[Name]
    search_name: Mapped[Name]
    birthday: Mapped[date | None]
    locale: Mapped[Code | None]


class PersonPhone(Base):
    """A phone of a person, as digits; several persons may share one (SEMANTICS 1, *client*)."""

    __tablename__ = "erp_person_phone"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "client_id"], ["erp_person.network_id", "erp_person.client_id"]),
        Index(None, "network_id", "digits"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    client_id: Mapped[Key]
    digits: Mapped[Code] = mapped_column(primary_key=True)
    main: Mapped[bool] = mapped_column(Boolean)


class PersonEmail(Base):
    """An e-mail address of a person; several persons may share one."""

    __tablename__ = "erp_person_email"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "client_id"], ["erp_person.network_id", "erp_person.client_id"]),
        Index(None, "network_id", "address"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    client_id: Mapped[Key]
    address: Mapped[str] = mapped_column(String(LONGEST_EMAIL), primary_key=True)
    main: Mapped[bool] = mapped_column(Boolean)


class ItemCategory(Base):
    """A category of items; `path` is the names from the root down, `Hair / Colouring`, and says which one it is."""

    __tablename__ = "erp_item_category"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "parent_id"], ["erp_item_category.network_id", "erp_item_category.id"]),
        UniqueConstraint("network_id", "path"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    parent_id: Mapped[Id | None]
    name: Mapped[Name]
    path: Mapped[str] = mapped_column(String(LONGEST_PATH))


class Item(Base):
    """Something that is sold: its kind, its category, and its price where it has a fixed one."""

    __tablename__ = "erp_item"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "category_id"], ["erp_item_category.network_id", "erp_item_category.id"]),
        UniqueConstraint("network_id", "external_id"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    external_id: Mapped[ExternalId]
    name: Mapped[Name]
    category_id: Mapped[Id]
    kind: Mapped[Code]
    price_minor: Mapped[Minor | None]
