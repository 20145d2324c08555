"""What a plugin may raise without stopping the work, and the words for it."""

from __future__ import annotations

from loyalty_core.errors import Problem
from loyalty_core.messages import Message
from loyalty_core.messages import gettext as _

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


def said(error: BaseException) -> str:
    """Return what an exception says in one line, for administrators; its own text may fail or be endless."""
    try:
        text = " ".join(str(error).split())
    except CONTAINED:
        text = ""
    name = type(error).__name__
    return f"{name}: {text[:_LONGEST]}" if text else name
