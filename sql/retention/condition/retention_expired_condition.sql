-- pydb_internal.retention_expired_condition (condition): the one condition for "expired"; plan, run and batch all use
-- this text.
-- reads the catalog, pydb.hold   writes nothing   locks nothing
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_expired_condition(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_alias text default 't',
    p_is_free boolean default true
)
returns text
language plpgsql -- as pydb_internal.retention_has_infinity
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_say constant record := pydb_internal.retention_expiry(p_policy, p_cutoff, p_alias);
begin
    return v_say.expired || v_say.filtered
        || pydb_internal.retention_rule_condition(p_policy, p_cutoff, p_alias) || case
        when p_is_free then pydb_internal.hold_free_condition(p_policy.target, p_alias) else ''
    end;
end
$$;

comment on function pydb_internal.retention_expired_condition(pydb.retention_policy, timestamptz, text, boolean) is
'SQL condition that is true for expired rows of the policy''s table under the given alias; the alias must be the
innermost table in scope, because a filter names its columns bare. p_is_free: and that no hold keeps.';

revoke all on function pydb_internal.retention_expired_condition(pydb.retention_policy, timestamptz, text, boolean)
from public;
