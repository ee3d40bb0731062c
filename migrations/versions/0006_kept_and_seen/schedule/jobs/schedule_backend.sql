-- pydb_internal.schedule_backend (jobs): who fires the schedules of this database: pg_cron, pydb (pydb schedule run),
-- external (something that pydb does not see) or none.
-- reads pydb.setting, pydb.scheduler, pg_settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_backend(p_cron jsonb)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when s.chosen in ('pg_cron', 'external') then s.chosen
        when s.chosen = 'auto' and jsonb_array_length(p_cron -> 'jobs') > 0 then 'pg_cron'
        when s.process then 'pydb'
        when s.chosen = 'pydb' then 'none'
        -- nothing there yet: pg_cron is the one that schedule_sync would use
        when p_cron is not null or s.place in ('here', 'elsewhere', 'not_created') then 'pg_cron'
        else 'none'
    end
    from (
        select
            pydb_internal.setting_get(p_name => 'schedule_backend') as chosen,
            pydb_internal.scheduler_alive() as process,
            (select p.place from pydb_internal.schedule_place() as p) as place
    ) as s
$$;

comment on function pydb_internal.schedule_backend(jsonb) is
'pg_cron, pydb (a `pydb schedule run` with a fresh heartbeat), external (somebody said so) or none, by the setting
schedule_backend and by what is there. p_cron = document of pydb_internal.schedule_cron_query(), null where pg_cron
cannot be read.';

revoke all on function pydb_internal.schedule_backend(jsonb) from public;
