"""Date arithmetic that SQLite, which keeps days as ISO text, and PostgreSQL both understand."""

from __future__ import annotations

from datetime import date
from functools import reduce
from typing import Any

from sqlalchemy import Date, case, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Day = ColumnElement[date] | ColumnElement[date | None]


class _DaysAdded(FunctionElement[date]):
    """`day + days`; absent stays absent."""

    name = "days_added"
    type = Date()
    inherit_cache = True


@compiles(_DaysAdded)
def _days_added(element: _DaysAdded, compiler: SQLCompiler, **kw: Any) -> str:
    day, days = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({day} + {days})"


@compiles(_DaysAdded, "sqlite")
def _days_added_on_sqlite(element: _DaysAdded, compiler: SQLCompiler, **kw: Any) -> str:
    day, days = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"date({day}, {days} || ' days')"


def add_days(day: Day, days: int) -> ColumnElement[date]:
    """Return the day `days` calendar days after `day`, or before it where negative."""
    return _DaysAdded(day, literal(days))


def earliest(*days: Day) -> Day:
    """Return the earliest of some days; absent ones do not count."""
    return reduce(lambda one, other: case((or_(one <= other, other.is_(None)), one), else_=other), days)


def latest(*days: Day) -> Day:
    """Return the latest of some days; absent ones do not count."""
    return reduce(lambda one, other: case((or_(one >= other, other.is_(None)), one), else_=other), days)
