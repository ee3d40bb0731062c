"""`pydb schedule run`: the same schedules on a server without pg_cron, as real processes."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cli.conftest import Cli
from tests.schedule.conftest import HOSTILE_NAMES, ROWS, make_site
from tests.servers import TestServer, install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.schedule.conftest import Site

CLAIMS = "select outcome, attempt from pydb.schedule_claim where job like '%/events'"
YEARLY = "0 0 1 1 *"
DAILY = "0 0 * * *"


def make_due(site: Site, *names: str) -> None:
    """Policies whose time was half an hour ago and comes again in a day: no minute that passes matters."""
    for name in names or ("events",):
        site.policy(name, DAILY)
    site.db.execute("update pydb.retention_policy set updated_at = now() - interval '3 hours'")
    site.db.execute(
        "update pydb.retention_policy set schedule = to_char(now() at time zone 'UTC' - interval '30 min',"
        " 'FMMI FMHH24') || ' * * *'"
    )


def test_once_runs_what_is_due_and_only_once(site: Site, cli: Cli) -> None:
    make_due(site)
    first = cli("--json", "schedule", "run", "--once")
    assert first.code == 0
    jobs = first.document["jobs"]
    assert isinstance(jobs, list)
    assert [(job["policy"], job["outcome"]) for job in jobs if job["policy"]] == [("events", "succeeded")]
    assert site.one("select count(*) from t.event") == 0
    due = site.one("select max(due_at) from pydb.schedule_claim where job like '%/events'")
    # the same due time is never run again, whatever the hour
    assert site.rows("select policy from pydb_internal.schedule_due(%s) where policy = 'events'", due) == []


def test_two_processes_never_run_a_job_twice(site: Site, cli: Cli) -> None:
    make_due(site)
    processes = [cli.start("--json", "schedule", "run", "--once") for _ in range(3)]
    results = [cli.finish(process) for process in processes]
    assert [result.code for result in results] == [0, 0, 0]
    ran = [job for result in results for job in result.document["jobs"] if job["policy"]]  # type: ignore[attr-defined]
    assert len(ran) == 1
    assert site.rows(CLAIMS) == [("succeeded", 1)]
    assert site.one("select count(*) from pydb.job_run where subject = 'events'") == 1


def test_many_sessions_race_for_one_claim(site: Site) -> None:
    barrier = threading.Barrier(8)
    won: list[object] = []

    def work() -> None:
        with psycopg.connect(site.dsn, autocommit=True) as mine:
            for minute in range(20):
                barrier.wait()
                row = mine.execute(
                    "select pydb_internal.schedule_take("
                    "'job', timestamptz '2026-01-01 00:00Z' + %s * interval '1 min', gen_random_uuid())",
                    (minute,),
                ).fetchone()
                won.append(row and row[0])
            barrier.wait()  # whoever closes first would have his claims taken over

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won.count(True) == 20


def test_a_failing_job_stops_no_other_and_shows_in_the_exit_code(site: Site, cli: Cli) -> None:
    make_due(site, "events", "good")
    site.db.execute(
        "create function t.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$"
    )
    site.db.execute("create trigger refuse before delete on t.event execute function t.refuse()")
    site.db.execute("insert into t.event_1 select * from t.event")
    result = cli("--json", "schedule", "run", "--once", "--max-jobs", "1")
    assert result.code == 2
    assert site.one("select count(*) from t.event_1") == 0
    assert site.one("select count(*) from t.event") == ROWS
    status = site.rows(
        "select policy, last_status from pydb.schedule_status where policy is not null order by policy"
    )
    assert status == [("events", "failed"), ("good", "succeeded")]
    assert site.rows(CLAIMS + " and sqlstate is not null and message <> ''") == [("failed", 1)]
    assert cli("schedule", "status").code == 1


def test_hostile_names_run(site: Site, cli: Cli) -> None:
    make_due(site, *HOSTILE_NAMES)
    result = cli("--json", "schedule", "run", "--once", "--max-jobs", "4")
    assert result.code == 0
    ran = site.rows("select subject from pydb.job_run where state = 'completed'")
    assert {name for (name,) in ran} == set(HOSTILE_NAMES)


def test_sigterm_lets_a_running_job_finish(site: Site, cli: Cli) -> None:
    make_due(site)
    site.close_gate()
    process = cli.start("schedule", "run")
    site.wait_at_gate()
    assert site.one("select pydb_internal.scheduler_alive()")
    process.send_signal(signal.SIGTERM)
    site.open_gate()
    result = cli.finish(process)
    assert result.code == 0
    assert site.rows("select state from pydb.job_run where subject = 'events'") == [("completed",)]
    assert site.rows(CLAIMS) == [("succeeded", 1)]
    assert site.one("select bool_and(stopped_at is not null and running = 0) from pydb.scheduler")
    assert not site.one("select pydb_internal.scheduler_alive()")


def test_sigterm_cancels_what_does_not_finish_and_the_next_process_takes_it_again(
    site: Site, cli: Cli
) -> None:
    make_due(site)
    site.close_gate()
    process = cli.start("schedule", "run", "--stop-seconds", "0")
    site.wait_at_gate()
    process.send_signal(signal.SIGTERM)
    assert cli.finish(process).code == 0
    assert site.rows(CLAIMS) == [("interrupted", 1)]
    assert site.one("select count(*) from t.event") == ROWS
    site.open_gate()
    assert cli("schedule", "run", "--once").code == 0
    assert site.rows(CLAIMS) == [("succeeded", 2)]
    assert site.one("select count(*) from t.event") == 0


def test_a_killed_process_leaves_a_claim_that_is_taken_over_once_its_session_is_gone(
    site: Site, cli: Cli
) -> None:
    make_due(site)
    site.close_gate()
    process = cli.start("schedule", "run")
    site.wait_at_gate()
    process.kill()
    process.communicate()
    # the server process still runs the job: nobody may take it
    assert site.rows("select policy from pydb_internal.schedule_due() where policy = 'events'") == []
    site.db.execute("select pg_terminate_backend(pid) from pydb.schedule_claim where outcome is null")
    site.wait_for("select exists (select from pydb_internal.schedule_due() where policy = 'events')")
    status = site.rows("select last_status from pydb.schedule_status where policy = 'events'")
    assert status == [("interrupted",)]
    site.open_gate()
    assert cli("schedule", "run", "--once").code == 0
    assert site.rows(CLAIMS) == [("succeeded", 2)]


def test_a_claim_is_not_taken_for_ever(site: Site) -> None:
    for attempt in range(1, 5):
        with psycopg.connect(site.dsn, autocommit=True) as dying:
            row = dying.execute(
                "select pydb_internal.schedule_take('job', '2026-01-01 00:00Z', gen_random_uuid()),"
                " pg_backend_pid()"
            ).fetchone()
        assert row is not None
        assert row[0] is (attempt <= 3)
        site.wait_for("select not exists (select from pg_stat_activity where pid = %s)", row[1])


def test_only_the_last_missed_time_within_the_grace_is_made_up(site: Site) -> None:
    site.policy("events", "*/10 * * * *")
    site.db.execute("update pydb.retention_policy set updated_at = '2026-01-01 00:00Z'")

    def due(now: str) -> list[tuple[object, ...]]:
        return site.rows(
            "select to_char(due_at at time zone 'UTC', 'HH24:MI') from pydb_internal.schedule_due(%s)"
            " where policy = 'events'",
            now,
        )

    assert due("2026-01-02 00:59:59Z") == [("00:50",)]
    site.policy("events", "0 3 * * *")
    site.db.execute("update pydb.retention_policy set updated_at = '2026-01-01 00:00Z'")
    assert due("2026-01-02 03:59:59Z") == [("03:00",)]
    assert due("2026-01-02 04:00:00Z") == []
    site.db.execute("select pydb.setting_set('schedule_grace', '0')")
    assert due("2026-01-02 03:00:59Z") == [("03:00",)]
    assert due("2026-01-02 03:01:00Z") == []
    # not for a time before the policy was as it is now
    site.db.execute("update pydb.retention_policy set updated_at = '2026-01-02 03:00:01Z'")
    assert due("2026-01-02 03:00:59Z") == []


@pytest.fixture
def own_server() -> Iterator[TestServer]:
    """A server that the test may stop."""
    # with commits that survive an immediate stop
    with TestServer("pg18", {"synchronous_commit": True}) as fresh:
        yield fresh


def test_it_survives_a_restart_of_the_server_and_makes_the_job_up(
    own_server: TestServer, tmp_path: Path
) -> None:
    install(own_server.dsn())
    site = make_site(own_server.dsn())
    cli = Cli(site.dsn, tmp_path)
    make_due(site)
    site.close_gate()
    process = cli.start("schedule", "run")
    site.wait_at_gate()
    own_server.restart("immediate")
    site.reconnect()
    site.open_gate()
    site.wait_for(
        "select exists (select from pydb.schedule_claim where job like '%/events' and outcome = 'succeeded')"
    )
    process.send_signal(signal.SIGTERM)
    result = cli.finish(process)
    assert result.code == 0
    assert "connected again" in result.err
    assert site.rows(CLAIMS) == [("succeeded", 2)]
    assert site.one("select count(*) from t.event") == 0
    site.db.close()


def test_no_database_at_the_start_is_an_error(tmp_path: Path) -> None:
    cli = Cli(f"host={tmp_path} dbname=none", tmp_path)
    assert cli("schedule", "run").code == 69


def test_a_heartbeat_that_stopped_is_told(site: Site) -> None:
    site.policy("events", YEARLY)
    site.db.execute("select pydb_internal.scheduler_start(gen_random_uuid(), 'host', 1, '0')")
    assert site.rows("select reason_code from pydb.doctor() where component = 'scheduler'") == [("pydb",)]
    assert site.rows("select distinct backend, next_run > now() from pydb.schedule_status") == [
        ("pydb", True)
    ]
    site.db.execute("update pydb.scheduler set heartbeat_at = heartbeat_at - interval '61 s'")
    told = site.rows("select status, reason_code from pydb.doctor() where component = 'scheduler' order by 2")
    assert told == [("error", "heartbeat_stale"), ("error", "no_scheduler")]
    assert site.rows("select distinct backend, next_run from pydb.schedule_status") == [("none", None)]


def test_sync_without_pg_cron_says_what_to_do(site: Site, cli: Cli) -> None:
    site.policy("events")
    with pytest.raises(psycopg.Error) as caught:
        site.db.execute("select pydb.schedule_sync()")
    assert caught.value.sqlstate == "YD502"
    assert "shared_preload_libraries" in str(caught.value.diag.message_hint)
    assert "pydb schedule run" in str(caught.value.diag.message_hint)
    assert cli("schedule", "sync").code == 2
    site.db.execute("select pydb.setting_set('schedule_backend', 'pydb')")
    assert cli("schedule", "sync").code == 0


def test_old_claims_and_processes_are_pruned(site: Site) -> None:
    site.db.execute(
        "insert into pydb.schedule_claim (job, due_at, scheduler, pid, backend_start, finished_at, outcome)"
        " select 'job', now() - n * interval '1 day', gen_random_uuid(), 0, now(), now(), 'succeeded'"
        " from generate_series(1, 40) as n"
    )
    site.db.execute(
        "insert into pydb.scheduler (id, host, os_pid, version, heartbeat_at)"
        " select gen_random_uuid(), 'host', 1, '0', now() - n * interval '1 day'"
        " from generate_series(1, 40) as n"
    )
    site.db.execute("call pydb.schedule_prune('10 days')")
    assert site.one("select count(*) from pydb.schedule_claim") == 9
    assert site.one("select count(*) from pydb.scheduler") == 9
    with pytest.raises(psycopg.Error) as caught:
        site.db.execute("call pydb.schedule_prune('-1 day')")
    assert caught.value.sqlstate == "YD001"


def test_it_refuses_where_pg_cron_fires_the_jobs(cron_site: Site, tmp_path: Path) -> None:
    cron_site.policy("events", YEARLY)
    cli = Cli(cron_site.dsn, tmp_path)
    assert cli("schedule", "sync").code == 0
    refused = cli("--json", "schedule", "run", "--once")
    assert refused.code == 2
    assert refused.error["sqlstate"] == "YD502"
    assert "schedule_backend" in str(refused.error["hint"])
    cron_site.db.execute("select pydb.setting_set('schedule_backend', 'pydb')")
    assert cli("schedule", "run", "--once").code == 0
    cron_site.db.execute("select pydb.setting_set('schedule_backend', 'pg_cron')")
    assert cli("schedule", "run", "--once").code == 2


def test_it_refuses_where_pg_cron_of_another_database_fires_them(far_site: Site, tmp_path: Path) -> None:
    far_site.policy("events", YEARLY)
    cli = Cli(far_site.dsn, tmp_path)
    assert cli("schedule", "sync").code == 0
    assert cli("schedule", "run", "--once").code == 2


def test_what_to_do_without_pg_cron_is_one_line(site: Site) -> None:
    with pytest.raises(psycopg.Error) as caught:
        site.db.execute("select pydb.schedule_sync()")
    assert caught.value.sqlstate == "YD502"
    told = str(caught.value.diag.message_hint)
    assert told.endswith(
        "create extension if not exists pg_cron; or let `pydb schedule run` fire the schedules"
    )
    assert ";;" not in told


def test_help_says_that_a_pooler_will_not_do(tmp_path: Path) -> None:
    result = Cli(None, tmp_path)("schedule", "run", "--help", COLUMNS="200")
    assert "direct connection" in result.out
