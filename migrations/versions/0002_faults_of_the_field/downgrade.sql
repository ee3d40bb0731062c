drop routine pydb_internal.cascade_edge_problem;

alter type pydb_internal.run_state drop attribute error_detail;

drop routine pydb_internal.run_log_unstarted;
drop routine pydb_internal.run_react;
drop view pydb.retention_job_log;
drop routine pydb_internal.doctor_cron_launcher;
drop routine pydb_internal.schedule_listed;
-- schedule_status reads it
drop view pydb.schedule_status;
drop routine pydb_internal.schedule_rows;
drop routine pydb_internal.doctor_grants;

update pydb_internal.run_kind
set hint = 'select * from pydb.job_run where kind = ''orphans'' order by id desc limit 10;'
where name in ('orphan_scan', 'orphan_repair');
