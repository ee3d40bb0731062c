create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

alter table pydb.retention_policy drop constraint retention_policy_action_check;

alter table pydb.retention_policy add constraint retention_policy_action_check check (
    action in ('delete', 'archive', 'nullify', 'drop_partition', 'export')
);

comment on column pydb.retention_policy.action is
'delete, or export (to files, by pydb archive export); archive, nullify and drop_partition are reserved.';

insert into pydb_internal.run_kind (name, job_kind, label, has_terms, audit_action, hint) values
('export', 'retention', 'policy %s', true, 'retention_export_run',
    'select * from pydb.retention_job_log order by id desc limit 10;');
