-- pydb_internal.health_degraded (stream; by health): did applications answer without what they depend on.
-- reads pydb.degraded_count   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_degraded(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_answers bigint;
    v_providers bigint;
    v_said text;
    v_findings jsonb;
begin
    select
        coalesce(sum(d.calls), 0)::bigint, count(distinct d.provider),
        string_agg(format('%s (%s): %s', d.provider, d.reason_code, d.calls), ', ' order by d.calls desc, d.provider)
    into v_answers, v_providers, v_said
    from (
        select c.provider, c.reason_code, sum(c.calls)::bigint as calls
        from pydb.degraded_count as c
        where c.last_at > p_now - interval '1 hour' and c.hour > p_now - interval '2 hours'
        group by c.provider, c.reason_code
    ) as d;
    select jsonb_agg(to_jsonb(f)) into v_findings
    from (
        select
            'degraded' as status, 'answers_degraded' as reason_code,
            format('answers that applications gave without what they depend on: %s', v_answers) as summary,
            left(v_said, 1000) as detail, 'select * from pydb.degraded_count order by last_at desc;' as hint
        where v_answers > 0
    ) as f;
    return pydb_internal.health_say(
        jsonb_build_object('answers', v_answers, 'providers', v_providers), v_findings,
        'no degraded answer was reported in the last hour'
    );
end
$$;

comment on function pydb_internal.health_degraded(timestamptz) is
'Component degraded: degraded while a degraded answer was reported within the last hour, with providers and reasons.';

revoke all on function pydb_internal.health_degraded(timestamptz) from public;
