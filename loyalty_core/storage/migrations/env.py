"""Run by Alembic for every command: `loyalty_core.storage.migrate` gave it a connection and a source."""

from __future__ import annotations

from alembic import context

from loyalty_core.storage.migrate import settings_of

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    on_version_apply=attributes.get("on_version_apply"),
    **settings_of(attributes["connection"], attributes["source"]),
)
with context.begin_transaction():
    context.run_migrations()
