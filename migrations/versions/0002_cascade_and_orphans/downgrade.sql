-- destroys: logical references, entities, cascade jobs, orphan findings and quarantined rows
-- the runs they made stay in pydb.job_run
drop table pydb.reference, pydb.entity, pydb.cascade_job, pydb.orphan_finding, pydb.orphan_mark, pydb.orphan_quarantine;
drop type pydb.cascade_chunk, pydb.cascade_step, pydb.cascade_walk, pydb.cascade_part, pydb.cascade_edge;
delete from pydb.setting where name in ('job_run_keep', 'orphan_min_age');
delete from pydb.setting where name in ('cascade_unindexed_rows', 'cascade_unindexed_pages');
comment on column pydb.retention_policy.on_referenced is
'Rows that other rows reference through NO ACTION or RESTRICT: skip leaves and counts them, error stops the run.';
drop routine pydb._retention_delete_rows;
