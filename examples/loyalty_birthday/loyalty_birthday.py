"""Birthday discount: a percentage off for a few days around the client's birthday."""

from decimal import Decimal

from marshmallow import Schema, fields, validate

from loyalty_core.api import Lane, PercentOff, Proposal, days_from_birthday, hookimpl
from loyalty_core.api import gettext as _


class Settings(Schema):
    percent = fields.Decimal(places=2, load_default=Decimal(10), validate=validate.Range(0, 100))
    days = fields.Integer(load_default=3, validate=validate.Range(0, 31))


@hookimpl
def loyalty_register_settings():
    return Settings


@hookimpl
def loyalty_propose_adjustments(invoice, client, ctx):
    if client and client.birthday and days_from_birthday(client.birthday, invoice.date) <= ctx.settings["days"]:
        yield Proposal("birthday", _("Birthday discount"), PercentOff(ctx.settings["percent"]), lane=Lane.PROMOTION)
