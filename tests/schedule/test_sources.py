"""Procedures as a whole are scheduled like policies: by rows that their domains bring along."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege, UniqueViolation

from pydb import db as pydb_db
from pydb import migrate, schedule
from pydb.errors import UsageError
from tests.cli.conftest import Cli
from tests.lint.roles import ROLES_FILE
from tests.lint.test_privileges import ROLES
from tests.schedule.conftest import HOSTILE_NAMES, make_job, make_site
from tests.servers import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydb.db import Connection
    from tests.conftest import RoleFactory
    from tests.schedule.conftest import Site
    from tests.servers import CronServer, Database

WHOLE = ("cascade_run", "orphan_scan_run")
YEARLY = "0 0 1 1 *"
PRUNE = ("pydb.schedule_prune/app", "25 4 * * *", "call pydb.schedule_prune()")


@pytest.fixture
def conn(cron_site: Site) -> Iterator[Connection]:
    with pydb_db.connect(cron_site.dsn) as connection:
        yield connection


def job(procedure: str, schedule_text: str = YEARLY) -> tuple[object, ...]:
    return (f"pydb.{procedure}/app", schedule_text, f"call pydb.{procedure}()")


def jobs(site: Site) -> set[tuple[object, ...]]:
    return set(site.rows("select jobname::text, schedule, command from cron.job"))


def actions(conn: Connection) -> dict[str, str]:
    return {action.job_name: action.action for action in schedule.sync(conn)}


def due(site: Site, now: str) -> set[tuple[object, ...]]:
    return set(site.rows("select kind, subject, command from pydb_internal.schedule_due(%s)", now))


def test_what_a_domain_brings_along_can_be_called_and_has_a_good_schedule(site: Site) -> None:
    rows = site.rows("select procedure, subjects, schedule, problem from pydb_internal.schedule_sources()")
    assert {row[0] for row in rows} >= {"retention_run", "schedule_prune", *WHOLE}
    for procedure, subjects, schedule_text, problem in rows:
        assert problem is None, procedure
        if schedule_text is not None:
            site.db.execute("select pydb_internal.cron_check(%s)", (schedule_text,))
        if subjects is not None:
            site.db.execute(f"select subject, schedule, wanted, idle, since from {subjects}()".encode())
    # nothing but housekeeping has a schedule before somebody gives it one
    assert site.rows("select procedure from pydb.schedule_source where schedule is not null") == [
        ("schedule_prune",)
    ]
    assert site.rows("select job_name from pydb.schedule_status") == []


def test_a_schedule_is_stored_once_and_audited(site: Site) -> None:
    before = site.one("select updated_at from pydb.schedule_source where procedure = 'cascade_run'")
    for _ in range(2):
        shown = site.rows("select procedure, schedule from pydb.schedule_set('cascade_run', '*/10 * * * *')")
        assert shown == [("cascade_run", "*/10 * * * *")]
    at = site.one("select updated_at from pydb.schedule_source where procedure = 'cascade_run'")
    assert site.one("select %s::timestamptz < %s::timestamptz", before, at)
    assert site.rows("select schedule from pydb.schedule_set('cascade_run', null)") == [(None,)]
    assert site.rows(
        "select actor, subject, arguments from pydb.audit_log where action = 'schedule_set' order by id"
    ) == [
        ("postgres", "cascade_run", {"old": None, "new": "*/10 * * * *"}),
        ("postgres", "cascade_run", {"old": "*/10 * * * *", "new": None}),
    ]


@pytest.mark.parametrize(
    ("name", "schedule_text", "code"),
    [
        ("cascade_run", "", "YD501"),
        ("cascade_run", "@daily", "YD501"),
        ("cascade_run", "* * * *", "YD501"),
        ("cascade_run", "0 0 30 2 *", "YD501"),
        ("cascade_run", "* * * * *; drop table t.event", "YD501"),
        ("cascade_run", "* * * * *\n", "YD501"),
        ("cascade_run", "x" * 600, "YD501"),
        ("retention_run", "* * * * *", "YD504"),
        ("retention_run", None, "YD504"),
        ("events", "* * * * *", "YD504"),
        ("orphan_repair", "* * * * *", "YD504"),
        ("pydb.cascade_run", "* * * * *", "YD504"),
        ("CASCADE_RUN", "* * * * *", "YD504"),
        ("", "* * * * *", "YD504"),
        (None, "* * * * *", "YD504"),
        ("x' || 'y; --", "* * * * *", "YD504"),
    ],
)
def test_what_cannot_be_scheduled_so_is_refused(
    site: Site, name: str | None, schedule_text: str | None, code: str
) -> None:
    site.policy("events")
    before = site.rows("select * from pydb.schedule_source order by procedure")
    with pytest.raises(psycopg.Error) as caught:
        site.db.execute("select pydb.schedule_set(%s, %s)", (name, schedule_text))
    assert caught.value.sqlstate == code
    assert caught.value.diag.message_hint
    assert site.rows("select * from pydb.schedule_source order by procedure") == before


def test_pg_cron_gets_a_job_a_procedure_and_loses_it(cron_site: Site, conn: Connection) -> None:
    for procedure in WHOLE:
        schedule.schedule_set(conn, procedure, YEARLY)
    assert actions(conn) == dict.fromkeys([f"pydb.{p}/app" for p in WHOLE] + [PRUNE[0]], "create")
    assert jobs(cron_site) == {*map(job, WHOLE), PRUNE}
    assert set(actions(conn).values()) == {"keep"}
    shown = cron_site.rows(
        "select kind, subject, policy, wanted, present, drift, run_id, next_run > now()"
        " from pydb.schedule_status order by kind"
    )
    assert shown == [
        (kind, None, None, True, True, None, None, True) for kind in ("cascade", "orphans", "schedule")
    ]
    schedule.schedule_set(conn, "cascade_run", "5 5 * * *")
    drift = cron_site.rows("select job_name from pydb.schedule_status where drift is not null")
    assert drift == [("pydb.cascade_run/app",)]
    assert actions(conn)["pydb.cascade_run/app"] == "update"
    assert job("cascade_run", "5 5 * * *") in jobs(cron_site)
    for procedure in WHOLE:
        schedule.schedule_set(conn, procedure, None)
    # housekeeping goes with the last of them
    assert set(actions(conn).values()) == {"remove"}
    assert jobs(cron_site) == set()


def test_what_archives_has_the_purge_of_archives_done(cron_site: Site, conn: Connection) -> None:
    """From the policy on, before there is an archive; until a sync the job is missing, and doctor says so."""
    purge = "pydb.archive_purge/app"
    cron_site.policy("events", YEARLY)
    assert purge not in actions(conn)
    cron_site.db.execute(
        "select pydb.retention_policy_set('events', 't.event', 'at', '1 day', p_schedule => %s,"
        " p_fuse_share => 1, p_action => 'archive')",
        (YEARLY,),
    )
    missing = "select job_name from pydb.schedule_status where drift_code = 'missing'"
    assert cron_site.rows(missing) == [(purge,)]
    said = "select status from pydb.doctor() where component = 'jobs' and reason_code = 'drift'"
    assert cron_site.one(said) == "degraded"
    assert actions(conn)[purge] == "create"
    assert job("archive_purge", "40 4 * * *") in jobs(cron_site)
    assert cron_site.rows(missing) == []
    # whoever takes it away is not asked again
    schedule.schedule_set(conn, "archive_purge", None)
    cron_site.db.execute("call pydb.retention_run('events')")
    assert cron_site.one("select count(*) from pydb.archive_table") == 1
    assert actions(conn)[purge] == "remove"


def test_housekeeping_can_be_moved_and_left_out(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events", YEARLY)
    schedule.schedule_set(conn, "schedule_prune", "1 1 * * *")
    schedule.sync(conn)
    assert job("schedule_prune", "1 1 * * *") in jobs(cron_site)
    schedule.schedule_set(conn, "schedule_prune", None)
    schedule.sync(conn)
    assert jobs(cron_site) == {("pydb/app/events", YEARLY, "call pydb.retention_run('events')")}


def test_policies_named_like_jobs_and_procedures_are_told_apart(cron_site: Site, conn: Connection) -> None:
    names = (*WHOLE, "schedule_prune", "pydb.cascade_run/app", "app", "call pydb.cascade_run()")
    for name in names:
        cron_site.policy(name, YEARLY)
    for procedure in WHOLE:
        schedule.schedule_set(conn, procedure, "1 1 1 1 *")
    schedule.sync(conn)
    policies = {(f"pydb/app/{n}", YEARLY, f"call pydb.retention_run('{n}')") for n in names}
    assert jobs(cron_site) == policies | {job(p, "1 1 1 1 *") for p in WHOLE} | {PRUNE}
    assert set(actions(conn).values()) == {"keep"}
    assert {
        (one.policy, one.kind) for one in schedule.status(conn) if one.policy is None or one.policy in WHOLE
    } == {(None, "cascade"), (None, "orphans"), (None, "schedule")} | {(p, "retention") for p in WHOLE}
    for name in names:
        cron_site.db.execute("select pydb.retention_policy_drop(%s)", (name,))
    schedule.sync(conn)
    assert jobs(cron_site) == {job(p, "1 1 1 1 *") for p in WHOLE} | {PRUNE}
    for procedure in WHOLE:
        schedule.schedule_set(conn, procedure, None)
    cron_site.policy("cascade_run", YEARLY)
    schedule.sync(conn)
    assert jobs(cron_site) == {
        ("pydb/app/cascade_run", YEARLY, "call pydb.retention_run('cascade_run')"),
        PRUNE,
    }


def test_names_of_jobs_are_all_different(site: Site) -> None:
    made = [
        site.one("select pydb_internal.schedule_job_name(%s, %s)", prefix, subject)
        for prefix in ("pydb", "pydb.a", "pydb.b", "pydb.a_b")
        for subject in (None, *HOSTILE_NAMES, "a", "b", "pydb.a", "app")
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("name", ["a/b", "Größe 日本", "x" * 60, 'it\'s "q"'])
def test_databases_whose_names_are_no_plain_words(cron_server: CronServer, tmp_path: Path, name: str) -> None:
    dsn = cron_server.add(name)
    site = make_site(dsn)
    site.policy("cascade_run", YEARLY)
    with pydb_db.connect(dsn) as conn:
        for procedure in WHOLE:
            schedule.schedule_set(conn, procedure, YEARLY)
        assert [a.action for a in schedule.sync(conn)] == ["create"] * 4
        assert [a.action for a in schedule.sync(conn)] == ["keep"] * 4
        assert not [one for one in schedule.status(conn) if one.drift or not one.present]
        with psycopg.connect(cron_server.app_dsn) as cron:
            made = cron.execute("select jobname, database from cron.job").fetchall()
        assert len(set(made)) == 4
        assert {database for _, database in made} == {name, "app"}
        for procedure in WHOLE:
            schedule.schedule_set(conn, procedure, None)
        site.db.execute("select pydb.retention_policy_drop('cascade_run')")
        assert [a.action for a in schedule.sync(conn)] == ["remove"] * 4
    site.db.close()


def test_a_procedure_that_is_gone_costs_its_own_job_alone(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events", YEARLY)
    for procedure in WHOLE:
        schedule.schedule_set(conn, procedure, YEARLY)
    schedule.sync(conn)
    cron_site.db.execute("alter procedure pydb.cascade_run rename to cascade_walked")
    drift = cron_site.rows("select job_name, wanted from pydb.schedule_status where drift is not null")
    assert drift == [("pydb.cascade_run/app", False)]
    told = cron_site.rows("select status, hint from pydb.doctor() where reason_code = 'procedure_gone'")
    assert told == [("error", "pydb migrate check")]
    done = actions(conn)
    assert done.pop("pydb.cascade_run/app") == "remove"
    assert set(done.values()) == {"keep"}
    assert actions(conn) == done
    cron_site.db.execute("alter procedure pydb.cascade_walked rename to cascade_run")
    assert actions(conn)["pydb.cascade_run/app"] == "create"


def test_a_list_of_subjects_that_is_gone_costs_its_own_jobs_alone(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events", YEARLY)
    schedule.schedule_set(conn, "cascade_run", YEARLY)
    schedule.sync(conn)
    subjects = cron_site.one("select subjects from pydb.schedule_source where procedure = 'retention_run'")
    change = "update pydb.schedule_source set subjects = %s where procedure = 'retention_run'"
    cron_site.db.execute(change, ("pydb.no_such_list",))
    reasons = cron_site.rows("select reason_code from pydb.doctor() where status = 'error'")
    assert ("procedure_gone",) in reasons
    assert actions(conn) == {
        "pydb.cascade_run/app": "keep",
        "pydb/app/events": "remove",
        PRUNE[0]: "keep",
    }
    # an upgrade that brings it back brings the jobs back
    cron_site.db.execute(change, (subjects,))
    assert actions(conn)["pydb/app/events"] == "create"


@pytest.mark.parametrize(
    ("procedure", "subjects"),
    [
        ("no_such_procedure", None),
        ("setting_set", None),  # a function
        ("orphan_close", None),  # wants an argument
        ("cascade_approve", None),
        ("orphan_scan_run", "pydb._no_such_list"),
        ("schedule_prune", "pydb_internal.retention_schedules"),  # its first argument is no text
        ("cascade_run", "nowhere._retention_schedules"),
        ("orphan_scan_run", "pydb_internal.cron_check"),  # wants an argument
    ],
)
def test_a_row_that_cannot_be_called_has_no_jobs(site: Site, procedure: str, subjects: str | None) -> None:
    site.policy("events", YEARLY)
    site.db.execute("delete from pydb.schedule_source where procedure = %s", (procedure,))
    site.db.execute(
        "insert into pydb.schedule_source (procedure, kind, job_prefix, schedule, subjects, description)"
        " values (%s, 'test', 'pydb.test', %s, %s, 'd')",
        (procedure, None if subjects else YEARLY, subjects),
    )
    assert site.rows("select kind from pydb_internal.schedule_wanted() where kind = 'test'") == []
    assert ("events",) in site.rows("select subject from pydb.schedule_status")
    assert site.rows("select status from pydb.doctor() where reason_code = 'procedure_gone'") == [("error",)]


@pytest.mark.parametrize(
    "change",
    [
        "procedure = 'cascade_run(); drop table t.event; --'",
        "procedure = 'Cascade_run'",
        "subjects = 'pydb_internal.retention_schedules() as s, pydb.audit_log'",
        "subjects = 'retention_schedules'",
        "job_prefix = 'nightly'",
        "job_prefix = 'pydb/other'",
        "job_prefix = 'pydb'",
        "schedule = '* * * * *', subjects = 'pydb_internal.retention_schedules'",
    ],
)
def test_a_row_that_would_make_another_command_or_name_is_refused(site: Site, change: str) -> None:
    with pytest.raises((CheckViolation, UniqueViolation)):
        site.db.execute(f"update pydb.schedule_source set {change} where procedure = 'cascade_run'".encode())


def test_jobs_of_what_can_no_longer_be_scheduled_are_removed(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events", YEARLY)
    schedule.schedule_set(conn, "cascade_run", YEARLY)
    schedule.sync(conn)
    cron_site.db.execute("delete from pydb.schedule_source where procedure = 'cascade_run'")
    assert actions(conn)["pydb.cascade_run/app"] == "remove"


def test_jobs_that_only_look_like_ours_are_left_alone(cron_site: Site, conn: Connection) -> None:
    foreign = [
        ("pydb.cascade_run/app", "call pydb.cascade_run(1)"),
        ("pydb.orphan_scan_run/app", "call pydb.orphan_scan_run('a.b')"),
        ("pydb.cascade_run/other", "call pydb.cascade_run()"),
        ("cascade_run", "call pydb.cascade_run()"),
        ("pydb.cascade_run", "call pydb.cascade_run()"),
        ("pydb/app", "call pydb.retention_run()"),
        ("pydb/app/x", "call pydb.cascade_run()"),
    ]
    for name, command in foreign:
        cron_site.db.execute("select cron.schedule(%s, '1 1 1 1 *', %s)", (name, command))
    before = set(cron_site.rows("select j.*, j.xmin::text from cron.job as j"))
    schedule.sync(conn)
    assert set(cron_site.rows("select j.*, j.xmin::text from cron.job as j")) == before


def test_syncs_and_changes_at_once_leave_each_job_once(cron_site: Site) -> None:
    for number in range(5):
        cron_site.policy(f"p{number}", YEARLY)
    barrier = threading.Barrier(6)

    def work(number: int) -> None:
        with psycopg.connect(cron_site.dsn, autocommit=True) as mine:
            barrier.wait()
            if number < 2:
                mine.execute("select pydb.schedule_set(%s, %s)", (WHOLE[number], YEARLY))
            mine.execute("select pydb.schedule_sync()")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = cron_site.rows("select jobname::text from cron.job order by 1")
    expected = {f"pydb/app/p{n}" for n in range(5)} | {f"pydb.{p}/app" for p in WHOLE} | {PRUNE[0]}
    assert len(names) == len(expected)
    assert {name for (name,) in names} == expected


def test_nothing_is_due_for_a_time_before_it_was_scheduled(site: Site) -> None:
    site.db.execute("select pydb.schedule_set('cascade_run', '*/10 * * * *')")
    site.db.execute("update pydb.schedule_source set updated_at = '2026-01-01 00:05:00Z'")
    call = ("cascade", None, "call pydb.cascade_run()")
    assert due(site, "2026-01-01 00:09:59Z") == set()
    assert due(site, "2026-01-01 00:10:00Z") == {call}
    site.db.execute("update pydb.schedule_source set updated_at = '2026-01-01 00:10:00Z'")
    assert due(site, "2026-01-01 00:19:59Z") == set()
    # housekeeping, beside it
    prune = ("schedule", None, "call pydb.schedule_prune()")
    assert due(site, "2026-01-01 04:25:00Z") == {call, prune}
    site.db.execute("select pydb.schedule_set('cascade_run', null)")
    assert due(site, "2026-01-01 04:25:00Z") == set()


def make_due(site: Site) -> None:
    """Schedule both procedures, for half an hour ago and again in a day."""
    for procedure in WHOLE:
        site.db.execute(
            "select pydb.schedule_set(%s,"
            " to_char(now() at time zone 'UTC' - interval '30 min', 'FMMI FMHH24') || ' * * *')",
            (procedure,),
        )
    site.db.execute("update pydb.schedule_source set updated_at = now() - interval '3 hours'")


def test_the_process_runs_due_cascade_jobs_and_the_scan(site: Site, tmp_path: Path) -> None:
    over, waits = make_job(site, 1, "1 ms"), make_job(site, 2, "1 day")
    make_due(site)
    site.wait_for("select not_before < clock_timestamp() from pydb.cascade_job where id = %s", over)
    result = Cli(site.dsn, tmp_path)("--json", "schedule", "run", "--once")
    assert result.code == 0
    ran = result.document["jobs"]
    assert isinstance(ran, list)
    assert sorted(
        (one["kind"], one["subject"], one["policy"], one["outcome"])
        for one in ran
        if one["kind"] != "schedule"
    ) == [("cascade", None, None, "succeeded"), ("orphans", None, None, "succeeded")]
    states = site.rows("select id, state from pydb.cascade_job order by id")
    assert states == [(over, "completed"), (waits, "requested")]
    assert site.rows("select id from t.parent") == site.rows("select id from t.child") == [(2,)]
    assert site.rows("select status from pydb.orphan_finding") == [("complete",)]
    shown = site.rows(
        "select kind, last_status, run_state, run_reason from pydb.schedule_status"
        " where kind in ('cascade', 'orphans') order by kind"
    )
    assert shown == [
        ("cascade", "succeeded", "completed", "exhausted"),
        ("orphans", "succeeded", "completed", "exhausted"),
    ]
    # the grace of the second ends: the next firing takes it, and nobody had to remember
    site.db.execute("update pydb.cascade_job set not_before = now() where id = %s", (waits,))
    site.db.execute("delete from pydb.schedule_claim")
    assert Cli(site.dsn, tmp_path)("schedule", "run", "--once").code == 0
    assert site.rows("select distinct state from pydb.cascade_job") == [("completed",)]
    assert site.rows("select id from t.child") == []


def test_a_job_that_fails_shows_in_the_status_and_stops_no_other(site: Site, tmp_path: Path) -> None:
    make_job(site, 1, "1 ms")
    make_due(site)
    site.db.execute(
        "create function t.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$"
    )
    site.db.execute("create trigger refuse before delete on t.child for each row execute function t.refuse()")
    cli = Cli(site.dsn, tmp_path)
    assert cli("--json", "schedule", "run", "--once").code == 2
    shown = site.rows(
        "select kind, last_status, last_message is not null from pydb.schedule_status"
        " where kind in ('cascade', 'orphans') order by kind"
    )
    assert shown == [("cascade", "failed", True), ("orphans", "succeeded", False)]
    assert cli("schedule", "status").code == 1
    told = str(site.one("select hint from pydb.doctor() where reason_code = 'failing'"))
    query = told.partition("; ")[2]
    assert site.one(query) == site.one("select max(id) from pydb.job_run where kind = 'cascade'")


def test_doctor_finds_jobs_that_nothing_will_start(site: Site) -> None:
    found = "select status, reason_code from pydb.doctor() where component = 'cascade'"
    make_job(site, 1, "0")
    # who deletes at once does it by hand
    assert site.rows(found) == []
    make_job(site, 2, "1 day")
    assert site.rows(found) == [("degraded", "not_scheduled")]
    hint = str(site.one("select hint from pydb.doctor() where component = 'cascade'"))
    assert "pydb schedule set cascade_run" in hint
    site.db.execute("select pydb.schedule_set('cascade_run', '*/10 * * * *')")
    assert site.rows(found) == []
    assert site.rows("select reason_code from pydb.doctor() where component = 'scheduler'") == [
        ("no_scheduler",)
    ]
    site.db.execute("select pydb.schedule_set('cascade_run', null)")
    site.db.execute("update pydb.cascade_job set state = 'requested', approval = true")
    # it waits for a person, not for a time
    assert site.rows(found) == []


def test_doctor_looks_at_the_role_that_runs_a_procedure(
    site: Site, database: Database, role: RoleFactory
) -> None:
    database.roles.extend(ROLES)
    site.db.execute(ROLES_FILE.read_bytes())
    runner = role("runner")
    site.db.execute("select pydb.setting_set('schedule_role', %s)", (runner,))
    rights = "select reason_code from pydb.doctor() where component = 'rights'"
    # nothing is scheduled, no policy is there: nobody needs anything
    assert site.rows(rights) == [("sufficient",)]
    site.db.execute("select pydb.schedule_set('orphan_scan_run', '0 3 * * 0')")
    assert site.rows(rights) == [("missing_execute",)]
    detail = str(site.one("select detail from pydb.doctor() where component = 'rights'"))
    assert "orphan_scan_run" in detail
    site.db.execute(str(site.one("select hint from pydb.doctor() where component = 'rights'")).encode())
    assert site.rows(rights) == [("sufficient",)]
    assert "and 1 other jobs" in str(site.one("select summary from pydb.doctor() where component = 'rights'"))


def test_who_may_schedule_and_who_may_look(
    site: Site, database: Database, role: RoleFactory, tmp_path: Path
) -> None:
    database.roles.extend(ROLES)
    site.db.execute(ROLES_FILE.read_bytes())
    names = {label: role(label, f"in role pydb_{label}") for label in ("admin", "runner", "monitor", "app")}
    names["nobody"] = role("nobody")
    for label, name in names.items():
        with psycopg.connect(site.dsn, user=name, autocommit=True) as mine:
            if label == "admin":
                mine.execute("select pydb.schedule_set('cascade_run', '0 1 * * *')")
            else:
                with pytest.raises(InsufficientPrivilege):
                    mine.execute("select pydb.schedule_set('cascade_run', '0 1 * * *')")
            with pytest.raises(InsufficientPrivilege):
                mine.execute("update pydb.schedule_source set schedule = null")
            if label in ("admin", "runner", "monitor"):
                shown = mine.execute("select kind from pydb.schedule_status").fetchall()
                assert set(shown) == {("cascade",), ("schedule",)}
            else:
                with pytest.raises(InsufficientPrivilege):
                    mine.execute("select kind from pydb.schedule_status")
    assert site.one("select actor from pydb.audit_log where action = 'schedule_set'") == names["admin"]
    monitor = Cli(f"{site.dsn} user={names['monitor']}", tmp_path)
    assert monitor("schedule", "list").code == 0
    assert monitor("schedule", "set", "cascade_run", "--off").code == 77


def test_the_commands_set_and_list(site: Site, tmp_path: Path) -> None:
    cli = Cli(site.dsn, tmp_path)
    done = cli("schedule", "set", "cascade_run", "*/10 * * * *")
    assert (done.code, done.out) == (0, "cascade_run: */10 * * * *\n")
    assert "pydb schedule sync" in done.err
    listed = cli("--json", "schedule", "list").document["jobs"]
    assert isinstance(listed, list)
    assert {one["procedure"]: (one["schedule"], one["by_subject"]) for one in listed} == {
        "archive_purge": (None, False),
        "audit_seal_run": (None, False),
        "event_run": (None, False),
        "cascade_run": ("*/10 * * * *", False),
        "orphan_scan_run": (None, False),
        "retention_run": (None, True),
        "schedule_prune": ("25 4 * * *", False),
        "telemetry_run": (None, True),
    }
    shown = cli("schedule", "list").out.splitlines()
    assert len(shown) == 3 + 8 + 1  # a line each: what is no terminal is never folded
    off = cli("--json", "schedule", "set", "cascade_run", "--off").document["job"]
    assert isinstance(off, dict)
    assert (off["schedule"], off["updated_by"]) == (None, "postgres")
    for arguments in (("cascade_run",), ("cascade_run", "* * * * *", "--off")):
        assert cli("schedule", "set", *arguments).code == 64
    refused = cli("--json", "schedule", "set", "retention_run", "* * * * *")
    assert (refused.code, refused.error["sqlstate"]) == (64, "YD504")
    assert cli("--json", "schedule", "set", "cascade_run", "@daily").error["sqlstate"] == "YD501"


def test_a_job_with_a_grace_period_says_whether_it_starts_by_itself(site: Site, tmp_path: Path) -> None:
    cli = Cli(site.dsn, tmp_path)
    number = str(make_job(site, 1, "1 day"))
    assert "nothing starts it by itself:  pydb schedule set cascade_run" in cli("cascade", "jobs", number).err
    site.db.execute("select pydb.schedule_set('cascade_run', '*/10 * * * *')")
    assert "it starts by itself: cascade_run is scheduled, */10 * * * * (UTC)" in (
        cli("cascade", "jobs", number).err
    )


def test_python_gets_the_row_and_the_error(site: Site) -> None:
    with pydb_db.connect(site.dsn) as conn:
        row = schedule.schedule_set(conn, "orphan_scan_run", "0 3 * * sun")
        assert (row.procedure, row.schedule, row.kind, row.by_subject) == (
            "orphan_scan_run",
            "0 3 * * sun",
            "orphans",
            False,
        )
        assert [one for one in schedule.sources(conn) if one.procedure == "orphan_scan_run"] == [row]
        with pytest.raises(UsageError) as caught:
            schedule.schedule_set(conn, "nothing", "0 3 * * sun")
        assert caught.value.sqlstate == "YD504"
        assert caught.value.hint


def test_going_back_to_base_takes_the_jobs_along(cron_site: Site, conn: Connection) -> None:
    cron_site.policy("events", YEARLY)
    for procedure in WHOLE:
        schedule.schedule_set(conn, procedure, YEARLY)
    schedule.sync(conn)
    cron_site.db.execute("select cron.schedule('nightly', '1 1 1 1 *', 'select 1')")
    conn.close()
    migrate.down(cron_site.dsn, "base", destroy=True, migrations=migrations())
    assert cron_site.rows("select jobname::text from cron.job") == [("nightly",)]
