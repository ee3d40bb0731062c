-- pydb_internal.orphan_begin (run; by orphan_walk): open the run of a scan or a repair, unless something says that
-- there is nothing to start.
-- reads settings   writes pydb.job_run   locks the live-run key of the subject
-- raises nothing
create or replace function pydb_internal.orphan_begin(p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subject constant text := p_walk ->> 'subject';
    v_dry_run constant boolean := (p_walk ->> 'dry_run')::boolean;
    v_request constant uuid := (p_walk ->> 'request')::uuid;
    v_run bigint;
    v_reason text := 'locked';
    v_error text;
    v_backend_start timestamptz;
begin
    select a.backend_start into v_backend_start from pg_stat_activity as a where a.pid = pg_backend_pid();
    perform pydb_internal.run_close_dead('orphans', v_subject);
    if p_walk ->> 'task' = 'repair' and not v_dry_run
        and pydb_internal.setting_get(p_name => 'kill_switch')::boolean then
        v_reason := 'kill_switch';
        v_error := 'the kill switch is on: select pydb.retention_resume();';
    else
        v_run := pydb_internal.run_open('orphans', v_subject, v_dry_run, v_request, v_backend_start);
    end if;
    if v_run is null then
        v_error := coalesce(v_error, (
            select format('run %s of the same is live (pid %s)', r.id, r.pid)
            from pydb_internal.run_live('orphans', v_subject) as r limit 1
        ), 'another run of the same is live');
        v_run :=
            pydb_internal.run_log_unstarted('orphans', v_subject, v_dry_run, v_request, 'skipped', v_reason, v_error);
        p_walk := p_walk || jsonb_build_object('state', 'skipped', 'reason', v_reason, 'error', v_error);
    end if;
    return p_walk || jsonb_build_object('run', v_run);
end
$$;

comment on function pydb_internal.orphan_begin(jsonb) is
'Opens the run of a walk; where the same is running already, or the kill switch is on, it is logged as skipped.';

revoke all on function pydb_internal.orphan_begin(jsonb) from public;
