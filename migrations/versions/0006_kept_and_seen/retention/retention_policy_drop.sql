-- pydb.retention_policy_drop: remove a policy; its log stays; audited.
-- reads and writes pydb.retention_policy   writes pydb.retention_history, pydb.metric_total, pydb.archive_run,
-- pydb.audit_log   locks the policy's row
-- raises YD001 YD002 YD007
create or replace function pydb.retention_policy_drop(p_name text)
returns boolean
language plpgsql
security definer -- see pydb_internal.retention_policy_store
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.retention_policy := pydb_internal.retention_policy_get(p_name);
begin
    perform pydb_internal.run_check_read_write();
    if v_old.builtin then
        raise exception using errcode = 'YD001', message = format('policy %s is pydb''s own', p_name),
            detail = 'It keeps pydb''s own tables small.', hint = format('select pydb.retention_pause(%L);', p_name);
    end if;
    delete from pydb.retention_policy as p where p.name = p_name;
    delete from pydb.retention_history as h where h.policy = p_name;
    perform pydb_internal.archive_export_release(p_name);
    -- its name is free for another one's metrics
    delete from pydb.metric_total as t where t.subsystem = 'retention' and t.subject = p_name;
    perform pydb_internal.audit_add('retention_policy_drop', p_name, jsonb_build_object('old', to_jsonb(v_old)), null);
    perform pydb_internal.run_close_dead(null, null); -- nobody will run it again and find them
    return true;
end
$$;

comment on function pydb.retention_policy_drop(text) is
'Removes a policy and returns true; an unknown name raises YD002. A run of it ends within one batch, its scheduled job
goes with the next schedule_sync, its runs stay in the log.';

revoke all on function pydb.retention_policy_drop(text) from public;
