-- pydb_internal.retention_partition_referenced (partition; by retention_partition_verdict): a reference, declared or
-- logical, that leads to a row of a partition.
-- reads the partition and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_partition_referenced(p_partition oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_tree constant oid[] := array(select t.relid::oid from pydb_internal.relation_tree(p_partition) as t);
    v_edge record;
    v_found boolean;
begin
    for v_edge in
        select r.*, t.relid
        from pydb_internal.relation_tree(p_partition) as t
        cross join lateral pydb_internal.retention_references(t.relid) as r
        where t.isleaf
    loop
        execute format(
            'select exists (select 1 from %s as c, only %s as t where %s and ($1 or c.tableoid <> all($2)))',
            v_edge.source, pydb_internal.relation_name(v_edge.relid), pydb_internal.key_match(
                'c', v_edge.child_columns, 't', v_edge.parent_columns, v_edge.operators, v_edge.collations
            )
        ) into v_found using not v_edge.is_silent, v_tree; -- the server asks for those within as well
        if v_found then
            return format('%s (%s)', pydb_internal.relation_name(v_edge.child), v_edge.label);
        end if;
    end loop;
    return null;
end
$$;

comment on function pydb_internal.retention_partition_referenced(oid) is
'Table and name of a reference that leads to a row of the partition; null: its rows are referenced by none, so that it
can go as a whole.';

revoke all on function pydb_internal.retention_partition_referenced(oid) from public;
