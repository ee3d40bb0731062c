"""How much work a look is: rows that it reads and routines that it calls, however busy the machine is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.bench.monitoring import CRON

if TYPE_CHECKING:
    from typing import LiteralString

    from tests.conftest import Connection

STEP: Final = 500
RUNS: Final = 40
# set as the routine does, in one statement; a few schedules, as people have them
MORE: Final = """
create table if not exists public.t (id bigint primary key, at timestamptz not null);
insert into pydb.retention_policy (
    name, target, target_name, time_column, time_unit, keep, schedule, author_role
)
select 'policy ' || i, 'public.t'::regclass, 'public.t', 'at', 'timestamptz', '90 days',
    format('15 %s * * *', i % 24), current_user::regrole
from generate_series({first}, {last}) as i;
insert into pydb.guard_subject (kind, name, version, approved_version)
select 'policy', p.name, pydb_internal.retention_version(p), pydb_internal.retention_version(p)
from pydb.retention_policy as p
on conflict do nothing;
alter table pydb.job_run disable trigger user;
insert into pydb.job_run (
    kind, subject, state, stop_reason, rows_planned, rows_done, batches, started_at, heartbeat_at, finished_at
)
select
    'retention', p.name, 'completed', 'exhausted', 100, 100, 3, u.at - interval '1 min', u.at, u.at
from generate_series({runs}, 1, -1) as i
cross join pydb.retention_policy as p
cross join lateral (select now() - i * interval '1 day' as at) as u
where substr(p.name, 8) = any(array(select i::text from generate_series({first}, {last}) as i));
alter table pydb.job_run enable trigger user;
insert into pydb.retention_history
select
    p.name, (now() at time zone 'UTC')::date - d, pydb_internal.retention_version(p),
    now() - d * interval '1 day', 100, 0, now() - d * interval '1 day', 1, 100, 101, '1 day'
from pydb.retention_policy as p
cross join generate_series(0, 5) as d
where substr(p.name, 8) = any(array(select i::text from generate_series({first}, {last}) as i));
analyze
"""
LOOKS: Final = {
    "health": "select count(*) from pydb.health()",
    "health with pg_cron": "select count(h.*) from pg_temp.cron as c, pydb.health(null, c.document) as h",
    "scrape": "select count(*) from pydb.metric",
}


def work(db: Connection, look: LiteralString) -> tuple[float, float, float]:
    """Routine calls of one look, and rows of the log that it finds by an index and by reading all of it."""
    # what is counted of a transaction begins with what was not handed over yet
    db.execute("select pg_stat_force_next_flush()")
    db.execute("begin")
    db.execute("set local track_functions = 'all'")
    (row,) = db.execute(look).fetchall()
    assert float(str(row[0])) >= 12
    (found,) = db.execute(
        "select (select sum(f.calls) from pg_stat_xact_user_functions as f), t.idx_tup_fetch, t.seq_tup_read"
        " from pg_stat_xact_user_tables as t where t.relid = 'pydb.job_run'::regclass"
    ).fetchall()
    db.execute("rollback")
    calls, by_index, by_reading = (float(str(value)) for value in found)
    return calls, by_index, by_reading


@pytest.mark.timeout(300)
def test_nothing_is_called_or_read_for_each_policy_that_could_be_done_for_all(db: Connection) -> None:
    seen: dict[str, list[tuple[float, float, float]]] = {name: [] for name in LOOKS}
    for step in range(2):
        db.execute(MORE.format(first=step * STEP + 1, last=(step + 1) * STEP, runs=RUNS).encode())
        db.execute("drop table if exists pg_temp.cron")
        db.execute(CRON)
        for name, look in LOOKS.items():
            seen[name].append(work(db, look))
    for name, (few, many) in seen.items():
        # a call for each policy would be 500 more
        assert many[0] - few[0] < STEP / 10, (name, seen)
        # the last runs of each, by an index; a scrape looks at them in three collectors
        assert many[1] - few[1] <= (8 if name == "scrape" else 3) * STEP, (name, seen)
        # the log is never read as a whole
        assert (few[2], many[2]) == (0, 0), (name, seen)
