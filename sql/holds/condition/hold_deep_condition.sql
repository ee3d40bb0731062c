-- pydb_internal.hold_deep_condition (condition; by hold_rule_of): as hold_kept_conditions, where references come
-- back to their table: row by row, at whatever depth.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD103 YD114
create or replace function pydb_internal.hold_deep_condition(p_graph pydb_internal.hold_graph, p_alias text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_named text;
    v_up text;
    v_all text[] := '{}'::text[];
    v_is_override boolean;
    v_start text := format('%1$s.tableoid, %1$s.ctid', p_alias);
begin
    if p_graph.stores is not null then
        return 'true'; -- rows of archives have no place to be followed from: all of them stay
    end if;
    foreach v_is_override in array array[false, true] loop
        select string_agg(format(
            'exists (select 1 from %s as hs where hs.tableoid = hu.rel and hs.ctid = hu.tid and %s)',
            pydb_internal.relation_source(s.relation), pydb_internal.hold_seed_condition(p_graph, s, 'hs')
        ), ' or ') into v_named
        from unnest(p_graph.seeds) as s
        where s.is_override = v_is_override;
        continue when v_named is null;
        v_up := format('exists (%s select 1 from hu where %s)', pydb_internal.hold_deep_query(
            p_graph, p_graph.up, 'hu', case when cardinality(p_graph.down) > 0 then 'hd.rel, hd.tid' else v_start end,
            true
        ), v_named);
        v_all := v_all || (case when v_is_override then 'not ' else '' end || v_up);
    end loop;
    v_named := array_to_string(v_all, ' and ');
    if cardinality(p_graph.down) = 0 then
        return format('(%s)', v_named);
    end if;
    return format('exists (%s select 1 from hd where %s)', pydb_internal.hold_deep_query(
        p_graph, p_graph.down, 'hd', v_start, false
    ), v_named);
end
$$;

comment on function pydb_internal.hold_deep_condition(pydb_internal.hold_graph, text) is
'SQL condition over an alias.';

revoke all on function pydb_internal.hold_deep_condition(pydb_internal.hold_graph, text) from public;
