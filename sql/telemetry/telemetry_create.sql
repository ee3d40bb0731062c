-- pydb.telemetry_create: make the tables, views and policies for the telemetry of an application in a schema of its
-- choice, or change how long rows stay and what is normal.
-- reads the catalog   writes pydb.telemetry, pydb.retention_policy, pydb.audit_log; creates tables
-- locks what it makes
-- raises YD001 YD003 YD004 YD005 YD006 YD007 YD015 YD040 YD101 YD102 YD103 YD107 YD108 YD109 YD118 YD120 YD121 YD122
-- YD501 YD822; warns YD117 YD119
create or replace function pydb.telemetry_create(
    p_schema name default 'telemetry',
    p_request_keep interval default '30 days',
    p_audit_keep interval default '1 year',
    p_job_keep interval default '90 days',
    p_baseline_window interval default '15 minutes',
    p_max_error_share numeric default 0.01,
    p_max_p95 interval default '750 milliseconds',
    p_max_failed_share numeric default 0.02,
    p_min_rows integer default 20,
    p_schedule text default '40 3 * * *',
    p_now timestamptz default null
)
returns pydb.telemetry
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    c_tables constant text[] := array['request_telemetry', 'audit_event', 'job_telemetry'];
    v_keeps constant interval[] := array[p_request_keep, p_audit_keep, p_job_keep];
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    v_new pydb.telemetry;
    v_table regclass;
    v_statement text;
    v_unit text;
begin
    perform pydb_internal.run_check_read_write();
    v_new.name := p_schema::text;
    v_new.baseline_window := p_baseline_window;
    v_new.max_error_share := p_max_error_share;
    v_new.max_p95 := p_max_p95;
    v_new.max_failed_share := p_max_failed_share;
    v_new.min_rows := p_min_rows;
    v_new.schedule := p_schedule;
    perform pydb_internal.telemetry_check_create(v_new, v_keeps);
    if p_schedule is not null then
        perform pydb_internal.cron_check(p_schedule);
    end if;
    if to_regnamespace(quote_ident(p_schema)) is null then
        execute format('create schema %I', p_schema);
    end if;
    for i in 1 .. 3 loop
        if to_regclass(format('%I.%I', p_schema, c_tables[i])) is null then
            foreach v_statement in array pydb_internal.telemetry_statements(p_schema, c_tables[i]) loop
                execute v_statement;
            end loop;
        end if;
    end loop;
    foreach v_statement in array pydb_internal.telemetry_view_statements(p_schema) loop
        execute v_statement;
    end loop;
    v_new.request_table := to_regclass(format('%I.request_telemetry', p_schema));
    v_new.audit_table := to_regclass(format('%I.audit_event', p_schema));
    v_new.job_table := to_regclass(format('%I.job_telemetry', p_schema));
    v_new := pydb_internal.telemetry_store(v_new);
    for i in 1 .. 3 loop
        v_unit := pydb_internal.telemetry_unit(v_keeps[i]);
        v_table := to_regclass(format('%I.%I', p_schema, c_tables[i]));
        perform pydb_internal.telemetry_extend(v_table, v_unit, v_now);
        -- soon after a partition begins, so that they go as a whole and hardly a row alone; and no fuse: whoever was
        -- off for long finds much expired
        perform pydb.retention_policy_set(
            p_name => format('%s.%s', p_schema, c_tables[i]), p_table => v_table, p_time_column => 'recorded_at',
            p_keep => v_keeps[i], p_action => 'drop_partition', p_fuse_share => 1,
            p_schedule => case v_unit when 'day' then '1 0 * * *' else '1 0 1 * *' end
        );
    end loop;
    return v_new;
end
$$;

comment on function pydb.telemetry_create(
    name, interval, interval, interval, interval, numeric, interval, numeric, integer, text, timestamptz
) is
'Makes request_telemetry, audit_event and job_telemetry in a schema (created if it is not there), partitioned by
recorded_at (by day where rows stay up to 100 days, else by month), with the views recent_error, slowest_route,
failed_job and privileged_mutation, the partitions of the next telemetry_ahead, and a policy SCHEMA.TABLE each that
drops partitions: p_request_keep, p_audit_keep, p_job_keep. Called again it changes what is given and makes what is
missing. Baselines for health, over p_baseline_window: at most p_max_error_share of answers are 5xx, 95 of 100 requests
take less than p_max_p95, at most p_max_failed_share of jobs fail; of fewer than p_min_rows nothing is judged.
p_schedule: of the job that makes partitions (cron, UTC). The tables belong to the caller; who writes needs INSERT on
them.';

revoke all on function pydb.telemetry_create(
    name, interval, interval, interval, interval, numeric, interval, numeric, integer, text, timestamptz
) from public;
