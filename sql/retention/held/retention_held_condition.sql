-- pydb_internal.retention_held_condition (held; by retention_turn): before a batch deletes: no hold is placed from here
-- to the commit, and what was placed since the parts were laid out is added to their condition.
-- reads pydb.hold, the catalog   writes nothing   locks the gate of holds
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_held_condition(
    p_policy pydb.retention_policy,
    p_work pydb_internal.retention_work
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_holds constant record := pydb_internal.hold_enter();
begin
    return case
        when v_holds.generation is distinct from p_work.holds
            then pydb_internal.hold_free_condition(p_policy.target) else ''
    end;
end
$$;

comment on function pydb_internal.retention_held_condition(pydb.retention_policy, pydb_internal.retention_work) is
'"and …" over alias t, or nothing where no hold has changed since.';

revoke all on function pydb_internal.retention_held_condition(pydb.retention_policy, pydb_internal.retention_work)
from public;
