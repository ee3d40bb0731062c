"""A database with 5,000 policies and ten million runs in its log: what pages must be quick on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests import servers

if TYPE_CHECKING:
    from tests.bench.arena import Arena

POLICIES: Final = 5000
DAYS: Final = 60
_TABLES: Final = """
create schema crowd;
do $$
begin
    for i in 1..50 loop
        execute format('create table crowd.event_%s (id bigint primary key, at timestamptz not null)', i);
        execute format('create index on crowd.event_%s (at)', i);
    end loop;
end $$;
"""
_FIRST: Final = (
    "select pydb.retention_policy_set('policy_' || i, ('crowd.event_' || i)::regclass, 'at', '30 days',"
    " p_schedule => '0 3 * * *') from generate_series(1, 50) as i"
)
# 49 in 50 runs completed; of the others some failed, some were blocked, one in a thousand was interrupted
_SCRIPTS: Final = (
    """
    insert into pydb.retention_policy (
        name, target, target_name, time_column, time_unit, keep, schedule, paused_at, paused_by, author,
        created_at, updated_at
    )
    select
        'policy_' || i, p.target, p.target_name, p.time_column, p.time_unit, p.keep, p.schedule,
        case when i % 500 = 0 then now() end, case when i % 500 = 0 then 'night' end, p.author,
        now() - interval '90 days', now() - interval '90 days'
    from generate_series(51, {policies}) as i
    join pydb.retention_policy as p on p.name = 'policy_' || (1 + i % 50)
    """,
    """
    insert into pydb.job_run (
        kind, subject, state, stop_reason, rows_planned, rows_done, batches, cutoff, started_at,
        heartbeat_at, finished_at, sqlstate, error, run_kind, statement
    )
    select
        case when i % 20 = 0 then 'cascade' when i % 33 = 0 then 'orphans' else 'retention' end,
        case when i % 20 = 0 then 'job ' || i / 20 when i % 33 = 0 then 'scan'
            else 'policy_' || (1 + (i::bigint * 7919) % {policies}) end,
        s.state, s.reason, 1000, 1000 * (s.state = 'completed')::integer, 4, w.at - interval '30 days', w.at,
        w.at + interval '4 s', w.at + interval '4 s', case s.state when 'failed' then '55P03' end,
        case s.state when 'failed' then 'canceling statement due to lock timeout' end, 'retention',
        'call pydb.retention_run'
    from generate_series(1, {runs}) as i
    cross join lateral (
        select now() - interval '90 days' + i * (interval '90 days' / {runs}) as at
    ) as w
    cross join lateral (
        select u.state, u.reason from (values
            ('failed', 'error', i % 100 = 3), ('blocked', 'fuse', i % 250 = 7),
            ('interrupted', 'error', i % 1000 = 11), ('partial', 'time_budget', i % 200 = 13),
            ('completed', 'exhausted', true)
        ) as u (state, reason, wanted) where u.wanted limit 1
    ) as s
    """,
    """
    insert into pydb.retention_history (
        policy, day, version, at, rows_due, rows_left, through_at, runs, rows_came, rows_gone, span
    )
    select
        'policy_' || i, current_date - d, '1', (current_date - d)::timestamptz, 1000,
        case when i % 40 = 0 then 300 else 0 end, (current_date - d)::timestamptz, 1, 1000,
        case when i % 40 = 0 then 900 else 1000 end, interval '1 day'
    from generate_series(1, {policies}) as i cross join generate_series(0, {days} - 1) as d
    """,
    """
    insert into pydb.audit_log (at, action, subject, arguments, run_id)
    select now() - interval '90 days', 'retention_run', 'policy_1', '{{"rows_done": 1000}}', i * 10
    from generate_series(1, {runs} / 10) as i
    """,
    """
    insert into pydb.idempotency_key (scope, key, state, token, claimed_at, lease_until, expires_at, hold)
    select
        'orders', 'key-' || i, 'pending', i, now() - interval '1 day', now() - interval '23 hours',
        now() + interval '1 day', false
    from generate_series(1, 20) as i
    """,
    "vacuum (analyze)",
)


def fill(arena: Arena, name: str, *, runs: int, policies: int = POLICIES) -> None:
    """Make database ``name`` with so many runs and policies; a few minutes for ten million."""
    with arena.connect("postgres") as connection:
        connection.execute(f"create database {name}")
    servers.install(arena.server.dsn(name))
    with arena.connect(name) as connection:
        connection.execute(_TABLES)
        connection.execute(_FIRST)
        # what runs note at their end is filled in below
        connection.execute("alter table pydb.job_run disable trigger user")
        indexes = connection.execute(
            "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
            " where indrelid = 'pydb.job_run'::regclass and not indisprimary"
        ).fetchall()
        for index, _ in indexes:
            connection.execute(f"drop index {index}")
        for script in _SCRIPTS[:-1]:
            connection.execute(script.format(policies=policies, runs=runs, days=DAYS).encode())
        for _, statement in indexes:
            connection.execute(str(statement).encode())
        connection.execute("alter table pydb.job_run enable trigger user")
        connection.execute(_SCRIPTS[-1])
