-- pydb_internal.schedule_cron (cron): what pg_cron in this database holds of ours, or null where there is no pg_cron to
-- read.
-- reads cron.job, cron.job_run_details   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_cron()
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = on
as $$
declare
    v_cron jsonb;
begin
    -- not to_regclass(): it raises where the role lacks USAGE on the schema, and finds what others called so
    if pydb_internal.extension_relation('pg_cron', 'cron', 'job') is null
        or pydb_internal.extension_relation('pg_cron', 'cron', 'job_run_details') is null
        or not exists (select from pg_namespace as n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
    then
        return null;
    end if;
    execute pydb_internal.schedule_cron_query() into v_cron;
    return v_cron;
end
$$;

comment on function pydb_internal.schedule_cron() is
'Our jobs in pg_cron and the last run of each, as the document of schedule_cron_query(); null where pg_cron is
not in this database or this role has no right to its schema.';

revoke all on function pydb_internal.schedule_cron() from public;
