-- pydb_internal.retention_check_rights (policy; by retention_policy_vet): refuse before the start what would fail in
-- the middle for want of a privilege.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.retention_check_rights(p_relation regclass)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant oid := (select r.oid from pg_roles as r where r.rolname = current_user);
    v_grants constant text[] := pydb_internal.retention_missing_grants(p_relation, v_role);
begin
    if v_grants is not null then
        raise exception using errcode = 'YD005',
            message = format('%s may not prune %s', current_user, pydb_internal.relation_name(p_relation)),
            detail = format('Privileges that are missing: %s.', cardinality(v_grants)),
            hint = array_to_string(v_grants, ' ');
    end if;
end
$$;

comment on function pydb_internal.retention_check_rights(regclass) is
'Raises YD005, with the statements in the hint, unless the current role may read and delete from the table and its
partitions and read the tables that reference it.';

revoke all on function pydb_internal.retention_check_rights(regclass) from public;
