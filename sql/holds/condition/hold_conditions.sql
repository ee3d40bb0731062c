-- pydb_internal.hold_conditions (condition): what is held of a table: the one place that says it, for every path that
-- deletes.
-- reads pydb.hold, the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD005 YD103 YD114 YD704
create or replace function pydb_internal.hold_conditions(
    p_relation oid,
    p_alias text,
    p_ids bigint[] default null,
    p_stores jsonb default null
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.hold_graph_of
as $$
declare
    v_active constant pydb.hold[] := array(select h from pydb_internal.hold_active() as h);
    v_group record;
    v_graph pydb_internal.hold_graph;
    v_all text[] := '{}'::text[];
begin
    for v_group in
        -- an override is about one hold; the others are asked together
        select array_agg(h.hold) || (
            select coalesce(array_agg(o), '{}') from unnest(v_active) as o where o.overrides = g.name
        ) as holds
        from (
            select h::pydb.hold as hold, h.name, exists (
                select from unnest(v_active) as o where o.overrides = h.name
            ) as is_overridden
            from unnest(v_active) as h
            where h.overrides is null and (p_ids is null or h.id = any(p_ids))
        ) as h
        cross join lateral (select case when h.is_overridden then h.name end as name) as g
        group by g.name
    loop
        v_graph := pydb_internal.hold_graph_of(p_relation, array(
            select s from pydb_internal.hold_seeds(v_group.holds, p_stores is not null) as s
        ), p_stores);
        continue when v_graph.place is null;
        v_all := v_all || case
            when v_graph.is_deep then array[pydb_internal.hold_deep_condition(v_graph, p_alias)]
            else pydb_internal.hold_kept_conditions(v_graph, v_graph.place, p_alias)
        end;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.hold_conditions(oid, text, bigint[], jsonb) is
'SQL conditions over an alias of a table or of its partitions; where one is true the row stays: a hold names it, it
hangs on a row that one names, or such a row needs it. None where nothing is held. p_ids: of these holds; p_stores: of
archives too, see hold_graph.';

revoke all on function pydb_internal.hold_conditions(oid, text, bigint[], jsonb) from public;
