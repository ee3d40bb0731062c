-- pydb.retention_resume: take back retention_pause; audited.
-- reads and writes pydb.retention_policy or pydb.setting   writes pydb.audit_log   locks the row it changes
-- raises YD002 YD007
create or replace function pydb.retention_resume(p_policy text default null)
returns text
language plpgsql
security definer -- see pydb_internal.retention_policy_store
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.run_check_read_write();
    if p_policy is null then
        perform pydb.setting_set('kill_switch', 'off');
        perform pydb_internal.audit_add('retention_resume', 'all', '{}'::jsonb, null);
        return 'the kill switch is off';
    end if;
    perform pydb_internal.retention_policy_get(p_policy);
    update pydb.retention_policy as p
    set paused_at = null, paused_by = null, paused_reason = null
    where p.name = p_policy;
    perform pydb_internal.audit_add('retention_resume', p_policy, '{}'::jsonb, null);
    return format('policy %s is no longer paused', p_policy);
end
$$;

comment on function pydb.retention_resume(text) is
'Ends the pause of one policy, or turns the kill switch off (null). Returns a sentence.';

revoke all on function pydb.retention_resume(text) from public;
