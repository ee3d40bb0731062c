-- pydb.retention_pause: stop a policy, or all deleting, within one batch, until retention_resume; audited.
-- reads and writes pydb.retention_policy or pydb.setting   writes pydb.audit_log   locks the row it changes
-- raises YD002 YD007
create or replace function pydb.retention_pause(p_policy text default null, p_reason text default null)
returns text
language plpgsql
security definer -- see pydb_internal.retention_policy_store
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.run_check_read_write();
    if p_policy is null then
        perform pydb.setting_set('kill_switch', 'on');
        perform pydb_internal.audit_add('retention_pause', 'all', jsonb_build_object('reason', p_reason), null);
        return 'the kill switch is on: no run deletes anything until pydb.retention_resume()';
    end if;
    perform pydb_internal.retention_policy_get(p_policy);
    update pydb.retention_policy as p
    set paused_at = clock_timestamp(), paused_by = session_user, paused_reason = p_reason
    where p.name = p_policy;
    perform pydb_internal.audit_add('retention_pause', p_policy, jsonb_build_object('reason', p_reason), null);
    return format('policy %s is paused until pydb.retention_resume(%L)', p_policy, p_policy);
end
$$;

comment on function pydb.retention_pause(text, text) is
'Pauses one policy, or turns the kill switch on (null): runs in flight end after their current batch. Returns a
sentence.';

revoke all on function pydb.retention_pause(text, text) from public;
