-- pydb_internal.retention_save_exported (save; by retention_save_turn): rows of a partition that were deleted because a
-- verified file holds them.
-- reads pydb.archive_manifest   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_save_exported(p_partition oid)
returns bigint
language sql
stable
security definer -- whoever exports need not read the manifests of others
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(sum(m.rows_deleted), 0)::bigint
    from pydb.archive_manifest as m
    where m.relation in (select l.relation from pydb_internal.retention_leaves(p_partition::regclass) as l)
        and pydb_internal.archive_is_own(m.system_identifier, m.database_oid);
$$;

comment on function pydb_internal.retention_save_exported(oid) is
'Rows of all files of this database that were exported from the partition, or from what is below it.';

revoke all on function pydb_internal.retention_save_exported(oid) from public;
