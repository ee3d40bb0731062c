-- pydb_internal.health_ends (check; by health_run_findings): what ran last of each subject of a kind, and how often it
-- failed in a row.
-- reads pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_ends(p_kind text, p_subjects text[])
returns table (
    subject text,
    id bigint,
    state text,
    stop_reason text,
    started_at timestamptz,
    finished_at timestamptz,
    sqlstate text,
    error text,
    failures integer
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a few rows of each subject by an index, however long the log is
    select
        u.subject, l.id, l.state, l.stop_reason, l.started_at, l.finished_at, l.sqlstate, l.error,
        coalesce(b.failures, 0)
    from unnest(p_subjects) as u (subject)
    cross join lateral (
        select
            r.*, r.state in ('failed', 'blocked', 'interrupted') or r.stop_reason = 'no_progress' as is_bad
        from pydb.job_run as r
        where r.kind = p_kind and r.subject = u.subject and not r.dry_run
            and r.state not in ('queued', 'running', 'skipped', 'cancelled')
        order by r.id desc
        limit 1
    ) as l
    -- those before it only where it went wrong
    left join lateral (
        select (coalesce(min(w.place) filter (where not w.is_bad), count(*) + 1) - 1)::integer as failures
        from (
            select
                row_number() over (order by n.id desc) as place,
                n.state in ('failed', 'blocked', 'interrupted') or n.stop_reason = 'no_progress' as is_bad
            from (
                select r.id, r.state, r.stop_reason, r.dry_run
                from pydb.job_run as r
                -- the condition stands here: behind the join it would be asked of what was read for nothing
                where l.is_bad and r.kind = p_kind and r.subject = u.subject and r.id <= l.id
                order by r.id desc
                limit 20
            ) as n
            where not n.dry_run and n.state not in ('queued', 'running', 'skipped', 'cancelled')
        ) as w
    ) as b on l.is_bad;
$$;

comment on function pydb_internal.health_ends(text, text[]) is
'One row a subject: its last run that came to an end of its own, and how many of its newest runs (of 20 of any sort)
failed, were blocked or cut off one after the other.';

revoke all on function pydb_internal.health_ends(text, text[]) from public;
