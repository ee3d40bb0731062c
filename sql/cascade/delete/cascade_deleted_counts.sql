-- pydb_internal.cascade_deleted_counts (delete): rows that this transaction has deleted so far, by relation, whoever
-- deleted them.
-- reads the transaction's own statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_deleted_counts(p_walk pydb_internal.cascade_closure)
returns jsonb
language plpgsql -- it keeps its plans: asked at each batch
volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    v_found jsonb;
begin
    if not exists (select from unnest(p_walk.edges) as m where m.effect in ('nullify', 'default')) then
        select jsonb_object_agg(f.relation::text, f.deleted) into v_found
        from (
            select c.oid as relation, pg_stat_get_xact_tuples_deleted(c.oid) as deleted
            from pg_catalog.pg_class as c
            where c.relkind = 'r' and c.relpersistence <> 't' and c.relnamespace not in (
                'pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'pydb'::regnamespace,
                'pydb_internal'::regnamespace, 'pydb_archive'::regnamespace
            )
            offset 0
        ) as f
        where f.deleted <> 0;
        return coalesce(v_found, '{}');
    end if;
    -- an update that moves a row to another partition deletes it here and inserts it there
    with moving as (
        select t.relid as relation, pg_partition_root((m.edge).child::regclass) as root
        from unnest(p_walk.edges) as m
        cross join lateral pg_partition_tree(pg_partition_root((m.edge).child::regclass)) as t
        where m.effect in ('nullify', 'default') and t.isleaf
        group by t.relid, (m.edge).child
    )

    select coalesce(jsonb_object_agg(f.relation::text, f.deleted - f.inserted), '{}') into v_found
    from (
        select
            coalesce(m.root, c.oid)::oid as relation, sum(pg_stat_get_xact_tuples_deleted(c.oid))::bigint as deleted,
            sum(case when m.root is null then 0 else pg_stat_get_xact_tuples_inserted(c.oid) end)::bigint as inserted
        from pg_catalog.pg_class as c
        left join (select distinct m.relation, m.root from moving as m) as m on m.relation = c.oid
        where c.relkind = 'r' and c.relpersistence <> 't' and c.relnamespace not in (
            'pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'pydb'::regnamespace,
            'pydb_internal'::regnamespace, 'pydb_archive'::regnamespace
        )
        group by coalesce(m.root, c.oid)
    ) as f
    where f.deleted <> 0 or f.inserted <> 0;
    return v_found;
end
$$;

comment on function pydb_internal.cascade_deleted_counts(pydb_internal.cascade_closure) is
'Object: oid of a relation → rows deleted in this transaction, by statements, keys and triggers alike. Partitions
among which p_walk may move rows count as their topmost table, less what was inserted. Counts rolled back work too, so
compare two of them.';

revoke all on function pydb_internal.cascade_deleted_counts(pydb_internal.cascade_closure) from public;
