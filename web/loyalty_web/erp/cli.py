"""The `loyalty` command."""

from __future__ import annotations

from typing import Any

import click

from loyalty_core.errors import LoyaltyError, Refused
from loyalty_web.erp.commands.database import db
from loyalty_web.erp.commands.network import init, plugins
from loyalty_web.erp.commands.programme import programme
from loyalty_web.erp.commands.standing import daily, reassess, recount, standing
from loyalty_web.erp.demo.command import demo_command
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.i18n_commands import i18n
from loyalty_web.erp.importing.commands import import_command


class Loyal(click.Group):
    """A group that tells mistakes instead of raising them: refusals problem by problem, in the reader's language."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; exit code 1 for a person's mistake, 2 for one of the installation."""
        try:
            return super().invoke(ctx)
        except Refused as refused:
            deployment = ctx.find_object(Deployment) or Deployment()
            for problem in refused.problems:
                place = ".".join(map(str, problem.path))
                click.echo(f"{place}: " * bool(place) + deployment.say(problem.message), err=True)
            ctx.exit(1)
        except LoyaltyError as error:
            click.echo(f"loyalty: {error}", err=True)
            ctx.exit(2)


@click.group(cls=Loyal, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="loyalty")
@click.pass_context
def cli(context: click.Context) -> None:
    """Loyalty programmes for chains of salons, clinics and shops.

    The database is a SQLite file in LOYALTY_DATA_DIR (else ./loyalty-data), or the one LOYALTY_DATABASE_URL names.
    """
    if context.obj is None:
        context.obj = Deployment()


for command in (daily, db, demo_command, i18n, import_command, init, plugins, programme, reassess, recount, standing):
    cli.add_command(command)


def main() -> None:
    """Run the command."""
    cli()
