"""The host's own tables: persons, items, users. What has happened and counts is the core's.

Foreign keys point to the core, never the other way (DATA, *Ownership*).
"""

from __future__ import annotations

import unicodedata
from datetime import date, datetime

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from loyalty_core.storage.base import Base, Code, Count, ExternalId, Id, Key, Minor, Name, Prose

LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONGEST_PATH = 200
"""The longest path of a category: as long as the core keeps on a line of a sale."""


IN_ORDER = str.maketrans({"ґ": "г\u04ff", "є": "е\u04ff", "і": "и\u04ff"})
"""Letters that Unicode has after `я` and the alphabet earlier: after all that begins with the letter before them."""


def folded(name: str) -> str:
    """Return a name as it is searched for and sorted by: no case, no accents, single blanks, the alphabet's order.

    `Йосиф` and `йосиф` are one; `Іван` comes before `Олена`.
    """
    parts = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(each for each in parts if not unicodedata.combining(each))
    return " ".join(plain.translate(IN_ORDER).split())[:LONGEST_NAME]


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
    """Something that is sold: its kind, its category, and its price where it has a fixed one.

    `minimum_price_minor` is of one unit, in the price's own basis: with its tax where `tax_included`, else without.
    `flag_reason` says why it may not be discounted, or not below that price.
    """

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
    search_name: Mapped[Name] = mapped_column(server_default=text("''"))
    category_id: Mapped[Id]
    kind: Mapped[Code]
    price_minor: Mapped[Minor | None]
    discountable: Mapped[bool] = mapped_column(Boolean, server_default=true())
    minimum_price_minor: Mapped[Minor] = mapped_column(server_default=text("0"))
    flag_reason: Mapped[Name] = mapped_column(server_default=text("''"))
    tax_rate_bp: Mapped[Count] = mapped_column(server_default=text("0"))
    tax_included: Mapped[bool] = mapped_column(Boolean, server_default=true())


class User(Base):
    """Somebody who signs in; `login` is one in the whole installation, as nobody names a network when signing in.

    `theme` is `light`, `dark` or `auto`. After too many wrong passwords nobody gets in before `locked_until`.
    """

    __tablename__ = "erp_user"
    __table_args__ = (UniqueConstraint("login"), {"sqlite_with_rowid": False})

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    login: Mapped[ExternalId]
    name: Mapped[Name]
    password_hash: Mapped[Name]
    locale: Mapped[Code]
    theme: Mapped[Code]
    shortcuts: Mapped[bool] = mapped_column(Boolean)
    active: Mapped[bool] = mapped_column(Boolean)
    failed_attempts: Mapped[Count]
    locked_until: Mapped[datetime | None]


class RoleAssignment(Base):
    """A role of a user, in one branch or, without one, in the whole network."""

    __tablename__ = "erp_role_assignment"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "user_id"], ["erp_user.network_id", "erp_user.id"]),
        ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        UniqueConstraint("network_id", "user_id", "role", "branch_id"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    user_id: Mapped[Id]
    role: Mapped[Code]
    branch_id: Mapped[Id | None]


class Draft(Base):
    """An invoice that is being made out; `number` is what it will be called by, `sale_id` what it became.

    `body` is JSON, see `erp.drafts`; `revision` grows with every change, `author` made the last one. `made_by` is the
    page that made it: the same page asking twice gets the same draft.
    """

    __tablename__ = "erp_draft"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        ForeignKeyConstraint(["network_id", "client_id"], ["core_client.network_id", "core_client.id"]),
        UniqueConstraint("network_id", "number"),
        UniqueConstraint("network_id", "made_by"),
        Index(None, "network_id", "branch_id", "updated_at"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key]
    id: Mapped[Key]
    number: Mapped[Count]
    branch_id: Mapped[Id]
    client_id: Mapped[Id | None]
    visit_id: Mapped[Id | None]
    body: Mapped[Prose]
    revision: Mapped[Count]
    author: Mapped[Name]
    made_by: Mapped[Code]
    made_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sale_id: Mapped[Id | None]


class ApiToken(Base):
    """A token by which a program calls the JSON API; the token itself is kept nowhere, only its SHA-256.

    `prefix` is its public part: what it is found and named by. `permissions` are words with a blank between;
    `discount_limit_bp` is the largest discount by hand. Without a branch it is good in the whole network.
    """

    __tablename__ = "erp_api_token"
    __table_args__ = (
        ForeignKeyConstraint(["network_id", "branch_id"], ["core_branch.network_id", "core_branch.id"]),
        UniqueConstraint("prefix"),
        {"sqlite_with_rowid": False},
    )

    network_id: Mapped[Key] = mapped_column(ForeignKey("core_network.id"))
    id: Mapped[Key]
    prefix: Mapped[Code]
    token_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[Name]
    branch_id: Mapped[Id | None]
    permissions: Mapped[Prose]
    discount_limit_bp: Mapped[Count]
    made_at: Mapped[datetime]
    made_by: Mapped[Name]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
