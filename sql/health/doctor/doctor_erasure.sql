-- pydb_internal.doctor_erasure (doctor; by doctor): erasures whose deadline is near or over.
-- reads pydb.erasure_status, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_erasure()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        'erasure', case when bool_or(e.overdue) then 'error' else 'degraded' end,
        case when bool_or(e.overdue) then 'overdue' else 'due_soon' end,
        case when bool_or(e.overdue) then format(
            'erasures beyond their deadline: %s, the oldest by %s days', count(*) filter (where e.overdue),
            round(- min(e.days_left), 1)
        ) else format('erasures due soon: %s, the next in %s days', count(*), round(min(e.days_left), 1)) end,
        left(string_agg(
            format(
                '%s of entity %s, %s, due at %s', coalesce('job ' || e.job, e.id::text), e.entity, e.state,
                to_char(e.deadline at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
            ), '; ' order by e.deadline, e.id
        ), 1000),
        'pydb erasure list --open; pydb cascade resume; or refuse it: pydb cascade cancel JOB'
    from pydb.erasure_status as e
    where e.days_left * 86400 < extract(epoch from pydb_internal.setting_get(p_name => 'erasure_warning')::interval)
        and e.imported_at is null
    having count(*) > 0
$$;

comment on function pydb_internal.doctor_erasure() is
'Row of pydb.doctor about erasures that are not done: degraded where a deadline is nearer than the setting
erasure_warning, error where one is over.';

revoke all on function pydb_internal.doctor_erasure() from public;
