"""The totals of metrics begin with what the log of runs has, and a way down and up takes nothing away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from pydb import migrate
from tests.migrations.tree import records

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connection
    from tests.servers import TestServer

FILLED = """
create table public.t (id int primary key, at timestamptz);
select pydb.retention_policy_set('p', 'public.t', 'at', '50 days');
insert into pydb.job_run (
    kind, subject, dry_run, state, stop_reason, rows_planned, rows_done, batches, started_at, heartbeat_at,
    finished_at, sqlstate
)
select
    k.kind, k.subject, k.dry_run, k.state, k.reason, 10, 7, 2, now() - interval '2 s', now(), now(),
    k.sqlstate
from (
    values
    ('retention', 'p', false, 'completed', 'exhausted', null),
    ('retention', 'p', false, 'completed', 'exhausted', null),
    ('retention', 'p', false, 'blocked', 'fuse', 'YD104'),
    ('retention', 'p', false, 'blocked', 'error', '42501'),
    ('retention', 'p', true, 'completed', 'exhausted', null),
    ('retention', 'gone', false, 'completed', 'exhausted', null),
    ('cascade', 'job 1', false, 'completed', 'exhausted', null),
    ('cascade', 'job 2', false, 'failed', 'error', 'YD304')
) as k (kind, subject, dry_run, state, reason, sqlstate)
"""
RULED = """
create table public.event (id bigint primary key, at timestamptz, keep interval);
select pydb.retention_policy_set('ruled', 'public.event', 'at', '30 days', p_keep_column => 'keep');
select pydb.retention_policy_set('plain', 'public.event', 'at', '30 days', p_filter => 'id > 1');
"""
PAUSED = "select name, paused_at is not null from pydb.retention_policy where not builtin order by name"
TOTALS = """
select metric, subsystem, subject, label, sum(value)::float8 from pydb.metric_total
where metric in ('runs', 'rows', 'run_bucket', 'cascade_mismatch') group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


def totals(db: Connection) -> list[tuple[object, ...]]:
    return db.execute(TOTALS.encode()).fetchall()


def test_the_log_of_before_is_where_totals_begin(
    server: TestServer, at_revision: Callable[[str], str], dsn: str
) -> None:
    with (
        server.database(migrated=False, template=at_revision("0005")) as database,
        psycopg.connect(database.dsn, autocommit=True) as db,
    ):
        db.execute(FILLED.encode())
        migrate.up(database.dsn)
        assert records(database.dsn) == records(dsn)
        found = totals(db)
        assert found == [
            ("cascade_mismatch", "cascade", "", "", 1),
            ("rows", "cascade", "job", "deleted", 14),
            ("rows", "cascade", "job", "selected", 20),
            ("rows", "retention", "p", "deleted", 28),
            ("rows", "retention", "p", "selected", 40),
            ("run_bucket", "cascade", "", "3", 2),
            ("run_bucket", "retention", "", "3", 4),
            ("runs", "cascade", "job", "error", 1),
            ("runs", "cascade", "job", "success", 1),
            ("runs", "retention", "p", "blocked_guard", 1),
            ("runs", "retention", "p", "blocked_rls", 1),
            ("runs", "retention", "p", "success", 2),
        ]
        db.execute(RULED.encode())
        migrate.down(database.dsn, "0005", destroy=True, destroy_data=True)
        # a policy that loses its rules does not run
        assert db.execute(PAUSED.encode()).fetchall() == [("p", False), ("plain", False), ("ruled", True)]
        migrate.up(database.dsn)
        assert totals(db) == found
        assert migrate.check(database.dsn) == []
