"""The `loyalty` command."""

from __future__ import annotations

import sys

try:
    from io import TextIOWrapper
    from typing import Any

    import click

    from loyalty_core.errors import Refused
    from loyalty_web.erp.commands import mistakes
    from loyalty_web.erp.commands.database import db
    from loyalty_web.erp.commands.network import init
    from loyalty_web.erp.commands.plugins import plugins
    from loyalty_web.erp.commands.programme import programme
    from loyalty_web.erp.commands.serve import serve
    from loyalty_web.erp.commands.standing import standing
    from loyalty_web.erp.commands.tokens import token
    from loyalty_web.erp.commands.upkeep import daily, reassess, recount
    from loyalty_web.erp.commands.users import user
    from loyalty_web.erp.commands.worker import worker
    from loyalty_web.erp.demo.command import demo_command
    from loyalty_web.erp.deployment import Deployment
    from loyalty_web.erp.i18n_commands import i18n
    from loyalty_web.erp.importing.commands import import_command
except KeyboardInterrupt:  # loading takes a second or two, and whoever loses patience gets no traceback either
    sys.exit("Aborted!")


class Loyal(click.Group):
    """A group that tells mistakes instead of raising them, and lists its commands in the order they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; exit code 1 for a person's mistake, 2 for one of the installation.

        What is neither is a mistake of ours and keeps its traceback.
        """
        try:
            return super().invoke(ctx)
        except Refused as refused:
            mistakes.tell_refusal(ctx, refused)
            ctx.exit(1)
        except mistakes.OUTSIDE as error:
            if not mistakes.tell(ctx, error):
                raise
            ctx.exit(2)


@click.group(cls=Loyal, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Say of errors and failing plugins where in the code they come from.")
@click.version_option(package_name="loyalty")
@click.pass_context
def cli(context: click.Context, verbose: bool) -> None:
    """Loyalty programmes for chains of salons, clinics and shops.

    The database is a SQLite file in LOYALTY_DATA_DIR (else ./loyalty-data), or the one LOYALTY_DATABASE_URL names.
    LOYALTY_LOCALE says in which language results are told: en, uk or ru.
    """
    context.with_resource(mistakes.warnings_told(verbose=verbose))
    if context.obj is None:
        context.obj = Deployment()
    context.call_on_close(context.obj.close)


for command in (
    init,
    user,
    token,
    serve,
    worker,
    import_command,
    programme,
    standing,
    plugins,
    daily,
    reassess,
    recount,
    db,
    demo_command,
    i18n,
):
    cli.add_command(command)


def main() -> None:
    """Run the command. What the terminal cannot show is shown as question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli()
