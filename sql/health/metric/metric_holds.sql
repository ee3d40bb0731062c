-- pydb_internal.metric_holds (metric; by metric_collect): holds by their state.
-- reads pydb.hold_status   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_holds()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with hold as materialized (
        select h.state from pydb.hold_status as h where h.released_at is null and h.overrides is null
    )
    select 'lifecycle_holds', jsonb_build_object('state', u.state), (
        select count(*) from hold as h where h.state = u.state
    )::float8
    from unnest('{active,broken,ended}'::text[]) as u (state);
$$;

comment on function pydb_internal.metric_holds() is 'Samples of the collector holds.';

revoke all on function pydb_internal.metric_holds() from public;
