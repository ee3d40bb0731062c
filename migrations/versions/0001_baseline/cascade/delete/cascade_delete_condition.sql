-- pydb_internal.cascade_delete_condition (delete; by cascade_execute): SQL condition for the rows of one relation that
-- a walk deletes, over alias t.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_delete_condition(
    p_walk pydb_internal.cascade_closure,
    p_gone pydb_internal.cascade_rows[],
    p_place integer
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation constant oid := (p_gone[p_place]).relation;
    v_edges integer[];
    v_parents integer[];
    v_rows bigint;
begin
    select array_agg(distinct s.edge), sum(cardinality(s.tids)) into v_edges, v_rows
    from unnest(p_walk.parts) as s
    where s.effect = 'delete' and s.edge in (
        select o.edge from unnest(p_walk.parts) as o where o.effect = 'delete' and o.relation = v_relation
    );
    if cardinality(v_edges) = 1 and v_edges[1] > 0 and p_walk.matched[v_edges[1]] = v_rows then
        select array_agg(g.ordinality::integer) into v_parents
        from unnest(p_gone) with ordinality as g
        where g.relation = (p_walk.edges[v_edges[1]]).parent or (p_walk.edges[v_edges[1]]).parent in (
            select a.relid from pg_partition_ancestors(g.relation) as a
        );
        if cardinality(v_parents) = 1 and v_parents[1] <> p_place then
            -- reached by one key only: the key finds the rows again, faster than their places would
            return format(
                'exists (select 1 from only %s as p where p.ctid = any(($1[%s]).tids) and %s)',
                pydb_internal.relation_name((p_gone[v_parents[1]]).relation), v_parents[1],
                pydb_internal.reference_match(p_walk.edges[v_edges[1]], 't', 'p')
            );
        end if;
    end if;
    -- the place stands twice: a row that somebody moved while we waited for it is found by the first and judged by the
    -- second
    return format('t.ctid = any(($1[%s]).tids) and coalesce(t.ctid = any(($1[%1$s]).tids), false)', p_place);
end
$$;

comment on function pydb_internal.cascade_delete_condition(
    pydb_internal.cascade_closure, pydb_internal.cascade_rows[], integer) is
'Condition for the rows of part p_place of p_gone (cascade_merge_rows), which is the statement''s parameter $1: by the
key that leads to them where there is one, else by their places.';

revoke all
    on function pydb_internal.cascade_delete_condition(
        pydb_internal.cascade_closure, pydb_internal.cascade_rows[], integer) from public;
