"""The `loyalty demo` command: the product on real sales, everything printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from typing import Any

import click

from loyalty_core.facts.money import FULL_PERCENT, Money, Percent, round_ratio
from loyalty_core.messages import Message, ngettext
from loyalty_core.messages import gettext as _
from loyalty_web.erp.commands.serve import tell_ready
from loyalty_web.erp.demo.building import Demo, run
from loyalty_web.erp.demo.journey import HOUSEHOLDS
from loyalty_web.erp.demo.loading import STEPS, USD, Step
from loyalty_web.erp.demo.staff import password_of
from loyalty_web.erp.deployment import Deployment
from loyalty_web.erp.roles import ROLES
from loyalty_web.erp.serving import HOST, PORT, serve


@click.command("demo")
@click.option("--full", is_flag=True, help="Take all 2,469 households; 200 otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--no-serve", is_flag=True, help="Do not serve the pages afterwards.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="The port of the pages.")
@click.pass_obj
def demo_command(deployment: Deployment, /, full: bool, as_json: bool, no_serve: bool, port: int) -> None:
    """Show the product on a year of real sales.

    They are loaded into a database of their own, every client is judged, and the last days are priced again. Then the
    pages are served on this machine, until interrupted. The database lies in LOYALTY_DATA_DIR, else in
    ./loyalty-data. Safe to run twice; a database that is not a demo is refused and stays as it is.
    """
    with closing(_Bars(deployment)) as bars:
        done = run(deployment, None if full else HOUSEHOLDS, bars)
    if as_json:
        click.echo(json.dumps(as_object(done), ensure_ascii=False))
        return
    _print(done, deployment)
    _print_staff(deployment)
    if not no_serve:
        serve(deployment, HOST, port, lambda url: tell_ready(deployment, url))


class _Bars:
    """Progress bars on standard error, one after the other."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._open: list[Any] = []

    def __call__(self, label: Message, length: int) -> Callable[[int], None]:
        """Begin a bar; what it returns is told of each step."""
        self.close()
        bar = click.progressbar(length=length, label=f"{self._deployment.say(label):<14}", file=sys.stderr)
        self._open.append(bar.__enter__())
        return bar.update

    def close(self) -> None:
        """End the bar that is open."""
        while self._open:
            self._open.pop().__exit__(None, None, None)


def _percent(bp: int) -> int | float:
    """Return a percentage as JSON has numbers: whole ones without decimals."""
    whole, part = divmod(bp, 100)
    return whole if not part else bp / 100


def as_object(done: Demo) -> dict[str, Any]:
    """Return the figures as the JSON contract has them."""
    found = done.figures
    return {
        "clients": found.clients,
        "branches": found.branches,
        "visits": found.visits,
        "lines": found.lines,
        "lines_left_out": done.lines_left_out,
        "listed_minor": found.listed_minor,
        "sold_minor": found.sold_minor,
        "paid_minor": found.paid_minor,
        "holders": [
            {
                "branch": each.branch,
                "metric": each.metric,
                "threshold": each.threshold,
                "percent": _percent(each.percent_bp),
                "clients": each.clients,
            }
            for each in found.holders
        ],
        "repriced": asdict(found.repriced),
        "seconds": done.seconds,
    }


def _print(done: Demo, deployment: Deployment) -> None:
    for message in _told(done):
        click.echo(deployment.say(message))
    click.echo()
    click.echo(deployment.say(_("Who holds which discount, as of %(day)s:", day=done.as_of)))
    most = max((1, *(clients for _step, clients, _stores in _by_step(done))))  # none where the rules are switched off
    for step, clients, stores in _by_step(done):
        bar = "█" * round_ratio(clients * BAR, most)
        rule = deployment.say(_rule(step))
        who = deployment.say(_("%(clients)s; stores: %(stores)s", clients=_clients(clients), stores=stores))
        click.echo(f"  {rule:<34} {bar:<{BAR}}  {who}")
    click.echo()
    for message in _priced(done):
        click.echo(deployment.say(message))
    click.echo()
    click.echo(deployment.say(_("The database: %(path)s", path=str(deployment.database_file))))


def _print_staff(deployment: Deployment) -> None:
    click.echo()
    click.echo(deployment.say(_("Sign in as one of these; each sees what its role may:")))
    for role, words in ROLES.items():
        click.echo(f"  {role:<14} {password_of(role):<20} {deployment.say(words.name)}")


BAR = 30
"""How wide the longest bar is."""


def _clients(count: int) -> Message:
    return ngettext("%(count)s client", "%(count)s clients", count)


def _money(minor: int) -> Money:
    return Money(minor, USD)


def _told(done: Demo) -> list[Message]:
    """Return what came in, in words."""
    found = done.figures
    return [
        _(
            "Clients: %(clients)s, visits: %(visits)s, stores: %(branches)s, lines: %(lines)s.",
            clients=found.clients,
            visits=found.visits,
            branches=found.branches,
            lines=found.lines,
        ),
        _("Lines without any amount, left out: %(lines)s.", lines=done.lines_left_out),
        _(
            "List sum %(listed)s, sold %(sold)s, paid %(paid)s.",
            listed=_money(found.listed_minor),
            sold=_money(found.sold_minor),
            paid=_money(found.paid_minor),
        ),
    ]


def _rule(step: Step) -> Message:
    percent = Percent(step.percent_bp)
    match step.metric:
        case "visits":
            return ngettext(
                "from %(count)s visit: %(percent)s",
                "from %(count)s visits: %(percent)s",
                step.threshold,
                percent=percent,
            )
        case "sold":
            return _("sold from %(threshold)s: %(percent)s", threshold=_money(step.threshold), percent=percent)
        case other:
            assert other == "paid", "a metric of the demo's rules"
            return _("paid from %(threshold)s: %(percent)s", threshold=_money(step.threshold), percent=percent)


def _by_step(done: Demo) -> list[tuple[Step, int, int]]:
    """Return for each rule how many clients hold its discount, and in how many stores."""
    rows = []
    for step in STEPS:
        held = [each for each in done.figures.holders if (each.metric, each.threshold) == (step.metric, step.threshold)]
        rows.append((step, sum(each.clients for each in held), len(held)))
    return rows


def _priced(done: Demo) -> list[Message]:
    """Return what the last days would have cost, in words."""
    again = done.figures.repriced
    share_bp = round_ratio(again.discount_minor * FULL_PERCENT, max(again.listed_minor, 1))
    return [
        ngettext(
            "The last day priced again, with what each client had before the visit:",
            "The last %(count)s days priced again, with what each client had before the visit:",
            again.days,
        ),
        _(
            "  Invoices: %(invoices)s for %(listed)s; with a discount: %(discounted)s.",
            invoices=again.invoices,
            listed=_money(again.listed_minor),
            discounted=again.discounted_invoices,
        ),
        _(
            "  Discounts %(discount)s, %(share)s of the list sum.",
            discount=_money(again.discount_minor),
            share=Percent(share_bp),
        ),
    ]
