-- pydb_internal.audit_say (audit): append what a routine did that runs with the rights of its caller.
-- writes pydb.audit_log   locks nothing
-- raises YD005
create or replace function pydb_internal.audit_say(p_action text, p_subject text, p_arguments jsonb, p_run_id bigint)
returns void
language plpgsql
security definer -- callers may add these rows here and nothing else
set search_path = pg_catalog, pg_temp
as $$
begin
    -- what routines of the owner do themselves they enter themselves, and what runs do is entered as they are closed
    if p_action is null
        or p_action not in (
            'retention_batch', 'retention_finalize', 'orphan_restore', 'orphan_close', 'schedule_sync',
            'archive_import', 'hold_refuse'
        )
    then
        raise exception using errcode = 'YD005', message = format('%L is not for its caller to enter', p_action),
            detail = 'Only the routine that does it can enter it into pydb.audit_log.', hint = '\df pydb.*';
    end if;
    perform pydb_internal.audit_add(p_action, p_subject, p_arguments, p_run_id);
end
$$;

comment on function pydb_internal.audit_say(text, text, jsonb, bigint) is
'Appends an event of the few kinds that happen with the rights of the caller; YD005 for any other. The statement that it
came from is noted with it.';

revoke all on function pydb_internal.audit_say(text, text, jsonb, bigint) from public;
