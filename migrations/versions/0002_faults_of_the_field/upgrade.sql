drop routine pydb_internal.cascade_edge_problem;

-- what the server said beside its message
alter type pydb_internal.run_state add attribute error_detail text;

-- other arguments, or another result
drop routine pydb_internal.run_log_unstarted;
drop routine pydb_internal.run_react;
drop routine pydb_internal.doctor_cron_launcher;
drop routine pydb_internal.schedule_listed;
-- schedule_status reads it: held for a moment without, so that its grants stay
create or replace view pydb.schedule_status as
select
    null::text as job_name, null::text as policy, null::text as backend, null::text as schedule,
    null::boolean as wanted, null::boolean as present, null::text as drift, null::timestamptz as last_run,
    null::text as last_status, null::text as last_message, null::timestamptz as next_run, null::text as role,
    null::bigint as run_id, null::text as run_state, null::text as run_reason, null::text as kind,
    null::text as subject;
drop routine pydb_internal.schedule_rows;
drop routine pydb_internal.doctor_grants;

update pydb_internal.run_kind
set hint = 'select * from pydb.run_list where kind = ''orphans'' order by id desc limit 10;'
where name in ('orphan_scan', 'orphan_repair');
