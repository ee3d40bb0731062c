-- pydb_internal.retention_held_since (held; by retention_turn): before a batch deletes: no hold is placed from here to
-- the commit, and what is held is asked anew where holds have changed, or an override has ended.
-- reads pydb.hold, the catalog   writes nothing   locks the gate of holds
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_held_since(
    p_policy pydb.retention_policy,
    p_work pydb_internal.retention_work
)
returns pydb_internal.retention_work
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_holds constant record := pydb_internal.hold_enter();
    v_rule pydb_internal.hold_rule;
begin
    if v_holds.generation is distinct from p_work.free_at or p_work.free_until <= clock_timestamp() then
        if v_holds.generation is distinct from p_work.free_at then
            p_work.named := p_work.named || array( -- references may be new, too
                select u.relation from unnest(pydb_internal.retention_named(p_policy)) as u (relation)
                where u.relation <> all(p_work.named)
            );
            perform pydb_internal.relation_check_names(p_work.named);
            p_work.names := pydb_internal.relation_names(p_work.named);
        end if;
        v_rule := pydb_internal.hold_rule_of(p_policy.target);
        -- what was held when the rows were counted stays too: the fuse has not seen it
        p_work.free_since := nullif(v_rule.free, p_work.free);
        p_work.free_until := v_rule.until;
        p_work.free_at := v_holds.generation;
    end if;
    return p_work;
end
$$;

comment on function pydb_internal.retention_held_since(pydb.retention_policy, pydb_internal.retention_work) is
'What the run keeps in mind, with the conditions of its next batch about holds: free and free_since.';

revoke all on function pydb_internal.retention_held_since(pydb.retention_policy, pydb_internal.retention_work)
from public;
