-- pydb_internal.retention_version (policy): what tells a policy from all earlier ones, also after
-- it was dropped and set anew.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_version(p_policy pydb.retention_policy)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return format('%s %s', p_policy.version, extract(epoch from p_policy.created_at));
end
$$;

comment on function pydb_internal.retention_version(pydb.retention_policy) is
'Text that changes whenever the policy does: its version, and when it was made.';

revoke all on function pydb_internal.retention_version(pydb.retention_policy) from public;
