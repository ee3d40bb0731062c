-- pydb.degraded_report: add up answers that an application gave without what it depends on.
-- reads settings   writes pydb.degraded_count   locks the rows of this hour that it adds to
-- raises YD007 YD031
create or replace function pydb.degraded_report(p_counts jsonb, p_now timestamptz default null)
returns bigint
language plpgsql
security definer -- the table is writable to nobody; EXECUTE is the right, and it only adds
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most constant integer := 200; -- providers that are told apart: each is a label of a metric
    v_now constant timestamptz := least(p_now, clock_timestamp());
    v_old constant timestamptz := v_now - pydb_internal.setting_get(p_name => 'degraded_keep')::interval;
    v_hour constant timestamptz := date_trunc('hour', v_now, 'UTC');
    v_names text[];
    v_calls bigint;
begin
    perform pydb_internal.run_check_read_write();
    if p_counts is null or jsonb_typeof(p_counts) <> 'array' or jsonb_array_length(p_counts) > 1000 or exists (
        select from jsonb_array_elements(p_counts) as c (value)
        where coalesce(c.value ->> 'provider', '') !~ '^[a-z][a-z0-9_.-]{0,62}$'
            or coalesce(c.value ->> 'reason_code', '') !~ '^[a-z][a-z0-9_]{0,62}$'
            or coalesce(c.value ->> 'calls', '1') !~ '^[0-9]{1,12}$'
    ) then
        raise exception using errcode = 'YD031', message = 'the counts of degraded answers are refused',
            detail = 'An array of at most 1000 objects: provider and reason_code are names in small letters, calls is '
                || 'a number.',
            hint = 'select pydb.degraded_report(''[{"provider": "llm", "reason_code": "timeout", "calls": 3}]'');';
    end if;
    v_names := array(select distinct d.provider from pydb.degraded_count as d limit c_most);
    with given as (
        select
            case when c.provider = any(v_names) or cardinality(v_names) < c_most then c.provider else 'other' end
                as provider,
            c.reason_code, coalesce(c.calls, 1) as calls
        from jsonb_to_recordset(p_counts) as c (provider text, reason_code text, calls bigint)
    ), added as (
        insert into pydb.degraded_count as d (provider, reason_code, hour, calls, last_at)
        select g.provider, g.reason_code, v_hour, sum(g.calls), v_now
        from given as g
        group by g.provider, g.reason_code
        having sum(g.calls) > 0
        order by g.provider, g.reason_code -- in one order: nobody waits in a circle
        on conflict (provider, reason_code, hour) do update
        set calls = d.calls + excluded.calls, last_at = greatest(d.last_at, excluded.last_at)
        returning 1
    )
    select coalesce(sum(g.calls), 0)::bigint into v_calls from given as g;
    perform pydb_internal.degraded_fold(v_old);
    return v_calls;
end
$$;

comment on function pydb.degraded_report(jsonb, timestamptz) is
'Adds counts [{"provider": …, "reason_code": …, "calls": …}] to this hour of pydb.degraded_count and returns how many
calls these were. At most 200 providers are told apart, the rest is counted as other. YD031: it is not of that form.
pydb.degraded in Python reports in batches, in the background.';

revoke all on function pydb.degraded_report(jsonb, timestamptz) from public;
