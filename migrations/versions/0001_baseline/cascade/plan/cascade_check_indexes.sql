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
    select
        e.reference, n.cure, pydb_internal.relation_name(e.child) as child, c.rows,
        case when e.is_enforced then p.rows else 1 end * c.pages as pages
    into v_worst
    from unnest(p_walk.edges) with ordinality as e
    cross join lateral (
        select sum(cardinality(s.tids)) as rows
        from unnest(p_walk.parts) as s
        where s.effect = 'delete' and (
            s.relation = e.parent or e.parent in (select a.relid from pg_partition_ancestors(s.relation) as a)
        )
    ) as p
    cross join lateral (
        select sum(greatest(k.reltuples, 0))::bigint as rows, sum(pg_relation_size(k.oid)) / 8192 as pages
        from pg_class as k
        where k.relkind = 'r'
            and (k.oid = e.child or k.oid in (select t.relid from pg_partition_tree(e.child) as t))
    ) as c
    cross join lateral pydb_internal.cascade_edge_warnings(p_walk, e.ordinality::integer, null) as n
    where not e.is_indexed and n.cure like 'create index%' and (
        c.rows >= pydb_internal.setting_get(p_name => 'cascade_unindexed_rows')::bigint
        or case when e.is_enforced then p.rows else 1 end * c.pages
        >= pydb_internal.setting_get(p_name => 'cascade_unindexed_pages')::bigint
    )
    order by 5 desc
    limit 1;
    if found then
        raise exception using errcode = 'YD305', message = format('%s has no index', v_worst.reference),
            detail = format('%s has about %s; the delete would read %s pages of it.', v_worst.child,
                pydb_internal.rows_text(v_worst.rows), v_worst.pages),
            hint = v_worst.cure || ' -- or p_allow_unindexed => true';
    end if;
end
$$;

comment on function pydb_internal.cascade_check_indexes(pydb_internal.cascade_closure) is
'Raises YD305 where a walk needs a reference without an index whose table is large, or would be scanned too often.';

revoke all on function pydb_internal.cascade_check_indexes(pydb_internal.cascade_closure) from public;
