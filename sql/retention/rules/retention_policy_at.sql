-- pydb_internal.retention_policy_at (rules): a policy as it is asked at one moment: its rules count from there.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_policy_at(p_policy pydb.retention_policy, p_now timestamptz)
returns pydb.retention_policy
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if pydb_internal.retention_has_rules(p_policy) then
        p_policy.keep_at := p_now;
    end if;
    return p_policy;
end
$$;

comment on function pydb_internal.retention_policy_at(pydb.retention_policy, timestamptz) is
'The policy with keep_at; unchanged where it has no rules. Whoever builds a condition of a policy with rules has to come
by here: without keep_at there is none.';

revoke all on function pydb_internal.retention_policy_at(pydb.retention_policy, timestamptz) from public;
