"""Every extension point, in the order of the run.

The first word after `loyalty_` is the contract and says what happens on error:

- `register_` hands over something fixed at start-up. A plugin that fails here is not loaded, loudly.
- `compile_` says something as data, once per programme version. A failure refuses the version at save; at start
  the plugin is shown as broken.
- `load_facts` reads the plugin's own rows for a batch. A failure leaves the plugin without facts: its proposals of
  that call are skipped and staff see it.
- `propose_` answers with decisions. A failure or a wrong answer drops this plugin's answer whole; the work goes on.
- `show_` contributes to pages. A failure skips the contribution.

An implementation takes the arguments it needs, in any order, by name. Each plugin is called on its own, in the
order of plugin names, with a context of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.decisions.contributions import ProgrammeKind, Tab
from loyalty_core.decisions.rules import RuleSet
from loyalty_core.facts.context import Context
from loyalty_core.facts.programme import Programme

if TYPE_CHECKING:
    from marshmallow import Schema

PROJECT = "loyalty"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


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
def loyalty_compile_standing(programme: Programme, ctx: Context) -> Iterable[RuleSet]:  # type: ignore[empty-body]
    """Translate this plugin's part of a programme into rule sets. Called once per programme version.

    Parameters: `programme`, with the plugin's own part; `ctx`.
    Returns: rule sets; two for one element and item are an error. Keys of rules are unique within a set, thresholds
    are above zero, days 1 to 3650; a discount is worth 0 to 10 000 basis points, a class its rank, a category 1.
    The plugin may raise `Refused` to say what is wrong with what was typed.
    On error: at save the version is refused; at start the plugin is shown as broken and gives nothing.
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
def loyalty_show_programme_tabs(ctx: Context) -> Iterable[Tab]:  # type: ignore[empty-body]
    """Contribute tabs to the programme editor. Called when the editor, or the list of plugins, is shown.

    Parameters: `ctx`.
    Returns: at most 50 tabs; a template lies in a folder named like the plugin's package.
    On error: skipped and shown as failed.
    """


HOOKS: tuple[str, ...] = tuple(name for name in globals() if name.startswith("loyalty_"))
"""The names of all hooks, in the order of the run."""
