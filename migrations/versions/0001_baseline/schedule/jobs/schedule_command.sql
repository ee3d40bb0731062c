-- pydb_internal.schedule_command (jobs; by schedule_wanted): what the job of a policy runs: exactly one CALL.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_command(p_policy text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    -- Anything before or after the CALL would put it into a transaction, and its first COMMIT would fail with 2D000.
    select case
        when p_policy is null then 'call pydb.schedule_prune()'
        else format('call pydb.retention_run(%L)', p_policy)
    end
$function$;

comment on function pydb_internal.schedule_command(text) is
'Command of a policy''s job, one bare CALL; null = the housekeeping job.';

revoke all on function pydb_internal.schedule_command(text) from public;
