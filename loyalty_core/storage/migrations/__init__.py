"""The one Alembic environment, of the core, the host and every plugin; `versions` holds the core's own revisions."""
