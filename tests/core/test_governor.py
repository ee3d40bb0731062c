"""The governor: what a run sees before a batch, and what it makes of it."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connect, Connection, RoleFactory

DEADLINE: Final = 30.0
CALL: Final = "call pydb.retention_run('events')"
SETUP: Final = """
create schema if not exists app;
create table app.event (id bigint primary key, at timestamptz not null);
insert into app.event select i, now() - interval '60 days' from generate_series(1, 500) as i;
select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1);
select pydb.setting_set('governor_interval', '0');
create table app.signal (value float8);
insert into app.signal values (0);
create function app.signal(regclass) returns pydb.governor_reading language sql stable as $$
    select row(case when value = -2 then null else value + 0 / (value + 1) end, 'jobs', true, 'said so')
    from app.signal $$;
"""
LAST: Final = """
select state, stop_reason, rows_done, sqlstate
from pydb.job_run where kind = 'retention' order by id desc limit 1
"""


class Run(threading.Thread):
    """A run in a session of its own."""

    def __init__(self, connection: Connection, statement: str = CALL) -> None:
        super().__init__(daemon=True)
        self.statement = statement
        self.connection = connection
        self.start()

    def run(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self.connection.execute(self.statement.encode())

    def end(self) -> None:
        self.join(DEADLINE)
        assert not self.is_alive(), "the run did not end"


def until(db: Connection, query: str) -> None:
    end = time.monotonic() + DEADLINE
    while db.execute(query.encode()).fetchone() != (True,):
        assert time.monotonic() < end, query
        time.sleep(0.01)


def rests(db: Connection, indicator: str, signal: str) -> None:
    """Until a run rests for it, and says so wherever one looks."""
    until(
        db,
        "select exists (select from pydb.run_list as l inner join pydb.job_run as r on r.id = l.id"
        f" where r.state = 'running' and r.governor_indicator = '{indicator}'"
        f" and r.governor_signal = '{signal}'"
        " and l.next_step like 'it rests since%')",
    )
    assert db.execute(
        "select runs is not null and since is not null and decision = 'rest' from pydb.governor_status"
        f" where indicator = '{indicator}'".encode()
    ).fetchone() == (True,)


@pytest.fixture
def app(db: Connection) -> Connection:
    db.execute(SETUP.encode())
    return db


def test_out_of_the_box_nothing_holds_a_run(app: Connection) -> None:
    found: dict[str, str] = dict(app.execute("select indicator, signal from pydb.governor_status").fetchall())
    assert found.pop("disk_used") == "not_available"
    assert set(found.values()) == {"ok"}
    app.execute(CALL.encode())
    assert app.execute(LAST).fetchone() == ("completed", "exhausted", 500, None)


@pytest.mark.parametrize(
    ("value", "signal"),
    [(11, "stop"), (-1, "unknown"), (-2, "unknown"), ("NaN", "unknown")],
)
def test_a_check_of_ones_own_holds_a_run_until_it_is_well(
    app: Connection, connect: Connect, value: object, signal: str
) -> None:
    app.execute("select pydb.governor_set('jobs', 'app.signal', 10, p_back_off => '20 ms')")
    app.execute("update app.signal set value = %s", [value])
    run = Run(connect())
    rests(app, "jobs", signal)
    assert app.execute("select count(*) from app.event").fetchone() == (500,)
    app.execute("update app.signal set value = 0")
    run.end()
    assert app.execute(LAST).fetchone() == ("completed", "exhausted", 500, None)
    assert app.execute("select governor_signal from pydb.job_run").fetchone() == (None,)


def test_who_has_no_patience_left_says_that_it_starved(app: Connection) -> None:
    app.execute(
        "select pydb.governor_set('jobs', 'app.signal', 10, p_back_off => '20 ms', p_patience => '0.1 s')"
    )
    app.execute("update app.signal set value = 11")
    app.execute(CALL.encode())
    assert app.execute(LAST).fetchone() == ("partial", "governor", 0, "YD803")
    (error,) = app.execute("select error from pydb.job_run").fetchone() or ("",)
    assert "jobs is 11.0 of 10 jobs: said so" in error
    assert app.execute(
        "select status, reason_code from pydb.doctor() where component = 'governor'"
    ).fetchall() == [("degraded", "stop")]


@pytest.mark.parametrize("end", ["kill_switch", "cancel", "governor", "rehearsal"])
def test_a_rest_ends_by_whatever_else_is_said(app: Connection, connect: Connect, end: str) -> None:
    app.execute("select pydb.governor_set('jobs', 'app.signal', 10)")
    app.execute("update app.signal set value = 11")
    if end == "rehearsal":
        app.execute("call pydb.retention_run('events', p_dry_run => true)")
        assert app.execute(LAST).fetchone() == ("completed", "exhausted", 0, None)
        return
    connection = connect()
    run = Run(connection)
    rests(app, "jobs", "stop")
    if end == "kill_switch":
        app.execute("select pydb.retention_pause()")
    elif end == "cancel":
        app.execute("select pg_cancel_backend(%s)", [connection.info.backend_pid])
    else:
        app.execute("select pydb.setting_set('governor', 'off')")
    run.end()
    (found,) = app.execute("select stop_reason from pydb.job_run").fetchone() or (None,)
    assert found == {"kill_switch": "kill_switch", "cancel": "cancelled", "governor": "exhausted"}[end]


def test_batches_are_halved_and_grow_by_steps(app: Connection) -> None:
    factors = """
    with recursive turn (n, run) as (
        select 0, r from (select null::pydb_internal.run_state) as n (r)
        union all
        select n + 1, pydb_internal.governor_decide(t.run, null, now() + n * interval '1 min')
        from turn as t where n < 4
    )
    select (run).factor from turn where n > 0 order by n
    """
    app.execute("select pydb.governor_set('jobs', 'app.signal', 10)")
    app.execute("update app.signal set value = 6")
    assert app.execute(factors).fetchall() == [(0.5,), (0.25,), (0.125,), (0.0625,)]
    app.execute("update app.signal set value = 5")
    assert app.execute(
        "select (pydb_internal.governor_decide(jsonb_populate_record(null::pydb_internal.run_state,"
        " '{\"factor\": 0.5}'), null, now())).factor"
    ).fetchone() == (0.5625,)
    assert app.execute(
        "select (pydb_internal.governor_decide(jsonb_populate_record(null::pydb_internal.run_state,"
        ' \'{"factor": 0.5, "governor_ratio": 0.9}\'), null, now())).factor from'
        " (select) as o"
    ).fetchone() == (0.5625,)
    app.execute("update app.signal set value = 8")
    # it falls already
    assert app.execute(
        "select (pydb_internal.governor_decide(jsonb_populate_record(null::pydb_internal.run_state,"
        ' \'{"factor": 0.5, "governor_ratio": 0.9}\'), null, now())).factor'
    ).fetchone() == (0.5,)


@contextlib.contextmanager
def old_snapshot(connect: Connect) -> Iterator[None]:
    other = connect()
    other.execute("begin isolation level repeatable read")
    other.execute("select")
    other.execute("select count(*) from app.event")
    yield
    other.rollback()


@contextlib.contextmanager
def waiter(connect: Connect) -> Iterator[None]:
    reader, other, eyes = connect(), connect(), connect()
    reader.execute("begin")
    reader.execute("select from app.event limit 1")
    waiting = Run(other, "begin; lock table app.event; commit")
    until(eyes, "select exists (select from pg_locks where not granted and relation = 'app.event'::regclass)")
    yield
    reader.rollback()
    waiting.end()


@contextlib.contextmanager
def unread_slot(connect: Connect) -> Iterator[None]:
    session = connect()
    session.execute("select pg_create_physical_replication_slot('nobody', true)")
    try:
        session.execute("select pg_logical_emit_message(false, 'x', repeat('x', 100000))")
        yield
    finally:
        session.execute("select pg_drop_replication_slot('nobody')")


@pytest.mark.parametrize(
    ("indicator", "threshold", "trouble", "signal"),
    [
        ("oldest_snapshot", 0.01, old_snapshot, "stop"),
        ("lock_waiters", 0, waiter, "stop"),
        ("slot_wal", 50000, unread_slot, "stop"),
        ("replication_lag", 1e9, unread_slot, "unknown"),
    ],
)
def test_trouble_of_the_server_holds_a_run(  # noqa: PLR0917
    app: Connection,
    connect: Connect,
    indicator: str,
    threshold: float,
    trouble: Callable[[Connect], contextlib.AbstractContextManager[None]],
    signal: str,
) -> None:
    # each alone: a slot that nobody reads troubles two
    app.execute("select pydb.governor_set(indicator, p_enabled => false) from pydb.governor_status")
    app.execute(
        "select pydb.governor_set(%s, p_threshold => %s, p_back_off => '20 ms', p_enabled => true)",
        [indicator, threshold],
    )
    with trouble(connect):
        run = Run(connect())
        rests(app, indicator, signal)
        assert app.execute(
            "select count(*) from pydb.job_run where rows_done = 0 and governor_signal is not null"
        ).fetchone() == (1,)
    run.end()
    assert app.execute(LAST).fetchone() == ("completed", "exhausted", 500, None)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("select pydb.governor_set('Bad', 'app.signal', 1)", "YD801"),
        ("select pydb.governor_set('jobs', 'app.nothing', 1)", "YD801"),
        ("select pydb.governor_set('jobs', 'pg_catalog.lower', 1)", "YD801"),
        ("select pydb.governor_set('jobs', p_threshold => 1)", "YD801"),
        ("select pydb.governor_set('jobs', 'app.signal')", "YD801"),
        ("select pydb.governor_set('slot_wal', p_threshold => 'NaN')", "YD801"),
        ("select pydb.governor_set('slot_wal', p_back_off => '-1 s')", "YD801"),
        ("select pydb.governor_drop('jobs')", "YD802"),
        ("select pydb.governor_drop('slot_wal')", "YD802"),
    ],
)
def test_what_is_no_indicator_is_refused(app: Connection, call: str, code: str) -> None:
    with pytest.raises(psycopg.DatabaseError) as said:
        app.execute(call.encode())
    assert said.value.sqlstate == code


def test_a_function_runs_only_as_who_its_owner_could_become(
    app: Connection, connect: Connect, role: RoleFactory
) -> None:
    mallory = role()
    app.execute(f'grant usage on schema app to "{mallory}"'.encode())
    app.execute(f'alter function app.signal owner to "{mallory}"'.encode())
    with pytest.raises(psycopg.DatabaseError) as said:
        app.execute("select pydb.governor_set('jobs', 'app.signal', 10)")
    assert said.value.sqlstate == "YD801"
    # given to him afterwards, it is not asked any more: unknown, so nothing is deleted
    app.execute("alter function app.signal owner to postgres")
    app.execute("select pydb.governor_set('jobs', 'app.signal', 10, p_patience => '0')")
    app.execute(f'alter function app.signal owner to "{mallory}"'.encode())
    app.execute(CALL.encode())
    assert app.execute(LAST).fetchone() == ("partial", "governor", 0, "YD803")


def test_one_of_pydbs_own_can_have_another_function_and_gets_its_own_back(app: Connection) -> None:
    app.execute("update app.signal set value = 97")
    app.execute("select pydb.governor_set('disk_used', 'app.signal')")
    status = "select signal, value from pydb.governor_status where indicator = 'disk_used'"
    assert app.execute(status).fetchone() == ("stop", 97)
    app.execute("select pydb.governor_drop('disk_used')")
    assert app.execute(status).fetchone() == ("not_available", None)
