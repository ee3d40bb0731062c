"""Why a job of pg_cron did not delete, or not all: window, governor, budget, a hold, a guard, an approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pydb import db, schedule
from tests.cli.conftest import DEADLINE, Cli
from tests.schedule.conftest import make_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import CronServerFactory
    from tests.schedule.conftest import Site

# pg_cron fires at full minutes, of which a busy machine may let one go by
pytestmark = pytest.mark.timeout(300)

# state, reason, SQLSTATE and rows of the run; what pg_cron says
ENDS: Final = {
    "budget": ("partial", "wal_budget", None, None, "succeeded"),
    "changed": ("blocked", "held", "YD841", 0, "failed"),
    "free": ("completed", "exhausted", None, 100, "succeeded"),
    "kept": ("partial", "held", None, 99, "succeeded"),
    "lost": ("blocked", "held", "YD704", 0, "failed"),
    "night": ("skipped", "window", None, 0, "succeeded"),
    "starved": ("partial", "governor", "YD803", 0, "succeeded"),
    "waits": ("blocked", "held", "YD842", 0, "failed"),
}
SETUP: Final = """
create table t.{name} as select * from t.event;
select pydb.retention_policy_set('{name}', 't.{name}', 'at', '1 day', p_fuse_share => 1,
    p_schedule => '* * * * *'{terms})
"""
TERMS: Final = {
    "budget": ", p_max_wal => '1 kB', p_batch_target => '10 ms'",
    "night": ", p_windows => '{far}'",
}


@pytest.fixture(scope="session")
def ticking(new_cron_server: CronServerFactory) -> Iterator[Site]:
    """A server whose pg_cron is about to fire each of the jobs."""
    with new_cron_server() as server:
        site = make_site(server.app_dsn)
        # half a day away, by whatever clock
        site.db.execute(
            "select pydb.window_set('far', (now() at time zone 'UTC' + interval '12 hours')::time,"
            " (now() at time zone 'UTC' + interval '13 hours')::time)"
        )
        for name in ENDS:
            site.db.execute(SETUP.format(name=name, terms=TERMS.get(name, "")).encode())
        # of so many a batch takes a part
        site.db.execute("insert into t.budget select e.* from t.event as e, generate_series(2, 600)")
        site.db.execute("select pydb.guard_set('policy', 'changed', p_schema_drift => 'hold')")
        site.db.execute("alter table t.changed drop column id")
        site.db.execute("select pydb.guard_set('policy', 'waits', p_approval => 'own')")
        site.db.execute(
            "select pydb.retention_policy_set('waits', 't.waits', 'at', '2 hours', p_fuse_share => 1,"
            " p_schedule => '* * * * *')"
        )
        site.db.execute("select pydb.hold_place('one row', 't.kept', p_filter => 'id = 7', p_reason => 'r')")
        site.db.execute("select pydb.hold_place('none', 't.lost', p_filter => 'id = 7', p_reason => 'r')")
        site.db.execute("alter table t.lost rename id to number")
        site.db.execute(
            "create function t.crowd(regclass) returns pydb.governor_reading language sql stable as $$"
            " select row(case when $1 = 't.starved'::regclass then 11 else 0 end, 'guests', true, 'said so')"
            "::pydb.governor_reading $$"
        )
        site.db.execute("select pydb.governor_set('crowd', 't.crowd', 10, p_patience => '0')")
        site.db.execute("update pydb.retention_policy set updated_at = now() - interval '1 hour'")
        with db.connect(site.dsn) as conn:
            schedule.sync(conn)
        yield site
        site.db.close()


@pytest.fixture(scope="module")
def ticked(ticking: Site) -> Site:
    """The same when it has: a minute passes meanwhile, in which others work."""
    ticking.wait_for(
        "select count(distinct subject) = %s from pydb.job_run where kind = 'retention'"
        " and finished_at is not null",
        len(ENDS),
        seconds=120 + DEADLINE,
    )
    # pg_cron notes an end after the run has; and the next minute is not near
    ticking.wait_for(
        "select not exists (select from cron.job_run_details where status = 'running')"
        " and extract(second from clock_timestamp()) < 40"
    )
    ticking.db.execute("update cron.job set active = false")
    return ticking


def test_each_policy_is_scheduled(ticking: Site) -> None:
    count = ticking.one("select count(*) from cron.job where schedule = '* * * * *' and active")
    assert count == len(ENDS)


@pytest.mark.parametrize("name", ENDS)
def test_a_job_says_why_it_ended(ticked: Site, name: str) -> None:
    (found,) = ticked.rows(
        """select r.state, r.stop_reason, r.sqlstate, r.rows_done, d.status
        from pydb.job_run as r
        inner join cron.job_run_details as d on d.job_pid = r.pid
        where r.subject = %s order by r.id limit 1""",
        name,
    )
    state, reason, sqlstate, rows, status = ENDS[name]
    assert (*found[:3], found[4]) == (state, reason, sqlstate, status)
    if rows is None:
        assert 0 < int(str(found[3])) < 60000
    else:
        assert found[3] == rows
        assert ticked.one(f"select count(*) from t.{name}") == 100 - rows
    with db.connect(ticked.dsn) as conn:
        (job,) = [job for job in schedule.status(conn) if job.policy == name]
    assert (job.run_state, job.run_reason) == ENDS[name][:2]


def test_the_list_of_runs_shows_each_reason(ticked: Site, tmp_path: Path) -> None:
    told = Cli(ticked.dsn, tmp_path)("runs", "list").out
    for state, reason, *_ in ENDS.values():
        assert any(state in line and reason in line for line in told.splitlines()), (reason, told)
