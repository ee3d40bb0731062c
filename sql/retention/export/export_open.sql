-- pydb_internal.export_open (export; by retention_export_run): hook of export runs: check and count as any run of the
-- policy; then wait for files, and at the end say what stayed. Where rows of other tables go along, it archives.
-- reads the target and its children   writes pydb.job_run, pydb_internal.archive_chunk   locks the run's row
-- raises YD621, and what retention_open raises
create or replace function pydb_internal.export_open(
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy := pydb_internal.retention_policy_of(p_run);
    v_turn pydb_internal.run_turn;
    v_part pydb_internal.run_part;
    v_left bigint;
begin
    if p_parts is null then -- at its start, and when the table or the policy was changed
        p_run.work := coalesce(p_run.work, '{}') || '{"first_way": "plain"}';
        v_policy := pydb_internal.retention_policy_of(p_run);
    end if;
    if 'export' not in (v_policy.action, coalesce(v_policy.partition_first, ''))
        and (p_parts is null or v_policy.action <> 'archive')
    then
        raise exception using errcode = 'YD621', message = format('policy %s does not export', v_policy.name),
            detail = format('Its action is %s.', v_policy.action),
            hint = 'Set it again with p_action => ''export''; pydb retention run does what it says now.';
    elsif p_parts is not null and v_policy.action = 'archive' then
        return pydb_internal.retention_open(p_run, p_parts);
    elsif p_parts is not null then
        perform pydb_internal.retention_check_author(v_policy);
        v_turn := pydb_internal.retention_next_pass(v_policy, p_run, p_parts);
        v_turn := pydb_internal.retention_save_empty(v_policy, v_turn, p_parts);
        if (v_turn.run).state is null then
            return v_turn;
        end if;
        v_left := pydb_internal.archive_chunk_clear(p_run.run_id);
        if (v_turn.run).state = 'completed' and p_run.done < p_run.due then
            v_turn.run := pydb_internal.export_verify(v_policy, v_turn.run, v_left);
        end if;
        v_turn.run := pydb_internal.retention_verify_foreign(v_policy, v_turn.run);
        return v_turn;
    end if;
    if v_policy.action = 'export' then
        p_run.work := p_run.work
            || jsonb_build_object('first_way', (pydb_internal.retention_reach(v_policy)).way);
    end if;
    v_turn := pydb_internal.retention_open(p_run, null);
    if (v_turn.run).work ->> 'first_way' <> 'plain' then
        return v_turn; -- no file would hold what goes along: parts as of a run that archives
    end if;
    if (v_turn.run).state is null and cardinality(v_turn.parts) > 0 then
        v_part.strategy := 'whole';
        v_part.is_ended := false;
        v_turn.parts := array[v_part];
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.export_open(pydb_internal.run_state, pydb_internal.run_part[]) is
'First: the checks and the count of retention_open, then one part that waits for verified files; where rows of other
tables go along, the parts of a run that archives. Later: another pass over what was
locked, or the end.';

revoke all on function pydb_internal.export_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
