"""Rule sets as one SQL expression: equal to the function over a batch, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Date, Engine, Select, insert, literal, select

from loyalty_core.decisions.rules import AtLeast, Metric, Rule, RuleSet
from loyalty_core.engine.standing import compile_rule_set, reset_of
from loyalty_core.facts.programme import JudgedOn, SoldBasis
from loyalty_core.facts.standing import Element
from loyalty_core.facts.totals import Reset as ResetFact
from loyalty_core.messages import gettext
from loyalty_core.storage.base import THIS_NETWORK, Base
from loyalty_core.storage.dates import add_days, earliest, latest
from loyalty_core.storage.standing_sql import resets, verdicts
from loyalty_core.storage.tables import (
    Branch,
    Client,
    ManualValue,
    Measure,
    Network,
    Reset,
    Scope,
    ScopeBranch,
    Totals,
)
from loyalty_core.storage.work import table_of
from tests.engine.rule_cases import CLIENTS, MISTAKES, TODAY, Question, questions

OURS, THEIRS = 1, 2
SCOPE, OTHER_SCOPE = 10, 20
VERSION = 7
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SUMS = ("visits", "no_shows", "invoiced_minor", "listed_minor", "paid_minor")

Row = dict[str, Any]


@contextmanager
def discarded(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that is rolled back at the end, so that the next example finds the database empty."""
    with engine.connect().execution_options(write=True) as connection, connection.begin() as transaction:
        found_networks(connection)
        yield connection
        transaction.rollback()


def found_networks(connection: Connection) -> None:
    """Found our network and another one, with the same ids in both, as only the network tells them apart."""
    both = (OURS, THEIRS)
    network = {"currency": "UAH", "digits": 2, "time_zone": "Europe/Kyiv", "config_version": 1, "created_at": NOW}
    write(connection, Network, [{"id": each, "name": f"Network {each}", **network} for each in both])
    scope = {"level": "network", "history_from": None}
    scopes = [{"network_id": each, "id": id, **scope} for each in both for id in (SCOPE, OTHER_SCOPE)]
    write(connection, Scope, scopes)
    clients = range(CLIENTS)
    write(connection, Client, [{"network_id": each, "id": id, "created_at": NOW} for each in both for id in clients])


def write(connection: Connection, table: type[Base], rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table_of(table)), rows)


def fields(fact: object, *names: str) -> Row:
    return {name: getattr(fact, name) for name in names}


def write_clients(connection: Connection, question: Question) -> None:
    """Write the batch as the clients of our scope, each as the client of the same number."""
    rows: dict[type[Base], list[Row]] = {Totals: [], Reset: [], ManualValue: []}
    item = {"element": question.rule_set.element.value, "item": question.rule_set.item}
    for number, judged in enumerate(question.clients):
        client = {"network_id": OURS, "scope_id": SCOPE, "client_id": number}
        if judged.totals.first_day is not None:  # without it: never seen
            days = fields(judged.totals, "first_day", "visited_on", "bought_on")
            rows[Totals].append(client | days | fields(judged.totals, *SUMS))
        for reset in judged.resets.values():
            rows[Reset].append(client | fields(reset, "gap_days", "ended_on", *SUMS))
        if judged.manual is not None:
            names = ("value", "granted_at", "granted_on", "until", "lapses", "actor", "reason")
            rows[ManualValue].append(client | item | fields(judged.manual, *names))
    for table, its_rows in rows.items():
        write(connection, table, its_rows)


def write_noise(connection: Connection) -> None:
    """Write rows that must not matter: of another network, another scope, another item."""
    figures: Row = dict.fromkeys(SUMS, 9)
    days: Row = dict.fromkeys(("first_day", "visited_on", "bought_on"), TODAY)
    manual = {"value": 99, "granted_at": NOW, "granted_on": TODAY, "until": None, "lapses": False}
    manual |= {"actor": "Olena", "reason": "noise"}
    elsewhere = ({"network_id": THEIRS, "scope_id": SCOPE}, {"network_id": OURS, "scope_id": OTHER_SCOPE})
    others = [place | {"client_id": number} for place in elsewhere for number in range(CLIENTS)]
    elements = [{"element": "discount", "item": ""}, {"element": "class", "item": ""}]
    elements.append({"element": "category", "item": "vip"})
    write(connection, Totals, [client | figures | days for client in others])
    write(connection, Reset, [client | figures | {"gap_days": 3, "ended_on": TODAY} for client in others])
    write(connection, ManualValue, [client | manual | element for client in others for element in elements])
    ours = {"network_id": OURS, "scope_id": SCOPE, "element": "category", "item": "never asked about"}
    write(connection, ManualValue, [ours | manual | {"client_id": number} for number in range(0, CLIENTS, 2)])


Answer = tuple[int | None, str | None, str | None, date | None]


def run(connection: Connection, *statements: Select[Any]) -> list[Any]:
    found = []
    for statement in statements:
        found += connection.execute(statement, {"network": OURS, "scope": SCOPE, "today": TODAY}).all()
    return found


def said_by_sql(connection: Connection, question: Question) -> Mapping[int, Answer]:
    rows = run(connection, *verdicts(question.rule_set, question.basis, question.judged_on))
    assert {row.scope_id for row in rows} <= {SCOPE}
    answers = {row.client_id: (row.value, row.origin, row.rule, row.next_on) for row in rows}
    assert len(answers) == len(rows), "no client twice"
    return {id: answer if answer[0] is not None else (None, None, *answer[2:]) for id, answer in answers.items()}


def said_by_function(question: Question) -> Mapping[int, Answer]:
    judge = compile_rule_set(question.rule_set, question.basis, question.judged_on, VERSION)
    answers: dict[int, Answer] = {}
    for number, verdict in enumerate(judge(question.clients, TODAY)):
        given = verdict.given
        what = (given.value, given.origin.value, given.rule) if given else (None, None, None)
        answers[number] = (*what, verdict.next_on)
    return answers


def check(engine: Engine, question: Question, asked: Question, *, noise: bool = True) -> None:
    """Hold what SQL says about the clients of `question` against what the function says about `asked`."""
    with discarded(engine) as connection:
        write_clients(connection, question)
        if noise:
            write_noise(connection)
        by_sql, by_function = said_by_sql(connection, question), said_by_function(asked)
    for number, client in enumerate(question.clients):
        if number in by_sql:
            assert by_sql[number] == by_function[number], client
        else:
            assert client.totals.first_day is None, client
            assert client.manual is None, client


def test_sql_and_function_say_the_same(engine: Engine) -> None:
    @given(questions())
    def compare(question: Question) -> None:
        check(engine, question, question)

    compare()


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_the_comparison_of_sql_and_function_can_fail(
    sqlite_engine: Engine, mistake: Callable[[Question], Question]
) -> None:
    @given(questions())
    @settings(max_examples=200, database=None, derandomize=True, phases=[Phase.generate])
    def compare(question: Question) -> None:
        check(sqlite_engine, question, mistake(question), noise=False)

    with pytest.raises(AssertionError):
        compare()


def a_discount_from_three_visits() -> RuleSet:
    rule = Rule("visits-3", AtLeast(Metric.VISITS, 3), 500, gettext("From 3 visits"))
    return RuleSet(Element.DISCOUNT, (rule,), inactive_days=60)


def test_verdicts_can_be_asked_for_a_few_clients(engine: Engine) -> None:
    asked = (a_discount_from_three_visits(), SoldBasis.INVOICED, JudgedOn.SINCE_RESET)
    some = [each.where(each.selected_columns.client_id.in_([1, 3])) for each in verdicts(*asked)]
    two = select(Client.id).where(Client.network_id == THIS_NETWORK, Client.id.in_([1, 3]))
    figures: Row = {**dict.fromkeys(SUMS, 5), "first_day": TODAY, "visited_on": TODAY, "bought_on": None}
    manual: Row = {"element": "discount", "item": "", "value": 1, "granted_at": NOW, "granted_on": TODAY}
    manual |= {"until": None, "lapses": False, "actor": "Olena", "reason": ""}
    with discarded(engine) as connection:
        clients = [{"network_id": OURS, "scope_id": SCOPE, "client_id": number} for number in range(5)]
        write(connection, Totals, [client | figures for client in clients[:3]])
        write(connection, ManualValue, [client | manual for client in clients[3:]])
        for statements in (some, verdicts(*asked, among=two)):
            assert sorted(run(connection, *statements)) == [
                (SCOPE, 1, 500, "rule", "visits-3", TODAY + timedelta(61)),
                (SCOPE, 3, 1, "manual", None, None),
            ]


def test_a_client_with_a_manual_value_and_no_totals_is_judged_on_zeros(engine: Engine) -> None:
    statements = verdicts(a_discount_from_three_visits(), SoldBasis.INVOICED, JudgedOn.LIFETIME)
    manual = {
        "network_id": OURS,
        "scope_id": SCOPE,
        "item": "",
        "granted_at": NOW,
        "granted_on": TODAY,
        "lapses": False,
    }
    manual |= {"value": 1200, "actor": "Olena", "reason": "friend"}
    with discarded(engine) as connection:
        values = [(1, "discount", TODAY), (2, "discount", TODAY - timedelta(1)), (3, "class", None)]
        rows = [manual | {"client_id": id, "element": element, "until": until} for id, element, until in values]
        write(connection, ManualValue, rows)
        found = run(connection, *statements)
    assert sorted(found) == [
        (SCOPE, 1, 1200, "manual", None, TODAY + timedelta(1)),
        (SCOPE, 2, None, "rule", None, None),
        (SCOPE, 3, None, "rule", None, None),
    ]


TAKING_PART, LEFT_AND_BACK, STRANGER = 101, 102, 103
HISTORY_FROM = TODAY - timedelta(50)
LEFT, BACK = TODAY - timedelta(30), TODAY - timedelta(20)


def write_participation(connection: Connection) -> None:
    """Write a scope with a history start, one branch that stays, one that left and is back, one outside."""
    branches = (TAKING_PART, LEFT_AND_BACK, STRANGER)
    named = {"time_zone": "Europe/Kyiv", "name": "Branch"}
    write(connection, Branch, [{"network_id": OURS, "id": id, "external_id": str(id), **named} for id in branches])
    scope = {"network_id": OURS, "id": 30, "level": "network", "history_from": HISTORY_FROM}
    write(connection, Scope, [scope])
    long_ago = TODAY - timedelta(1000)
    part: Row = {"network_id": OURS, "scope_id": 30}
    periods = [(TAKING_PART, long_ago, None), (LEFT_AND_BACK, long_ago, LEFT), (LEFT_AND_BACK, BACK, None)]
    rows = [part | {"branch_id": id, "starts_on": starts, "ends_before": ends} for id, starts, ends in periods]
    own_scope = {"network_id": OURS, "scope_id": SCOPE, "branch_id": STRANGER}
    write(connection, ScopeBranch, [*rows, own_scope | {"starts_on": long_ago, "ends_before": None}])


def counts(measure: Row) -> bool:
    day = measure["local_day"]
    takes_part = {TAKING_PART: True, LEFT_AND_BACK: day < LEFT or day >= BACK, STRANGER: False}
    return bool(takes_part[measure["branch_id"]] and day >= HISTORY_FROM)


def some_measures(random: Random) -> list[Row]:
    """Return measures of a few clients: visits, openings, sums without a visit day, in no order."""
    measures = []
    for number in range(120):
        day = TODAY - timedelta(random.randrange(60))
        kind = random.choice(["visit", "visit", "payment", "opening"])
        visited_on = {"visit": day, "payment": None}.get(kind, day - timedelta(random.randrange(30)))
        measures.append(
            {
                "network_id": OURS,
                "rests_on": number,
                "source_kind": kind,
                "source_id": number,
                "client_id": random.randrange(12),
                "branch_id": random.choice([TAKING_PART, TAKING_PART, LEFT_AND_BACK, STRANGER]),
                "at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
                "local_day": day,
                "visited_on": visited_on,
                "bought_on": None,
                **{name: random.randrange(-3, 9) for name in SUMS},
            }
        )
    return measures


def resets_by_function(measures: list[Row], gap_days: int) -> dict[int, ResetFact]:
    found = {}
    for client_id in {measure["client_id"] for measure in measures}:
        own = [SimpleNamespace(**each) for each in measures if each["client_id"] == client_id and counts(each)]
        if reset := reset_of(gap_days, own):
            found[client_id] = reset
    return found


def test_resets_by_sql_are_the_ones_of_the_function(engine: Engine) -> None:
    @given(st.integers(0, 2**32), st.integers(0, 15))
    def compare(seed: int, gap_days: int) -> None:
        measures = some_measures(Random(seed))
        with discarded(engine) as connection:
            write_participation(connection)
            write(connection, Measure, measures)
            rows = connection.execute(resets(gap_days), {"network": OURS, "scope": 30}).all()
        by_sql = {row.client_id: ResetFact(**fields(row, "gap_days", "ended_on", *SUMS)) for row in rows}
        assert len(by_sql) == len(rows)
        assert by_sql == resets_by_function(measures, gap_days)

    compare()


def test_resets_can_be_asked_for_a_few_clients_and_written_as_they_come(engine: Engine) -> None:
    measures = some_measures(Random(1))
    statement = resets(5)
    some = statement.where(statement.selected_columns.client_id.in_([1, 2, 3]))
    with discarded(engine) as connection:
        write_participation(connection)
        write(connection, Measure, measures)
        into = insert(table_of(Reset)).from_select(table_of(Reset).c.keys(), some)
        connection.execute(into, {"network": OURS, "scope": 30})
        kept = connection.scalars(select(Reset.client_id).where(Reset.network_id == THIS_NETWORK), {"network": OURS})
        kept_ids = set(kept)
    assert kept_ids == resets_by_function(measures, 5).keys() & {1, 2, 3} != set()


def test_days_are_added_across_months_and_absent_days_stay_absent(engine: Engine) -> None:
    day, no_day = literal(date(2028, 2, 28)), literal(None, Date())
    with engine.connect() as connection:
        row = connection.execute(select(add_days(day, 2), add_days(day, -28), add_days(no_day, 1))).one()
    assert list(row) == [date(2028, 3, 1), date(2028, 1, 31), None]


def test_of_the_earliest_and_latest_of_days_absent_ones_do_not_count(engine: Engine) -> None:
    early, late, no_day = literal(date(2026, 1, 31)), literal(date(2026, 2, 1)), literal(None, Date())
    orders = [(early, late, no_day), (no_day, late, early), (late, no_day, early)]
    with engine.connect() as connection:
        for days in orders:
            row = connection.execute(select(earliest(*days), latest(*days))).one()
            assert list(row) == [date(2026, 1, 31), date(2026, 2, 1)]
        assert list(connection.execute(select(earliest(no_day, no_day), latest(no_day))).one()) == [None, None]
