"""schedule_sync against the real pg_cron: writes what is wanted, repairs drift, touches nothing else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pglast
import psycopg
import pytest
from pglast.ast import CallStmt

from pydb import db as pydb_db
from pydb import schedule
from pydb.errors import SchedulerUnusable
from tests.schedule.conftest import HOSTILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb.db import Connection
    from tests.schedule.conftest import Site

PRUNE = "pydb.schedule_prune/app"


@pytest.fixture
def conn(cron_site: Site) -> Iterator[Connection]:
    with pydb_db.connect(cron_site.dsn) as connection:
        yield connection


def actions(conn: Connection, *, dry_run: bool = False) -> dict[str, str]:
    return {action.job_name: action.action for action in schedule.sync(conn, dry_run=dry_run)}


def jobs(site: Site) -> set[tuple[object, ...]]:
    return set(site.rows("select jobname::text, schedule, command, database, username, active from cron.job"))


def ours(name: str, schedule_text: str = "* * * * *") -> tuple[object, ...]:
    return (f"pydb/app/{name}", schedule_text, f"call pydb.retention_run('{name}')", "app", "postgres", True)


HOUSEKEEPING = (PRUNE, "25 4 * * *", "call pydb.schedule_prune()", "app", "postgres", True)


def test_one_job_a_policy_and_one_to_keep_house(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events", "15 3 * * *")
    cron_site.policy("other", "20 3 * * *")
    cron_site.policy("by_hand", None)
    assert actions(conn) == {"pydb/app/events": "create", "pydb/app/other": "create", PRUNE: "create"}
    assert jobs(cron_site) == {ours("events", "15 3 * * *"), ours("other", "20 3 * * *"), HOUSEKEEPING}


def test_a_built_in_policy_gets_its_job_before_it_has_work(cron_site: Site, conn: Connection) -> None:
    cron_site.db.execute("update pydb.retention_policy set schedule = '17 * * * *' where builtin")
    # nobody misses it
    assert cron_site.rows("select * from pydb.schedule_status") == []
    assert cron_site.rows("select * from pydb_internal.schedule_due()") == []
    assert actions(conn) == {"pydb/app/idempotency_key": "create", PRUNE: "create"}
    assert jobs(cron_site) == {ours("idempotency_key", "17 * * * *"), HOUSEKEEPING}
    shown = cron_site.rows("select wanted, present, drift from pydb.schedule_status")
    assert shown == [(True, True, None), (True, True, None)]
    assert set(actions(conn).values()) == {"keep"}
    cron_site.db.execute("select pydb.retention_pause('idempotency_key', 'a test')")
    assert set(actions(conn).values()) == {"remove"}


def test_a_second_sync_changes_nothing(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    schedule.sync(conn)
    before = cron_site.rows("select jobid, xmin::text from cron.job order by jobid")
    audited = cron_site.one("select count(*) from pydb.audit_log")
    assert set(actions(conn).values()) == {"keep"}
    assert cron_site.rows("select jobid, xmin::text from cron.job order by jobid") == before
    assert cron_site.one("select count(*) from pydb.audit_log") == audited


def test_a_dry_run_says_the_same_and_changes_nothing(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    audited = cron_site.one("select count(*) from pydb.audit_log")
    said = actions(conn, dry_run=True)
    assert jobs(cron_site) == set()
    assert cron_site.one("select count(*) from pydb.audit_log") == audited
    assert actions(conn) == said


def test_every_change_is_audited(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    schedule.sync(conn)
    cron_site.db.execute("select pydb.retention_policy_drop('events')")
    schedule.sync(conn)
    seen = cron_site.rows(
        "select subject, arguments ->> 'action', actor from pydb.audit_log"
        " where action = 'schedule_sync' order by id"
    )
    assert seen == [
        (PRUNE, "create", "postgres"),
        ("pydb/app/events", "create", "postgres"),
        (PRUNE, "remove", "postgres"),
        ("pydb/app/events", "remove", "postgres"),
    ]


@pytest.mark.parametrize(
    "hold_back",
    [
        "select pydb.retention_policy_drop('events')",
        "select pydb.retention_pause('events', 'test')",
        "update pydb.retention_policy set enabled = false where name = 'events'",
        "update pydb.retention_policy set schedule = null where name = 'events'",
    ],
)
def test_a_policy_that_is_held_back_loses_its_job(cron_site: Site, conn: Connection, hold_back: str) -> None:
    cron_site.policy("events")
    cron_site.policy("stays")
    schedule.sync(conn)
    cron_site.db.execute(hold_back.encode())
    assert actions(conn) == {"pydb/app/events": "remove", "pydb/app/stays": "keep", PRUNE: "keep"}
    assert jobs(cron_site) == {ours("stays"), HOUSEKEEPING}


@pytest.mark.parametrize(
    "drift",
    [
        "select cron.unschedule(jobid)",
        "select cron.alter_job(jobid, schedule => '1 1 1 1 *')",
        "select cron.alter_job(jobid, command => 'select 1')",
        "select cron.alter_job(jobid, command => command || '; select 1')",
        "select cron.alter_job(jobid, command => 'set work_mem = 64; ' || command)",
        "select cron.alter_job(jobid, active => false)",
        "select cron.alter_job(jobid, database => 'postgres')",
        "update cron.job set nodename = 'localhost'",
        "update cron.job set nodeport = 1",
    ],
)
def test_drift_is_seen_and_repaired(cron_site: Site, conn: Connection, drift: str) -> None:
    cron_site.policy("events")
    cron_site.policy("other")
    schedule.sync(conn)
    query = drift + (" where" if drift.startswith("update") else " from cron.job where")
    cron_site.db.execute(f"{query} jobname = 'pydb/app/events'".encode())
    seen = cron_site.rows("select job_name from pydb.schedule_status where drift is not null")
    assert seen == [("pydb/app/events",)]
    done = actions(conn)
    assert done.pop("pydb/app/events") in ("create", "update")
    assert set(done.values()) == {"keep"}
    assert jobs(cron_site) == {ours("events"), ours("other"), HOUSEKEEPING}
    assert cron_site.one("select count(*) from pydb.schedule_status where drift is not null") == 0
    # a job that pg_cron would connect elsewhere for was really written anew
    assert cron_site.one("select count(distinct (nodename, nodeport)) from cron.job") == 1


def test_a_duplicate_of_another_role_is_removed(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    schedule.sync(conn)
    cron_site.db.execute("create role bob login")
    cron_site.db.execute(
        "select cron.schedule_in_database(jobname, schedule, command, database, 'bob') from cron.job"
        " where jobname = 'pydb/app/events'"
    )
    drift = cron_site.rows("select job_name, drift from pydb.schedule_status where drift is not null")
    assert [name for name, _ in drift] == ["pydb/app/events"]
    schedule.sync(conn)
    assert jobs(cron_site) == {ours("events"), HOUSEKEEPING}


def test_a_superuser_leaves_one_of_the_jobs_that_two_roles_made(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    for name in ("alice", "bob"):
        for statement in (
            f"create role {name} login",
            f"grant usage on schema cron, pydb, pydb_internal to {name}",
            f"grant select on pydb.retention_policy to {name}",
            f"grant execute on all functions in schema pydb, pydb_internal to {name}",
        ):
            cron_site.db.execute(statement.encode())
        with pydb_db.connect(f"{cron_site.dsn} user={name}") as own:
            schedule.sync(own)
    twice = cron_site.rows("select username from cron.job where jobname = 'pydb/app/events' order by 1")
    assert twice == [("alice",), ("bob",)]
    cron_site.db.execute("select pydb.setting_set('schedule_role', 'bob')")
    schedule.sync(conn)
    assert set(cron_site.rows("select jobname::text, username from cron.job")) == {
        ("pydb/app/events", "bob"),
        (PRUNE, "bob"),
    }


def test_what_is_the_same_for_all_jobs_is_asked_once(cron_site: Site, conn: Connection) -> None:
    for number in range(20):
        cron_site.policy(f"p{number}", f"{number % 2} 3 * * *")
    schedule.sync(conn)
    with cron_site.db.transaction():
        cron_site.db.execute("set local track_functions = 'all'")
        assert cron_site.one("select count(next_run) from pydb.schedule_status") == 21
        counted = cron_site.rows("select funcname, calls from pg_stat_xact_user_functions")
        calls = {str(name): number for name, number in counted}
    # two schedules and the one of the housekeeping
    assert (calls["schedule_backend"], calls["schedule_actions"], calls["cron_next"]) == (1, 1, 3)


def test_jobs_move_to_the_role_that_should_run_them(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    schedule.sync(conn)
    cron_site.db.execute("create role runner login")
    cron_site.db.execute("select pydb.setting_set('schedule_role', 'runner')")
    schedule.sync(conn)
    assert set(cron_site.rows("select username, active from cron.job")) == {("runner", True)}
    assert set(actions(conn).values()) == {"keep"}


def test_a_dropped_owner_is_drift(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    cron_site.db.execute("create role runner login")
    cron_site.db.execute("select pydb.setting_set('schedule_role', 'runner')")
    schedule.sync(conn)
    cron_site.db.execute("drop role runner")
    seen = cron_site.rows("select job_name from pydb.schedule_status where drift is not null order by 1")
    assert seen == [(PRUNE,), ("pydb/app/events",)]
    with pytest.raises(SchedulerUnusable):
        schedule.sync(conn)
    cron_site.db.execute("select pydb.setting_set('schedule_role', null)")
    schedule.sync(conn)
    assert jobs(cron_site) == {ours("events"), HOUSEKEEPING}


def test_foreign_jobs_are_left_alone(cron_site: Site, conn: Connection) -> None:
    foreign = [
        ("nightly", "select 1", "app"),
        ("pydb", "call pydb.retention_run('events')", "app"),
        ("pydb/app/mine", "select 1", "app"),
        ("pydb/app/events", "call pydb.retention_run('events')", "postgres"),
        ("pydb/other/events", "call pydb.retention_run('events')", "other_database"),
        ("pydb/app/gone", "call pydb.retention_run('another name')", "app"),
        ("pydb_app_events", "call pydb.retention_run('gone')", "app"),
        ("PYDB/app/gone", "call pydb.retention_run('gone')", "app"),
        (PRUNE, "delete from t.event", "app"),
    ]
    cron_site.db.execute("create database other_database")
    cron_site.db.execute("create role bob login")
    for name, command, database in foreign:
        cron_site.db.execute(
            "select cron.schedule_in_database(%s, '1 1 1 1 *', %s, %s, 'bob')", (name, command, database)
        )
    cron_site.db.execute("select cron.schedule('1 1 1 1 *', 'call pydb.retention_run(''unnamed'')')")
    before = set(cron_site.rows("select j.*, j.xmin::text from cron.job as j"))
    cron_site.policy("events")
    schedule.sync(conn)
    after = cron_site.rows(
        "select j.*, j.xmin::text from cron.job as j where username = 'bob' or jobname is null"
    )
    assert set(after) == before
    assert ours("events") in jobs(cron_site)
    cron_site.db.execute("select pydb.retention_policy_drop('events')")
    schedule.sync(conn)
    assert set(cron_site.rows("select j.*, j.xmin::text from cron.job as j")) == before


def test_hostile_names_make_jobs_of_exactly_one_call(cron_site: Site, conn: Connection) -> None:
    for name in HOSTILE_NAMES:
        cron_site.policy(name)
    schedule.sync(conn)
    assert set(actions(conn).values()) == {"keep"}
    assert cron_site.one("select count(*) from cron.job") == len(HOSTILE_NAMES) + 1
    assert cron_site.one("select max(octet_length(jobname)) from cron.job") == 63
    called = set()
    for (command,) in cron_site.rows("select command from cron.job where jobname <> %s", PRUNE):
        (statement,) = pglast.parse_sql(str(command))
        assert isinstance(statement.stmt, CallStmt)
        call = statement.stmt.funccall
        assert call is not None
        assert call.args is not None
        (argument,) = call.args
        called.add(argument.val.sval)
    assert called == set(HOSTILE_NAMES)
    assert cron_site.one(
        "select bool_and(policy = (pydb_internal.schedule_command_parse(command)).subject)"
        " from pydb_internal.schedule_wanted() where policy is not null"
    )
    cron_site.db.execute(
        "select pydb.retention_policy_drop(name) from pydb.retention_policy where not builtin"
    )
    schedule.sync(conn)
    assert jobs(cron_site) == set()


@pytest.mark.parametrize(
    "command",
    [
        "call pydb.retention_run('p'); call pydb.retention_run('q')",
        "call pydb.retention_run('p');",
        "select 1; call pydb.retention_run('p')",
        "call pydb.retention_run('p''); drop table x; --')); select (''",
        "call pydb.retention_run(E'p\\'); drop table x; --')",
        "call pydb.retention_run(p_policy => 'p')",
        "call pydb.retention_run()",
        "CALL pydb.retention_run('p') -- ",
        "",
    ],
)
def test_anything_but_one_call_fails_the_self_test(cron_site: Site, command: str) -> None:
    assert (
        cron_site.one("select pydb_internal.schedule_is_command(%s, 'retention_run', 'p')", command) is False
    )


def test_two_syncs_at_once_write_each_job_once(cron_site: Site) -> None:
    for number in range(10):
        cron_site.policy(f"p{number}")
    barrier = threading.Barrier(4)

    def work() -> None:
        with psycopg.connect(cron_site.dsn, autocommit=True) as mine:
            barrier.wait()
            mine.execute("select pydb.schedule_sync()")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert jobs(cron_site) == {ours(f"p{number}") for number in range(10)} | {HOUSEKEEPING}


def test_a_role_without_superuser_syncs_its_own_jobs(cron_site: Site) -> None:
    cron_site.policy("events")
    for statement in (
        "create role ops login",
        "grant usage on schema cron, pydb, pydb_internal to ops",
        "grant select on pydb.retention_policy to ops",
        "grant execute on all functions in schema pydb, pydb_internal to ops",
    ):
        cron_site.db.execute(statement.encode())
    with pydb_db.connect(f"{cron_site.dsn} user=ops") as ops:
        schedule.sync(ops)
        cron_site.db.execute(
            "select cron.alter_job(jobid, active => false, schedule => '1 1 1 1 *') from cron.job"
        )
        assert set(actions(ops).values()) == {"update"}
        assert set(actions(ops).values()) == {"keep"}
    assert set(cron_site.rows("select username, active from cron.job")) == {("ops", True)}
    cron_site.db.execute("create role someone")
    cron_site.db.execute("select pydb.setting_set('schedule_role', 'someone')")
    with pydb_db.connect(f"{cron_site.dsn} user=ops") as ops, pytest.raises(SchedulerUnusable):
        schedule.sync(ops)


def test_with_the_other_backend_chosen_pg_cron_has_no_jobs_of_ours(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events")
    schedule.sync(conn)
    cron_site.db.execute("select pydb.setting_set('schedule_backend', 'pydb')")
    assert set(actions(conn).values()) == {"remove"}
    assert jobs(cron_site) == set()


def test_hostile_session_settings_change_nothing(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("back\\slash ' quote")
    schedule.sync(conn)
    for setting in (
        "set search_path = t",
        "set standard_conforming_strings = off",
        "set intervalstyle = iso_8601",
        "set datestyle = 'SQL, DMY'",
        "set timezone = 'Asia/Kolkata'",
        "set row_security = off",
        "set quote_all_identifiers = on",
    ):
        conn.execute(setting.encode())
    assert set(actions(conn).values()) == {"keep"}
    assert not any(job.drift for job in schedule.status(conn))
