"""Flask-SQLAlchemy on the product's own base and engine: for the host's own rows (DATA, *Transactions*)."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine

from loyalty_core.storage.base import Base
from loyalty_core.storage.engine import prepare

ENGINE = "LOYALTY_ENGINE"


class HostDatabase(SQLAlchemy):
    """Shares the engine of the deployment, so that pages and services draw from one pool of connections."""

    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine: Engine = app.config[ENGINE]
        prepare(engine)
        return engine


db = HostDatabase(model_class=Base)
