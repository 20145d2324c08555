"""The declarative base of every table, and the column types they share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Date,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    bindparam,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.orm import registry as Registry
from sqlalchemy.types import TypeDecorator

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An instant, kept in UTC; naive values are refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must be timezone-aware")
        return value if value.tzinfo is UTC else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Mark what the database returns as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = Annotated[int, mapped_column(BigInteger)]
Key = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
Minor = Annotated[int, mapped_column(BigInteger)]
Count = Annotated[int, mapped_column(Integer)]
Small = Annotated[int, mapped_column(SmallInteger)]
Code = Annotated[str, mapped_column(String(40))]
Name = Annotated[str, mapped_column(String(200))]
ExternalId = Annotated[str, mapped_column(String(100))]
Prose = Annotated[str, mapped_column(Text)]


THIS_NETWORK: BindParameter[int] = bindparam("network", type_=BigInteger)
"""The parameter that every statement ties its tables to (`table.network_id == THIS_NETWORK`).

It is not called `network_id` because SQLAlchemy keeps the names of columns for the SET clause of an UPDATE.
"""


class Base(DeclarativeBase):
    """The base of the core's, the host's and every plugin's tables."""

    # A registry of its own, not two attributes: Flask-SQLAlchemy derives a base from this one, and may not repeat them.
    registry = Registry(
        metadata=MetaData(naming_convention=CONVENTION), type_annotation_map={datetime: Instant, date: Date}
    )
