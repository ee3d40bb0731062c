-- pydb_internal.schedule_is_ours (jobs): was a job of pg_cron written by schedule_sync for this database.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_is_ours(p_job_name text, p_command text, p_database text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    select case
        when p_command = pydb_internal.schedule_prune_statement(interval '30 days', 10000)
            then p_job_name = pydb_internal.schedule_job_name(null)
        else
            p_database = current_database()
            and pydb_internal.schedule_is_command(p_command)
            and p_job_name = pydb_internal.schedule_job_name(pydb_internal.schedule_command_policy(p_command))
    end
$function$;

comment on function pydb_internal.schedule_is_ours(text, text, text) is
'True if the job''s name is the one that schedule_sync gives to its command in this database.';

revoke all on function pydb_internal.schedule_is_ours(text, text, text) from public;
