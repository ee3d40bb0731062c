-- pydb_internal.retention_save_hurdles (save): partitions are to be exported before they go, and rows of other tables
-- go along with theirs: no file of theirs would hold those.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_save_hurdles(p_policy pydb.retention_policy)
returns table (code text, message text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_policy.partition_first = 'export' and (pydb_internal.retention_reach(p_policy)).way <> 'plain' then
        return query select
            'goes_along', format(
                'rows of other tables would go along with those of %s, and no file would hold them',
                pydb_internal.relation_name(p_policy.target)
            ),
            'Nothing is detached or deleted.',
            'Set the policy again with p_partition_first => ''archive''; then pydb archive export --run takes'
            ' all of its run to files.';
    end if;
end
$$;

comment on function pydb_internal.retention_save_hurdles(pydb.retention_policy) is
'A row (goes_along) where partitions are to be exported first and rows of other tables go with theirs.';

revoke all on function pydb_internal.retention_save_hurdles(pydb.retention_policy) from public;
