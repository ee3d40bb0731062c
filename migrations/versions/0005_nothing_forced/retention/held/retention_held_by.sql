-- pydb_internal.retention_held_by (held; by retention_tell_held): the holds that keep expired rows of a policy.
-- reads the target, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_held_by(p_policy pydb.retention_policy, p_cutoff timestamptz)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.hold_names_of(
        p_policy.target, pydb_internal.retention_expired_condition(p_policy, p_cutoff, 't', false)
    );
$$;

comment on function pydb_internal.retention_held_by(pydb.retention_policy, timestamptz) is
'Names of holds, at most ten.';

revoke all on function pydb_internal.retention_held_by(pydb.retention_policy, timestamptz) from public;
