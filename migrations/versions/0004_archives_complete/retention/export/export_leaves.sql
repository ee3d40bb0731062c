-- pydb_internal.export_leaves (export; for pydb/archive/export.py): the relations that an export of a policy reads.
-- reads the catalog   writes nothing   locks nothing
-- raises YD002
create or replace function pydb_internal.export_leaves(p_policy text)
returns table (relation oid, name text, blocks bigint, is_again boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
begin
    return query
    select
        l.relation, pydb_internal.relation_name(l.relation),
        pg_relation_size(l.relation) / current_setting('block_size')::bigint,
        exists (select from pydb_internal.retention_references(l.relation) as r where r.itself)
    from (
        select v_policy.target as target where v_policy.action = 'export'
        union all
        -- only what no row comes into any more
        select l.partition::regclass from pydb_internal.retention_partition_leftovers(p_policy) as l
        where v_policy.partition_first = 'export' and l.is_own and l.parent is null
    ) as s
    cross join pydb_internal.retention_leaves(s.target) as l
    where not l.foreign_table
    order by l.relation;
end
$$;

comment on function pydb_internal.export_leaves(text) is
'Relations with rows of a policy, their size in blocks; is_again: its rows reference each other, so that one sweep may
not find all.';

revoke all on function pydb_internal.export_leaves(text) from public;
