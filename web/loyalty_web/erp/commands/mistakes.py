"""Mistakes in words: what a person is told instead of a traceback."""

from __future__ import annotations

import errno
import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError

from loyalty_core.errors import LoyaltyError, Refused
from loyalty_core.i18n import Texts, locale_of
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_web.erp.deployment import Deployment, locale_name

OUTSIDE = (LoyaltyError, DBAPIError, OSError)
"""What may go wrong outside the program: the installation, the database, the disk."""

_FORBIDDEN = ("42501", "25006")
"""States in which PostgreSQL refuses a user or only reads, which the driver takes for mistakes of a program."""


def tell_refusal(context: click.Context, refused: Refused) -> None:
    """Print every problem of a refusal with its place, counted from 1."""
    for problem in refused.problems:
        place = ".".join(str(step + 1 if isinstance(step, int) else step) for step in problem.path)
        click.echo(f"{place}: " * bool(place) + say(context, problem.message), err=True)


def tell(context: click.Context, error: Exception) -> bool:
    """Print what went wrong outside the program, and return whether it was that."""
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        return False  # whoever read our output has gone: click ends quietly
    reason = _reason(context, error)
    if reason is None:
        return False
    if context.params.get("verbose"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    click.echo(f"loyalty: {reason}", err=True)
    return True


def say(context: click.Context, message: Message) -> str:
    """Return a message in the reader's language, also where there is no deployment because it is what is wrong."""
    deployment = context.find_object(Deployment)
    if deployment is not None:
        return deployment.say(message)
    return Texts().render(message, locale_of(locale_name(os.environ)))


def _reason(context: click.Context, error: Exception) -> str | None:
    match error:
        case LoyaltyError(args=(Message() as message,)):
            return say(context, message)
        case DBAPIError():
            told = _of_database(context, error)
            return None if told is None else say(context, told)
        case OSError(strerror=str(strerror)) if error.filename:
            return f"{error.filename}: {strerror}"
    return str(error)


def _of_database(context: click.Context, error: DBAPIError) -> Message | None:
    """Return what keeps a database from being used; nothing where a statement of ours was wrong."""
    unusable = isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError
    if not unusable and getattr(error.orig, "sqlstate", None) not in _FORBIDDEN:
        return None
    deployment = context.find_object(Deployment)
    database = deployment.database_name if deployment is not None else ""
    if "database is locked" in str(error.orig):
        return _("the database %(database)s is busy: try again when whoever writes has ended", database=database)
    reason = " ".join(str(error.orig).split())
    return _("the database %(database)s cannot be used: %(reason)s", database=database, reason=reason)


class _Told(logging.Handler):
    """Prints warnings on standard error, a line each; with `verbose` where they come from, too."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__(logging.WARNING)
        self._verbose = verbose

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        click.echo(f"loyalty: {record.getMessage()}", err=True)
        if self._verbose and record.exc_info:
            click.echo("".join(traceback.format_exception(*record.exc_info)), err=True)


@contextmanager
def warnings_told(*, verbose: bool) -> Iterator[None]:
    """Tell a person of warnings while a command runs: of a plugin that cannot be loaded or fails."""
    handler = _Told(verbose=verbose)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
