"""doctor: whatever can be wrong with the set-up is found, named, and answered with the line that mends it."""

from __future__ import annotations

import itertools
import json
import pwd
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from pydb import db, health, schedule
from pydb.errors import ExitCode
from pydb.health import Finding, Status
from tests.cli.conftest import Cli
from tests.lint import sqltree
from tests.lint.roles import ROLES_FILE
from tests.lint.test_privileges import ROLES
from tests.schedule.conftest import Site, make_site
from tests.servers import CronServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Connection, CronServerFactory, RoleFactory
    from tests.servers import Database

YEARLY = "0 0 1 1 *"


@dataclass(frozen=True)
class Said:
    """All that doctor says at one look, which takes it a tenth of a second."""

    rows: list[tuple[object, ...]]

    def of(self, component: str) -> set[tuple[object, ...]]:
        """Status and reason of each finding."""
        return {row[1:3] for row in self.rows if row[0] == component}

    def hint(self, reason: str) -> str:
        return next(str(row[3]) for row in self.rows if row[2] == reason)

    def detail(self, reason: str) -> str:
        return next(str(row[4]) for row in self.rows if row[2] == reason)


def look(site: Site) -> Said:
    return Said(site.rows("select component, status, reason_code, hint, detail from pydb.doctor()"))


def found(site: Site, component: str) -> set[tuple[object, ...]]:
    return look(site).of(component)


def hint(site: Site, reason: str) -> str:
    return look(site).hint(reason)


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
    said = look(cron_site)
    assert said.of("server") == {("ok", "supported")}
    assert said.of("scheduler") == {("ok", "pg_cron")}
    assert said.of("pg_cron") == {("ok", "here")}
    assert said.of("pg_cron launcher") == {("ok", "running")}
    assert said.of("pg_cron connection") == {("ok", "reachable")}
    assert said.of("jobs") == {("ok", "as_wanted")}
    # jobs of a superuser are the one thing to mend
    assert said.of("rights") == {("degraded", "superuser")}


def test_a_good_set_up_without_pg_cron(site: Site) -> None:
    site.policy("events", YEARLY)
    said = look(site)
    assert said.of("scheduler") == {("error", "no_scheduler")}
    assert "pydb schedule run" in said.hint("no_scheduler")
    site.db.execute("select pydb_internal.scheduler_start(gen_random_uuid(), 'host', 1, '0')")
    said = look(site)
    assert said.of("scheduler") == {("ok", "pydb")}
    assert said.of("pg_cron") == {("ok", "absent")}
    assert said.of("pg_cron connection") == set()


def test_nothing_scheduled_is_no_fault(site: Site) -> None:
    assert found(site, "scheduler") == {("ok", "nothing_scheduled")}


def test_drift(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    said = look(cron_site)
    assert said.of("jobs") == {("degraded", "drift")}
    assert "schedule_sync" in said.hint("drift")


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
    said = look(cron_site)
    assert said.of("pg_cron launcher") == {("error", "gone")}
    assert "restart" in said.hint("gone")


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
        said = look(made)
        assert said.of("pg_cron connection") == {(status, reason)}
        assert line in said.hint(reason)
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
        said = look(made)
        assert said.of("pg_cron connection") == {("ok", "reachable")}
        # pg_cron wrote the old host into the job: that is drift, and sync repairs it
        assert said.of("jobs") == {("degraded", "drift")}
        sync(made)
        assert found(made, "jobs") == {("ok", "as_wanted")}
        made.db.close()


def test_a_loaded_pg_cron_without_its_extension(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    cron_site.db.execute("drop extension pg_cron")
    said = look(cron_site)
    assert said.of("pg_cron") == {("error", "not_created")}
    assert said.of("scheduler") == {("error", "no_scheduler")}
    assert said.hint("not_created").endswith("create extension pg_cron;")


def test_an_extension_without_its_library(cron_template: CronServer) -> None:
    server = CronServer({"shared_preload_libraries": ""})
    server.copy_of(cron_template)
    with server:
        made = make_site(server.app_dsn)
        made.policy("events", YEARLY)
        said = look(made)
        assert ("error", "not_loaded") in said.of("pg_cron")
        assert "shared_preload_libraries = 'pg_cron'" in said.hint("not_loaded")
        made.db.close()


def test_a_role_that_may_see_nothing_gets_unknown_and_not_ok(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    sync(cron_site)
    for statement in (
        "create role watcher login",
        "grant usage on schema pydb, pydb_internal to watcher",
        "grant select on all tables in schema pydb, pydb_internal to watcher",
        "grant execute on all functions in schema pydb, pydb_internal to watcher",
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
    site.db.execute(f"grant usage on schema pydb, pydb_internal to {runner}".encode())
    site.db.execute(f"grant execute on all routines in schema pydb, pydb_internal to {runner}".encode())
    assert found(site, "rights") == {("error", "missing_privilege")}
    site.db.execute(f"grant usage on schema t to {runner}".encode())
    told = hint(site, "missing_privilege")
    assert told == f"grant select, delete on t.event to {runner};"
    site.db.execute(told.encode())
    assert found(site, "rights") == {("ok", "sufficient")}
    site.db.execute("drop table t.event")
    assert found(site, "rights") == {("error", "target_gone")}
    # a role must exist to be set, and can be dropped afterwards
    site.db.execute("create role soon_gone")
    site.db.execute("select pydb.setting_set('schedule_role', 'soon_gone')")
    site.db.execute("drop role soon_gone")
    assert ("error", "role_gone") in found(site, "rights")


def test_rights_on_what_a_delete_looks_at(site: Site, role: RoleFactory) -> None:
    runner = role("runner")
    for statement in (
        "create table t.event_key (id bigint primary key)",
        "create table t.parent (id bigint primary key, at timestamptz) partition by range (id)",
        "create table t.part partition of t.parent for values from (0) to (100)",
        "create table t.child (id bigint primary key references t.parent on delete cascade)",
        "create table t.grandchild (id bigint references t.child) partition by hash (id)",
        "create table t.grandchild_0 partition of t.grandchild for values with (modulus 1, remainder 0)",
        "create table t.beside (id bigint references t.event_key)",
    ):
        site.db.execute(statement.encode())
    site.db.execute("select pydb.retention_policy_set('parent', 't.parent', 'at', '1 day')")
    site.db.execute("select pydb.setting_set('schedule_role', %s)", (runner,))
    site.db.execute(f"grant usage on schema pydb, pydb_internal, t to {runner}".encode())
    site.db.execute(f"grant execute on all routines in schema pydb, pydb_internal to {runner}".encode())
    told = hint(site, "missing_privilege")
    for line in (
        f"grant select, delete on t.parent to {runner};",
        f"grant select, delete on t.part to {runner};",
        f"grant select on t.child to {runner};",
        f"grant select on t.grandchild to {runner};",
    ):
        assert line in told
    assert "beside" not in told
    # and what doctor asks for is what a run asks for
    with psycopg.connect(site.dsn, user=runner, autocommit=True) as mine:
        with pytest.raises(psycopg.Error) as caught:
            mine.execute("select pydb_internal.retention_check_rights('t.parent')")
        assert set(str(caught.value.diag.message_hint).split("; ")) == set(told.split("; "))
        site.db.execute(told.encode())
        mine.execute("select pydb_internal.retention_check_rights('t.parent')")
    assert found(site, "rights") == {("ok", "sufficient")}


def test_a_role_that_may_not_execute_what_a_run_calls(
    site: Site, database: Database, role: RoleFactory
) -> None:
    runner = role("runner")
    database.roles.extend(ROLES)
    site.policy("events", YEARLY)
    site.db.execute("select pydb.setting_set('schedule_role', %s)", (runner,))
    site.db.execute(f"grant usage on schema t to {runner}".encode())
    site.db.execute(f"grant select, delete on t.event to {runner}".encode())
    said = look(site)
    assert said.of("rights") == {("error", "missing_execute")}
    assert said.hint("missing_execute") == (
        f"in psql, as a superuser: \\i ops/postgresql/roles.sql then: grant pydb_runner to {runner};"
    )
    with psycopg.connect(site.dsn, user=runner, autocommit=True) as mine:
        with pytest.raises(InsufficientPrivilege):
            mine.execute("call pydb.retention_run('events')")
        site.db.execute(ROLES_FILE.read_bytes())
        told = hint(site, "missing_execute")
        assert told == f"grant pydb_runner to {runner};"
        site.db.execute(told.encode())
        assert found(site, "rights") == {("ok", "sufficient")}
        mine.execute("call pydb.retention_run('events')")
    # after an upgrade, before roles.sql has run again
    site.db.execute("revoke execute on routine pydb_internal.retention_turn from pydb_runner")
    said = look(site)
    assert "EXECUTE on 1 routines: retention_turn" in said.detail("missing_execute")
    assert said.hint("missing_execute") == "in psql, as a superuser: \\i ops/postgresql/roles.sql"


def test_a_membership_that_is_not_inherited_is_none(
    site: Site, database: Database, role: RoleFactory
) -> None:
    runner = role("runner", "noinherit")
    database.roles.extend(ROLES)
    site.db.execute(ROLES_FILE.read_bytes())
    site.db.execute(f"grant pydb_runner to {runner}".encode())
    site.policy("events", YEARLY)
    site.db.execute("select pydb.setting_set('schedule_role', %s)", (runner,))
    site.db.execute(f"grant usage on schema t to {runner}".encode())
    site.db.execute(f"grant select, delete on t.event to {runner}".encode())
    said = look(site)
    assert said.of("rights") == {("error", "missing_execute")}
    site.db.execute(said.hint("missing_execute").encode())
    assert found(site, "rights") == {("ok", "sufficient")}


def test_what_a_run_calls_is_read_rightly_from_the_routines(site: Site, role: RoleFactory) -> None:
    runner = role("runner")
    routines = sqltree.read().routines
    needed = sqltree.read().reachable("retention_run", through_definer=False) | {"retention_run"}
    qualified = [f"{routines[name].schema}.{name}" for name in needed]
    site.db.execute(f"grant usage on schema pydb, pydb_internal to {runner}".encode())
    site.db.execute(f"grant execute on all routines in schema pydb, pydb_internal to {runner}".encode())
    for name in qualified:
        site.db.execute(f"revoke execute on routine {name} from {runner}".encode())
    runners = json.dumps([{"role": runner, "procedure": "retention_run"}])
    said = str(site.one("select detail from pydb_internal.doctor_execute(%s)", runners))
    assert f"EXECUTE on {len(needed)} routines: retention_run, " in said
    for name in qualified:
        site.db.execute(f"grant execute on routine {name} to {runner}".encode())
    assert site.rows("select from pydb_internal.doctor_execute(%s)", runners) == []


def test_the_role_of_a_schedule_run_is_the_one_that_counts(site: Site, role: RoleFactory) -> None:
    runner = role("runner")
    site.policy("events", YEARLY)
    site.db.execute(
        "insert into pydb.scheduler (id, host, os_pid, version, actor)"
        " values (gen_random_uuid(), 'host', 1, '0', %s)",
        (runner,),
    )
    assert {"missing_execute", "missing_privilege"} == {reason for _, reason in found(site, "rights")}


def test_jobs_as_a_superuser_and_the_lines_that_end_it(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    sync(cron_site)
    assert "\\i ops/postgresql/roles.sql" in hint(cron_site, "superuser")
    cron_site.db.execute(ROLES_FILE.read_bytes())
    cron_site.db.execute(hint(cron_site, "superuser").encode())
    assert set(cron_site.rows("select username from cron.job")) == {("nightly",)}
    said = look(cron_site)
    assert said.of("rights") == {("error", "missing_privilege")}
    cron_site.db.execute(said.hint("missing_privilege").encode())
    assert found(cron_site, "rights") == {("ok", "sufficient")}
    # the role of the rights itself cannot log in: pg_cron would refuse a job of it
    cron_site.db.execute("select pydb.setting_set('schedule_role', 'pydb_runner')")
    cron_site.db.execute("grant usage on schema t to pydb_runner")
    cron_site.db.execute("grant select, delete on t.event to pydb_runner")
    said = look(cron_site)
    assert said.of("rights") == {("error", "no_login")}
    assert "create role nightly login in role pydb_runner;" in said.hint("no_login")


def test_jobs_of_several_roles(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    cron_site.db.execute(ROLES_FILE.read_bytes())
    cron_site.db.execute("grant usage on schema cron to pydb_runner")
    for name in ("alice", "bob"):
        cron_site.db.execute(f"create role {name} login in role pydb_runner".encode())
        with db.connect(f"{cron_site.dsn} user={name}") as own:
            schedule.sync(own)
            # he sees his own jobs alone, but also that nothing says whose they should be
            seen = {finding.reason_code for finding in health.examine(f"{cron_site.dsn} user={name}")}
            assert "no_schedule_role" in seen
            assert "several_roles" not in seen
    said = look(cron_site)
    assert said.of("jobs") == {
        ("degraded", "drift"),
        ("degraded", "several_roles"),
        ("degraded", "no_schedule_role"),
    }
    for reason in ("several_roles", "no_schedule_role"):
        assert said.hint(reason).startswith("select pydb.setting_set('schedule_role', 'alice');")
    cron_site.db.execute("select pydb.setting_set('schedule_role', 'alice')")
    said = look(cron_site)
    assert said.of("jobs") == {("degraded", "drift"), ("degraded", "several_roles")}
    assert said.hint("several_roles") == "as a superuser: select * from pydb.schedule_sync();"
    sync(cron_site)
    assert found(cron_site, "jobs") == {("ok", "as_wanted")}


def test_pg_cron_that_a_role_may_not_read(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    sync(cron_site)
    cron_site.db.execute(ROLES_FILE.read_bytes())
    cron_site.db.execute("create role watcher login in role pydb_monitor, pg_monitor")
    with psycopg.connect(cron_site.dsn, user="watcher", autocommit=True) as watcher:
        answers = watcher.execute("select reason_code, hint from pydb.doctor()").fetchall()
        hints: dict[str, str] = dict(answers)
        assert hints["pg_cron_hidden"] == hints["jobs_hidden"] == "grant usage on schema cron to watcher;"
        cron_site.db.execute(hints["jobs_hidden"].encode())
        assert not {"pg_cron_hidden", "jobs_hidden"} & {
            reason for (reason,) in watcher.execute("select reason_code from pydb.doctor()")
        }


def test_the_advised_lines_let_pg_cron_log_in_by_the_socket(new_cron_server: CronServerFactory) -> None:
    with new_cron_server() as server:
        made = make_site(server.app_dsn)
        made.policy("events", YEARLY)
        made.db.execute(ROLES_FILE.read_bytes())
        for statement in (
            "create role nightly login in role pydb_runner",
            "grant usage on schema t to nightly",
            "grant select, delete on t.event to nightly",
            "select pydb.setting_set('schedule_role', 'nightly')",
        ):
            made.db.execute(statement.encode())
        sync(made)
        made.db.execute(
            "select cron.schedule_in_database('boot', '@reboot', command, database, username) from cron.job"
            " where jobname = 'pydb/app/events'"
        )
        made.db.close()
        # as Debian has it, but for the superuser of the tests
        hba = server.data_dir / "pg_hba.conf"
        hba.write_text("local all postgres trust\nlocal all all peer\n")
        server.restart()
        made.reconnect()
        made.wait_for("select last_status = 'failed' from pydb.schedule_status where policy = 'events'")
        told = hint(made, "connection_failed")
        lines = re.search(r"pg_ident.conf: (.*?) \(.*: (local .*?); then: (select .*;)", told)
        assert lines is not None
        account = pwd.getpwuid(server.data_dir.stat().st_uid).pw_name
        (server.data_dir / "pg_ident.conf").write_text(lines[1].replace("postgres", account) + "\n")
        hba.write_text(f"{lines[2]}\n{hba.read_text()}")
        made.db.execute(lines[3].encode())
        made.db.close()
        server.restart()
        made.reconnect()
        made.wait_for("select not exists (select from t.event)")
        made.db.close()


def test_a_run_that_its_server_process_left(site: Site) -> None:
    site.policy("events", YEARLY)
    assert found(site, "runs") == {("ok", "none_interrupted")}
    site.close_gate()
    with psycopg.connect(site.dsn, autocommit=True) as mine:
        running = threading.Thread(target=call_and_die, args=(mine,))
        running.start()
        site.wait_at_gate()
        assert found(site, "runs") == {("ok", "none_interrupted")}
        site.db.execute("select pg_terminate_backend(pid) from pydb.job_run where state = 'running'")
        running.join()
    site.wait_for("select exists (select from pydb_internal.run_dead('retention', 'events'))")
    assert found(site, "runs") == {("degraded", "run_interrupted")}
    # looking changes nothing, the next run does
    assert site.rows("select state from pydb.job_run") == [("running",)]
    site.open_gate()
    site.db.execute("call pydb.retention_run('events')")
    assert site.rows("select state from pydb.job_run order by id") == [("interrupted",), ("completed",)]
    assert found(site, "runs") == {("ok", "none_interrupted")}


def call_and_die(connection: Connection) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute("call pydb.retention_run('events')")


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
    assert health.overall(findings) == (seen[-1] if seen else "unknown")


def test_exit_codes_are_those_of_nagios() -> None:
    codes = {status: health.exit_code(status) for status in get_args(Status)}
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


def test_foreign_keys_whose_triggers_are_off(site: Site) -> None:
    site.db.execute("create table t.a (id int primary key); create table t.b (a int references t.a)")
    assert found(site, "foreign keys") == set()
    site.db.execute("alter table t.b disable trigger all")
    said = look(site)
    assert said.of("foreign keys") == {("degraded", "triggers_off")}
    (cure, _) = said.hint("triggers_off").split(" then ")
    site.db.execute(cure.encode())
    assert found(site, "foreign keys") == set()


def test_a_job_of_anybody_whose_role_is_gone(cron_site: Site) -> None:
    cron_site.db.execute("create role leaver; select cron.schedule('theirs', '0 0 1 1 *', 'select 1')")
    cron_site.db.execute("update cron.job set username = 'leaver' where jobname = 'theirs'; drop role leaver")
    said = look(cron_site)
    assert ("error", "job_role_gone") in said.of("pg_cron launcher")
    detail = said.detail("job_role_gone")
    assert "theirs" in detail
    assert "leaver" in detail
    cron_site.db.execute(said.hint("job_role_gone").encode())
    # the launcher ends over such a job when it happens to read it; the server starts it anew a second later
    cron_site.wait_for(
        "select array_agg((status, reason_code)::text) = array['(ok,running)'] from pydb.doctor()"
        " where component = 'pg_cron launcher'"
    )


def test_a_database_of_pg_cron_that_does_not_exist(cron_template: CronServer) -> None:
    prepared = CronServer({"cron.database_name": "elsewhere"})
    prepared.copy_of(cron_template)
    with prepared as server:
        made = make_site(server.app_dsn)
        assert found(made, "pg_cron") == {("error", "no_database")}
        assert "elsewhere" in str(made.one("select summary from pydb.doctor() where component = 'pg_cron'"))
        made.db.close()


def test_jobs_that_a_role_cannot_see_are_unknown_and_not_missing(cron_site: Site) -> None:
    cron_site.policy("events", YEARLY)
    assert cron_site.one("select drift_code from pydb.schedule_status where policy = 'events'") == "missing"
    sync(cron_site)
    cron_site.db.execute(ROLES_FILE.read_bytes())
    cron_site.db.execute(
        "create role looker login in role pydb_monitor; grant usage on schema cron to looker"
    )
    with psycopg.connect(cron_site.dsn, user="looker", autocommit=True) as looker:
        (drift,) = looker.execute("select drift_code from pydb.schedule_status where policy = 'events'")
        assert drift == ("unknown",)
        jobs: dict[str, str] = dict(
            looker.execute("select reason_code, status from pydb.doctor() where component = 'jobs'")
        )
        assert jobs == {"jobs_of_others": "unknown"}
