-- pydb_internal.health_cron (check): what pg_cron in this database holds of ours, as the owner of pydb sees it.
-- reads cron.job, cron.job_run_details   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_cron()
returns jsonb
language sql
stable
security definer -- pg_cron shows a role its own jobs alone; whether those of pydb are there is for everybody who asks
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.schedule_cron();
$$;

comment on function pydb_internal.health_cron() is
'pydb_internal.schedule_cron() with the rights of the owner of pydb: those who only look see pydb''s jobs too.';

revoke all on function pydb_internal.health_cron() from public;
