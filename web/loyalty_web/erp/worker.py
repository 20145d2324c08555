"""Work in the background: what is due is done by itself, in the server's process or on machines of its own.

The queue is a timer and a bell, nothing more: what is to be done stands in the database, so a worker that is killed
loses nothing, and two workers at once do no harm. It lies beside the SQLite file, in the PostgreSQL database, or
where `LOYALTY_QUEUE_URL` says (Redis).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.exceptions import ConfigurationError
from sqlalchemy import make_url

from loyalty_core.errors import LoyaltyError
from loyalty_core.messages import gettext as _
from loyalty_core.services.reassessment import reassess_due
from loyalty_web.erp.deployment import DATABASE_URL, QUEUE_URL, Deployment

ACTOR = "worker"
EVERY = "*/10"
"""Minutes at which what is due is looked for: midnight comes at another instant in every zone."""

QUEUE_FILE = "queue.sqlite"

log = logging.getLogger(__name__)


def queue_of(deployment: Deployment) -> Huey:
    """Return the queue of an installation. Raises `LoyaltyError` for an address that is none of Redis."""
    wanted = deployment.environment.get(QUEUE_URL, "")
    if wanted:
        if not wanted.startswith(("redis://", "rediss://")):
            raise LoyaltyError(_("%(setting)s is the address of a Redis, such as redis://host", setting=QUEUE_URL))
        try:
            return RedisHuey("loyalty", url=wanted)
        except ConfigurationError:
            raise LoyaltyError(_("install what speaks to Redis: pip install 'loyalty[redis]'")) from None
    database = deployment.environment.get(DATABASE_URL)
    if database and make_url(database).get_backend_name() == "postgresql":
        address = make_url(database).set(drivername="postgresql")
        return PostgresHuey("loyalty", dsn=address.render_as_string(hide_password=False))
    return SqliteHuey("loyalty", filename=str(deployment.folder / QUEUE_FILE))


def look_after_standing(deployment: Deployment) -> int:
    """Judge those whose date has come, in every network; return how many changes that made.

    A network in which something fails holds up no other.
    """
    loyalty, changes = deployment.open(), 0
    for network_id in deployment.networks():
        try:
            with loyalty.work(network_id, ACTOR) as unit:
                changes += reassess_due(unit)
        except Exception:
            log.exception("what is due in network %s could not be judged", network_id)
    return changes


@contextmanager
def working(deployment: Deployment) -> Iterator[Huey]:
    """Work in threads of this process while the block runs; what was begun is finished before it ends."""
    queue = queue_of(deployment)

    def due() -> None:
        changes = look_after_standing(deployment)
        log.info("what was due is done", extra={"changes": changes})

    ring = queue.periodic_task(crontab(minute=EVERY), name="look_after_standing")(queue.lock_task("standing")(due))
    consumer = queue.create_consumer(workers=1, worker_type="thread", check_worker_health=False)
    consumer._set_signal_handlers = lambda: None  # Ctrl+C is the command's own matter
    consumer.start()
    ring()  # what came due while nobody worked
    try:
        yield queue
    finally:
        consumer.stop(graceful=True)
        queue.storage.close()
