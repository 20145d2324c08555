"""The examples of docs/api.md, sent in their order; the commands of its tokens; its table of calls."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_core.testing.house import House
from loyalty_web.api.mounting import GROUPS
from tests.web.api_calls import Salon

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
EXAMPLE = re.compile(
    r"^### (?P<method>[A-Z]+) (?P<path>\S+)\n+(?:```json\n(?P<body>.*?)^```$)?", re.MULTILINE | re.DOTALL
)


@pytest.fixture
def salon(engine: Engine) -> Salon:
    return Salon(House(engine))


def test_the_examples_are_understood_in_their_order(salon: Salon) -> None:
    erp = salon.program()
    known: dict[str, Any] = {}
    done = []
    for example in EXAMPLE.finditer(PAGE):
        method, path = example["method"], example["path"]
        body = json.loads(example["body"]) if example["body"] else None
        if path == "/quotes":
            known["draft"] = body
        if path == "/invoices":
            body = {"draft": known["draft"], "ticket": known["ticket"]}
        answer = erp(method, path.replace("{id}", known.get("id", "")), body)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        if path in ("/quotes", "/invoices"):
            known.update(answer.json)
        done.append(f"{method} {path}")
    assert len(done) == 10


def test_the_table_names_every_call_with_what_it_needs(salon: Salon) -> None:
    told = set(re.findall(r"^\| `([A-Z]+ \S+)` \| .* \| `(\S+)` \|$", PAGE, re.MULTILINE))
    there_are = set()
    blueprints = {group.name for group, _path in GROUPS}
    for rule in salon.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in blueprints:
            view: Any = salon.app.view_functions[rule.endpoint]
            path = re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")).replace("sale_id", "id")
            there_are |= {(f"{method} {path}", view.needs) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert told == there_are
