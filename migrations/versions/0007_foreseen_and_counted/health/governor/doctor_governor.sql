-- pydb_internal.doctor_governor (governor): what lets runs starve, and what the governor cannot see.
-- reads pydb.governor_status   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_governor()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
set search_path = pg_catalog, pg_temp
as $$
    select
        'governor', case when s.decision = 'off' then 'ok' when s.signal = 'ok' then 'ok'
            when s.signal = 'unknown' then 'unknown' else 'degraded' end,
        s.signal, case
            when s.signal = 'unknown' then format('%s is unknown: runs rest', s.indicator)
            when s.signal = 'stop' then format('%s: runs rest', s.indicator)
            else format('%s: runs go slower', s.indicator)
        end || coalesce(', run ' || array_to_string(s.runs, ', ') || ' since ' || to_char(
            s.since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'
        ), ''),
        concat_ws('; ', round(s.value::numeric, 1) || format(' of %s %s', s.threshold, s.unit), s.reason),
        'look: pydb governor list; to leave it out: '
        || pydb_internal.shell_command('pydb governor set', array[s.indicator], '--disable')
    from pydb.governor_status as s
    where s.signal in ('stop', 'unknown', 'slow') and s.decision <> 'off'
    union all
    select 'governor', 'ok', 'not_available', 'the governor cannot see ' || string_agg(s.indicator, ', '),
        max(s.reason), null
    from pydb.governor_status as s
    where s.signal = 'not_available' and s.reason like '%pg_monitor%'
    having count(*) > 0
$$;

comment on function pydb_internal.doctor_governor() is
'Rows of pydb.doctor about indicators of the governor that let runs rest or go slower, or that it may not see.';

revoke all on function pydb_internal.doctor_governor() from public;
