-- pydb_internal.run_turns (log; by retention_run_check): subjects in the order in which one call should take them.
-- reads pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_turns(p_kind text, p_subjects text[])
returns text[]
language sql
stable
security definer -- see pydb_internal.run_live
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(
        s.subject order by
            coalesce(l.is_left_out, false) desc, case when l.is_left_out then coalesce(t.id, 0) end, s.ord
    )
    from unnest(p_subjects) with ordinality as s (subject, ord)
    -- its newest run ended, for a bound, before it had done anything
    left join lateral (
        select r.batches = 0 and r.state in ('skipped', 'partial')
            and r.stop_reason in ('row_budget', 'time_budget', 'wal_budget', 'window', 'cancelled') as is_left_out
        from pydb.job_run as r
        where r.kind = p_kind and r.subject = s.subject and not r.dry_run
        order by r.id desc
        limit 1
    ) as l on true
    -- when it last had a turn
    left join lateral (
        select r.id
        from pydb.job_run as r
        where l.is_left_out and r.kind = p_kind and r.subject = s.subject and not r.dry_run
            and (r.batches > 0 or r.state = 'completed')
        order by r.id desc
        limit 1
    ) as t on true;
$$;

comment on function pydb_internal.run_turns(text, text[]) is
'The subjects, first those whose last run a bound (rows, time, WAL, the end of a window) kept from doing anything: who
has waited longest comes first. The others stay in their order.';

revoke all on function pydb_internal.run_turns(text, text[]) from public;
