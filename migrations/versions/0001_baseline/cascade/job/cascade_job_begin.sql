-- pydb_internal.cascade_job_begin (job; by cascade_run_job): open a run of a job; returns the run's state.
-- reads settings   writes pydb.job_run, pydb.cascade_job   locks the live-run key of the job, its row
-- raises YD001 YD306 YD307
create or replace function pydb_internal.cascade_job_begin(p_job bigint, p_deadline timestamptz, p_request uuid)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subject constant text := 'job ' || p_job;
    v_job pydb.cascade_job;
    v_run bigint;
    v_backend_start timestamptz;
    v_held text := case when pydb_internal.setting_get(p_name => 'kill_switch')::boolean then 'kill_switch' end;
begin
    perform pydb_internal.run_close_dead('cascade', v_subject);
    perform pydb_internal.cascade_jobs_due(p_job);
    perform pydb_internal.cascade_check_session();
    if v_held is null then
        select a.backend_start into v_backend_start from pg_stat_activity as a where a.pid = pg_backend_pid();
        v_run := pydb_internal.run_open('cascade', v_subject, false, p_request, v_backend_start);
    end if;
    if v_run is null then
        v_held := coalesce(v_held, 'locked');
        perform pydb_internal.run_log_unstarted('cascade', v_subject, false, p_request, 'skipped', v_held, case v_held
            when 'locked' then 'another session runs this job'
            else 'the kill switch is on: select pydb.retention_resume();' end);
        return jsonb_build_object('job', p_job, 'state', 'skipped', 'reason', v_held, 'done', 0);
    end if;
    v_job := pydb_internal.cascade_job_start(p_job, v_run);
    perform pydb_internal.run_log_plan(
        v_run, v_job.rows_planned - v_job.rows_done, null, jsonb_build_object('job', p_job));
    return jsonb_build_object(
        'job', p_job, 'run', v_run, 'root', v_job.root::oid, 'keys', v_job.keys, 'edges', v_job.edges,
        'signature', v_job.signature, 'deadline', p_deadline, 'rows', 1000, 'done', 0, 'batches', 0, 'tries', 0,
        'retries', 0, 'collect', true, 'idle', 0
    );
end
$$;

comment on function pydb_internal.cascade_job_begin(bigint, timestamptz, uuid) is
'Opens a run of a cascade job and returns its state; logged as skipped where another session runs it or the kill switch
is on.';

revoke all on function pydb_internal.cascade_job_begin(bigint, timestamptz, uuid) from public;
