"""Jobs that pg_cron really fires: by the clock, at a start of the server, cut off by a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import db, schedule
from tests.cli.conftest import DEADLINE
from tests.schedule.conftest import HOSTILE_NAMES, ROWS, make_job, make_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import CronServerFactory
    from tests.schedule.conftest import Site
    from tests.servers import CronServer


# what expires is archived, dropped with its partition, or waits until it was aggregated; an archive is purged
KEEPERS = (
    """create table t.archived (id int primary key, at timestamptz);
    insert into t.archived
    select i, now() - i * interval '1 day' - interval '1 h' from generate_series(1, 100) as i;
    create table t.rolled as select * from t.archived;
    create table t.unrolled as select * from t.archived;
    create table t.long_gone (like t.archived including all);
    insert into t.long_gone select * from t.archived;
    create table t.daily (id int, at timestamptz not null) partition by range (at);
    create table t.daily_old partition of t.daily for values from ('2020-01-01') to ('2020-02-01');
    create table t.daily_new partition of t.daily for values from ('2020-02-01') to (maxvalue);
    insert into t.daily values (1, '2020-01-05'), (2, '2020-03-01'), (3, now());
    create table t.contract (tenant bigint primary key, keep interval);
    insert into t.contract values (1, '10 days'), (2, null);
    create table t.kept (id int primary key, tenant int, at timestamptz);
    insert into t.kept select a.id, a.id % 3, a.at from t.archived as a;
    create table t.rollup (upto timestamptz);
    insert into t.rollup values (now() - interval '60 days');
    create table t.no_rollup (upto timestamptz);
    select pydb.retention_policy_set('long_gone', 't.long_gone', 'at', '30 days', p_action => 'archive',
        p_fuse_share => 1)""",
    "call pydb.retention_run('long_gone')",
    """update pydb.archive_run set last_at = now() - interval '2 years';
    select pydb.retention_policy_set('archived', 't.archived', 'at', '30 days', p_action => 'archive',
        p_fuse_share => 1, p_schedule => '* * * * *');
    select pydb.retention_policy_set('daily', 't.daily', 'at', '30 days', p_action => 'drop_partition',
        p_fuse_share => 1, p_schedule => '* * * * *');
    select pydb.retention_policy_set('kept', 't.kept', 'at', '30 days', p_fuse_share => 1,
        p_keep_table => 't.contract', p_keep_by => '{tenant}', p_keep_key => '{tenant}',
        p_keep_value => 'keep', p_keep_floor => '1 day', p_schedule => '* * * * *');
    select pydb.retention_policy_set('rolled', 't.rolled', 'at', '30 days', p_fuse_share => 1,
        p_watermark_table => 't.rollup', p_watermark_column => 'upto', p_schedule => '* * * * *');
    select pydb.retention_policy_set('unrolled', 't.unrolled', 'at', '30 days', p_fuse_share => 1,
        p_watermark_table => 't.no_rollup', p_watermark_column => 'upto', p_schedule => '* * * * *')""",
)
KEEPER_ENDS = [
    ("archived", "completed", "exhausted", None, 71, "succeeded"),
    ("daily", "completed", "exhausted", None, 2, "succeeded"),
    ("kept", "completed", "exhausted", None, 55, "succeeded"),
    ("purge", "completed", "exhausted", None, 71, "succeeded"),
    ("rolled", "completed", "exhausted", None, 41, "succeeded"),
    ("unrolled", "blocked", "error", "YD119", 0, "failed"),
]


@pytest.fixture(scope="session")
def ticking(new_cron_server: CronServerFactory) -> Iterator[Site]:
    """A server on which every job below is about to be fired by the clock."""
    with new_cron_server() as server:
        site = make_site(server.app_dsn)
        site.policy("works")
        for name in HOSTILE_NAMES:
            site.policy(name)
        site.policy("broken")
        (table,) = site.rows("select target_name from pydb.retention_policy where name = 'broken'")[0]
        site.db.execute(f"insert into {table} select * from t.event".encode())
        site.db.execute(
            "create function t.refuse() returns trigger language plpgsql as $$"
            " begin raise exception 'this table refuses'; end $$"
        )
        site.db.execute(
            f"create trigger refuse before delete on {table}"
            " for each row execute function t.refuse()".encode()
        )
        site.db.execute(
            "select pydb.idempotency_complete('t', 'done', token) from pydb.idempotency_claim("
            "'t', 'done', p_ttl => '1 us')"
        )
        site.db.execute("select pydb.idempotency_claim('t', 'works', p_lease => '1 hour', p_ttl => '1 us')")
        site.db.execute(
            "select pydb.retention_policy_set('idempotency_key', 'pydb.idempotency_key', 'expires_at', '0',"
            " p_schedule => '* * * * *')"
        )
        # two cascade jobs that a grace period delays: of one it ends before the clock ticks
        over = make_job(site, 1, "1 ms")
        make_job(site, 2, "1 day")
        site.wait_for("select not_before < clock_timestamp() from pydb.cascade_job where id = %s", over)
        for statements in KEEPERS:
            site.db.execute(statements.encode())
        with db.connect(site.dsn) as conn:
            for procedure in ("cascade_run", "orphan_scan_run", "archive_purge"):
                schedule.schedule_set(conn, procedure, "* * * * *")
            schedule.sync(conn)
        yield site
        site.db.close()


@pytest.fixture(scope="module")
def ticked(ticking: Site) -> Iterator[Site]:
    """The same when every job has been fired: by one tick or by several, of which the next is not near."""
    ticking.db.execute("update cron.job set active = true where not active")
    # the log of pg_cron, not the view: a minute is long, and the view is the work of many milliseconds
    ticking.wait_for(
        "select not exists (select from cron.job as j where schedule = '* * * * *' and not exists (select"
        " from cron.job_run_details as d where d.jobid = j.jobid and status in ('succeeded', 'failed')"
        " and start_time > date_trunc('minute', clock_timestamp())))"
        " and extract(second from clock_timestamp()) < 40",
        seconds=120 + DEADLINE,
    )
    yield ticking
    ticking.db.execute("update cron.job set active = false")


def test_what_the_clock_is_to_fire_is_scheduled(ticking: Site) -> None:
    # beside the hostile names two policies and the built-in one, five that keep, cascade jobs, the scan for
    # orphans and the purge
    count = ticking.one("select count(*) from cron.job where schedule = '* * * * *'")
    assert count == len(HOSTILE_NAMES) + 11


def test_the_clock_fires_a_job_that_commits(ticked: Site) -> None:
    assert ticked.one("select count(*) from t.event") == 0
    status = ticked.rows(
        "select backend, present, drift, last_status, run_state, last_run is not null, next_run > now()"
        " from pydb.schedule_status where policy = 'works'"
    )
    assert status == [("pg_cron", True, None, "succeeded", "completed", True, True)]
    assert ticked.one("select sum(rows_done) from pydb.job_run where subject = 'works'") == ROWS


def test_the_clock_starts_a_cascade_job_whose_grace_is_over(ticked: Site) -> None:
    states = ticked.rows("select state, proof ->> 'remaining' from pydb.cascade_job order by id")
    assert states == [("completed", "0"), ("requested", None)]
    assert ticked.rows("select id from t.parent") == ticked.rows("select id from t.child") == [(2,)]
    status = ticked.rows(
        "select backend, present, drift, last_status, run_state from pydb.schedule_status"
        " where kind = 'cascade'"
    )
    assert status == [("pg_cron", True, None, "succeeded", "completed")]


def test_the_clock_starts_the_scan_for_orphans(ticked: Site) -> None:
    status = ticked.rows(
        "select present, drift, last_status, run_state from pydb.schedule_status where kind = 'orphans'"
    )
    assert status == [(True, None, "succeeded", "completed")]
    assert ticked.one("select status from pydb.orphan_finding where child ~ 't[.]child'") == "complete"


def test_the_built_in_policy_prunes_expired_keys(ticked: Site) -> None:
    assert ticked.rows("select key from pydb.idempotency_key") == [("works",)]
    status = ticked.rows(
        "select present, drift, last_status, run_state from pydb.schedule_status"
        " where policy = 'idempotency_key'"
    )
    assert status == [(True, None, "succeeded", "completed")]


def test_the_clock_archives_drops_partitions_waits_for_rollups_and_purges(ticked: Site) -> None:
    # the first run of each that the clock started: a second one finds nothing
    ends = ticked.rows(
        """select distinct on (j.subject) j.subject, j.state, j.stop_reason, j.sqlstate, j.rows_done, d.status
        from pydb.job_run as j
        inner join cron.job_run_details as d on d.job_pid = j.pid
        where j.subject in ('archived', 'daily', 'kept', 'purge', 'rolled', 'unrolled')
        order by j.subject, j.id"""
    )
    assert ends == KEEPER_ENDS
    left = ticked.rows(
        """select (select count(*) from t.archived), (select count(*) from pydb_archive.t__archived),
            (select count(*) from pydb_archive.t__long_gone), (select count(*) from t.daily),
            to_regclass('t.daily_old'), (select count(*) from t.rolled), (select count(*) from t.unrolled)"""
    )
    assert left == [(29, 71, 0, 1, None, 59, 100)]


def test_hostile_names_are_fired_as_they_are(ticked: Site) -> None:
    ran = ticked.rows("select distinct subject from pydb.job_run where state = 'completed'")
    assert {name for (name,) in ran} >= set(HOSTILE_NAMES)


def test_a_failing_job_shows_what_the_server_said(ticked: Site) -> None:
    with db.connect(ticked.dsn) as conn:
        (job,) = [job for job in schedule.status(conn) if job.policy == "broken"]
    assert job.last_status == "failed"
    assert job.last_message
    assert "broken" in job.last_message
    assert job.run_state in ("failed", "partial", "blocked")
    assert job.needs_attention
    found = ticked.rows("select status, reason_code from pydb.doctor() where component = 'jobs'")
    assert found == [("degraded", "failing")]


def test_the_log_of_pg_cron_is_pruned_of_our_finished_jobs_alone(ticked: Site) -> None:
    ticked.db.execute(
        "insert into cron.job_run_details"
        " (jobid, runid, database, username, command, status, start_time, end_time)"
        " select 1, -n, 'app', 'postgres', c, s, t, t from (values"
        " (1, 'call pydb.retention_run(''works'')', 'succeeded', now() - interval '31 days'),"
        " (2, 'call pydb.retention_run(''works'')', 'failed', null),"
        " (3, 'call pydb.retention_run(''works'')', 'running', now() - interval '31 days'),"
        " (4, 'select 1', 'succeeded', now() - interval '31 days'),"
        " (5, 'call pydb.retention_run(''works'')', 'succeeded', now() - interval '29 days'))"
        " as v (n, c, s, t)"
    )
    recent = ticked.rows("select runid from cron.job_run_details where runid > 0")
    ticked.db.execute("call pydb.schedule_prune('30 days')")
    left = ticked.rows("select runid from cron.job_run_details where runid < 0 order by runid desc")
    assert left == [(-3,), (-4,), (-5,)]
    # the next minute may have come meanwhile
    assert set(ticked.rows("select runid from cron.job_run_details where runid > 0")) >= set(recent)


def test_a_restart_in_the_middle_is_seen_and_the_next_run_goes_on(
    cron_site: Site, cron_server: CronServer
) -> None:
    cron_site.policy("events", "0 0 1 1 *")
    cron_site.db.execute("select cron.schedule('boot', '@reboot', 'call pydb.retention_run(''events'')')")
    with db.connect(cron_site.dsn) as conn:
        schedule.sync(conn)
    cron_site.close_gate()
    cron_server.restart()
    cron_site.reconnect()
    cron_site.wait_at_gate()
    cron_server.restart()
    cron_site.reconnect()
    # the run that the restart cut off is a failure for pg_cron; the job starts again with the server
    cron_site.wait_for("select exists (select from cron.job_run_details where status = 'failed')")
    cron_site.open_gate()
    cron_site.wait_for("select not exists (select from t.event)")
    cron_site.wait_for("select last_status = 'succeeded' from pydb.schedule_status where policy = 'events'")
    states = cron_site.rows("select state from pydb.job_run where subject = 'events' order by id")
    assert states[0] == ("interrupted",)
    assert states[-1] == ("completed",)


def test_a_job_without_a_connection_is_told_as_such(new_cron_server: CronServerFactory) -> None:
    with new_cron_server() as server:
        site = make_site(server.app_dsn)
        site.policy("events", "0 0 1 1 *")
        site.db.execute("select cron.schedule('boot', '@reboot', 'call pydb.retention_run(''events'')');")
        site.db.execute("update cron.job set nodename = '/nowhere'")
        with db.connect(site.dsn) as conn:
            schedule.sync(conn)
        server.restart()
        site.reconnect()
        site.wait_for("select last_status = 'failed' from pydb.schedule_status where policy = 'events'")
        (message,) = site.rows("select last_message from pydb.schedule_status where policy = 'events'")[0]
        assert message == "connection failed"
        found = site.rows(
            "select status, reason_code, hint is not null from pydb.doctor()"
            " where component = 'pg_cron connection'"
        )
        assert found == [("error", "connection_failed", True)]
        site.db.close()
