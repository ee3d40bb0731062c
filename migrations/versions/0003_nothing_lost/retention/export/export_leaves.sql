-- pydb_internal.export_leaves (export; for pydb/archive/export.py): the relations that an export of a policy reads.
-- reads the catalog   writes nothing   locks nothing
-- raises YD002
create or replace function pydb_internal.export_leaves(p_policy text)
returns table (relation oid, name text, blocks bigint, is_again boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        l.relation, pydb_internal.relation_name(l.relation),
        pg_relation_size(l.relation) / current_setting('block_size')::bigint,
        exists (select from pydb_internal.retention_references(l.relation) as r where r.itself)
    from pydb_internal.retention_leaves((pydb_internal.retention_policy_get(p_policy)).target) as l
    where not l.foreign_table;
end
$$;

comment on function pydb_internal.export_leaves(text) is
'Relations with rows of a policy, their size in blocks; is_again: its rows reference each other, so that one sweep may
not find all.';

revoke all on function pydb_internal.export_leaves(text) from public;
