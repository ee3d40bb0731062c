-- pydb_internal.schedule_conflict (jobs): why pydb schedule run must not fire jobs here, or null.
-- reads pydb.setting, pydb.schedule_source, cron.job   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_conflict(p_cron jsonb default null)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chosen constant text := pydb_internal.setting_get(p_name => 'schedule_backend');
    v_jobs bigint;
begin
    if pg_is_in_recovery() then
        return 'this server is a standby: nothing runs here until it is promoted';
    end if;
    if v_chosen in ('pg_cron', 'external') then
        return 'the setting schedule_backend says ' || v_chosen;
    end if;
    if v_chosen = 'pydb' then
        return null;
    end if;
    select count(*) into v_jobs
    from pydb_internal.schedule_present(coalesce(p_cron, pydb_internal.schedule_cron())) as p
    where p.active and p.is_ours;
    if v_jobs > 0 then
        return format('pg_cron already fires the jobs of this database (%s of them)', v_jobs);
    end if;
    return null;
end
$$;

comment on function pydb_internal.schedule_conflict(jsonb) is
'Why `pydb schedule run` must not fire jobs in this database at present: standby, or another does; null = it may.';

revoke all on function pydb_internal.schedule_conflict(jsonb) from public;
