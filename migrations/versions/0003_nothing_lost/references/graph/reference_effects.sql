-- pydb_internal.reference_effects (graph; by reference_publications): the tables that a delete of rows reaches
-- through foreign keys as they are.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_effects(p_relation oid)
returns table (relation oid, effect text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive reached (oid, effect) as (
        select u.oid, 'delete' from (
            select p_relation
            union
            select t.relid from pydb_internal.relation_tree(p_relation) as t
        ) as u (oid)
        union
        select x.oid, x.effect
        from reached as r
        cross join lateral (
            select coalesce(t.relid, i.child), case i.on_delete when 'c' then 'delete' else 'update' end
            from pydb_internal.reference_inbound(r.oid) as i
            left join pydb_internal.relation_tree(i.child) as t on true
            where r.effect = 'delete' and i.on_delete in ('c', 'n', 'd')
        ) as x (oid, effect)
    )
    select r.oid, r.effect from reached as r;
$$;

comment on function pydb_internal.reference_effects(oid) is
'A relation, its partitions, and what CASCADE deletes or SET NULL and SET DEFAULT update when its rows are deleted;
effect is delete or update.';

revoke all on function pydb_internal.reference_effects(oid) from public;
