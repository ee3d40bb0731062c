-- pydb_internal.retention_expired_condition (condition): the one condition for "expired"; plan, run and batch all use
-- this text.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_expired_condition(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_alias text default 't'
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bound constant text := pydb_internal.retention_bound(p_policy, p_cutoff);
begin
    -- null and infinity are never less than the bound; -infinity always is, so it is left out by name
    return format('%s.%I < %s', p_alias, p_policy.time_column, v_bound)
        || case
            when p_policy.time_unit in ('timestamptz', 'timestamp', 'date') and not p_policy.expire_minus_infinity
                then format(' and %s.%I > ''-infinity''', p_alias, p_policy.time_column)
            else ''
        end
        -- the filters of built-in policies may name the bound
        || coalesce(' and (' || case
            when p_policy.builtin then replace(p_policy.filter, ':cutoff', v_bound) else p_policy.filter
        end || ')', '');
end
$$;

comment on function pydb_internal.retention_expired_condition(pydb.retention_policy, timestamptz, text) is
'SQL condition that is true for expired rows of the policy''s table under the given alias; the alias must be the
innermost table in scope, because a filter names its columns bare.';

revoke all on function pydb_internal.retention_expired_condition(pydb.retention_policy, timestamptz, text) from public;
