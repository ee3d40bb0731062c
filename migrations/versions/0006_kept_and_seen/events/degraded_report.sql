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
    v_hour timestamptz := date_trunc('hour', v_now, 'UTC');
    c_pairs constant integer := 1000; -- providers with their reasons that are told apart: each is a row an hour
    v_names text[];
    v_pairs text[];
    v_newest timestamptz;
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
    select coalesce(array_agg(distinct d.provider) filter (where d.provider <> 'other'), '{}'),
        coalesce(array_agg(distinct d.provider || ' ' || d.reason_code), '{}'), max(d.hour)
    into v_names, v_pairs, v_newest
    from pydb.degraded_count as d;
    if v_hour < v_newest - (v_now - v_old) then
        v_hour := '-infinity'; -- a clock of the caller's makes no hours that are folded already
    end if;
    with named as (
        select
            case when c.provider = any(v_names) or c_most - cardinality(v_names) >= dense_rank() over (
                partition by c.provider = any(v_names) order by c.provider
            ) then c.provider else 'other' end as provider,
            c.reason_code, coalesce(c.calls, 1) as calls
        from jsonb_to_recordset(p_counts) as c (provider text, reason_code text, calls bigint)
    ), given as (
        select
            n.provider,
            case when p.pair = any(v_pairs) or c_pairs - cardinality(v_pairs) >= dense_rank() over (
                partition by p.pair = any(v_pairs) order by p.pair
            ) then n.reason_code else 'other' end as reason_code,
            n.calls
        from named as n
        cross join lateral (select n.provider || ' ' || n.reason_code as pair) as p
    ), added as (
        insert into pydb.degraded_count as d (provider, reason_code, hour, calls, last_at)
        select g.provider, g.reason_code, v_hour, sum(g.calls), v_now
        from given as g
        group by g.provider, g.reason_code
        having sum(g.calls) > 0
        order by g.provider, g.reason_code -- in one order: nobody waits in a circle
        on conflict (provider, reason_code, hour) do update
        set calls = least(d.calls::numeric + excluded.calls, 9e18)::bigint,
            last_at = greatest(d.last_at, excluded.last_at)
        returning 1
    )
    select coalesce(sum(g.calls), 0)::bigint into v_calls from given as g;
    perform pydb_internal.degraded_fold(v_old);
    return v_calls;
end
$$;

comment on function pydb.degraded_report(jsonb, timestamptz) is
'Adds counts [{"provider": …, "reason_code": …, "calls": …}] to this hour of pydb.degraded_count and returns how many
calls these were. At most 200 providers are told apart, and 1000 of them with their reasons; the rest is counted as
other. YD031: it is not of that form.
pydb.degraded in Python reports in batches, in the background.';

revoke all on function pydb.degraded_report(jsonb, timestamptz) from public;
