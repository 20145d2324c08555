"""The `loyalty import` command."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import click

from loyalty_core.errors import Refused
from loyalty_core.i18n import Texts, locale_of
from loyalty_core.services.house import Loyalty
from loyalty_web.erp.importing.mapping import FileMapping, read_mapping
from loyalty_web.erp.importing.reading import MAX_BYTES, MAX_ROWS, Limits
from loyalty_web.erp.importing.report import Render, place_and_reason, summary, write_report
from loyalty_web.erp.importing.run import KINDS, Progress, Request, Result, import_file

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN = 20
"""How many bad rows are printed when all of them are in a report file."""


class Host(Protocol):
    """What the `loyalty` command gives to its subcommands."""

    network_id: int | None

    def open(self) -> Loyalty:
        """Open the database."""
        ...


def _encoding(context: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse what is no encoding of text."""
    try:
        "".encode(value)
    except LookupError:
        raise click.BadParameter(f"{value} is not a text encoding such as utf-8 or windows-1251") from None
    return codecs.lookup(value).name


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=EXISTING)
@click.option("--mapping", type=EXISTING, help="A TOML file that says which columns of the file are which of ours.")
@click.option("--dry-run", is_flag=True, help="Do everything, then write nothing.")
@click.option("--network", type=int, help="The network's id; not needed where there is one only.")
@click.option("--source", default="import", show_default=True, help="The system whose ids the file uses.")
@click.option("--encoding", default="utf-8", show_default=True, callback=_encoding, help="How the file is encoded.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the bad rows to this CSV file.")
@click.option("--locale", default="en", show_default=True, help="The language of the reasons.")
@click.option("--max-rows", type=click.IntRange(1), default=MAX_ROWS, show_default=True)
@click.option("--max-bytes", type=click.IntRange(1), default=MAX_BYTES, show_default=True)
@click.pass_obj
def import_command(
    host: Host,
    /,
    kind: str,
    file: Path,
    mapping: Path | None,
    network: int | None,
    locale: str,
    **options: Any,
) -> None:
    """Import branches, items, clients, visits, invoices, payments or openings from a CSV FILE.

    All of the file or nothing: every bad row is reported with its line, column and reason. The same file again
    changes nothing.
    """
    render: Render = partial(Texts().render, locale=locale_of(locale))
    request = Request(
        kind,
        file,
        _mapping(mapping, render),
        options["source"],
        options["encoding"],
        Limits(options["max_rows"], options["max_bytes"]),
        options["dry_run"],
    )
    network_id = network if network is not None else host.network_id
    if network_id is None:
        raise click.UsageError("there is more than one network: say which by --network")
    with _bar(kind) as progress:
        result = import_file(host.open(), network_id, request, progress)
    _tell(result, request, options["report"], render)


def _mapping(path: Path | None, render: Render) -> FileMapping:
    if path is None:
        return FileMapping()
    try:
        return read_mapping(path)
    except Refused as refused:
        lines = [f"{path}: {'.'.join(map(str, each.path))}: {render(each.message)}" for each in refused.problems]
        raise click.ClickException("\n".join(lines)) from None


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    """Show on standard error how far an import is; nothing where nobody looks."""
    with click.progressbar(length=0, label=label, file=sys.stderr) as bar:

        def progress(more: int, total: int) -> None:
            bar.length = total
            bar.update(more)

        yield progress


def _tell(result: Result, request: Request, report: Path | None, render: Render) -> None:
    if report is not None:
        write_report(report, result.problems, render)
    shown = result.problems if report is None else result.problems[:SHOWN]
    for problem in shown:
        click.echo(render(place_and_reason(problem)))
    if len(shown) < len(result.problems):
        click.echo(f"… {report}")
    for message in summary(result, request.kind, dry_run=request.dry_run):
        click.echo(render(message))
    if result.problems:
        sys.exit(1)
