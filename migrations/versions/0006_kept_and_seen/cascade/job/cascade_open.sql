-- pydb_internal.cascade_open (job; by cascade_run): hook of cascade jobs: check the session, note that the job has
-- started; then look what is left, again and again, until nothing is.
-- reads the root and what references it   writes pydb.cascade_job, pydb.job_run   locks the job's row
-- raises YD001 YD003 YD004 YD005 YD301 YD302 YD304 YD306 YD307 YD841
create or replace function pydb_internal.cascade_open(
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_job pydb.cascade_job;
    v_work pydb_internal.cascade_work;
    v_turn pydb_internal.run_turn;
begin
    if p_parts is not null then
        return pydb_internal.cascade_next_pass(p_run, p_parts);
    end if;
    perform pydb_internal.cascade_check_session();
    v_job := pydb_internal.cascade_job_start(substring(p_run.subject from '\d+$')::bigint, p_run.run_id);
    perform pydb_internal.cascade_check_shape(v_job.entity);
    p_run.due := v_job.rows_planned - v_job.rows_done;
    perform pydb_internal.run_log_plan(p_run.run_id, p_run.due, null, jsonb_strip_nulls(jsonb_build_object(
        'job', v_job.id, 'purge', nullif(v_job.purge, false)
    )));
    perform pydb_internal.run_log_superuser(p_run.run_id, array[v_job.root::oid], true);
    v_work := row(
        v_job.id, v_job.root, v_job.edges, v_job.signature, 1000, 100, -1, 0, v_job.allow_triggers,
        v_job.purge, case when v_job.purge then array(
            select pydb_internal.archive_top(v_job.root)
            union
            select pydb_internal.archive_top(e.child)
            from pydb_internal.cascade_copy_edges(v_job.root, '{}', coalesce(v_job.edges, '{}')) as e
        ) end, null, null
    )::pydb_internal.cascade_work;
    p_run.work := to_jsonb(v_work);
    v_turn.run := p_run;
    -- that it has started is committed before anything is looked at
    v_turn.parts := '{}'::pydb_internal.run_part[];
    return v_turn;
end
$$;

comment on function pydb_internal.cascade_open(pydb_internal.run_state, pydb_internal.run_part[]) is
'Without parts: starts the job, with none to do yet. With the parts of a pass that is through: those of the next, or the
end of the run.';

revoke all on function pydb_internal.cascade_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
