"""The governor with a real streaming standby: paused, gone, back, left out."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests.core.test_governor import CALL, LAST, Run, rests, until
from tests.faults.test_standby import standby_of
from tests.servers import TestServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb import embedded
    from tests.conftest import Connection

SETUP: Final = """
create schema if not exists app;
create table app.event (id bigint primary key, at timestamptz not null, filler text);
select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1);
select pydb.setting_set('governor_interval', '0');
select pydb.governor_set('replication_lag', p_threshold => 100000, p_back_off => '20 ms',
    p_expects => '{walreceiver}');
"""
# a vacuum on the table is a signal too, and its WAL a lag
QUIET: Final[dict[str, str | int | bool]] = {"wal_receiver_status_interval": "1s", "autovacuum": False}
EXPIRED: Final = """
insert into app.event
select i, now() - interval '60 days', repeat('x', 200) from generate_series(1, 2000) as i
"""
BEHIND: Final = """
select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 1) = 0 from pg_stat_replication
where state = 'streaming'
"""


class Pair:
    """A primary with pydb, and its standby."""

    def __init__(self, dsn: str, standby: embedded.Server) -> None:
        self.dsn = dsn
        self.standby = standby
        self.sessions: list[Connection] = []
        self.db = self.connect()

    def connect(self) -> Connection:
        self.sessions.append(psycopg.connect(self.dsn, autocommit=True))
        return self.sessions[-1]

    def tell_standby(self, statement: str) -> None:
        with psycopg.connect(self.standby.dsn(), autocommit=True) as session:
            session.execute(statement.encode())

    def close(self) -> None:
        for session in self.sessions:
            session.close()

    def last(self) -> object:
        return self.db.execute(LAST).fetchone()


@pytest.fixture(scope="module")
def made(mortal_name: str) -> Iterator[Pair]:
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(TestServer(mortal_name, QUIET))
        database = stack.enter_context(primary.database(migrated=True))
        standby = stack.enter_context(standby_of(primary))
        pair = Pair(database.dsn, standby)
        pair.db.execute(SETUP.encode())
        stack.callback(pair.close)
        yield pair


@pytest.fixture
def pair(made: Pair) -> Pair:
    made.db.execute("delete from app.event")
    made.db.execute(EXPIRED)
    until(made.db, BEHIND)
    return made


def test_a_standby_that_replays_nothing_holds_a_run_until_it_does(pair: Pair) -> None:
    pair.tell_standby("select pg_wal_replay_pause()")
    try:
        pair.db.execute("update app.event set filler = repeat('y', 200)")
        run = Run(pair.connect())
        rests(pair.db, "replication_lag", "stop")
    finally:
        pair.tell_standby("select pg_wal_replay_resume()")
    run.end()
    assert pair.last() == ("completed", "exhausted", 2000, None)


def test_a_standby_that_vanishes_is_unknown_and_not_fine(pair: Pair) -> None:
    pair.standby.stop("immediate")
    run = Run(pair.connect())
    rests(pair.db, "replication_lag", "unknown")
    assert pair.db.execute("select rows_done from pydb.job_run where state = 'running'").fetchone() == (0,)
    pair.standby.start()
    run.end()
    assert pair.last() == ("completed", "exhausted", 2000, None)


def test_who_is_left_out_holds_nobody(pair: Pair) -> None:
    pair.tell_standby("select pg_wal_replay_pause()")
    try:
        pair.db.execute("update app.event set filler = repeat('y', 200)")
        pair.db.execute("select pydb.governor_set('replication_lag', p_leaves_out => '{walreceiver}')")
        pair.db.execute(CALL.encode())
        assert pair.last() == ("completed", "exhausted", 2000, None)
    finally:
        pair.db.execute("select pydb.governor_set('replication_lag', p_leaves_out => '{}')")
        pair.tell_standby("select pg_wal_replay_resume()")


def test_one_look_is_enough_while_a_standby_keeps_up(pair: Pair) -> None:
    quiet = "select pydb_internal.governor_quiet('app.event')"
    seen = "select count(*) from pydb_internal.governor_seen"
    pair.db.execute("select pydb.governor_set('replication_lag', p_expects => '{}')")
    pair.db.execute("truncate pydb_internal.governor_seen")
    try:
        until(pair.db, quiet)
        pair.db.execute("delete from app.event where id > 1")
        until(pair.db, BEHIND)
        pair.db.execute(CALL.encode())
        assert pair.last() == ("completed", "exhausted", 1, None)
        assert pair.db.execute(seen.encode()).fetchone() == (0,)
        pair.db.execute(EXPIRED)
        pair.tell_standby("select pg_wal_replay_pause()")
        pair.db.execute("update app.event set filler = repeat('z', 200)")
        assert pair.db.execute(quiet.encode()).fetchone() == (False,)
        pair.db.execute("select pydb.governor_set('replication_lag', p_leaves_out => '{walreceiver}')")
        assert pair.db.execute(quiet.encode()).fetchone() == (True,)
        pair.db.execute("select pydb.governor_set('replication_lag', p_leaves_out => '{}')")
        run = Run(pair.connect())
        rests(pair.db, "replication_lag", "stop")
    finally:
        pair.tell_standby("select pg_wal_replay_resume()")
        pair.db.execute(
            "select pydb.governor_set('replication_lag', p_expects => '{walreceiver}', p_leaves_out => '{}')"
        )
    run.end()
    assert pair.last() == ("completed", "exhausted", 2000, None)


def test_a_lag_within_its_threshold_makes_batches_smaller_and_does_not_end_them(pair: Pair) -> None:
    pair.db.execute("select pydb.governor_set('replication_lag', p_threshold => 2e6)")
    pair.tell_standby("select pg_wal_replay_pause()")
    try:
        while pair.db.execute(
            "select value < threshold * 0.6 from pydb.governor_status where indicator = 'replication_lag'"
        ).fetchone() == (True,):
            pair.db.execute("select pg_logical_emit_message(false, 'x', repeat('x', 50000))")
        pair.db.execute("select pg_switch_wal()")
        pair.db.execute(
            "select pydb.governor_set('replication_lag', p_threshold => value / 0.6)"
            " from pydb.governor_status where indicator = 'replication_lag'"
        )
        before = time.monotonic()
        pair.db.execute(CALL.encode())
        assert time.monotonic() - before < 30
        assert pair.last() == ("completed", "exhausted", 2000, None)
    finally:
        pair.tell_standby("select pg_wal_replay_resume()")
        pair.db.execute("select pydb.governor_set('replication_lag', p_threshold => 100000)")
