"""Every extension point, in the order of the run.

The first word after `loyalty_` is the contract and says what happens on error:

- `register_` hands over something fixed at start-up. A plugin that fails here is not loaded, loudly.
- `compile_` says something as data, once per version of a programme or of the configuration. A failure refuses the
  version at save; at start the plugin is shown as broken.
- `load_facts` reads the plugin's own rows for a batch. A failure leaves the plugin without facts: its proposals of
  that call are skipped and staff see it.
- `propose_` answers with decisions. A failure or a wrong answer drops this plugin's answer whole; the work goes on.
- `show_` contributes to pages. A failure skips the contribution.

An implementation takes the arguments it needs, in any order, by name. Each plugin is called on its own, in the
order of plugin names, with a context and copies of the facts of its own. Every call has a budget of time; a late
answer is dropped. A plugin whose `load_`, `propose_` or `show_` hooks fail again and again is not asked for a while;
one that offends - a negative amount, facts forced open, a transaction ended - not until a person has looked at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.offers import Offer, Proposal, StoredOffer
from loyalty_core.decisions.rules import RuleSet
from loyalty_core.facts.context import Context
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.programme import Programme

if TYPE_CHECKING:
    from marshmallow import Schema

PROJECT = "loyalty"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def loyalty_register_settings() -> type[Schema]:  # type: ignore[empty-body]
    """Hand over the schema of this plugin's settings, which each network has of its own. Called once, at start-up.

    What staff set is stored under the plugin's name, validated by this schema at save, and comes back as
    `ctx.settings` in every other hook, with defaults where nothing is stored. Every field has a default:
    `schema().load({})` must succeed.

    Returns: a marshmallow schema class. On error: the plugin is not loaded.
    """


@hookspec
def loyalty_register_programme_kinds() -> Iterable[ProgrammeKind]:  # type: ignore[empty-body]
    """Hand over the kinds of programme that this plugin provides. Called once, at start-up.

    Returns: the kinds; a code that another plugin has taken is an error of the later one.
    On error: the plugin is not loaded.
    """


@hookspec
def loyalty_register_programme_part() -> type[Schema]:  # type: ignore[empty-body]
    """Hand over the schema of this plugin's own part of a programme. Called once, at start-up.

    The part is stored in each programme version under the plugin's name, validated by this schema at save, and
    comes back to `compile_standing` as `programme.part`. Money fields are minor units, percentages basis points.
    Every field has a default: `schema().load({})` must succeed, as a programme may be saved without the part.

    Returns: a marshmallow schema class. On error: the plugin is not loaded.
    """


@hookspec
def loyalty_register_offer_form() -> type[Schema]:  # type: ignore[empty-body]
    """Hand over the form in which staff type this plugin's offers. Called once, at start-up.

    What was typed is validated by this schema and stored in versions that never change; those in force come back to
    `compile_offers` as `StoredOffer.form`.

    Returns: a marshmallow schema class. On error: the plugin is not loaded.
    """


@hookspec
def loyalty_compile_standing(programme: Programme, ctx: Context) -> Iterable[RuleSet]:  # type: ignore[empty-body]
    """Translate this plugin's part of a programme into rule sets. Called once per programme version.

    Parameters: `programme`, with the plugin's own part; `ctx`.
    Returns: rule sets; two for one element and item are an error. Keys of rules are unique within a set, thresholds
    are above zero, days 1 to 3650; a discount is worth 0 to 10 000 basis points, a class its rank, a category 1.
    The plugin may raise `Refused` to say what is wrong with what was typed.
    On error: at save the version is refused; at start the plugin is shown as broken and gives nothing.
    """


@hookspec
def loyalty_compile_offers(offers: Sequence[StoredOffer], ctx: Context) -> Iterable[Offer]:  # type: ignore[empty-body]
    """Translate what staff typed into offers that compete. Called once per version of the configuration.

    Parameters: `offers`, the plugin's own stored ones, each with its form as the schema reads it; `ctx`.
    Returns: at most 10 000 offers with keys of their own; one that comes from a stored offer names it by
    `version_id`, others name none. Amounts are positive, percentages 0 to 100 with at most two decimals, lanes those
    of the network's combination policy. The core fills in `plugin`. The plugin may raise `Refused` to say what is
    wrong with what was typed.
    On error: at save the version is refused; at start the plugin is shown as broken and its offers do not compete.
    """


@hookspec
def loyalty_load_facts(subjects: Sequence[Subject], ctx: Context) -> Mapping[int, object]:  # type: ignore[empty-body]
    """Read the plugin's own rows for a batch of subjects, read-only, before anything is proposed.

    Parameters: `subjects`; `ctx`, whose `rows` reads the plugin's own tables.
    Returns: facts by subject id, made of plain values; a subject without facts may be left out. They come back
    frozen as `ctx.own`.
    On error: no facts; this plugin's proposals for the batch are skipped and reported.
    """


@hookspec
def loyalty_propose_changes(subjects: Sequence[Subject], ctx: Context) -> Iterable[Change]:  # type: ignore[empty-body]
    """Change what some subjects have before this one visit. Called for batches whenever a visit or sale is priced.

    Parameters: `subjects`; `ctx`, with this plugin's facts in `own`.
    Returns: at most one change per subject and element, of a discount (0 to 10 000 basis points) or a class (its
    rank), not of a category, which would need an item. Where several plugins change one element, the best for the
    client wins, ties by plugin name.
    On error: this plugin's answer is dropped whole and reported; the standing by rule stands.
    """


@hookspec
def loyalty_propose_adjustments(  # type: ignore[empty-body]
    invoice: Invoice, client: Client | None, ctx: Context
) -> Iterable[Proposal]:
    """Propose price reductions for one invoice that data cannot say. Called whenever an invoice is priced.

    Proposals compete with offers and do not see each other: the core decides, rounds and allocates (SEMANTICS 6).
    Parameters: `invoice`, its lines with their list amounts; `client`, as of before this visit or sale, absent where
    nobody is known; `ctx`.
    Returns: at most 50 proposals with keys of their own, for lines of this invoice. Percentages are 0 to 100 with at
    most two decimals, amounts positive and at most what the lines cost, lanes those of the combination policy.
    On error: this plugin's answer is dropped whole and reported; the invoice is priced without it.
    """


@hookspec
def loyalty_show_programme_tabs(ctx: Context) -> Iterable[Tab]:  # type: ignore[empty-body]
    """Contribute tabs to the programme editor. Called when the editor, or the list of plugins, is shown.

    Parameters: `ctx`.
    Returns: at most 50 tabs; a template lies in a folder named like the plugin's package.
    On error: skipped and shown as failed.
    """


HOOKS: tuple[str, ...] = tuple(name for name in globals() if name.startswith("loyalty_"))
"""The names of all hooks, in the order of the run."""
