-- pydb_internal.retention_partition_close (partition; by retention_open): the end of a run that drops partitions, in
-- words.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_close(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work constant pydb_internal.retention_work := jsonb_populate_record(
        null::pydb_internal.retention_work, p_run.work
    );
    v_parts constant bigint := coalesce(v_work.parts_done, 0);
begin
    if p_run.state is null then
        return p_run;
    end if;
    p_run.said := format('%s partition%s %s (%s), %s deleted', v_parts, case v_parts when 1 then '' else 's' end,
        case p_policy.partition when 'drop' then case
            when p_policy.partition_first = 'archive' then 'archived and dropped' else 'dropped'
        end when 'keep' then 'detached' else 'moved' end,
        pydb_internal.rows_text(coalesce(v_work.parts_rows, 0)),
        pydb_internal.rows_text(p_run.done - coalesce(v_work.parts_rows, 0)));
    if v_work.parts_stuck > 0 and coalesce(v_work.faulty, 0) = 0 then
        p_run.state := 'partial';
        p_run.reason := 'locked';
        p_run.sqlstate := '55P03';
        p_run.error := format('%s partition%s in use all the time, the last: %s', v_work.parts_stuck,
            case v_work.parts_stuck when 1 then '' else 's' end, p_run.error);
        p_run.detail := coalesce(p_run.detail, '{}') || jsonb_build_object('in_use', to_jsonb(p_run.notes));
    elsif v_work.parts_waiting > 0 and p_run.state = 'completed' then
        p_run.state := 'partial';
        p_run.reason := 'error';
        p_run.sqlstate := 'YD621';
        p_run.error := format('%s partition%s detached, and nobody has exported the rows', v_work.parts_waiting,
            case v_work.parts_waiting when 1 then ' is' else 's are' end);
        p_run.hint := pydb_internal.shell_command('pydb archive export', array[p_policy.name], '--to DIRECTORY');
        p_run.detail := coalesce(p_run.detail, '{}') || jsonb_build_object('waiting_export', v_work.parts_waiting);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.retention_partition_close(pydb.retention_policy, pydb_internal.run_state) is
'The run with a sentence of its partitions and rows; partial (locked) where a partition stayed because it was in use:
detail.in_use names up to ten of them; partial (error, YD621) where detached ones wait for an export.';

revoke all on function pydb_internal.retention_partition_close(pydb.retention_policy, pydb_internal.run_state)
    from public;
