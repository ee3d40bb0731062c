-- pydb_internal.retention_save_action (save): what becomes of expired rows where no partition goes as a whole.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_save_action(p_policy pydb.retention_policy)
returns text
language plpgsql -- it keeps its plan
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case
            when p_policy.action <> 'drop_partition' then p_policy.action
            -- not where detached partitions are to keep their rows, or files to hold those of whole ones
            when p_policy.partition <> 'drop' or p_policy.partition_first = 'export' then 'keep'
            when p_policy.partition_first = 'archive' then 'archive'
            else 'delete'
        end
    );
end
$$;

comment on function pydb_internal.retention_save_action(pydb.retention_policy) is
'delete, archive or export; keep: they wait until their partition goes as a whole.';

revoke all on function pydb_internal.retention_save_action(pydb.retention_policy) from public;
