"""The `loyalty import` command."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from loyalty_core.errors import Refused
from loyalty_web.erp.commands.work import FOR_NETWORK, reading
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.importing.mapping import FileMapping, read_mapping
from loyalty_web.erp.importing.reading import MAX_BYTES, MAX_ROWS, Limits
from loyalty_web.erp.importing.report import Render, place_and_reason, summary, write_report
from loyalty_web.erp.importing.run import KINDS, Progress, Request, Result, import_file

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
WRITTEN = click.Path(dir_okay=False, path_type=Path)
SHOWN = 20
"""How many bad rows are printed when all of them are in a report file."""


def _encoding(context: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse what is no encoding of text."""
    try:
        "".encode(value)
    except LookupError:
        raise click.BadParameter(f"{value} is not a text encoding such as utf-8 or windows-1251") from None
    return codecs.lookup(value).name


def _twice_readable(context: click.Context, option: click.Parameter, value: Path) -> Path:
    """Refuse what can be read only once: an import looks at its file before it reads it."""
    if not value.is_file():
        raise click.BadParameter(f"{value} is no file but a pipe or a device: write it to a file first")
    return value


def _writable(context: click.Context, option: click.Parameter, value: Path | None) -> Path | None:
    """Refuse a report that could not be written or would overwrite what is read, before anything is imported."""
    if value is None:
        return None
    if any(value.exists() and value.samefile(read) for read in _files_read(context)):
        raise click.BadParameter(f"{value} is the file that is imported: name another one")
    try:
        value.open("a").close()
    except OSError as error:
        raise click.BadParameter(f"{value}: {error.strerror}") from None
    return value


def _files_read(context: click.Context) -> list[Path]:
    return [path for path in (context.params.get("file"), context.params.get("mapping")) if path is not None]


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
@click.argument("file", type=EXISTING, callback=_twice_readable, is_eager=True)
@click.option(
    "--mapping",
    type=EXISTING,
    is_eager=True,
    help="A TOML file that says which columns of the file are which of ours.",
)
@click.option("--dry-run", is_flag=True, help="Do everything, report, and take everything back.")
@FOR_NETWORK
@click.option("--source", default="import", show_default=True, help="The system whose ids the file uses.")
@click.option("--encoding", default="utf-8", show_default=True, callback=_encoding, help="How the file is encoded.")
@click.option("--report", type=WRITTEN, callback=_writable, help="Write the bad rows to this CSV file.")
@click.option("--max-rows", type=click.IntRange(1), default=MAX_ROWS, show_default=True, help="Refuse more rows.")
@click.option("--max-bytes", type=click.IntRange(1), default=MAX_BYTES, show_default=True, help="Refuse more bytes.")
@click.pass_obj
def import_command(
    deployment: Deployment,
    /,
    kind: str,
    file: Path,
    mapping: Path | None,
    **options: Any,
) -> None:
    """Import what a business has from a CSV FILE.

    KIND is branches, items, clients, visits, invoices, payments or openings: they build on each other in this order.
    All of the file or nothing: every bad row is reported with its line, column and reason. The same file again
    changes nothing. Columns and mappings are described in docs/import.md.
    """
    render: Render = deployment.say
    request = Request(
        kind,
        file,
        _mapping(mapping, render),
        options["source"],
        options["encoding"],
        Limits(options["max_rows"], options["max_bytes"]),
        options["dry_run"],
    )
    loyalty, network_id = deployment.open(), deployment.the_network
    with _bar(kind) as progress:
        result = import_file(loyalty, network_id, request, progress)
    with reading(deployment):
        pass  # it tells of plugins that are silent: what they give has not followed the file
    _tell(result, request, options["report"], render)


def _mapping(path: Path | None, render: Render) -> FileMapping:
    if path is None:
        return FileMapping()
    try:
        return read_mapping(path)
    except Refused as refused:
        lines = [": ".join((str(path), *map(str, each.path), render(each.message))) for each in refused.problems]
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
    shown = result.problems if report is None else result.problems[:SHOWN]
    for problem in shown:
        click.echo(render(place_and_reason(problem)))
    if len(shown) < len(result.problems):
        click.echo(f"… {report}")
    for message in summary(result, request.kind, dry_run=request.dry_run):
        click.echo(render(message))
    if report is not None:
        write_report(report, result.problems, render)
    if result.problems:
        sys.exit(1)
