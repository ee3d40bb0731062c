"""pg_cron in another database of the server than pydb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import db, schedule
from pydb.errors import SchedulerUnusable
from tests.cli.conftest import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydb.db import Connection
    from tests.schedule.conftest import Site
    from tests.servers import CronServer


@pytest.fixture
def conn(far_site: Site) -> Iterator[Connection]:
    with db.connect(far_site.dsn) as connection:
        yield connection


@pytest.fixture
def cron(cron_server: CronServer) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(cron_server.app_dsn, autocommit=True) as connection:
        yield connection


def test_sql_alone_says_what_to_type(far_site: Site) -> None:
    far_site.policy("events")
    with pytest.raises(psycopg.Error) as caught:
        far_site.db.execute("select pydb.schedule_sync()")
    assert caught.value.sqlstate == "YD503"
    assert "app" in str(caught.value.diag.message_primary)
    assert caught.value.diag.message_hint == "PGDATABASE='far away' pydb schedule sync"


def test_the_program_writes_the_jobs_over_there(
    far_site: Site, conn: Connection, cron: psycopg.Connection[tuple[object, ...]]
) -> None:
    far_site.policy("it's")
    planned = schedule.sync(conn, dry_run=True)
    assert cron.execute("select count(*) from cron.job").fetchone() == (0,)
    done = schedule.sync(conn)
    assert done == planned
    assert {action.action for action in done} == {"create"}
    jobs = cron.execute("select jobname, command, database, active from cron.job order by jobname").fetchall()
    assert [job[0] for job in jobs] == ["pydb.schedule_prune/far away", "pydb/far away/it's"]
    assert [job[2] for job in jobs] == ["app", "far away"]
    assert jobs[1][1] == "call pydb.retention_run('it''s')"
    assert {action.action for action in schedule.sync(conn)} == {"keep"}
    assert far_site.one("select count(*) from pydb.audit_log where action = 'schedule_sync'") == 2


def test_drift_over_there_is_seen_and_repaired(
    far_site: Site, conn: Connection, cron: psycopg.Connection[tuple[object, ...]]
) -> None:
    far_site.policy("events")
    schedule.sync(conn)
    cron.execute(
        "select cron.schedule('pydb/app/events', '1 1 1 1 *', 'call pydb.retention_run(''events'')')"
    )
    cron.execute("select cron.alter_job(jobid, active => false) from cron.job where jobname like '%/events'")
    assert [job.policy for job in schedule.status(conn) if job.drift] == ["events"]
    schedule.sync(conn)
    assert not [job for job in schedule.status(conn) if job.drift]
    active = cron.execute(
        "select jobname, active from cron.job where jobname like '%/events' order by 1"
    ).fetchall()
    # the other database's job is not ours to repair
    assert active == [("pydb/app/events", False), ("pydb/far away/events", True)]


def test_a_job_is_fired_in_our_database(far_site: Site, conn: Connection, cron_server: CronServer) -> None:
    far_site.policy("events", "0 0 1 1 *")
    schedule.sync(conn)
    conn.close()
    with psycopg.connect(cron_server.app_dsn, autocommit=True) as admin:
        # the command that sync wrote, fired at the start of the server
        admin.execute(
            "select cron.schedule_in_database('boot', '@reboot', command, database) from cron.job"
            " where jobname = 'pydb/far away/events'"
        )
        command = admin.execute(
            "select command from cron.job where jobname like 'pydb.schedule_prune%'"
        ).fetchone()
        assert command is not None
        admin.execute(str(command[0]).encode())
    cron_server.restart()
    far_site.reconnect()
    far_site.wait_for("select not exists (select from t.event)")
    far_site.wait_for("select state = 'completed' from pydb.job_run where subject = 'events'")
    with db.connect(far_site.dsn) as again:
        statuses = {job.policy: (job.backend, job.present, job.run_state) for job in schedule.status(again)}
    assert statuses["events"] == ("pg_cron", True, "completed")


def test_the_view_says_that_it_cannot_see(far_site: Site, conn: Connection) -> None:
    far_site.policy("events")
    schedule.sync(conn)
    rows = far_site.rows("select present, drift from pydb.schedule_status where policy = 'events'")
    assert rows == [(None, "unknown: pg_cron cannot be read from this session")]
    found = far_site.rows(
        "select status from pydb.doctor() where component in ('pg_cron', 'jobs') order by 1"
    )
    assert set(found) == {("unknown",)}


def test_the_commands_see_through(far_site: Site, tmp_path: Path) -> None:
    far_site.policy("events")
    cli = Cli(far_site.dsn, tmp_path)
    assert cli("schedule", "status").code == 1
    assert cli("schedule", "sync").code == 0
    result = cli("--json", "schedule", "status")
    assert result.code == 0
    jobs = result.document["jobs"]
    assert isinstance(jobs, list)
    assert all(job["present"] and job["drift"] is None for job in jobs)
    findings = cli("--json", "doctor").document["findings"]
    assert isinstance(findings, list)
    assert {f["status"] for f in findings if f["component"] in ("pg_cron", "jobs", "pg_cron connection")} == {
        "ok"
    }


def test_a_job_is_one_line_of_the_table(far_site: Site, tmp_path: Path) -> None:
    cli = Cli(far_site.dsn, tmp_path)
    far_site.policy("events", "15 3 * * *")
    far_site.policy("p" * 63, "1,2,3,4,5,6,7,8,9,10,11,12 1,2,3,4,5,6,7,8,9,10,11,12 1-15 1-6 1-5")
    planned = cli("schedule", "sync", "--dry-run", "--json").document["jobs"]
    assert isinstance(planned, list)
    # the housekeeping over there is one long statement, which only the document shows
    assert max(len(job["command"]) for job in planned) > 300
    first = cli("schedule", "sync").out
    far_site.db.execute("select pydb.setting_set('schedule_backend', 'pydb')")
    for shown in (first, cli("schedule", "sync").out):
        assert "delete from" not in shown
        assert any("pydb/far away/events" in line and "15 3 * * *" in line for line in shown.splitlines())
        assert all(sum(job["job_name"] in line for line in shown.splitlines()) == 1 for job in planned)


def test_a_missing_extension_over_there_is_told(
    far_site: Site, conn: Connection, cron: psycopg.Connection[tuple[object, ...]]
) -> None:
    cron.execute("drop extension pg_cron")
    with pytest.raises(SchedulerUnusable) as caught:
        schedule.sync(conn)
    assert "create extension pg_cron" in (caught.value.hint or "")
    assert schedule.status(conn) == []
