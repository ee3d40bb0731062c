-- pydb_internal.retention_held_by (held; by retention_tell_held): the holds that keep expired rows of a policy,
-- of which there are some.
-- reads the target, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_held_by(p_policy pydb.retention_policy, p_cutoff timestamptz)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names constant text[] := array(select h.name from pydb_internal.hold_active() as h where h.overrides is null);
begin
    if cardinality(v_names) = 1 then
        return v_names; -- where there is but one, it is that one
    end if;
    return pydb_internal.hold_names_of(
        p_policy.target, pydb_internal.retention_expired_condition(p_policy, p_cutoff, 't', false)
    );
end
$$;

comment on function pydb_internal.retention_held_by(pydb.retention_policy, timestamptz) is
'Names of holds, at most ten.';

revoke all on function pydb_internal.retention_held_by(pydb.retention_policy, timestamptz) from public;
