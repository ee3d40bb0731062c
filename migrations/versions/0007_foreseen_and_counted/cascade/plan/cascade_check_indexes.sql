-- pydb_internal.cascade_check_indexes (plan): the worst reference without an index that a delete would have to scan
-- for.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises YD305
create or replace function pydb_internal.cascade_check_indexes(p_walk pydb_internal.cascade_closure)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_worst record;
begin
    with gone as (
        select s.relation, sum(cardinality(s.tids)) as rows
        from unnest(p_walk.parts) as s
        where s.effect = 'delete'
        group by s.relation
    )

    select
        (m.edge).reference, m.edge, pydb_internal.relation_name((m.edge).child) as child, c.rows,
        case when (m.edge).is_enforced then p.rows else 1 end * c.pages as pages
    into v_worst
    from unnest(p_walk.edges) as m
    cross join lateral (
        select sum(g.rows) as rows
        from gone as g
        where g.relation = (m.edge).parent
            or (m.edge).parent in (select a.relid from pg_partition_ancestors(g.relation) as a)
    ) as p
    cross join lateral (
        select sum(greatest(k.reltuples, 0))::bigint as rows, sum(pg_relation_size(k.oid)) / 8192 as pages
        from pg_class as k
        where k.relkind = 'r'
            and (k.oid = (m.edge).child or k.oid in (select t.relid from pg_partition_tree((m.edge).child) as t))
    ) as c
    where not (m.edge).is_indexed and (
        c.rows >= pydb_internal.setting_get(p_name => 'cascade_unindexed_rows')::bigint
        or case when (m.edge).is_enforced then p.rows else 1 end * c.pages
        >= pydb_internal.setting_get(p_name => 'cascade_unindexed_pages')::bigint
    )
    order by 5 desc
    limit 1;
    if found then
        raise exception using errcode = 'YD305', message = format('%s has no index', v_worst.reference),
            detail = format('%s has about %s; the delete would read %s pages of it.', v_worst.child,
                pydb_internal.rows_text(v_worst.rows), v_worst.pages),
            hint = pydb_internal.cascade_index_command((v_worst.edge).child, (v_worst.edge).child_columns)
                || ' -- or p_allow_unindexed => true';
    end if;
end
$$;

comment on function pydb_internal.cascade_check_indexes(pydb_internal.cascade_closure) is
'Raises YD305 where a walk needs a reference without an index whose table is large, or would be scanned too often.';

revoke all on function pydb_internal.cascade_check_indexes(pydb_internal.cascade_closure) from public;
