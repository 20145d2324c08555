"""Saving a visit as it is plainly written with the ORM: objects loaded, added and changed, totals summed up anew.

It keeps the same rows as the product and does what it must to know them, no more: no check of what was sent but that
client and branch exist, no scope guard, no plugins, no cache.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.orm import Session

from benchmarks.databases import RAW_PRAGMAS
from benchmarks.shop import ACTOR, Shop
from loyalty_core.facts.visit import VisitInput
from loyalty_core.storage.ids import IdSource
from loyalty_core.storage.tables import (
    Audit,
    Branch,
    Client,
    Event,
    Measure,
    Programme,
    ProgrammeVersion,
    Standing,
    Totals,
    Visit,
)

AMOUNTS = ("visits", "no_shows", "invoiced_minor", "listed_minor", "paid_minor")
FIGURES = {"sold": "invoiced_minor", "paid": "paid_minor", "visits": "visits"}


def plain_engine(url: str) -> Engine:
    """Open a database without the product's scope guard, on SQLite with the same settings."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed.set(drivername="postgresql+psycopg"))
    engine = create_engine(parsed)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: object) -> None:
        connection.isolation_level = None
        for pragma in RAW_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


class PlainShop:
    """The shop on an ORM session per visit."""

    def __init__(self, engine: Engine, shop: Shop, ids: IdSource) -> None:
        self.engine = engine
        self.shop = shop
        self.ids = ids

    def save(self, given: VisitInput, now: datetime) -> None:
        """Save an arrived visit and bring totals and standing up to date, in one transaction."""
        network_id = self.shop.network_id
        with Session(self.engine) as session, session.begin():
            branch = session.get_one(Branch, (network_id, given.branch_id))
            client = session.get_one(Client, (network_id, given.client_id))
            same = select(Visit).where(
                Visit.network_id == network_id, Visit.source == given.source, Visit.external_id == given.external_id
            )
            if session.scalars(same).one_or_none() is not None:
                return
            visit = self._add_visit(session, given, branch)
            totals = self._sum_up(session, client, visit)
            self._judge(session, totals, visit, now)
            body = json.dumps({"visit": str(visit.id), "status": visit.status}, sort_keys=True)
            session.add(
                Event(
                    network_id=network_id,
                    id=self.ids.next(),
                    at=now,
                    kind="visit_saved",
                    client_id=client.id,
                    body=body,
                )
            )

    def _add_visit(self, session: Session, given: VisitInput, branch: Branch) -> Visit:
        day = given.starts_at.astimezone(ZoneInfo(branch.time_zone)).date()
        place = {"network_id": branch.network_id, "branch_id": branch.id, "client_id": given.client_id}
        visit = Visit(
            id=self.ids.next(),
            source=given.source,
            external_id=given.external_id,
            status=given.status.value,
            starts_at=given.starts_at,
            local_day=day,
            revision=1,
            deleted_at=None,
            **place,
        )
        session.add(visit)
        session.flush()
        session.add(
            Measure(
                rests_on=visit.id,
                source_kind="visit",
                source_id=visit.id,
                at=visit.starts_at,
                local_day=day,
                **{**dict.fromkeys(AMOUNTS, 0), "visits": 1},
                visited_on=day,
                bought_on=None,
                **place,
            )
        )
        return visit

    def _sum_up(self, session: Session, client: Client, visit: Visit) -> Totals:
        first = func.min(func.coalesce(Measure.visited_on, Measure.bought_on))
        sums = (func.coalesce(func.sum(getattr(Measure, name)), 0).label(name) for name in AMOUNTS)
        days = first.label("first_day"), func.max(Measure.visited_on).label("visited_on")
        row = session.execute(
            select(*sums, *days, func.max(Measure.bought_on).label("bought_on")).where(
                Measure.network_id == client.network_id,
                Measure.client_id == client.id,
                Measure.branch_id == visit.branch_id,
            )
        ).one()
        key = {"network_id": client.network_id, "scope_id": self.shop.scope_id, "client_id": client.id}
        totals = session.get(Totals, tuple(key.values()))
        if totals is None:
            totals = Totals(**key)
            session.add(totals)
        for name, value in row._mapping.items():
            setattr(totals, name, value)
        return totals

    def _judge(self, session: Session, totals: Totals, visit: Visit, now: datetime) -> None:
        network_id, scope_id = totals.network_id, totals.scope_id
        programme = session.scalars(
            select(Programme).where(Programme.network_id == network_id, Programme.scope_id == scope_id)
        ).one()
        version = session.get_one(ProgrammeVersion, (network_id, programme.version_id))
        part = json.loads(version.body)["parts"]["discount_rules"]
        matching = [rule for rule in part["rules"] if getattr(totals, FIGURES[rule["metric"]]) >= rule["threshold"]]
        best = max(matching, key=lambda rule: rule["percent_bp"], default=None)
        key = (network_id, scope_id, totals.client_id, "discount", "")
        standing = session.get(Standing, key)
        before = None if standing is None else _shown(standing)
        if best is None:
            assert standing is None, "nobody loses a discount by coming"
            return
        if standing is None:
            fields = ("network_id", "scope_id", "client_id", "element", "item")
            standing = Standing(**dict(zip(fields, key, strict=True)), origin="rule")
            session.add(standing)
        standing.next_on = visit.local_day + timedelta(part["inactive_days"] + 1)
        rule = f"{best['metric']}:{best['threshold']}"
        if (standing.value, standing.rule) == (best["percent_bp"], rule):
            return
        standing.value, standing.rule, standing.version_id, standing.since = best["percent_bp"], rule, version.id, now
        self._tell(session, standing, before, visit, now)

    def _tell(
        self, session: Session, standing: Standing, before: dict[str, Any] | None, visit: Visit, now: datetime
    ) -> None:
        after = _shown(standing)
        session.add(
            Audit(
                network_id=standing.network_id,
                id=self.ids.next(),
                at=now,
                actor=ACTOR,
                action="standing.changed",
                client_id=standing.client_id,
                scope_id=standing.scope_id,
                subject=standing.element,
                before=json.dumps(before, sort_keys=True) if before else None,
                after=json.dumps(after, sort_keys=True),
                cause=f"visit:{visit.id}",
            )
        )
        values = {"before": before and before["value"], "after": after["value"]}
        if values["before"] != values["after"]:
            body = {"scope": str(standing.scope_id), "subject": standing.element, **values}
            session.add(
                Event(
                    network_id=standing.network_id,
                    id=self.ids.next(),
                    at=now,
                    kind="standing_changed",
                    client_id=standing.client_id,
                    body=json.dumps(body, sort_keys=True),
                )
            )


def _shown(standing: Standing) -> dict[str, Any]:
    return {
        "value": standing.value,
        "origin": standing.origin,
        "version": standing.version_id,
        "rule": standing.rule,
    }
