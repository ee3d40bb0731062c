-- pydb_internal.schedule_statements (cron; by schedule_changes): the statements that make a job of pg_cron what it
-- should be.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_statements(
    p_cron jsonb,
    p_anew bigint,
    p_job_name text,
    p_schedule text,
    p_command text,
    p_database text,
    p_role text
)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when p_anew is null then '{}' else array[format('select cron.unschedule(%s)', p_anew)] end || case
        when p_database = p_cron ->> 'database' and p_role = p_cron ->> 'role'
            then format('select cron.schedule(%L, %L, %L)', p_job_name, p_schedule, p_command)
        else format(
            'select cron.schedule_in_database(%L, %L, %L, %L, %L)', p_job_name, p_schedule, p_command, p_database,
            p_role
        )
    end
$$;

comment on function pydb_internal.schedule_statements(jsonb, bigint, text, text, text, text, text) is
'Statements that create or change a job where pg_cron lives, for the role that p_cron was read as; p_anew = the job that
is removed first.';

revoke all on function pydb_internal.schedule_statements(jsonb, bigint, text, text, text, text, text) from public;
