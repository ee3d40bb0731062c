-- pydb_internal.retention_save_check (save; by retention_check_runner): refuse to export partitions before they go
-- where rows of other tables go along: no file of theirs would hold those.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD621
create or replace function pydb_internal.retention_save_check(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_policy.partition_first = 'export' and (pydb_internal.retention_reach(p_policy)).way <> 'plain' then
        raise exception using errcode = 'YD621',
            message = format(
                'rows of other tables would go along with those of %s, and no file would hold them',
                pydb_internal.relation_name(p_policy.target)
            ),
            detail = 'Nothing was detached or deleted.',
            hint = 'Set the policy again with p_partition_first => ''archive''; then pydb archive export --run takes'
                ' all of its run to files.';
    end if;
end
$$;

comment on function pydb_internal.retention_save_check(pydb.retention_policy) is
'Raises YD621 where partitions are to be exported first and rows of other tables go with theirs.';

revoke all on function pydb_internal.retention_save_check(pydb.retention_policy) from public;
