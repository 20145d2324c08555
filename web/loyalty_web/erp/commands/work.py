"""What commands share: the network that is meant, a unit of work in it, and what people call branches and clients."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import click

from loyalty_core.errors import Problem, Refused
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.loading import Plugins
from loyalty_core.services.anchors import known_clients
from loyalty_core.services.unit import Unit
from loyalty_web.erp.deployment import Deployment

ACTOR = "command"
MOST_NAMED = 10
"""How many branches a refusal lists."""


def _choose_network(context: click.Context, option: click.Parameter, value: int | None) -> None:
    deployment = context.find_object(Deployment)
    if deployment is not None:
        deployment.wanted_network = value


FOR_NETWORK = click.option(
    "--network",
    type=int,
    expose_value=False,
    callback=_choose_network,
    help="The network's id; not needed where there is one only.",
)
"""Every command that is about a network takes its id."""

OF_SOURCE = click.option(
    "--source", default="import", show_default=True, help="The system whose id the client is named by."
)


@contextmanager
def working(deployment: Deployment) -> Iterator[Unit]:
    """Open a unit of work that writes, in the network that is meant."""
    with deployment.open().work(deployment.the_network, ACTOR) as unit:
        yield unit
        silent = list(silence(unit))
    tell_silence(deployment, silent)


@contextmanager
def reading(deployment: Deployment) -> Iterator[Unit]:
    """Open a unit of work that reads, in the network that is meant."""
    with deployment.open().reading(deployment.the_network) as unit:
        yield unit
        silent = list(silence(unit))
    tell_silence(deployment, silent)


def tell_silence(deployment: Deployment, silent: Collection[Message]) -> None:
    """Warn on standard error of what active plugins did not say."""
    for message in silent:
        click.echo(f"loyalty: {deployment.say(message)}", err=True)


def silence(unit: Unit) -> Iterator[Message]:
    """Yield which active plugins are not in use here; what they gave is left as it is (RELIABILITY I23)."""
    active = unit.configuration.active
    for name in sorted(active - unit.usable(active)):
        yield _(
            "the plugin %(plugin)s is on but not in use, and what it gave stays as it is: %(reason)s",
            plugin=name,
            reason=why_not_in_use(unit.plugins, unit.behind, name),
        )


def why_not_in_use(plugins: Plugins, behind: Collection[str], name: str) -> Message:
    """Return why a plugin cannot be called in this process."""
    if name in plugins.broken:
        return plugins.broken[name]
    if name in plugins.blocked:
        return _("it is blocked by LOYALTY_BLOCKED_PLUGINS")
    if name in behind:
        return _("its tables are behind: run `loyalty db upgrade`")
    return _("it is not installed")


def scope_of(unit: Unit, branch: str) -> int:
    """Return the scope of a branch by its external id; refuse an unknown one, naming those there are."""
    branches = unit.configuration.branch_ids
    if branch in branches:
        return unit.configuration.own_scopes[branches[branch]]
    if not branches:
        text = _("There is no branch yet: import some by `loyalty import branches FILE`.")
        raise Refused(Problem("unknown_branch", text))
    named = sorted(branches)
    known = ", ".join([*named[:MOST_NAMED], *(["…"] if len(named) > MOST_NAMED else [])])
    text = _("There is no branch “%(branch)s”. There are: %(known)s.", branch=branch, known=known)
    raise Refused(Problem("unknown_branch", text))


def client_of(unit: Unit, source: str, name: str) -> int:
    """Return the client that a source system calls `name`; refuse one that nobody has heard of."""
    found = known_clients(unit, source, [name]).get(name)
    if found is None:
        text = _("There is no client “%(client)s” of the source “%(source)s”.", client=name, source=source)
        raise Refused(Problem("unknown_client", text))
    return found
