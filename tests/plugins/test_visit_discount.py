"""The discount of one visit: changed or taken away for that visit only, with a reason (SEMANTICS 4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.errors import Refused
from loyalty_core.facts.standing import Element
from loyalty_core.plugging.dispatch import Occasion, failures
from loyalty_core.plugging.loading import Plugins
from loyalty_core.plugging.rows import own_rows
from loyalty_core.ports import FixedClock
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.migrate import CORE, check, downgrade, upgrade
from loyalty_core.storage.tables import Audit, Branch, Client, Network, Visit
from loyalty_core.storage.work import Storage, Work, table_of
from loyalty_core.testing import a_subject
from loyalty_core.testing.builders import NOON, UAH
from loyalty_discount_rules.tables import VisitDiscount
from loyalty_discount_rules.visits import clear_for_visit, set_for_visit

PLUGINS = Plugins.load()
HERE, ELSEWHERE = 1, 2
VISIT, OTHER_VISIT, DELETED, FOREIGN = 101, 102, 103, 201


@pytest.fixture
def storage(engine: Engine) -> Storage:
    """Two networks with visits, the plugin's table migrated."""
    upgrade(engine, [CORE, *PLUGINS.migration_sources()])
    storage = Storage(engine, FixedClock(NOON))
    for network, visits in ((HERE, (VISIT, OTHER_VISIT, DELETED)), (ELSEWHERE, (FOREIGN,))):
        with storage.writing() as connection:
            values: dict[str, Any] = {"currency": "UAH", "digits": 2, "time_zone": "UTC", "config_version": 1}
            connection.execute(insert(Network), {"id": network, "name": "n", "created_at": NOON, **values})
            work = Work(connection, network, "host", storage.clock, storage.ids)
            work.insert(Branch, [{"id": 1, "external_id": "b", "name": "b", "time_zone": "UTC"}])
            work.insert(Client, [{"id": 1001, "created_at": NOON}])
            work.insert(Visit, [a_visit(id) for id in visits])
    return storage


def a_visit(id: int) -> dict[str, Any]:
    return {
        "id": id,
        "source": "erp",
        "external_id": str(id),
        "branch_id": 1,
        "client_id": 1001,
        "status": "confirmed",
        "starts_at": datetime(2026, 3, 15, 9, tzinfo=UTC),
        "local_day": date(2026, 3, 15),
        "revision": 1,
        "deleted_at": NOON if id == DELETED else None,
    }


@pytest.fixture
def work(storage: Storage) -> Iterator[Work]:
    with storage.writing() as connection:
        work = Work(connection, HERE, "Olena", storage.clock, storage.ids)
        yield work
        work.flush()


def rows(work: Work) -> list[tuple[Any, ...]]:
    table = table_of(VisitDiscount)
    return [tuple(row) for row in work.execute(select(table).where(table.c.network_id == THIS_NETWORK))]


def audit(work: Work) -> list[tuple[Any, Any, str | None]]:
    work.flush()
    table = table_of(Audit)
    found = work.execute(select(table).where(table.c.network_id == THIS_NETWORK).order_by(table.c.id)).mappings()
    return [(json.loads(row["before"] or "null"), json.loads(row["after"] or "null"), row["reason"]) for row in found]


def proposed(work: Work, *subjects: Subject) -> tuple[Change, ...]:
    """Return what the plugin proposes for subjects, as the core asks it."""
    at = Occasion(work.network_id, UAH, NOON, {"discount_rules"}, own_rows(work, PLUGINS.tables))
    facts = PLUGINS.dispatcher.load_facts(at, subjects)
    outcomes = PLUGINS.dispatcher.propose_changes(at, subjects, facts)
    assert failures(facts, outcomes) == ()
    (outcome,) = outcomes
    assert outcome.answer is not None
    return outcome.answer


def codes(work: Work, visit_id: Any, percent_bp: Any, reason: Any = "complaint") -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        set_for_visit(work, visit_id, percent_bp, reason)
    assert rows(work) == []
    assert audit(work) == []
    return refused.value.codes


def test_a_discount_is_set_for_one_visit_with_who_when_and_why(work: Work) -> None:
    assert set_for_visit(work, VISIT, 1500, "  complaint about the wait ") is True
    assert rows(work) == [(HERE, VISIT, 1500, "complaint about the wait", "Olena", NOON)]
    after = {"percent_bp": 1500, "reason": "complaint about the wait"}
    assert audit(work) == [(None, after, "complaint about the wait")]


def test_it_changes_that_visit_only(work: Work) -> None:
    set_for_visit(work, VISIT, 1500, "complaint")
    subjects = [a_subject(1, visit_id=VISIT), a_subject(2, visit_id=OTHER_VISIT), a_subject(3, visit_id=None)]
    (change,) = proposed(work, *subjects)
    assert (change.subject_id, change.element, change.value) == (1, Element.DISCOUNT, 1500)
    assert (str(change.reason), change.reason.domain) == ("Set for this visit: complaint", "discount_rules")


def test_a_discount_can_be_taken_away_for_one_visit(work: Work) -> None:
    set_for_visit(work, VISIT, None, "promised elsewhere")
    (change,) = proposed(work, a_subject(1, visit_id=VISIT))
    assert change.value is None
    assert str(change.reason) == "Taken away for this visit: promised elsewhere"


def test_nothing_at_all_is_a_discount_too(work: Work) -> None:
    set_for_visit(work, VISIT, 0, "no discount today")
    assert proposed(work, a_subject(1, visit_id=VISIT))[0].value == 0


def test_two_sales_of_one_visit_have_the_same_discount(work: Work) -> None:
    set_for_visit(work, VISIT, 700, "complaint")
    found = proposed(work, a_subject(1, visit_id=VISIT), a_subject(2, visit_id=VISIT))
    assert [(change.subject_id, change.value) for change in found] == [(1, 700), (2, 700)]


def test_setting_the_same_again_changes_nothing(work: Work) -> None:
    set_for_visit(work, VISIT, 700, "complaint")
    assert set_for_visit(work, VISIT, 700, "complaint") is False
    assert len(audit(work)) == 1


def test_setting_another_replaces_the_first(work: Work) -> None:
    set_for_visit(work, VISIT, 700, "complaint")
    assert set_for_visit(work, VISIT, 900, "second complaint") is True
    assert [row[2:4] for row in rows(work)] == [(900, "second complaint")]
    assert audit(work)[-1] == (
        {"percent_bp": 700, "reason": "complaint"},
        {"percent_bp": 900, "reason": "second complaint"},
        "second complaint",
    )


def test_clearing_returns_the_visit_to_the_rules(work: Work) -> None:
    set_for_visit(work, VISIT, 700, "complaint")
    assert clear_for_visit(work, VISIT) is True
    assert proposed(work, a_subject(1, visit_id=VISIT)) == ()
    assert audit(work)[-1] == ({"percent_bp": 700, "reason": "complaint"}, None, None)
    assert clear_for_visit(work, VISIT) is False
    assert len(audit(work)) == 2


@pytest.mark.parametrize("visit", [0, -1, 999, DELETED, FOREIGN, 2**63, 10**30, True, "101", None, 101.0])
def test_a_visit_that_is_not_here_is_refused(work: Work, visit: Any) -> None:
    assert codes(work, visit, 500) == ("unknown_visit",)
    with pytest.raises(Refused):
        clear_for_visit(work, visit)


@pytest.mark.parametrize(
    ("percent_bp", "code"),
    [
        (-1, "percent_out_of_range"),
        (10_001, "percent_out_of_range"),
        (10**400, "percent_out_of_range"),
        (True, "percent_not_whole"),
        (5.0, "percent_not_whole"),
        (float("nan"), "percent_not_whole"),
        ("500", "percent_not_whole"),
    ],
)
def test_a_percentage_that_cannot_be_is_refused(work: Work, percent_bp: Any, code: str) -> None:
    assert codes(work, VISIT, percent_bp) == (code,)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "no_reason"),
        (" \n ", "no_reason"),
        (None, "no_reason"),
        (5, "no_reason"),
        ("x" * 501, "reason_too_long"),
        ("a\0b", "reason_not_text"),
        ("\ud800", "reason_not_text"),
    ],
)
def test_a_change_without_a_good_reason_is_refused(work: Work, reason: Any, code: str) -> None:
    assert codes(work, VISIT, 500, reason) == (code,)


def test_every_mistake_is_told_at_once(work: Work) -> None:
    assert codes(work, VISIT, 10_001, "") == ("percent_out_of_range", "no_reason")


def test_a_reason_may_be_in_any_script(work: Work) -> None:
    assert set_for_visit(work, VISIT, 500, "скарга\nлікарки, \u200fתלונה") is True
    assert "תלונה" in rows(work)[0][3]


def test_another_network_sees_nothing_of_it(storage: Storage, work: Work) -> None:
    set_for_visit(work, VISIT, 700, "complaint")
    other = Work(work.connection, ELSEWHERE, "Olena", storage.clock, storage.ids)
    assert proposed(other, a_subject(1, visit_id=VISIT)) == ()


def test_more_visits_than_one_statement_takes_are_read(work: Work) -> None:
    set_for_visit(work, VISIT, 700, "complaint")
    subjects = [a_subject(number, visit_id=100_000 + number) for number in range(1, 2500)]
    (change,) = proposed(work, *subjects, a_subject(9999, visit_id=VISIT))
    assert change.subject_id == 9999


def test_changes_at_the_same_moment_follow_each_other(storage: Storage) -> None:
    def change(percent_bp: int) -> bool:
        with storage.writing() as connection:
            work = Work(connection, HERE, f"staff {percent_bp}", storage.clock, storage.ids)
            changed = set_for_visit(work, VISIT, percent_bp, "race")
            work.flush()
        return changed

    percents = [100 * number for number in range(1, 9)]
    with ThreadPoolExecutor(len(percents)) as threads:
        assert list(threads.map(change, percents)) == [True] * len(percents)
    with storage.writing() as connection:
        work = Work(connection, HERE, "auditor", storage.clock, storage.ids)
        (row,) = rows(work)
        record = audit(work)
    after = [each[1]["percent_bp"] for each in record]
    before = [each[0] and each[0]["percent_bp"] for each in record]
    assert sorted(after) == percents
    assert {None, *after} - set(before) == {row[2]}, "each change begins where another one ended"


def test_the_table_is_what_the_migration_makes_and_goes_with_it(storage: Storage) -> None:
    (source,) = PLUGINS.migration_sources()
    assert check(storage.engine, [source]) == []
    assert downgrade(storage.engine, source)
    assert upgrade(storage.engine, [source]) == ["discount_rules 0001"]
