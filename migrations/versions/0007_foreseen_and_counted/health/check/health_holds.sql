-- pydb_internal.health_holds (check; by health): can every hold be followed.
-- reads pydb.hold_status   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_holds(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_figures jsonb;
    v_findings jsonb;
begin
    with hold as materialized (
        select h.name, h.state, h.until, h.problem, h.hint from pydb.hold_status as h
        where h.released_at is null and h.overrides is null
    )

    select
        (
            select jsonb_build_object(
                'active', count(*) filter (where h.state = 'active'),
                'broken', count(*) filter (where h.state = 'broken'),
                'ended', count(*) filter (where h.state = 'ended'),
                'next_end_at', min(h.until) filter (where h.state = 'active')
            ) from hold as h
        ),
        (
            select jsonb_agg(to_jsonb(f))
            from (
                select
                    'error' as status, 'hold_broken' as reason_code,
                    format('holds that cannot be followed: %s; what they may be about is not deleted', count(*))
                        as summary,
                    left(string_agg(format('%s: %s', h.name, h.problem), '; ' order by h.name), 1000) as detail,
                    (array_agg(h.hint order by h.name))[1] as hint
                from hold as h
                where h.state = 'broken'
                having count(*) > 0
            ) as f
        )
    into v_figures, v_findings;
    return pydb_internal.health_say(
        jsonb_strip_nulls(v_figures), v_findings, format('%s holds are active', v_figures ->> 'active'), p_now
    );
end
$$;

comment on function pydb_internal.health_holds(timestamptz) is
'Component holds: those that are active, and those that cannot be followed, which block deletes (an error).';

revoke all on function pydb_internal.health_holds(timestamptz) from public;
