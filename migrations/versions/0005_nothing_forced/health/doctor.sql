-- pydb.doctor: what is set up, what is missing, and the line that mends it.
-- reads the catalogs, pg_settings, pg_stat_activity, cron.*, pydb's tables   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.doctor(p_cron jsonb default null)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cron constant jsonb := coalesce(p_cron, pydb_internal.schedule_cron());
begin
    return query select d.* from pydb_internal.doctor_server() as d;
    return query select d.* from pydb_internal.doctor_pydb() as d;
    return query select d.* from pydb_internal.doctor_guard() as d;
    return query select d.* from pydb_internal.doctor_seal() as d;
    return query select d.* from pydb_internal.doctor_scheduler(v_cron) as d;
    return query select d.* from pydb_internal.doctor_cron(v_cron) as d;
    return query select d.* from pydb_internal.doctor_cron_connection(v_cron) as d;
    return query select d.* from pydb_internal.doctor_sources() as d;
    return query select d.* from pydb_internal.doctor_jobs(v_cron) as d;
    return query select d.* from pydb_internal.doctor_runs() as d;
    return query select d.* from pydb_internal.doctor_failures(v_cron) as d;
    return query select d.* from pydb_internal.doctor_rights(v_cron) as d;
    return query select d.* from pydb_internal.doctor_keys() as d;
    return query select d.* from pydb_internal.doctor_cascade() as d;
    return query select d.* from pydb_internal.doctor_idempotency() as d;
    return query select d.* from pydb_internal.doctor_archive() as d;
    return query select d.* from pydb_internal.doctor_governor() as d;
end
$$;

comment on function pydb.doctor(jsonb) is
'One row a finding: component, status (ok, degraded, error, unknown), reason_code, what was seen, and the line that
mends it. p_cron is given by `pydb doctor` where pg_cron lives in another database. Overall: error before unknown
before degraded before ok.';

revoke all on function pydb.doctor(jsonb) from public;
