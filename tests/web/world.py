"""What the pages of the tests look at: a small shop in which something of everything has happened."""

from __future__ import annotations

import contextlib
from typing import Final

import psycopg

TOKEN: Final = "a-token-of-the-tests-0123456789"
# seconds between two looks at a page: to make one takes a processor much longer than to ask the server
LOOK: Final = 0.05
NASTY: Final = "<script>alert(1)</script>\u202e&\"'"
_TABLES: Final = """
create schema app;
create table app.customer (id bigint primary key, name text, created_at timestamptz not null default now());
create table app.invoice (
    id bigint primary key, customer_id bigint not null references app.customer on delete cascade
);
create index on app.invoice (customer_id);
create table app.event (id bigint generated always as identity primary key, at timestamptz not null);
create index on app.event (at);
create table app.session (like app.event including all);
create table app.login (like app.event including all);
create table app.note (id bigint primary key, event_id bigint);
insert into app.customer select i, 'customer ' || i from generate_series(1, 20) as i;
insert into app.invoice select i, 1 + i % 20 from generate_series(1, 100) as i;
insert into app.event (at) select now() - make_interval(days => d, mins => m)
from generate_series(0, 99) as d, generate_series(1, 10) as m;
insert into app.session (at) select now() - make_interval(days => d) from generate_series(0, 99) as d;
insert into app.login (at) select now() - make_interval(days => d) from generate_series(0, 99) as d;
insert into app.note select i, 5000 + i from generate_series(1, 3) as i;
analyze;
"""


def fill(dsn: str) -> None:
    """Make the shop, its policies, and a history of runs, jobs, holds and claims."""
    with psycopg.connect(dsn, autocommit=True) as db:
        for statement in _TABLES.split(";"):
            if statement.strip():
                db.execute(statement.encode())
        db.execute(
            "select pydb.retention_policy_set("
            "'events', 'app.event', 'at', '60 days', p_schedule => '0 3 * * *'),"
            " pydb.retention_policy_set('sessions', 'app.session', 'at', '10 days', p_fuse_rows => 5),"
            " pydb.retention_policy_set('logins', 'app.login', 'at', '30 days')"
        )
        db.execute(
            "select pydb.retention_policy_set(%s, 'app.login', 'at', '90 days', p_filter => 'id < 0',"
            " p_enabled => false)",
            [NASTY],
        )
        db.execute("call pydb.retention_run('events', p_now => now() - interval '12 days')")
        db.execute("call pydb.retention_run('events', p_dry_run => true)")
        with contextlib.suppress(psycopg.Error):
            db.execute("call pydb.retention_run('sessions')")
        db.execute("select pydb.retention_pause('logins', 'an audit until Friday')")
        db.execute(
            "select pydb.reference_set("
            "'app.note', '{event_id}', 'app.event', '{id}', p_on_delete => 'cascade')"
        )
        db.execute("call pydb.orphan_scan_run()")
        db.execute("select pydb.entity_set('customer', 'app.customer', p_approval => true)")
        db.execute(
            "select pydb.cascade_request("
            "p_entity => 'customer', p_keys => '[{\"id\": 3}]', p_reason => 'asked')"
        )
        db.execute("select pydb.cascade_request('app.customer', '[{\"id\": 4}]')")
        db.execute(
            "select pydb.hold_place("
            "'case-7', 'app.customer', p_keys => '[{\"id\": 9}]', p_reason => 'a claim')"
        )
        db.execute("select pydb.idempotency_claim('orders', 'k1', p_lease => '1 ms')")
