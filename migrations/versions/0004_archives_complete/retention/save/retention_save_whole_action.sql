-- pydb_internal.retention_save_whole_action (save): what becomes of a partition that goes as a whole.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_save_whole_action(p_policy pydb.retention_policy)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case p_policy.partition
        when 'drop' then coalesce(p_policy.partition_first || '_', '') || 'drop'
        when 'keep' then 'detach'
        else 'move'
    end;
$$;

comment on function pydb_internal.retention_save_whole_action(pydb.retention_policy) is
'drop, archive_drop or export_drop (its rows are saved first), detach (and keep) or move.';

revoke all on function pydb_internal.retention_save_whole_action(pydb.retention_policy) from public;
