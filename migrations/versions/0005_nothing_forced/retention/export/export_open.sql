-- pydb_internal.export_open (export; by retention_export_run): hook of export runs: check and count as any run of the
-- policy; then wait for files, and at the end say what stayed.
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
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_of(p_run);
    v_turn pydb_internal.run_turn;
    v_part pydb_internal.run_part;
    v_left bigint;
begin
    if 'export' not in (v_policy.action, coalesce(v_policy.partition_first, '')) then
        raise exception using errcode = 'YD621', message = format('policy %s does not export', v_policy.name),
            detail = format('Its action is %s.', v_policy.action),
            hint = 'Set it again with p_action => ''export''; pydb retention run does what it says now.';
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
    v_turn := pydb_internal.retention_open(p_run, null);
    if (v_turn.run).state is null and (v_turn.run).work ->> 'way' <> 'plain' then
        v_turn.run.state := 'blocked';
        v_turn.run.reason := 'referenced';
        v_turn.run.sqlstate := 'YD621';
        v_turn.run.error := format('rows of other tables would go along with those of %s, and no file would hold them',
            pydb_internal.relation_name(v_policy.target));
        v_turn.run.hint := 'Set the policy again with p_action => ''archive'', which keeps all that goes; then '
            'take what its run has archived to files: pydb archive export --run RUN --to DIRECTORY';
        v_turn.run.due := p_run.done;
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
'First: the checks and the count of retention_open, then one part that waits for verified files; blocked where rows of
other tables would go along. Later: another pass over what was locked, or the end.';

revoke all on function pydb_internal.export_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
