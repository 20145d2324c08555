"""The revisions of the host's own tables."""

from __future__ import annotations

from pathlib import Path

from loyalty_core.storage.migrate import MigrationSource
from loyalty_web.erp import tables

WEB = MigrationSource("erp", Path(__file__).parent / "versions", "erp_")
assert tables.Person.__tablename__.startswith(WEB.prefix)
