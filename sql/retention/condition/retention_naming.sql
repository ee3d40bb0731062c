-- pydb_internal.retention_naming (condition): what a run keeps in mind of the names that its conditions will use; to be
-- asked before they are made, and from here to the commit they stay.
-- reads the catalog, pydb.reference   writes nothing   locks the tables (access share)
-- raises 55P03 YD103 YD113
create or replace function pydb_internal.retention_naming(p_policy pydb.retention_policy)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_named constant oid[] := pydb_internal.retention_named(p_policy);
begin
    perform pydb_internal.relation_check_names(v_named);
    perform pydb_internal.retention_check_moved(p_policy);
    return jsonb_build_object('named', v_named::bigint[], 'names', pydb_internal.relation_names(v_named));
end
$$;

comment on function pydb_internal.retention_naming(pydb.retention_policy) is
'Fields named and names of pydb_internal.retention_work.';

revoke all on function pydb_internal.retention_naming(pydb.retention_policy) from public;
