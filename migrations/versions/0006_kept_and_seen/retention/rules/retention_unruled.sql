-- pydb_internal.retention_unruled (rules): a policy without its rules: what is older than the cutoff, and nothing else.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_unruled(p_policy pydb.retention_policy)
returns pydb.retention_policy
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    p_policy.keep_column := null;
    p_policy.keep_table := null;
    p_policy.keep_last := null;
    p_policy.combine := null;
    return p_policy;
end
$$;

comment on function pydb_internal.retention_unruled(pydb.retention_policy) is
'The policy for a condition that takes all rows older than a cutoff which is known already.';

revoke all on function pydb_internal.retention_unruled(pydb.retention_policy) from public;
