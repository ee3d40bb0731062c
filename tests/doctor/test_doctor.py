"""doctor: whatever can be wrong with the set-up is found, named, and answered with the line that mends it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, get_args

import psycopg
import pytest

from pydb import db, doctor, schedule
from pydb.doctor import Finding, Status
from pydb.errors import ExitCode
from tests.cli.conftest import Cli
from tests.schedule.conftest import Site, make_site
from tests.servers import CronServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Connection, RoleFactory

YEARLY = "0 0 1 1 *"


def found(site: Site, component: str) -> set[tuple[object, ...]]:
    return set(site.rows("select status, reason_code from pydb.doctor() where component = %s", component))


def hint(site: Site, reason: str) -> str:
    return str(site.one("select hint from pydb.doctor() where reason_code = %s", reason))


def statuses(connection: Connection) -> dict[object, object]:
    return dict(connection.execute("select component, status from pydb.doctor()"))


def sync(site: Site) -> None:
    with db.connect(site.dsn) as conn:
        schedule.sync(conn)


def test_every_finding_but_a_good_one_has_a_hint(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    cron_site.db.execute("select pydb.retention_pause(null, 'test')")
    rows = cron_site.rows("select component, status, reason_code, summary, hint from pydb.doctor()")
    assert {row[1] for row in rows} <= set(get_args(Status))
    assert all(row[0] and row[2] and row[3] for row in rows)
    assert [row for row in rows if row[1] != "ok" and not row[4]] == []


def test_a_good_set_up_with_pg_cron(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    sync(cron_site)
    assert found(cron_site, "server") == {("ok", "supported")}
    assert found(cron_site, "scheduler") == {("ok", "pg_cron")}
    assert found(cron_site, "pg_cron") == {("ok", "here")}
    assert found(cron_site, "pg_cron launcher") == {("ok", "running")}
    assert found(cron_site, "pg_cron connection") == {("ok", "reachable")}
    assert found(cron_site, "jobs") == {("ok", "as_wanted")}
    # jobs of a superuser are the one thing to mend
    assert found(cron_site, "rights") == {("degraded", "superuser")}


def test_a_good_set_up_without_pg_cron(site: Site) -> None:
    site.policy("events", YEARLY)
    assert found(site, "scheduler") == {("error", "no_scheduler")}
    assert "pydb schedule run" in hint(site, "no_scheduler")
    site.db.execute("select pydb._scheduler_start(gen_random_uuid(), 'host', 1, '0')")
    assert found(site, "scheduler") == {("ok", "pydb")}
    assert found(site, "pg_cron") == {("ok", "absent")}
    assert found(site, "pg_cron connection") == set()


def test_nothing_scheduled_is_no_fault(site: Site) -> None:
    assert found(site, "scheduler") == {("ok", "nothing_scheduled")}


def test_drift(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    assert found(cron_site, "jobs") == {("degraded", "drift")}
    assert "schedule_sync" in hint(cron_site, "drift")


@pytest.mark.parametrize(
    ("status", "message", "started", "told"),
    [
        ("failed", "job startup timeout", "null", ("degraded", "startup_timeout")),
        ("failed", "server restarted", "null", ("degraded", "failing")),
        # pg_cron 1.4 leaves such a row behind for ever when it is stopped hard
        ("running", "", "now() - interval '2 min'", ("degraded", "failing")),
        ("running", "", "now()", ("ok", "as_wanted")),
    ],
)
def test_ends_of_a_job_that_only_pg_cron_saw(
    cron_site: Site, status: str, message: str, started: str, told: tuple[str, str]
) -> None:
    cron_site.policy("events", YEARLY)
    sync(cron_site)
    cron_site.db.execute(
        "insert into cron.job_run_details"
        " (jobid, database, username, command, status, return_message, start_time)"
        f" select jobid, database, username, command, '{status}', '{message}', {started} from cron.job"
        " where jobname = 'pydb/app/events'".encode()
    )
    assert found(cron_site, "jobs") == {told}


def test_a_dead_launcher(cron_site: Site) -> None:
    cron_site.db.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'pg_cron launcher'"
    )
    cron_site.wait_for(
        "select not exists (select from pg_stat_activity where backend_type = 'pg_cron launcher')"
    )
    assert found(cron_site, "pg_cron launcher") == {("error", "gone")}
    assert "restart" in hint(cron_site, "gone")


@pytest.mark.parametrize(
    ("settings", "status", "reason", "line"),
    [
        ({"cron.host": "localhost"}, "error", "host_unreachable", "cron.host = '/"),
        ({"cron.host": "/nowhere"}, "error", "host_unreachable", "cron.host = '/"),
        (
            {"cron.use_background_workers": True},
            "degraded",
            "serial_workers",
            "cron.use_background_workers = off",
        ),
    ],
)
def test_settings_that_keep_pg_cron_from_working(
    cron_template: CronServer, settings: dict[str, str | int | bool], status: str, reason: str, line: str
) -> None:
    server = CronServer(settings)
    server.copy_of(cron_template)
    with server:
        made = make_site(server.app_dsn)
        assert found(made, "pg_cron connection") == {(status, reason)}
        assert line in hint(made, reason)
        made.db.close()


def test_the_advised_line_mends_an_unreachable_host(cron_template: CronServer) -> None:
    server = CronServer({"cron.host": "localhost"})
    server.copy_of(cron_template)
    with server:
        made = make_site(server.app_dsn)
        made.policy("events", YEARLY)
        sync(made)
        made.db.close()
        server.stop()
        # the same data, with the line that doctor gave
        mended = CronServer()
        mended.copy_of(server)
    with mended:
        made = Site(mended.app_dsn, psycopg.connect(mended.app_dsn, autocommit=True))
        assert found(made, "pg_cron connection") == {("ok", "reachable")}
        # pg_cron wrote the old host into the job: that is drift, and sync repairs it
        assert found(made, "jobs") == {("degraded", "drift")}
        sync(made)
        assert found(made, "jobs") == {("ok", "as_wanted")}
        made.db.close()


def test_a_loaded_pg_cron_without_its_extension(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    cron_site.db.execute("drop extension pg_cron")
    assert found(cron_site, "pg_cron") == {("error", "not_created")}
    assert found(cron_site, "scheduler") == {("error", "no_scheduler")}
    assert hint(cron_site, "not_created").endswith("create extension pg_cron;")


def test_an_extension_without_its_library(cron_template: CronServer) -> None:
    server = CronServer({"shared_preload_libraries": ""})
    server.copy_of(cron_template)
    with server:
        made = make_site(server.app_dsn)
        made.policy("events", YEARLY)
        assert ("error", "not_loaded") in found(made, "pg_cron")
        assert "shared_preload_libraries = 'pg_cron'" in hint(made, "not_loaded")
        made.db.close()


def test_a_role_that_may_see_nothing_gets_unknown_and_not_ok(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    sync(cron_site)
    for statement in (
        "create role watcher login",
        "grant usage on schema pydb to watcher",
        "grant select on all tables in schema pydb to watcher",
        "grant execute on all functions in schema pydb to watcher",
    ):
        cron_site.db.execute(statement.encode())
    with psycopg.connect(cron_site.dsn, user="watcher", autocommit=True) as watcher:
        seen = statuses(watcher)
    assert seen["pg_cron launcher"] == "unknown"
    assert seen["jobs"] == "unknown"
    cron_site.db.execute("grant pg_monitor to watcher")
    cron_site.db.execute("grant usage on schema cron to watcher")
    with psycopg.connect(cron_site.dsn, user="watcher", autocommit=True) as watcher:
        seen = statuses(watcher)
    assert seen["pg_cron launcher"] == "ok"
    # row security hides the jobs of others, and that is not the same as their absence
    assert seen["jobs"] != "ok"


def test_rights_that_are_missing(site: Site, role: RoleFactory) -> None:
    runner = role("runner")
    site.policy("events", YEARLY)
    site.db.execute("select pydb.setting_set('schedule_role', %s)", (runner,))
    assert found(site, "rights") == {("error", "missing_privilege")}
    site.db.execute(f"grant usage on schema pydb, t to {runner}".encode())
    assert hint(site, "missing_privilege") == f"grant select, delete on t.event to {runner};"
    site.db.execute(hint(site, "missing_privilege").encode())
    assert found(site, "rights") == {("ok", "sufficient")}
    site.db.execute("drop table t.event")
    assert found(site, "rights") == {("error", "target_gone")}
    site.db.execute("select pydb.setting_set('schedule_role', 'no such role')")
    assert ("error", "role_gone") in found(site, "rights")


def test_the_kill_switch_and_pauses(site: Site) -> None:
    site.policy("events", YEARLY)
    site.db.execute("select pydb.retention_pause(null, 'test')")
    assert ("degraded", "kill_switch") in found(site, "pydb")
    site.db.execute("select pydb.retention_resume(null)")
    site.db.execute("select pydb.retention_pause('events', 'test')")
    assert ("degraded", "paused") in found(site, "pydb")


@pytest.mark.parametrize(
    "seen",
    [c for n in range(5) for c in itertools.combinations(("ok", "degraded", "unknown", "error"), n)],
)
def test_error_comes_before_unknown_before_degraded_before_ok(seen: tuple[Status, ...]) -> None:
    findings = [Finding("c", status, "r", "s") for status in seen]
    # the last of the tuple is the worst; nothing examined is unknown, never ok
    assert doctor.overall(findings) == (seen[-1] if seen else "unknown")


def test_exit_codes_are_those_of_nagios() -> None:
    codes = {status: doctor.exit_code(status) for status in get_args(Status)}
    assert codes == {
        "ok": ExitCode.DONE,
        "degraded": ExitCode.ATTENTION,
        "error": ExitCode.FAILED,
        "unknown": ExitCode.UNKNOWN,
    }


def test_a_database_without_pydb(empty_dsn: str, tmp_path: Path) -> None:
    result = Cli(empty_dsn, tmp_path)("--json", "doctor")
    assert result.code == 2
    findings = result.document["findings"]
    assert isinstance(findings, list)
    assert [(f["component"], f["status"], f["reason_code"]) for f in findings] == [
        ("pydb", "error", "not_installed"),
        ("server", "ok", "supported"),
        ("pg_cron", "ok", "absent"),
    ]
    assert "pydb migrate up" in findings[0]["hint"]


def test_no_database_at_all(tmp_path: Path) -> None:
    result = Cli(f"host={tmp_path} dbname=none", tmp_path)("--json", "doctor")
    assert result.code == 2
    assert result.document["status"] == "error"


def test_an_unusable_dsn_is_a_usage_error(tmp_path: Path) -> None:
    assert Cli("host=", tmp_path)("doctor", "--dsn", "nonsense===").code == 64


def test_people_see_the_hint(site: Site, tmp_path: Path) -> None:
    site.policy("events", YEARLY)
    result = Cli(site.dsn, tmp_path)("doctor")
    assert result.code == 2
    assert "pydb schedule run" in result.out
    assert result.out.splitlines()[-1] == "overall: error"
