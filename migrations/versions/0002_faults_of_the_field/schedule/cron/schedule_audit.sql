-- pydb_internal.schedule_audit (cron): write what a sync did to the audit log, one row a job that it changed.
-- writes pydb.audit_log   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_audit(p_actions jsonb)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_action jsonb;
    v_count integer := 0;
begin
    for v_action in select a from jsonb_array_elements(coalesce(p_actions, '[]')) as a loop
        continue when v_action ->> 'action' = 'keep';
        perform pydb_internal.audit_say('schedule_sync', v_action ->> 'job_name', v_action, null);
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;

comment on function pydb_internal.schedule_audit(jsonb) is
'Writes the actions of a sync (rows of pydb_internal.schedule_plan) to pydb.audit_log, except keep; returns how many.';

revoke all on function pydb_internal.schedule_audit(jsonb) from public;
