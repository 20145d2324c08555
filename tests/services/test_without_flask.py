"""Every service runs where no web framework can be imported (DATA, *Transactions*)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine

PROGRAM = """
import sys

class NoFlask:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"flask", "werkzeug", "flask_sqlalchemy", "flask_babel", "jinja2", "loyalty_web"}:
            raise ModuleNotFoundError("the core must run without " + name, name=name)

sys.meta_path.insert(0, NoFlask())

from loyalty_core.services import plugins, reassessment, recount, settings, standing
from loyalty_core.storage.engine import open_engine
from loyalty_core.testing.house import START, House, a_line, days
from loyalty_discount_rules.visits import set_for_visit

house = House(open_engine(sys.argv[1]))
house.programme([("visits", 2, 500)], inactive_days=60)
first = house.came("Olha", START, 100_00)
unpaid = house.invoice("Olha", START, a_line(50_00), visit_id=first, paid=0)
house.pay(unpaid, 20_00)
house.refund(unpaid, ("1", 500))
house.void(house.invoice("Olha", START, a_line(50_00), paid=0))
house.opening("Olha", START, visits=1, last_visit_on=START - days(1))
house.delete(house.visit("Petro", START))
house.by_hand("Petro", 1200)
house.automatic("Petro")
client = house.client("Olha")
with house.work() as unit:
    set_for_visit(unit, first, 300, "tests")
    settings.change(unit, "visits_per_day", True)
    plugins.deactivate(unit, "branch")
    plugins.activate(unit, "branch")
    standing.recalculate(unit, client)
    reassessment.reassess(unit)
    assert recount.recount(unit, repair=True).none
before = house.before("Olha", START, first)
assert before.discount.value == 300 and house.discount("Olha") == 500, (before, house.discount("Olha"))
house.on(START + days(61))
assert house.discount("Olha") is None
assert not {"flask", "werkzeug", "jinja2"} & set(sys.modules)
"""


def test_every_service_runs_where_flask_cannot_be_imported(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ran.returncode == 0, ran.stderr
