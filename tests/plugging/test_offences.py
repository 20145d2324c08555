"""What no sound plugin does stops it until a person has looked at it; for everybody else the work goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from loyalty_core.decisions.changes import Change, Subject
from loyalty_core.decisions.offers import StoredOffer
from loyalty_core.facts.context import Context
from loyalty_core.facts.pricing import Client, Invoice
from loyalty_core.facts.programme import Programme
from loyalty_core.plugging.dispatch import Failure, Occasion, Outcome
from loyalty_core.plugging.loading import Plugins
from loyalty_core.plugging.rows import own_rows, watched
from loyalty_core.ports import SystemClock
from loyalty_core.storage.base import THIS_NETWORK
from loyalty_core.storage.tables import Client as ClientRow
from loyalty_core.storage.work import Storage, Work, table_of
from loyalty_core.testing import a_plugin, an_occasion
from loyalty_discount_rules.tables import VisitDiscount
from tests.plugging.faults import CALLED, CLIENT, INVOICE, STORED, SUBJECTS, Hook, change
from tests.plugging.test_faults import AT, call, plugins_with

each_called = pytest.mark.parametrize("hook", CALLED, ids=lambda hook: hook.name)


def hook_called(name: str) -> Hook:
    return next(each for each in CALLED if each.name == name)


def assert_offence(plugins: Plugins, outcomes: Mapping[str, Outcome[Any]]) -> Failure:
    """Only the faulty plugin failed, by an offence that is kept, and it is not asked again."""
    failure = outcomes["faulty"].failure
    assert failure is not None
    assert [problem.code for problem in failure.problems] == ["plugin_offence"]
    assert "faulty" in str(failure.problems[0].message)
    assert outcomes["faulty"].answer is None
    assert all(outcomes[name].answer for name in ("alpha", "zeta"))
    assert plugins.dispatcher.breakers.offences == {"faulty": failure}
    return failure


@pytest.mark.parametrize("hook", [each for each in CALLED if each.negative is not None], ids=lambda hook: hook.name)
def test_a_negative_figure_is_an_offence(hook: Hook) -> None:
    plugins = plugins_with(hook, lambda: [hook.negative])
    assert_offence(plugins, call(hook, plugins))


@each_called
def test_an_offender_is_not_asked_again_until_a_person_has_looked_at_it(hook: Hook) -> None:
    times: list[Context] = []

    def forcing(ctx: Context) -> object:
        times.append(ctx)
        if len(times) == 1:
            object.__setattr__(ctx, "network_id", 2)
        return hook.good("faulty")

    plugins = plugins_with(hook, forcing)
    assert_offence(plugins, call(hook, plugins))
    again = call(hook, plugins)["faulty"].failure
    assert again is not None
    assert [problem.code for problem in again.problems] == ["plugin_suspended"]
    assert len(times) == 1
    assert plugins.dispatcher.breakers.suspended == {"faulty"}
    plugins.dispatcher.breakers.lift("faulty")
    assert call(hook, plugins)["faulty"].answer
    assert plugins.dispatcher.breakers.suspended == set()


@each_called
def test_the_currency_of_the_network_cannot_be_forced_open(hook: Hook) -> None:
    def forcing(ctx: Context) -> object:
        object.__setattr__(ctx.currency, "digits", 0)
        return hook.good("faulty")

    plugins = plugins_with(hook, forcing)
    assert_offence(plugins, call(hook, plugins))
    assert AT.currency.digits == 2


def _raise_given(subjects: tuple[Subject, ...]) -> None:
    object.__setattr__(subjects[0], "given", 10_000)


def _raise_totals(subjects: tuple[Subject, ...]) -> None:
    object.__setattr__(subjects[1].totals, "visits", 100)


def _raise_and_fail(subjects: tuple[Subject, ...]) -> None:
    object.__setattr__(subjects[0], "given", 10_000)
    raise ValueError("and then this")


def _lower_price(invoice: Invoice) -> None:
    object.__setattr__(invoice.lines[1], "listed_minor", 1)


def _drop_lines(invoice: Invoice) -> None:
    object.__setattr__(invoice, "lines", ())


def _lift_floor(invoice: Invoice) -> None:
    object.__setattr__(invoice.lines[0].flags, "discountable", False)


def _raise_class(client: Client) -> None:
    object.__setattr__(client, "class_rank", 9)


def _rewrite_offer(offers: tuple[StoredOffer, ...]) -> None:
    object.__setattr__(offers[0], "version_id", 1)


def _rename_programme(programme: Programme) -> None:
    object.__setattr__(programme, "scope_id", 2)


FORCED: Mapping[Callable[..., None], str] = {
    _raise_given: "loyalty_propose_changes",
    _raise_totals: "loyalty_load_facts",
    _raise_and_fail: "loyalty_propose_changes",
    _lower_price: "loyalty_propose_adjustments",
    _drop_lines: "loyalty_propose_adjustments",
    _lift_floor: "loyalty_propose_adjustments",
    _raise_class: "loyalty_propose_adjustments",
    _rewrite_offer: "loyalty_compile_offers",
    _rename_programme: "loyalty_compile_standing",
}


@pytest.mark.parametrize("forcing", FORCED)
def test_facts_forced_open_are_an_offence_and_the_next_plugin_gets_clean_ones(forcing: Callable[..., None]) -> None:
    hook = hook_called(FORCED[forcing])
    seen: list[object] = []
    (name,) = forcing.__annotations__.keys() - {"return"}
    scope: dict[str, Any] = {"force": forcing, "seen": seen, "good": hook.good}
    exec(f"def faulty({name}):\n    force({name})\n    return good('faulty')", scope)
    exec(f"def witness({name}):\n    seen.append({name})\n    return good('zeta')", scope)
    extra = {plugin: a_plugin(plugin, **{hook.name: scope["witness"]}) for plugin in ("alpha", "zeta")}
    plugins = Plugins.load([], {**extra, "faulty": a_plugin("faulty", **{hook.name: scope["faulty"]})})
    before = repr((SUBJECTS, INVOICE, CLIENT, STORED))
    assert_offence(plugins, call(hook, plugins))
    assert seen[0] == seen[1]
    assert seen[0] is not seen[1]
    assert repr((SUBJECTS, INVOICE, CLIENT, STORED)) == before


def _subject_given_more(subjects: tuple[Subject, ...]) -> list[Change]:
    subjects[0].given = 10_000  # type: ignore[misc]
    return [change()]


def _subjects_cleared(subjects: list[Subject]) -> list[Change]:
    subjects.clear()
    return [change()]


def _facts_forged(ctx: Context) -> list[Change]:
    ctx.own[1] = "forged"  # type: ignore[index]
    return [change()]


def _settings_forged(ctx: Context) -> list[Change]:
    ctx.settings["percent"] = 100  # type: ignore[index]
    return [change()]


@pytest.mark.parametrize("attempt", [_subject_given_more, _subjects_cleared, _facts_forged, _settings_forged])
def test_what_is_frozen_cannot_be_changed_by_accident(attempt: Callable[..., object]) -> None:
    hook = hook_called("loyalty_propose_changes")
    outcomes = call(hook, plugins_with(hook, attempt))
    failure = outcomes["faulty"].failure
    assert failure is not None
    assert [problem.code for problem in failure.problems] == ["plugin_failed"]
    assert outcomes["zeta"].failure is None


def test_a_part_cannot_be_changed_by_the_plugin_it_is_given_to() -> None:
    def forging(programme: Programme) -> object:
        programme.part["percent_bp"] = 10_000  # type: ignore[index]
        return ()

    hook = hook_called("loyalty_compile_standing")
    assert call(hook, plugins_with(hook, forging))["faulty"].failure is not None


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection that somebody works on."""
    with engine.connect() as connection:
        yield connection


def occasion_of(connection: Connection, tables: Mapping[str, tuple[str, ...]] | None = None) -> Occasion:
    storage = Storage(connection.engine, SystemClock())
    work = Work(connection, 1, "reader", storage.clock, storage.ids)
    rows_of = own_rows(work, tables or {})
    return an_occasion(("alpha", "faulty", "zeta"), rows_of=rows_of, watch=watched(work))


def _nested_and_left_open(connection: Connection) -> None:
    connection.begin_nested()


ENDINGS: tuple[Callable[[Connection], None], ...] = (Connection.commit, Connection.rollback, _nested_and_left_open)


@each_called
@pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)
def test_who_ends_the_transaction_of_the_caller_offends(
    hook: Hook, end: Callable[[Connection], None], connection: Connection
) -> None:
    def ending() -> object:
        end(connection)
        return hook.good("faulty")

    connection.begin()
    plugins = plugins_with(hook, ending)
    assert hook.call is not None
    outcomes = {each.plugin: each for each in hook.call(plugins, occasion_of(connection))}
    failure = assert_offence(plugins, outcomes)
    assert "transaction" in str(failure.problems[0].message)


mine, client_row = table_of(VisitDiscount), table_of(ClientRow)
here = mine.c.network_id == THIS_NETWORK

STATEMENTS: Mapping[str, Any] = {
    "write": insert(mine),
    "change": update(mine).where(here).values(percent_bp=1),
    "remove": delete(mine).where(here),
    "commit": text("COMMIT"),
    "roll back": text("ROLLBACK"),
    "read clients": select(client_row.c.id).where(client_row.c.network_id == THIS_NETWORK),
    "read other networks": select(mine.c.visit_id),
    "read other networks knowingly": select(mine.c.visit_id).execution_options(unscoped=True),
    "lock": select(mine.c.visit_id).where(here).with_for_update(),
}


@pytest.mark.parametrize("swallowed", [False, True], ids=["told", "swallowed"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_who_reaches_for_what_is_not_its_own_by_its_rows_offends(
    statement: str, swallowed: bool, connection: Connection
) -> None:
    def reaching(ctx: Context) -> dict[int, object]:
        try:
            ctx.rows(STATEMENTS[statement])
        except Exception:
            if not swallowed:
                raise
        return {1: "innocent"}

    hook = hook_called("loyalty_load_facts")
    plugins = plugins_with(hook, reaching)
    at = occasion_of(connection, {"faulty": (mine.name,)})
    failure = assert_offence(plugins, {each.plugin: each for each in plugins.dispatcher.load_facts(at, SUBJECTS)})
    assert "rows" in str(failure.problems[0].message)


def test_reading_own_rows_in_a_transaction_that_has_not_begun_is_no_offence(engine: Engine) -> None:
    def load_facts(ctx: Context) -> dict[int, object]:
        return {1: len(ctx.rows(select(client_row.c.id).where(client_row.c.network_id == THIS_NETWORK)))}

    plugins = Plugins.load([], {"faulty": a_plugin("faulty", loyalty_load_facts=load_facts)})
    with engine.connect() as connection:
        (outcome,) = plugins.dispatcher.load_facts(occasion_of(connection, {"faulty": ("core_client",)}), SUBJECTS)
    assert outcome.answer == {1: 0}
