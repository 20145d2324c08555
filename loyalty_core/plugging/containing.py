"""What a plugin may raise without stopping the work, and the words for it."""

from __future__ import annotations

from loyalty_core.errors import Problem
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _
from loyalty_core.plugging.outcomes import OFFENCE

CONTAINED = (Exception, SystemExit, GeneratorExit)
"""An interrupt from the keyboard is not among them: it is not a plugin's own doing."""

_LONGEST = 300


def raised_problem(plugin: str, where: str) -> Problem:
    """Return the problem that says that a plugin raised; what it raised is in the log only."""
    return Problem("plugin_failed", _("The plugin “%(plugin)s” failed in %(where)s.", plugin=plugin, where=where))


def wrong_problem(plugin: str, where: str, why: Message) -> Problem:
    """Return the problem that says that a plugin's answer does not hold, and why."""
    text = _(
        "The answer of the plugin “%(plugin)s” to %(where)s does not hold: %(why)s", plugin=plugin, where=where, why=why
    )
    return Problem("plugin_answer", text)


def late_problem(plugin: str, where: str) -> Problem:
    """Return the problem that says that a plugin took too long."""
    return Problem("plugin_late", _("The plugin “%(plugin)s” took too long in %(where)s.", plugin=plugin, where=where))


def offence_problem(plugin: str, where: str, why: Message) -> Problem:
    """Return the problem that says that a plugin did what no plugin may, and what."""
    text = _(
        "The plugin “%(plugin)s” is stopped until somebody looks at it. In %(where)s: %(why)s",
        plugin=plugin,
        where=where,
        why=why,
    )
    return Problem(OFFENCE, text)


def resting_problem(plugin: str) -> Problem:
    """Return the problem that says that a plugin is not asked for a while."""
    return Problem(
        "plugin_resting", _("The plugin “%(plugin)s” failed too often: it rests for a while.", plugin=plugin)
    )


def suspended_problem(plugin: str) -> Problem:
    """Return the problem that says that a plugin is not asked until a person has looked at it."""
    return Problem(
        "plugin_suspended", _("The plugin “%(plugin)s” is stopped until somebody looks at it.", plugin=plugin)
    )


def said(error: BaseException) -> str:
    """Return what an exception says in one line, for administrators; its own text may fail or be endless."""
    try:
        text = " ".join(str(error).split())
    except CONTAINED:
        text = ""
    name = type(error).__name__
    return f"{name}: {text[:_LONGEST]}" if text else name
