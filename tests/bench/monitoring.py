"""What it costs to ask whether all is well: pydb.health() and a scrape, with many policies and a long log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pydb import db
from pydb.health import metrics
from tests import servers
from tests.bench.figures import Figure

if TYPE_CHECKING:
    import argparse

    from tests.bench.arena import Arena

RUNS: Final = 1_000_000
FILL: Final = """
create schema app;
do $$
begin
    for i in 1 .. 500 loop
        execute format('create table app.t%s (id bigint primary key, at timestamptz not null)', i);
    end loop;
end $$;
insert into pydb.retention_policy (
    name, target, target_name, time_column, time_unit, keep, schedule, author_role
)
select
    'policy ' || i, format('app.t%s', 1 + i % 500)::regclass, format('app.t%s', 1 + i % 500), 'at',
    'timestamptz', '90 days', format('%s %s * * *', i % 60, (i / 60) % 24), current_user::regrole
from generate_series(1, {policies}) as i;
insert into pydb.guard_subject (kind, name, version, approved_version)
select 'policy', p.name, pydb_internal.retention_version(p), pydb_internal.retention_version(p)
from pydb.retention_policy as p
on conflict do nothing;
alter table pydb.job_run disable trigger user;
insert into pydb.job_run (
    kind, subject, state, stop_reason, rows_planned, rows_done, batches, started_at, heartbeat_at,
    finished_at, run_kind
)
select
    'retention', 'policy ' || (1 + i % {policies}),
    case when i % 97 = 0 then 'failed' else 'completed' end,
    case when i % 97 = 0 then 'error' else 'exhausted' end, 100, 100, 3, u.at - interval '1 min', u.at, u.at,
    'retention'
from generate_series(1, {runs}) as i
cross join lateral (select now() - ({runs} - i) * interval '10 s' as at) as u;
alter table pydb.job_run enable trigger user;
insert into pydb.retention_history
select
    p.name, (now() at time zone 'UTC')::date - d, pydb_internal.retention_version(p),
    now() - d * interval '1 day', 100, 0, now() - d * interval '1 day', 1, 100, 101, '1 day'
from pydb.retention_policy as p
cross join generate_series(0, 27) as d;
insert into pydb.metric_total (metric, subsystem, subject, label, value, at)
select m.metric, 'retention', 'policy ' || i, m.label, 1000, now()
from generate_series(1, 200) as i
cross join (
    values ('runs', 'success'), ('runs', 'error'), ('rows', 'selected'), ('rows', 'deleted')
) as m (metric, label)
cross join generate_series(1, 5);
"""

# what pg_cron holds where it fires all of them, each has run, and nothing is as it should not be
CRON: Final = """
create temporary table cron as
select jsonb_build_object(
    'database', current_database(), 'role', 'postgres', 'superuser', true, 'sees_all', true, 'version', '1.6',
    'host', 'localhost', 'port', 5432, 'orphaned', '[]'::jsonb, 'jobs', jsonb_agg(jsonb_build_object(
        'jobid', w.id, 'jobname', w.job_name, 'schedule', w.schedule, 'command', w.command,
        'nodename', 'localhost', 'nodeport', 5432, 'database', current_database(), 'username', 'postgres',
        'active', true
    )), 'runs', jsonb_agg(jsonb_build_object(
        'command', w.command, 'runid', w.id, 'job_pid', 1, 'username', 'postgres', 'status', 'succeeded',
        'start_time', now(), 'end_time', now()
    ))
) as document
from (select row_number() over () as id, j.* from pydb_internal.schedule_wanted(true) as j) as w
"""


def figures(arena: Arena, options: argparse.Namespace) -> list[Figure]:
    """500 policies and a million runs; 5,000 policies and as many."""
    found = []
    for policies, health_limit, scrape_limit in ((500, 0.3, 0.5), (5000, 1.0, 2.0)):
        name = f"looking_{policies}"
        with arena.connect("postgres") as connection:
            connection.execute(f"create database {name}".encode())
        servers.install(arena.server.dsn(name))
        with arena.connect(name) as connection:
            connection.execute(FILL.format(policies=policies, runs=RUNS).encode())
            connection.execute("vacuum analyze")
            connection.execute(CRON)
            (document,) = connection.execute("select c.document from pg_temp.cron as c").fetchone() or ({},)
        words = f"{policies:,} policies, {RUNS:,} runs in the log"
        health = Figure(f"pydb.health(), {words}", health_limit)
        fired = Figure(f"pydb.health() with the jobs of pg_cron, {words}", health_limit)
        scrape = Figure(f"a scrape (pydb metrics), {words}", scrape_limit)
        with db.connect(arena.server.dsn(name)) as conn:
            for _ in range(options.rounds + 1):
                start = time.perf_counter()
                db.call(conn, "health")
                health.ours.append(time.perf_counter() - start)
                start = time.perf_counter()
                db.call(conn, "health", p_cron=document)
                fired.ours.append(time.perf_counter() - start)
                start = time.perf_counter()
                metrics.render(conn, timeout=60)
                scrape.ours.append(time.perf_counter() - start)
        for figure in (health, fired, scrape):
            del figure.ours[0]  # the session plans, once
        found += [health, fired, scrape]
        arena.drop(name)
    return found
