-- pydb_internal.cascade_counts (delete): rows that were to go and rows that went, by relation.
-- reads the transaction's own statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_counts(p_walk pydb_internal.cascade_closure, p_before jsonb)
returns table (relation oid, planned bigint, gone bigint)
language plpgsql -- it keeps its plan
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with planned as (
        select
            case when r.root in (
                select pg_partition_root((m.edge).child::regclass) from unnest(p_walk.edges) as m
                where m.effect in ('nullify', 'default')
            ) then r.root else s.relation end::oid as relation, sum(cardinality(s.tids)) as rows
        from unnest(p_walk.parts) as s
        cross join lateral pg_partition_root(s.relation::regclass) as r (root)
        where s.effect = 'delete'
        group by 1
    ),

    gone as (
        select a.key::oid as relation, a.value::bigint - coalesce((p_before ->> a.key)::bigint, 0) as rows
        from jsonb_each_text(pydb_internal.cascade_deleted_counts(p_walk)) as a
    )

    select coalesce(p.relation, g.relation), coalesce(p.rows, 0)::bigint, coalesce(g.rows, 0)
    from planned as p
    full join gone as g on g.relation = p.relation;
end
$$;

comment on function pydb_internal.cascade_counts(pydb_internal.cascade_closure, jsonb) is
'Relations of a walk, and others that lost rows since p_before (cascade_deleted_counts): rows planned, and gone.';

revoke all on function pydb_internal.cascade_counts(pydb_internal.cascade_closure, jsonb) from public;
