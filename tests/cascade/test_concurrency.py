"""Two sessions: whoever comes in between loses no row that no plan named, and nothing is half done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cascade.site import CUSTOMER, ONE, TAKE, Site
from tests.faults.lab import Background
from tests.servers import PgBouncer

if TYPE_CHECKING:
    from tests.servers import Database, TestServer


@pytest.fixture
def shop(site: Site) -> Site:
    """A site with a shop, whose logs wait at a gate when they are deleted."""
    site.shop()
    return site


def halted(site: Site, change: str, hold: str = "lock table shop.line in share mode") -> Background:
    """A delete of customer 1 that waits, after its look, until a session has made `change` and commits."""
    other = site.session()
    other.execute("begin")
    other.execute(hold.encode())
    # small tables too are read by place, as large ones are
    run = site.start_delete(CUSTOMER, ONE, TAKE, site.session("-c enable_seqscan=off -c jit=off"))
    site.until_blocked(run.pid, other.info.backend_pid)
    other.execute(change.encode())
    other.execute("commit")
    return run


@pytest.mark.parametrize(
    ("change", "relation"),
    [
        ("insert into shop.sale values (90, 1)", "shop.sale"),
        ("insert into shop.line values (90, 1)", "shop.line"),
        ("insert into shop.log values (90, 1)", "shop.log"),
    ],
)
def test_c7_a_child_inserted_after_the_look_is_never_deleted_unplanned(
    shop: Site, change: str, relation: str
) -> None:
    """What went is not what was planned: all is rolled back, and another look plans the new row too."""
    halted(shop, change).succeeded()
    detail = shop.runs(CUSTOMER)[-1].detail["relations"]
    assert detail == {
        name: rows + (name == relation)
        for name, rows in {CUSTOMER: 1, "shop.sale": 2, "shop.line": 4, "shop.log": 2}.items()
    }
    assert shop.counts() == (2, 3, 6, 3)


@pytest.mark.parametrize("edges", [None, TAKE], ids=["own", "chosen"])
def test_a_key_that_is_made_after_the_look_is_in_the_plan_too(
    shop: Site, edges: dict[str, str] | None
) -> None:
    """Its row would be blanked by the server alone, with no word in plan and log."""
    if edges is None:
        shop.do("drop table shop.line")
    other = shop.session()
    other.execute("begin; lock table shop.sale in share mode")
    session = shop.session("-c enable_seqscan=off -c jit=off")
    run = Background(
        session,
        "create temp table done as select * from pydb.cascade_delete('shop.customer', '{\"id\": 1}', %s,"
        " p_allow_triggers => true)",
        None if edges is None else json.dumps(edges),
    )
    shop.until_blocked(run.pid, other.info.backend_pid)
    other.execute(
        "create table shop.late (id int, customer int references shop.customer on delete set null);"
        "insert into shop.late values (1, 1), (2, 2); commit"
    )
    run.succeeded()
    steps = session.execute("select action, done from done where relation = 'shop.late'").fetchall()
    assert steps == [("nullify", 1)]
    assert shop.content("shop.late") == [(1, None), (2, 2)]


def test_c8_deleted_by_somebody_else_first(shop: Site) -> None:
    halted(
        shop,
        "select 1",
        "delete from shop.line where sale in (1, 2); delete from shop.sale where customer = 1;"
        "delete from shop.log where customer = 1; delete from shop.customer where id = 1",
    ).succeeded()
    assert shop.counts() == (2, 3, 6, 3)
    assert shop.runs(CUSTOMER)[-1].rows_done == 0


LOCKED = "select 1 from shop.log where customer = 1 for update"


def test_a_row_that_moves_to_another_parent_survives(shop: Site) -> None:
    halted(shop, "update shop.log set customer = 2 where id = 1", LOCKED).succeeded()
    assert shop.content("shop.log") == [(1, 2), (3, 2), (4, 2), (5, 2)]
    assert shop.runs(CUSTOMER)[-1].rows_done == 8


def test_a_row_that_changes_otherwise_goes(shop: Site) -> None:
    shop.do("alter table shop.log add note text")
    halted(shop, "update shop.log set note = 'x' where id = 1", LOCKED).succeeded()
    assert shop.counts() == (2, 3, 6, 3)


def test_a_row_set_to_null_that_moves_keeps_its_new_parent(shop: Site) -> None:
    other = shop.session()
    other.execute("begin")
    other.execute("update shop.log set customer = 2 where id = 1")
    run = shop.start_delete(CUSTOMER, ONE, {"*": "delete", "customer_ref": "nullify"})
    shop.until_blocked(run.pid, other.info.backend_pid)
    other.execute("commit")
    run.succeeded()
    assert shop.content("shop.log")[:2] == [(1, 2), (2, None)]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_c11_a_fixed_snapshot_is_an_error_of_the_server_and_nothing_is_done(shop: Site, level: str) -> None:
    session = shop.session(f"-c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}")
    other = shop.session()
    other.execute("begin")
    other.execute("update shop.log set customer = 2 where id = 1")
    run = shop.start_delete(CUSTOMER, ONE, TAKE, session)
    shop.until_blocked(run.pid, other.info.backend_pid)
    other.execute("commit")
    assert run.failed() == "40001"
    assert shop.counts() == (3, 5, 10, 5)
    shop.delete(CUSTOMER, ONE, TAKE, session)
    assert shop.counts() == (2, 3, 6, 4)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
@pytest.mark.parametrize(
    "change",
    [
        "select pydb.reference_set('shop.note', '{customer}', 'shop.customer', '{id}', 'cascade')",
        "select pydb.reference_set('shop.note', '{customer}', 'shop.customer', '{id}', 'restrict')",
        "select pydb.reference_drop('shop.log.customer_ref')",
    ],
)
def test_a_logical_reference_that_is_younger_than_the_snapshot_is_an_error(
    shop: Site, level: str, change: str
) -> None:
    """Such a delete does not see the reference, and would leave its rows behind."""
    shop.do("create table shop.note (id int, customer int); insert into shop.note values (1, 1), (2, 2)")
    session = shop.session()
    session.execute(f"begin isolation level {level}".encode())
    session.execute("select from shop.customer")
    shop.do(change)
    with pytest.raises(psycopg.errors.SerializationFailure):
        shop.delete(CUSTOMER, ONE, TAKE, session)
    session.execute("rollback")
    assert shop.counts() == (3, 5, 10, 5)
    session.execute(f"begin isolation level {level}".encode())
    steps = shop.delete(CUSTOMER, ONE, TAKE, session)
    session.execute("commit")
    gone = {step.relation: step.done for step in steps}
    assert (gone.get("shop.log"), gone.get("shop.note")) == ((None, None) if "drop" in change else (2, 1))


def test_c2_two_deletes_that_overlap_both_end_right(shop: Site) -> None:
    """Customers 1 and 2 share nothing but tables; of one customer, one takes all, one nothing."""
    with shop.gate_on("shop.log", 1) as gate:
        first = shop.start_delete(CUSTOMER, ONE, TAKE)
        gate.reached_by(first)
        shop.delete(CUSTOMER, {"id": 2}, TAKE)
        second = shop.start_delete(CUSTOMER, [{"id": 1}, {"id": 3}], TAKE)
        shop.until_blocked(second.pid, first.pid)
        gate.open()
        first.succeeded()
        second.succeeded()
    assert shop.counts() == (0, 0, 0, 0)
    assert sum(run.rows_done for run in shop.runs(CUSTOMER)) == 3 + 5 + 10 + 5


def test_c2_a_deadlock_is_resolved_by_a_second_look(shop: Site) -> None:
    """Two that lock two rows the other way round: the delete gives way, looks again, and both end right."""
    other = shop.session("-c deadlock_timeout=60s")
    with shop.gate_on("shop.log", 1, when="before") as gate:
        other.execute("begin")
        other.execute("update shop.log set customer = 2 where id = 2")
        run = shop.start_delete(CUSTOMER, ONE, TAKE, shop.session("-c deadlock_timeout=20ms"))
        gate.reached_by(run)
        waiting = Background(other, "update shop.log set customer = 2 where id = 1")
        shop.until_blocked(waiting.pid, run.pid)
        gate.open()
        waiting.succeeded()
    other.execute("commit")
    run.succeeded()
    assert shop.counts() == (2, 3, 6, 5)


def test_c9_a_lock_on_a_table_is_waited_for_as_the_caller_says(shop: Site) -> None:
    other = shop.session()
    other.execute("begin")
    other.execute("lock table shop.log in access exclusive mode")
    run = shop.start_delete(CUSTOMER, ONE, TAKE, shop.session("-c lock_timeout=100ms"))
    assert run.failed() == "55P03"
    other.execute("rollback")
    assert shop.counts() == (3, 5, 10, 5)


def test_c10_a_statement_timeout_rolls_back_whole(shop: Site) -> None:
    with shop.gate_on("shop.log", 1):
        run = shop.start_delete(CUSTOMER, ONE, TAKE, shop.session("-c statement_timeout=300ms"))
        assert run.failed() == "57014"
    assert shop.counts() == (3, 5, 10, 5)
    assert shop.value("select count(*) from pydb.job_run") == 0


def test_c4_through_a_pooler_in_transaction_mode(shop: Site, server: TestServer, database: Database) -> None:
    job = shop.request(keys={"id": 2})
    with PgBouncer(server, pool_size=1) as pooler:
        connection = psycopg.connect(pooler.dsn(database.name), autocommit=True, prepare_threshold=None)
        with connection:
            shop.delete(CUSTOMER, ONE, TAKE, connection)
            connection.autocommit = True
            connection.execute("call pydb.cascade_run()")
            left = connection.execute(
                "select count(*) from pg_settings where source = 'session' and name ~ 'path|timeout|security'"
            ).fetchone()
            assert left == (0,)
    shop.settled(job, {CUSTOMER: 1, "shop.sale": 3, "shop.line": 6, "shop.log": 3})
    assert shop.counts() == (1, 0, 0, 0)


BEFORE_IT = {
    "nothing is remembered": "delete from pydb.guard_server",
    "allowed beforehand": """select pydb.guard_allow('x', p_next => true);
        update pydb.guard_server set system_identifier = 1""",
    "something is held": "select pydb.hold_place('three', 'shop.customer', '{\"id\": 3}', p_reason => 'x')",
}


@pytest.mark.parametrize("before", BEFORE_IT)
@pytest.mark.parametrize("level", ["read committed", "repeatable read"])
def test_a_delete_that_lasts_keeps_nobody_waiting_who_takes_other_rows(
    shop: Site, before: str, level: str
) -> None:
    shop.do(
        """create table shop.event (at timestamptz);
        insert into shop.event select now() - i * interval '16 hours' from generate_series(0, 3) as i;
        select pydb.retention_policy_set('event', 'shop.event', 'at', '1 day')"""
    )
    job = shop.request(keys={"id": 4})
    shop.do("insert into shop.customer values (4)")
    shop.do(BEFORE_IT[before])
    long = shop.session()
    long.execute(f"begin isolation level {level}".encode())
    shop.delete(CUSTOMER, ONE, TAKE, long)
    other = shop.session("-c lock_timeout=1s")
    shop.delete(CUSTOMER, {"id": 2}, TAKE, other)
    other.execute("call pydb.retention_run()")
    other.execute("call pydb.cascade_run()")
    other.execute("select pydb.idempotency_claim('scope', 'key')")
    other.execute("select pydb.idempotency_prune()")
    other.execute("call pydb.audit_seal_run('0')")
    shop.settled(job, {CUSTOMER: 1})
    assert (shop.counts(), shop.counts_of("shop.event")) == ((2, 2, 4, 2), 2)
    long.execute("commit")
    assert shop.counts() == (1, 0, 0, 0)
    assert shop.value("select state from pydb.guard_status") == "ok"
