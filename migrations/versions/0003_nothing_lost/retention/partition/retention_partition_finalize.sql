-- pydb_internal.retention_partition_finalize (partition; by retention_partition_turn): bring to its end a DETACH
-- CONCURRENTLY that was begun and broken off.
-- writes the catalog, pydb.retention_partition   locks its table (share update exclusive), the partition (access
-- exclusive)
-- raises 55P03, and what the statement raises
create or replace function pydb_internal.retention_partition_finalize(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn pydb_internal.run_turn;
    v_found record;
    v_ours text[];
begin
    v_turn.run := p_run;
    select l.* into v_found
    from pydb_internal.retention_partition_leftovers(p_run.subject) as l
    where l.partition = p_part.relation and l.parent is not null;
    if not found then
        return v_turn;
    end if;
    -- it waits for older snapshots, and holds nothing meanwhile that anybody else waits for
    v_ours := pydb_internal.application_enter();
    execute format('alter table %s detach partition %s finalize', pydb_internal.relation_name(v_found.parent),
        pydb_internal.relation_name(p_part.relation));
    perform pydb_internal.application_leave(v_ours);
    if v_found.is_own then
        perform pydb_internal.retention_partition_store(pydb_internal.draft_add(
            'retention_partition', jsonb_build_object('policy', p_run.subject, 'partition', p_part.relation::bigint,
                'run_id', p_run.run_id, 'state', 'detached')
        ));
        v_turn.part := p_part; -- the next turn does with it what the policy says
    else
        perform pydb_internal.audit_say('retention_finalize', p_run.subject, jsonb_build_object(
            'partition', pydb_internal.relation_name(p_part.relation)
        ), p_run.run_id);
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.retention_partition_finalize(pydb_internal.run_state, pydb_internal.run_part) is
'The part again where a call of this policy had begun the detach; null where somebody else had: then the table stays.';

revoke all on function pydb_internal.retention_partition_finalize(pydb_internal.run_state, pydb_internal.run_part)
    from public;
