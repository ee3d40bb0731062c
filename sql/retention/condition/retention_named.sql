-- pydb_internal.retention_named (condition): the tables that the conditions of a policy may name: its own, those that
-- references lead to from there, and its mapping table.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_named(p_policy pydb.retention_policy)
returns oid[]
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.reference_named(p_policy.target) || array_remove(array[p_policy.keep_table::oid], null);
end
$$;

comment on function pydb_internal.retention_named(pydb.retention_policy) is
'Rather too many of them than too few; its own comes first. For relation_names.';

revoke all on function pydb_internal.retention_named(pydb.retention_policy) from public;
