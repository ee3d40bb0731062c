-- pydb_internal.retention_has_rules (rules): whether a policy has rules that keep some rows for other times than its
-- keep, or the last ones of each group.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_has_rules(p_policy pydb.retention_policy)
returns boolean
language plpgsql -- as pydb_internal.retention_has_infinity
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return num_nonnulls(p_policy.keep_column, p_policy.keep_table, p_policy.keep_last) > 0;
end
$$;

comment on function pydb_internal.retention_has_rules(pydb.retention_policy) is
'True where rows of the policy are judged by more than one cutoff: by a column, a mapping table, a number to keep.';

revoke all on function pydb_internal.retention_has_rules(pydb.retention_policy) from public;
