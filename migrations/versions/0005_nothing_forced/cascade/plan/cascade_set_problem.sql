-- pydb_internal.cascade_set_problem (plan; by cascade_refusal): which constraint refuses what an edge sets; null if
-- none
-- does.
-- reads the catalog, the rows that are set, other rows of their tables   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_set_problem(p_walk pydb_internal.cascade_closure, p_edge integer)
returns pydb_internal.cascade_warning
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_edge constant pydb_internal.reference_edge := (p_walk.edges[p_edge]).edge;
    v_verb constant text := case (p_walk.edges[p_edge]).effect when 'nullify' then 'SET NULL' else 'SET DEFAULT' end;
    v_relations constant oid[] := pydb_internal.reference_constrained(array(
        select o.relation from unnest(p_walk.parts) as o where o.edge = p_edge
    ), v_edge.set_columns);
    v_parts pydb_internal.cascade_rows[];
    v_untried text;
    v_group record;
    v_stop record;
    v_rows bigint;
begin
    if v_relations = '{}' then
        return null;
    end if;
    v_parts := array(select s from unnest(p_walk.parts) as s where s.relation = any(v_relations));
    for v_group in
        -- several edges may set a row, each its own columns: it is judged as it is in the end
        select g.relation, g.tids, v.columns, v.values, v.is_plain
        from (
            select r.relation, r.edges, array_agg(r.tid) as tids
            from (
                select s.relation, u.tid, array_agg(distinct s.edge order by s.edge) as edges
                from unnest(pydb_internal.cascade_rows_to_set(
                    row(p_walk.edges, v_parts)::pydb_internal.cascade_closure,
                    pydb_internal.cascade_merge_rows(v_parts)
                )) as s
                cross join lateral unnest(s.tids) as u (tid)
                group by s.relation, u.tid
            ) as r
            where p_edge = any(r.edges)
            group by r.relation, r.edges
        ) as g
        cross join lateral (
            select
                array_agg(n.name) as columns,
                array_agg(case when n.is_default then pydb_internal.column_default(v_edge.child, n.name)
                    else 'null' end) as values,
                bool_and(not n.is_default or pydb_internal.reference_is_plain(coalesce((
                    select d.adbin::text from pg_attrdef as d
                    inner join pg_attribute as a on a.attrelid = d.adrelid and a.attnum = d.adnum
                    where d.adrelid = v_edge.child and a.attname = n.name
                ), ''))) as is_plain
            from (
                select distinct on (c.name) c.name, (p_walk.edges[e.edge]).effect = 'default' as is_default
                from unnest(g.edges) as e (edge)
                cross join lateral unnest(((p_walk.edges[e.edge]).edge).set_columns) as c (name)
                order by c.name, e.edge
            ) as n
        ) as v
    loop
        for v_stop in
            select f.* from pydb_internal.reference_set_refusals(
                v_group.relation, v_group.columns, case when v_group.is_plain then v_group.values
                    else array_fill('null'::text, array[cardinality(v_group.columns)]) end, 't', true
            ) as f
        loop
            v_rows := null;
            if v_group.is_plain and v_stop.condition is not null then
                begin
                    execute format(
                        'select coalesce(sum((r.refused or r.peers > 1)::integer), 0) from (
                            select %s as refused, case when %s then count(*) over (partition by %s) end as peers
                            from only %s as t where t.ctid = any($1)
                        ) as r', v_stop.condition, coalesce(v_stop.peers || ' is not null', 'false'),
                        coalesce(v_stop.peers, '1'), pydb_internal.relation_name(v_group.relation)
                    ) into v_rows using v_group.tids;
                exception when data_exception then
                    v_rows := null; -- the constraint itself divides by zero, or the like
                end;
            end if;
            if v_rows is null or v_rows > 0 and v_stop.code = 'unique' and exists (
                select 1 from unnest(v_parts) as s where s.effect = 'delete'
            ) then
                v_untried := coalesce(v_untried, v_stop.label);
            elsif v_rows > 0 then
                return row(v_stop.code, format(
                    '%s fails for %s: %s', v_verb, pydb_internal.rows_text(v_rows), v_stop.label
                ), null)::pydb_internal.cascade_warning;
            end if;
        end loop;
    end loop;
    return case when v_untried is not null then row('untried', format(
        'only doing it shows whether %s passes: %s', v_verb, v_untried
    ), null)::pydb_internal.cascade_warning end;
end
$$;

comment on function pydb_internal.cascade_set_problem(pydb_internal.cascade_closure, integer) is
'A warning (check, unique, partition) if a constraint refuses rows that the edge sets and that no cascade takes;
untried, which stops nothing, if one can be asked only by doing it; null if there is none.';

revoke all on function pydb_internal.cascade_set_problem(pydb_internal.cascade_closure, integer) from public;
