"""pydb.health and pydb.metric about schedules, on a server with the real pg_cron, and on a standby of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pydb import db, health
from pydb.health import metrics
from tests.lint.roles import ROLES_FILE
from tests.schedule.conftest import Site, make_site

if TYPE_CHECKING:
    from tests.conftest import Connection
    from tests.servers import CronServer

YEARLY = "0 0 1 1 *"
DAILY = "0 3 * * *"
FAILED = """
insert into cron.job_run_details (
    jobid, runid, database, username, command, status, return_message, start_time, end_time
)
select 1, nextval('cron.runid_seq'), current_database(), 'postgres', j.command, 'failed', %s, now(), now()
from cron.job as j where j.jobname = %s
"""


def said(site: Site) -> tuple[object, object]:
    (row,) = site.rows("select status, reason_code from pydb.health('{schedule}')")
    return row[0], row[1]


def failures(connection: Connection) -> dict[object, object]:
    rows = connection.execute(
        "select labels ->> 'reason', value from pydb.metric"
        " where name = 'lifecycle_scheduler_job_failures_total'"
    ).fetchall()
    return dict(rows)


def test_jobs_that_are_there_missing_and_failing(cron_site: Site) -> None:
    site = cron_site
    site.policy("events", YEARLY)
    assert said(site) == ("error", "job_missing")
    site.db.execute("select pydb.schedule_sync()")
    assert said(site) == ("ok", "well")
    jobs = "select labels ->> 'cron_job', value from pydb.metric where name = %s order by 1"
    name = "pydb/app/events"
    assert (name, 1.0) in site.rows(jobs, "lifecycle_scheduler_job_expected")
    assert (name, 1.0) in site.rows(jobs, "lifecycle_scheduler_job_active")
    site.db.execute("update cron.job set active = false where jobname = %s", [name])
    assert said(site) == ("degraded", "drift")
    assert (name, 0.0) in site.rows(jobs, "lifecycle_scheduler_job_active")
    site.db.execute("select pydb.schedule_sync()")
    site.db.execute("select cron.unschedule(%s)", [name])
    assert said(site) == ("error", "job_missing")
    site.db.execute("select pydb.schedule_sync()")
    # who only looks sees what the owner of pydb sees, though pg_cron shows each role its own jobs alone
    site.db.execute(ROLES_FILE.read_bytes())
    site.db.execute("create role looks login in role pydb_monitor")
    with psycopg.connect(make_conninfo(site.dsn, user="looks"), autocommit=True) as monitor:
        told = monitor.execute("select reason_code from pydb.health('{schedule}')").fetchall()
        assert told in ([("well",)], [("hidden",)])  # the launcher is for pg_monitor to see
        assert ("pydb/app/events", 1.0) in monitor.execute(
            jobs, ["lifecycle_scheduler_job_active"]
        ).fetchall()


def test_failures_are_counted_on_when_the_log_of_pg_cron_is_pruned(cron_site: Site) -> None:
    site = cron_site
    site.policy("events", YEARLY)
    site.db.execute("select pydb.schedule_sync()")
    assert failures(site.db) == {}
    name = "pydb/app/events"
    site.db.execute(FAILED, ["job startup timeout", name])
    site.db.execute(FAILED, ["ERROR: no", name])
    assert failures(site.db) == {"startup_timeout": 1, "error": 1}
    assert said(site) == ("degraded", "failing")
    site.db.execute("call pydb.schedule_prune('0')")
    assert site.one("select count(*) from cron.job_run_details where status = 'failed'") == 0
    assert failures(site.db) == {"startup_timeout": 1, "error": 1}
    site.db.execute(FAILED, ["connection failed", name])
    assert failures(site.db) == {"startup_timeout": 1, "error": 1, "connection": 1}
    site.db.execute("call pydb.schedule_prune('1 hour')")
    site.db.execute("call pydb.schedule_prune('1 hour')")
    assert failures(site.db) == {"startup_timeout": 1, "error": 1, "connection": 1}


def test_pg_cron_in_another_database(far_site: Site) -> None:
    far_site.policy("events", DAILY)
    far_site.policy("logins", DAILY)
    # who cannot be asked is judged by what ran: nothing was due since these were set
    assert said(far_site) == ("ok", "well")
    # the program looks there
    with db.connect(far_site.dsn) as conn:
        (one,) = health.check(conn, ["schedule"])
    assert (one.status, one.reason_code) == ("error", "job_missing")
    by_its_runs(far_site)
    (row,) = far_site.rows("select summary from pydb.health('{schedule}')")
    assert row == ("3 jobs are left to the pg_cron of database app, and ran when it was time",)


def test_something_else_fires_the_schedules(site: Site) -> None:
    site.policy("events", DAILY)
    site.policy("logins", DAILY)
    assert said(site) == ("error", "no_scheduler")
    site.db.execute("select pydb.setting_set('schedule_backend', 'external')")
    assert said(site) == ("ok", "well")
    by_its_runs(site)
    (row,) = site.rows("select summary from pydb.health('{schedule}')")
    assert row == ("3 jobs are left to something that pydb does not see, and ran when it was time",)
    # nobody misses a job of a scheduler that nobody asks, and nothing of pydb fires beside it
    for metric in ("expected", "active"):
        assert (
            site.rows("select 1 from pydb.metric where name = %s", f"lifecycle_scheduler_job_{metric}") == []
        )
    assert (
        site.one("select pydb_internal.schedule_conflict()") == "the setting schedule_backend says external"
    )
    assert site.rows("select status, reason_code from pydb.doctor() where component = 'scheduler'") == [
        ("ok", "external")
    ]


def by_its_runs(site: Site) -> None:
    """Late: one of two, then both; and no more when they ran."""
    ran = (
        "insert into pydb.job_run (kind, subject, state, stop_reason, started_at, heartbeat_at, finished_at)"
        " select 'retention', %s, 'completed', 'exhausted', now(), now(), now()"
    )
    site.db.execute("update pydb.retention_policy set updated_at = now() - interval '3 days'")
    assert said(site) == ("error", "not_fired")
    (row,) = site.rows("select detail #>> '{findings,0,detail}', hint from pydb.health('{schedule}')")
    assert re.fullmatch(r"pydb/.*/events \([-0-9]+ 03:00Z\), pydb/.*/logins \([-0-9]+ 03:00Z\)", str(row[0]))
    assert row[1]
    site.db.execute(ran, ["events"])
    assert said(site) == ("degraded", "not_fired")
    # a rehearsal is no run
    site.db.execute("call pydb.retention_run('logins', p_dry_run => true)")
    assert said(site) == ("degraded", "not_fired")
    site.db.execute(ran, ["logins"])
    assert said(site) == ("ok", "well")


@pytest.fixture
def standby(cron_server: CronServer) -> Site:
    """A hot standby with a policy and a schedule; its primary is gone."""
    site = make_site(cron_server.app_dsn)
    site.policy("events")
    site.db.execute("call pydb.retention_run('events')")
    site.db.close()
    cron_server.stop()
    (cron_server.data_dir / "standby.signal").touch()
    cron_server.start()
    return Site(cron_server.app_dsn, psycopg.connect(cron_server.app_dsn, autocommit=True))


def test_a_standby_is_looked_at_as_well(standby: Site) -> None:
    rows = standby.rows("select component, status, reason_code, summary from pydb.health()")
    told = {row[0]: row[1:] for row in rows}
    assert "standby" in str(told["database"])
    assert told["schedule"] == ("ok", "well", "a standby: nothing is to run here")
    assert [row for row in rows if row[2] == "check_failed"] == []
    with db.connect(standby.dsn) as conn:
        text, missing = metrics.scrape(conn)
    assert missing == []
    assert b"lifecycle_db_in_recovery 1.0" in text
    assert b"lifecycle_runs_total" in text
    standby.db.close()
