insert into pydb.setting (name, value, description) values
('job_run_keep', '90 days', 'ended runs stay in job_run this long; null = for ever (interval, 1 day to 100 years)');
comment on column pydb.retention_policy.on_referenced is
'Rows that other rows reference through NO ACTION or RESTRICT: skip leaves and counts them, error stops the run, '
'cascade deletes what references them too, whatever its age.';
drop routine pydb._retention_delete_rows;
