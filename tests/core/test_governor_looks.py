"""When runs look, and that what the server says is one answer for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.core.test_governor import CALL, LAST, SETUP, Run, until

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection

SEEN: Final = "select seen_at, readings from pydb_internal.governor_seen"
PARTS: Final = """
create table app.part (id bigint, at timestamptz not null) partition by list (id);
create table app.part_1 partition of app.part for values in (1);
create table app.part_2 partition of app.part for values in (2);
create table app.part_3 partition of app.part default;
insert into app.part select i % 4, now() - interval '60 days' from generate_series(1, 100) as i;
select pydb.retention_policy_set('parts', 'app.part', 'at', '30 days', p_fuse_share => 1);
"""


@pytest.fixture
def app(db: Connection) -> Connection:
    db.execute(SETUP.encode())
    db.execute("select pydb.setting_set('governor_interval', '1 minute')")
    # an indicator of somebody's own is always asked, so there is never nothing to see
    db.execute("select pydb.governor_set('jobs', 'app.signal', 10)")
    return db


def test_what_one_run_saw_of_the_server_another_takes(app: Connection) -> None:
    app.execute(CALL.encode())
    assert app.execute(LAST).fetchone() == ("completed", "exhausted", 500, None)
    ((seen_at, readings),) = app.execute(SEEN).fetchall()
    assert set(readings) == {
        "archive_backlog", "oldest_snapshot", "replication_delay", "replication_lag", "slot_wal",
    }  # fmt: skip
    app.execute("select pydb.governor_set('slot_wal', p_patience => '0', p_back_off => '20 ms')")
    app.execute(
        "update pydb_internal.governor_seen"
        ' set readings = readings || \'{"slot_wal": {"value": 1e15, "unit": "bytes", "known": true}}\''
    )
    app.execute(CALL.encode())
    assert app.execute(LAST).fetchone() == ("partial", "governor", 0, "YD803")
    assert app.execute(SEEN).fetchall()[0][0] == seen_at
    # nobody who looks by himself is told that
    assert app.execute("select signal from pydb.governor_status where indicator = 'slot_wal'").fetchone() == (
        "ok",
    )


@pytest.mark.parametrize("age", ["1 minute", "-1 hour"])
def test_an_answer_that_is_old_or_of_the_future_is_none(app: Connection, age: str) -> None:
    app.execute(
        "insert into pydb_internal.governor_seen (seen_at, readings)"
        " values (clock_timestamp() - %s::interval,"
        ' \'{"slot_wal": {"value": 1e15, "unit": "bytes", "known": true}}\')',
        [age],
    )
    app.execute(CALL.encode())
    assert app.execute(LAST).fetchone() == ("completed", "exhausted", 500, None)
    assert app.execute(
        "select readings -> 'slot_wal' ->> 'value' from pydb_internal.governor_seen"
    ).fetchone() == ("0",)


def test_nobody_waits_for_who_asks(app: Connection, connect: Connect) -> None:
    other = connect()
    other.execute("begin")
    assert other.execute("select pydb_internal.governor_share() is not null").fetchone() == (True,)
    app.execute(CALL.encode())
    assert app.execute(LAST).fetchone() == ("completed", "exhausted", 500, None)
    assert app.execute(SEEN).fetchall() == []
    other.execute("commit")
    assert len(app.execute(SEEN).fetchall()) == 1


def test_a_run_looks_once_at_its_table_before_it_counts_whatever_its_partitions(app: Connection) -> None:
    app.execute(PARTS.encode())
    app.execute("set track_functions = 'all'")
    app.execute("call pydb.retention_run('parts')")
    assert app.execute(LAST).fetchone() == ("completed", "exhausted", 100, None)
    app.execute("select pg_stat_force_next_flush()")
    assert app.execute("select calls from pg_stat_user_functions where funcname = 'signal'").fetchone() == (
        1,
    )
    app.execute("insert into app.part values (1, now() - interval '60 days')")
    app.execute(
        "create or replace function app.signal(regclass) returns pydb.governor_reading"
        " language sql stable as $$"
        " select row(case $1 when 'app.part'::regclass then 11 else 0 end, 'jobs', true, $1::text) $$"
    )
    app.execute("select pydb.governor_set('jobs', p_patience => '0', p_back_off => '20 ms')")
    app.execute("call pydb.retention_run('parts')")
    assert app.execute(
        "select state, stop_reason, rows_planned from pydb.job_run order by id desc limit 1"
    ).fetchone() == ("partial", "governor", None)


def test_each_table_is_looked_at_as_its_turn_comes(app: Connection) -> None:
    app.execute(PARTS.encode())
    run: object = '{"governor_at": "infinity", "factor": 0.5}'
    seen = []
    for table in (None, "app.event", "app.event", "app.part_2", "app.part_3", "app.part", "app.event"):
        row = app.execute(
            "select to_jsonb(r)::text, r.governor_seen::regclass[]::text, r.factor"
            " from pydb_internal.governor_stop(jsonb_populate_record(null::pydb_internal.run_state,"
            " %s::jsonb || jsonb_build_object('relation', %s::regclass::oid, 'governor_at', 'infinity')"
            "), null) as r",
            [run, table],
        ).fetchone()
        assert row is not None
        run = row[0]
        seen.append(row[1:])
    # each look at what is well gives a sixteenth of full speed; a look without a table does not count for one
    assert seen == [
        (None, 0.5),
        ("{app.event}", 0.5625),
        ("{app.event}", 0.5625),
        *[("{app.event,app.part}", 0.625)] * 4,
    ]


def test_who_waits_for_a_partition_waits_for_the_table(app: Connection, connect: Connect) -> None:
    app.execute(PARTS.encode())
    reader, other = connect(), connect()
    reader.execute("begin")
    reader.execute("select from app.part_1 limit 1")
    waiting = Run(other, "begin; lock table app.part_1; commit")
    until(app, "select exists (select from pg_locks where not granted and relation = 'app.part_1'::regclass)")
    found = app.execute(
        "select (pydb_internal.governor_lock_waiters(t::regclass)).value"
        " from unnest('{app.part,app.part_1,app.part_2,app.event}'::text[]) with ordinality as u (t, n)"
        " order by n"
    ).fetchall()
    reader.rollback()
    waiting.end()
    assert found == [(1,), (1,), (0,), (0,)]


def test_kinds_know_whether_a_window_holds_for_them(db: Connection) -> None:
    windowed = "select name from pydb_internal.run_kind where is_windowed order by name"
    assert db.execute(windowed).fetchall() == []
    db.execute("select pydb.window_set('nights', '22:00', '06:00', p_kinds => '{retention,cascade}')")
    assert db.execute(windowed).fetchall() == [("cascade",), ("retention",)]
    db.execute("select pydb.window_set('nights', '22:00', '06:00', p_kinds => '{cascade}')")
    assert db.execute(windowed).fetchall() == [("cascade",)]
    db.execute("select pydb.window_set('nights', '22:00', '06:00', p_kinds => '{all}')")
    # a kind that comes later, too
    db.execute("insert into pydb_internal.run_kind (name, job_kind, hint) values ('later', 'archive', 'x')")
    assert db.execute("select bool_and(is_windowed) from pydb_internal.run_kind").fetchone() == (True,)
    db.execute("select pydb.window_drop('nights')")
    assert db.execute(windowed).fetchall() == []
