-- pydb_internal.retention_mark (condition): what the work on a relation relies on: its signature, and the name by which
-- the rules of the policy ask the mapping table.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_mark(p_policy pydb.retention_policy, p_relation oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.retention_signature(p_relation)
        || coalesce('|' || pydb_internal.relation_name(p_policy.keep_table), '');
end
$$;

comment on function pydb_internal.retention_mark(pydb.retention_policy, oid) is
'Other text where the condition of a part has to be made anew; null where the relation is gone.';

revoke all on function pydb_internal.retention_mark(pydb.retention_policy, oid) from public;
