"""Strict fields and refusals for schemas of plugins and hosts (RELIABILITY, invariant I19)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from loyalty_core.errors import Problem
from loyalty_core.messages import gettext as _


class CoreProblem(Problem):
    """A problem found by a field of the core: its text is in the core's catalogue, whoever uses the field."""

    __slots__ = ()


def invalid(*problems: Problem) -> ValidationError:
    """Return the exception by which a schema refuses an input with codes of its own.

    Paths lead from where the exception is raised to the field each problem is about.
    """
    return ValidationError(list(problems))


class Whole(fields.Field[int]):
    """A whole number between two bounds, both included.

    Only a number is one: no text, no fraction (not even `5.0`), no truth value. Codes of refusal: `not_whole`,
    `too_small`, `too_large`.
    """

    def __init__(self, least: int, most: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.least = least
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError([CoreProblem("not_whole", _("Give a whole number."))])
        if value < self.least:
            raise ValidationError([CoreProblem("too_small", _("Give at least %(least)s.", least=self.least))])
        if value > self.most:
            raise ValidationError([CoreProblem("too_large", _("Give at most %(most)s.", most=self.most))])
        return value
