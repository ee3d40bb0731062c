"""pydb.health: is it well now; what cannot be looked at is unknown, and ends no other check."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from psycopg import sql

from pydb import health
from pydb.health import components
from tests.lint.roles import ROLES_FILE
from tests.lint.test_privileges import ROLES
from tests.retention.lab import refused

if TYPE_CHECKING:
    from typing import LiteralString

    from tests.conftest import Connect, Connection, RoleFactory
    from tests.servers import Database

SAID: Final = "select status, reason_code from pydb.health(array[%s], p_now => %s::timestamptz)"


def said(db: Connection, component: str, now: str | None = None) -> tuple[object, ...]:
    (row,) = db.execute(SAID, [component, now]).fetchall()
    return row


def findings(db: Connection, component: str) -> dict[object, object]:
    rows = db.execute(
        "select f.value ->> 'reason_code', f.value ->> 'status' from pydb.health(array[%s]) as h"
        " cross join jsonb_array_elements(h.detail -> 'findings') as f",
        [component],
    ).fetchall()
    return {row[0]: row[1] for row in rows}


@pytest.fixture
def events(db: Connection) -> Connection:
    """A table with old rows and a policy for it."""
    db.execute("create table public.event (id bigint primary key, at timestamptz not null)")
    db.execute(
        "insert into public.event select i, now() - i * interval '1 day' from generate_series(1, 100) as i"
    )
    db.execute("analyze public.event")
    db.execute(
        "select pydb.retention_policy_set('events', 'public.event', 'at', '30 days', p_fuse_share => 1)"
    )
    return db


def test_one_row_a_component_and_never_ok_without_a_policy(db: Connection) -> None:
    rows = db.execute(
        "select component, status, reason_code, summary, detail, hint, checked_at from pydb.health()"
    ).fetchall()
    assert tuple(row[0] for row in rows) == components.COMPONENTS
    assert {row[1] for row in rows} <= {"ok", "degraded", "error", "unknown"}
    assert said(db, "retention") == ("degraded", "no_policies")
    assert said(db, "schedule") == ("ok", "well")
    for component, status, reason, summary, detail, hint, _ in rows:
        assert summary
        assert isinstance(detail, dict)
        assert (status == "ok") == (reason == "well") == (not detail["findings"]), component
        assert status == "ok" or hint, component
        assert "check_ms" in detail


def test_a_component_that_there_is_not(db: Connection) -> None:
    with refused("YD001") as refusal:
        db.execute("select * from pydb.health('{retention,nonsense}')")
    assert "nonsense" in refusal.detail


def test_a_check_that_raises_is_unknown_and_the_others_are_looked_at(events: Connection) -> None:
    events.execute("call pydb.retention_run('events')")
    events.execute("drop table pydb.hold cascade")
    rows = events.execute(
        "select component, status, reason_code, detail ->> 'sqlstate', hint from pydb.health()"
    ).fetchall()
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["holds"] == ("unknown", "check_failed", "42P01", "pydb migrate check")
    assert by_name["idempotency"][0] == "ok"
    assert len(rows) == len(components.COMPONENTS)
    # a table that is gone is drift as well
    assert by_name["migrations"][:2] == ("error", "drift_missing")


def test_who_locks_a_table_holds_up_one_component_and_only_for_a_moment(
    db: Connection, connect: Connect
) -> None:
    other = connect(autocommit=False)
    other.execute("lock table pydb.hold in access exclusive mode")
    start = time.monotonic()
    by_name = {
        row[0]: row[1:]
        for row in db.execute("select component, status, detail ->> 'sqlstate' from pydb.health()").fetchall()
    }
    assert time.monotonic() - start < 30  # the lock would keep it for ever
    assert by_name["holds"] == ("unknown", "55P03")
    assert by_name["idempotency"][0] == "ok"


def test_who_only_looks_sees_all_of_it(
    database: Database, db: Connection, connect: Connect, role: RoleFactory
) -> None:
    database.roles.extend(ROLES)
    db.execute(ROLES_FILE.read_bytes())
    monitor = connect(user=role("monitor", "in role pydb_monitor"))
    rows = monitor.execute(
        "select component, reason_code, detail ->> 'sqlstate', summary from pydb.health()"
    ).fetchall()
    assert [row for row in rows if row[1] == "check_failed"] == []
    values: dict[object, object] = dict(
        monitor.execute(
            "select labels ->> 'collector', value from pydb.metric where name = 'lifecycle_scrape_success'"
        ).fetchall()
    )
    assert set(values.values()) == {1.0}


def test_who_may_not_look_gets_unknown_and_never_ok(
    db: Connection, connect: Connect, role: RoleFactory, dsn: str
) -> None:
    nobody = role("nobody")
    (one,) = health.look(psycopg.conninfo.make_conninfo(dsn, user=nobody))
    assert (one.status, one.reason_code) == ("unknown", "cannot_ask")
    # with the right to call it, and to nothing that it reads
    name = sql.Identifier(nobody)
    db.execute(sql.SQL("grant usage on schema pydb, pydb_internal to {}").format(name))
    db.execute(sql.SQL("grant execute on all functions in schema pydb, pydb_internal to {}").format(name))
    rows = connect(user=nobody).execute(
        "select status, detail ->> 'sqlstate' from pydb.health('{retention}')"
    )
    assert rows.fetchall() == [("unknown", "42501")]


def test_a_table_or_a_column_that_is_gone(events: Connection) -> None:
    events.execute("alter table public.event rename column at to since")
    assert findings(events, "retention")["column_gone"] == "error"
    events.execute("drop table public.event")
    assert said(events, "retention")[0] == "error"
    assert "target_gone" in findings(events, "retention")
    # one of the same name is another table
    events.execute("create table public.event (id bigint primary key, at timestamptz not null)")
    assert "target_gone" in findings(events, "retention")


def test_runs_that_fail_again_and_again_are_an_error_until_one_ends_well(events: Connection) -> None:
    events.execute(
        "create function public.no() returns trigger language plpgsql as"
        " $$ begin raise exception 'no' using errcode = 'P0001'; end $$"
    )
    events.execute(
        "create trigger no before delete on public.event for each row execute function public.no()"
    )

    def run() -> None:
        with contextlib.suppress(psycopg.Error):
            events.execute("call pydb.retention_run('events')")

    run()
    assert findings(events, "retention")["run_failed"] == "degraded"
    run()
    run()
    assert findings(events, "retention")["failing"] == "error"
    # a rehearsal, and what did not start, say nothing
    events.execute("call pydb.retention_run('events', p_dry_run => true)")
    assert findings(events, "retention")["failing"] == "error"
    events.execute("drop trigger no on public.event")
    run()
    assert set(findings(events, "retention")) <= {"overdue"}


def test_what_is_overdue_paused_or_switched_off(events: Connection) -> None:
    events.execute("call pydb.retention_run('events', p_max_rows => 5)")
    assert findings(events, "retention")["overdue"] == "degraded"
    events.execute("select pydb.retention_pause('events', 'a test')")
    assert findings(events, "retention")["paused"] == "degraded"
    events.execute("select pydb.retention_pause(null, 'a test')")
    assert said(events, "database") == ("degraded", "kill_switch")


def test_orphans_that_nobody_looked_for_and_a_scan_that_is_old_are_unknown(db: Connection) -> None:
    assert said(db, "orphans") == ("ok", "well")  # there is no reference
    db.execute("create table public.a (id int primary key)")
    db.execute("create table public.b (id int primary key, a_id int constraint b_a references public.a)")
    assert said(db, "orphans") == ("unknown", "never_scanned")
    db.execute("select count(*) from pydb.orphan_scan()")
    assert said(db, "orphans") == ("ok", "well")
    assert said(db, "orphans", "now") == ("ok", "well")
    later = db.execute("select now() + interval '9 days'").fetchone()
    assert later is not None
    assert said(db, "orphans", str(later[0])) == ("unknown", "stale")
    db.execute("select pydb.setting_set('orphan_scan_valid', null)")
    assert said(db, "orphans", str(later[0])) == ("ok", "well")
    # of a valid key there cannot be any
    db.execute("set session_replication_role = replica")
    db.execute("insert into public.b values (1, 7)")
    db.execute("reset session_replication_role")
    db.execute("select count(*) from pydb.orphan_scan()")
    assert said(db, "orphans") == ("error", "orphans_declared")
    # of one that was never checked there can
    db.execute("alter table public.b drop constraint b_a")
    db.execute("alter table public.b add constraint b_a foreign key (a_id) references public.a not valid")
    db.execute("select count(*) from pydb.orphan_scan()")
    assert said(db, "orphans") == ("degraded", "orphans")


def test_drift_of_the_schema(db: Connection) -> None:
    db.execute("create function pydb.mine() returns int language sql as 'select 1'")
    assert findings(db, "migrations") == {"drift_extra": "degraded"}
    db.execute("drop function pydb.mine()")
    db.execute(
        "create or replace function pydb_internal.rows_text(p_rows bigint) returns text"
        " language sql immutable set search_path = pg_catalog, pg_temp as 'select ''many'''"
    )
    assert findings(db, "migrations") == {"drift_modified": "degraded"}


def test_a_glance_sees_what_was_changed_about_a_table(db: Connection) -> None:
    """One change after the other; what cannot be taken back is the last."""
    changes: tuple[tuple[LiteralString, LiteralString | None], ...] = (
        (
            "alter table pydb.hold rename column until to ends_at",
            "alter table pydb.hold rename column ends_at to until",
        ),
        (
            "alter table pydb.scheduler alter column running type bigint",
            "alter table pydb.scheduler alter column running type integer",
        ),
        ("alter table pydb.scheduler add column mine int", "alter table pydb.scheduler drop column mine"),
        (
            "alter table pydb.audit_log disable trigger user",
            "alter table pydb.audit_log enable trigger user",
        ),
        ("alter table pydb.schedule_claim drop constraint schedule_claim_outcome_check", None),
    )
    drift = (
        "select sum(value) from pydb.metric"
        " where name = 'lifecycle_schema_drift_objects' and labels ->> 'kind' = 'modified'"
    )
    assert db.execute(drift).fetchone() == (0,)
    for change, back in changes:
        db.execute(change)
        (changed,) = db.execute(drift).fetchall()
        assert changed[0] is not None, change
        assert float(str(changed[0])) >= 1, change
        assert findings(db, "migrations").get("drift_modified") == "degraded", change
        if back is not None:
            db.execute(back)
            assert db.execute(drift).fetchone() == (0,), back


def test_an_index_of_the_administrator_is_no_drift(db: Connection) -> None:
    db.execute("create index mine on pydb.job_run (actor)")
    db.execute("comment on table pydb.job_run is 'ours'")
    assert said(db, "migrations") == ("ok", "well")


def test_a_seal_that_was_broken(events: Connection) -> None:
    events.execute("call pydb.audit_seal_run()")
    events.execute("call pydb.audit_seal_run()")
    assert said(events, "audit") == ("ok", "well")
    events.execute("alter table pydb.audit_log disable trigger all")
    events.execute("delete from pydb.audit_log where id = (select min(id) from pydb.audit_log)")
    assert said(events, "audit") == ("error", "audit_broken")
    values: dict[object, object] = dict(
        events.execute(
            "select name, value from pydb.metric where collector = 'health' and name like 'lifecycle_audit%'"
        ).fetchall()
    )
    assert values["lifecycle_audit_chain_valid"] == 0
    assert values["lifecycle_audit_missing_events"] == 1


def test_a_hold_that_cannot_be_followed(events: Connection) -> None:
    events.execute("select pydb.hold_place('h', 'public.event', p_keys => '[{\"id\": 50}]', p_reason => 'r')")
    assert said(events, "holds") == ("ok", "well")
    events.execute("alter table public.event drop column id")
    assert said(events, "holds") == ("error", "hold_broken")


def test_events_that_nobody_publishes(db: Connection) -> None:
    db.execute("select pydb.event_publish('orders', '{}')")
    assert said(db, "events") == ("ok", "well")
    later = (
        "select status, reason_code, hint from pydb.health('{events}', p_now => now() + interval '16 min')"
    )
    # the stream itself says so after ten seconds, by the server's clock
    db.execute("update pydb_internal.event_waiting set created_at = now() - interval '11 s'")
    assert said(db, "events") == ("ok", "well")
    assert db.execute(later).fetchall() == [
        ("degraded", "events_waiting", "pydb schedule set event_run '* * * * *'")
    ]
    db.execute("call pydb.event_run()")
    assert db.execute(later).fetchall() == [("ok", "well", None)]


def test_a_transaction_that_holds_the_events_back(db: Connection, connect: Connect) -> None:
    other = connect(autocommit=False)
    other.execute("select pydb.event_publish('orders', '{}')")
    db.execute("select pydb.event_publish('orders', '{}')")
    db.execute("call pydb.event_run()")
    db.execute("update pydb_internal.event_waiting set created_at = now() - interval '16 min'")
    assert said(db, "events") == ("degraded", "events_held")
    (row,) = db.execute(
        "select detail -> 'findings' -> 0 ->> 'detail' from pydb.health('{events}')"
    ).fetchall()
    assert f"pid {other.info.backend_pid}" in str(row[0])
    (held,) = db.execute(
        "select value from pydb.metric where name = 'lifecycle_events_held_seconds'"
    ).fetchall()
    assert float(str(held[0])) > 0
    other.rollback()
    db.execute("call pydb.event_run()")
    assert said(db, "events") == ("ok", "well")


def test_degraded_answers_of_the_last_hour(db: Connection) -> None:
    assert said(db, "degraded") == ("ok", "well")
    db.execute(
        'select pydb.degraded_report(\'[{"provider": "llm", "reason_code": "timeout", "calls": 3},'
        ' {"provider": "mail", "reason_code": "refused", "calls": 1}]\')'
    )
    assert said(db, "degraded") == ("degraded", "answers_degraded")
    query = (
        "select detail ->> 'answers', detail -> 'findings' -> 0 ->> 'detail' from pydb.health('{degraded}')"
    )
    assert db.execute(query).fetchall() == [("4", "llm (timeout): 3, mail (refused): 1")]
    assert db.execute(
        "select labels ->> 'provider', labels ->> 'reason', value from pydb.metric"
        " where name = 'lifecycle_degraded_answers_total' order by 1"
    ).fetchall() == [("llm", "timeout", 3.0), ("mail", "refused", 1.0)]
    later = "select status from pydb.health('{degraded}', p_now => now() + interval '61 min')"
    assert db.execute(later).fetchall() == [("ok",)]


def test_an_old_transaction_is_said(db: Connection, connect: Connect) -> None:
    other = connect(autocommit=False)
    other.execute("create table public.open (id int)")
    assert said(db, "database") == ("ok", "well")
    row = db.execute(
        "select (detail ->> 'oldest_transaction_seconds')::float8 from pydb.health('{database}')"
    ).fetchone()
    assert row is not None
    assert row[0] >= 0


def test_schedules_that_nothing_fires(events: Connection) -> None:
    events.execute(
        "select pydb.retention_policy_set('events', 'public.event', 'at', '30 days',"
        " p_schedule => '0 3 * * *')"
    )
    assert said(events, "schedule") == ("error", "no_scheduler")
    events.execute(
        "insert into pydb.scheduler (id, host, os_pid, version) values (gen_random_uuid(), 'here', 1, '1')"
    )
    status, reason = said(events, "schedule")
    assert (status, reason) == ("ok", "well")
    (row,) = events.execute("select summary from pydb.health('{schedule}')").fetchall()
    assert "fired by pydb schedule run" in str(row[0])


def test_a_read_only_session_is_told_too(events: Connection, connect: Connect) -> None:
    session = connect()
    session.execute("set default_transaction_read_only = on")
    rows = session.execute("select component, reason_code, summary from pydb.health()").fetchall()
    assert [row for row in rows if row[1] == "check_failed"] == []
    assert session.execute(
        "select count(*) from pydb.metric where name = 'lifecycle_scrape_success' and value = 0"
    ).fetchone() == (0,)


def test_no_database_is_unknown() -> None:
    (one,) = health.look("host=127.0.0.1 port=1 dbname=nowhere")
    assert (one.component, one.status, one.reason_code) == ("database", "unknown", "unavailable")
    assert health.exit_code(health.overall([one])) == 3
    assert health.line([one]).startswith("PYDB UNKNOWN - database: ")
    document = health.document([one])
    assert document["status"] == "fail"
    assert str(document["output"]).startswith("unknown: ")
    assert health.http_status("unknown") == 503


def test_a_database_without_pydb_is_an_error(empty_dsn: str) -> None:
    (one,) = health.look(empty_dsn)
    assert (one.component, one.status) == ("migrations", "error")


def test_unknown_does_not_hide_an_error() -> None:
    made = [health.Component("a", "unknown", "x", "x"), health.Component("b", "error", "y", "y")]
    assert health.overall(made) == "error"
    assert health.line(made).startswith("PYDB CRITICAL - b: y; a: x")
    assert health.overall([]) == "unknown"
