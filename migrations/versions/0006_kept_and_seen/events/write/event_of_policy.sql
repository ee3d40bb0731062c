-- pydb_internal.event_of_policy (write; trigger): trigger that writes an event where a policy was set, dropped, paused,
-- resumed or approved: whatever enters that into the audit log.
-- reads settings   writes pydb_internal.event_waiting   locks nothing
-- raises nothing
create or replace function pydb_internal.event_of_policy()
returns trigger
language plpgsql
security definer -- whoever may set a policy; what is written is the name of the policy and what was done
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.event_add('policies', jsonb_build_object('policy', new.subject, 'change', new.action));
    return null;
end
$$;

comment on function pydb_internal.event_of_policy() is
'Writes an event of topic policies: policy, change (the action of the audit log).';

revoke all on function pydb_internal.event_of_policy() from public;

create or replace trigger audit_log_policy_event
after insert on pydb.audit_log
for each row when (
    new.action in (
        'retention_policy_set', 'retention_policy_drop', 'retention_pause', 'retention_resume', 'policy_approve'
    )
) execute function pydb_internal.event_of_policy();
