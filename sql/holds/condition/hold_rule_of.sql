-- pydb_internal.hold_rule_of (condition): what is held of a table: the one place that says it, for every path that
-- deletes.
-- reads pydb.hold, the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD005 YD103 YD114 YD704
create or replace function pydb_internal.hold_rule_of(
    p_relation oid,
    p_alias text default 't',
    p_ids bigint[] default null,
    p_stores jsonb default null
)
returns pydb_internal.hold_rule
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.hold_graph_of
as $$
declare
    v_rule pydb_internal.hold_rule := row('', null, null::timestamptz);
    v_active pydb.hold[];
    v_group record;
    v_graph pydb_internal.hold_graph;
    v_said text;
begin
    if not (select g.is_any from pydb_internal.hold_state() as g) then
        return v_rule;
    end if;
    v_active := array(select h from pydb_internal.hold_active() as h);
    v_rule.until := (select min(o.until) from unnest(v_active) as o where o.overrides is not null);
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
            select s from pydb_internal.hold_seeds(v_group.holds, p_stores) as s
        ), p_stores);
        continue when v_graph.place is null;
        foreach v_graph.is_sought in array array[false, true] loop
            v_said := case
                when v_graph.is_deep then pydb_internal.hold_deep_condition(v_graph, p_alias)
                else array_to_string(
                    pydb_internal.hold_kept_conditions(v_graph, v_graph.place, p_alias), ' or '
                )
            end;
            continue when v_said = '';
            if v_graph.is_sought then
                v_rule.held := concat_ws(' or ', v_rule.held, v_said);
            else
                -- "is not true" and no "not": the server would make a join of that, and a row that somebody changes
                -- while the delete waits for it would be judged again by all of the text but what was joined
                v_rule.free := format('%s and (%s) is not true', v_rule.free, v_said);
            end if;
        end loop;
    end loop;
    return v_rule;
end
$$;

comment on function pydb_internal.hold_rule_of(oid, text, bigint[], jsonb) is
'Which rows of a table, or of its partitions, stay: a hold names them, they hang on a row that one names, or such a row
needs them; SQL over an alias. p_ids: by these holds; p_stores: of archives too, see hold_graph.';

revoke all on function pydb_internal.hold_rule_of(oid, text, bigint[], jsonb) from public;
