create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

-- retention_policy: the watermark
alter table pydb.retention_policy add column watermark_table regclass;
alter table pydb.retention_policy add column watermark_column name;
alter table pydb.retention_policy add column watermark_pick text not null default 'max';
alter table pydb.retention_policy add column watermark_filter text;
alter table pydb.retention_policy add column watermark_function text;
alter table pydb.retention_policy add constraint retention_policy_watermark_check check (
    (watermark_table is null) = (watermark_column is null) and num_nonnulls(watermark_table, watermark_function) < 2
    and watermark_pick in ('max', 'min') and (watermark_filter is null or watermark_table is not null)
);
comment on column pydb.retention_policy.watermark_table is
'Table whose column tells up to when rows may go: what is summed up, copied or sent. No row from then on expires.';
comment on column pydb.retention_policy.watermark_column is 'Its column.';
comment on column pydb.retention_policy.watermark_pick is 'max or min: which of its values.';
comment on column pydb.retention_policy.watermark_filter is
'Only the rows of watermark_table for which this holds; as the server understood it.';
comment on column pydb.retention_policy.watermark_function is
'Function without arguments that tells it instead of a table.';
drop routine pydb.retention_policy_set;

create type pydb_internal.retention_aspect as (
    aspect text,
    state text,
    value text,
    at timestamptz,
    meaning text,
    hint text
);
comment on type pydb_internal.retention_aspect is 'A line of retention_policy_explain.';
comment on column pydb_internal.retention_aspect.aspect is 'What it is about: keep, watermark, fuse.';
comment on column pydb_internal.retention_aspect.state is
'holds (it decides what a run does now), ok (in force), off (not set) or blocks (a run would delete nothing).';
comment on column pydb_internal.retention_aspect.value is 'What it is set to.';
comment on column pydb_internal.retention_aspect.at is 'The moment that it gives.';
comment on column pydb_internal.retention_aspect.meaning is 'What that means, as a sentence.';
comment on column pydb_internal.retention_aspect.hint is 'What to type where it blocks.';
alter table pydb.retention_policy drop constraint retention_policy_action_check;

alter table pydb.retention_policy add constraint retention_policy_action_check check (
    action in ('delete', 'archive', 'nullify', 'drop_partition', 'export')
);

comment on column pydb.retention_policy.action is
'delete, or export (to files, by pydb archive export); archive, nullify and drop_partition are reserved.';

insert into pydb_internal.run_kind (name, job_kind, label, has_terms, audit_action, hint) values
('export', 'retention', 'policy %s', true, 'retention_export_run',
    'select * from pydb.retention_job_log order by id desc limit 10;');
alter table pydb.reference add column author_role regrole;

comment on column pydb.reference.author_role is
'The role that set it, whatever it is called now; its conditions run only as a role that this one could become.';

update pydb.reference as f set author_role = r.oid
from pg_catalog.pg_roles as r
where r.rolname = f.author;

drop routine pydb_internal.retention_references;
-- cascade: what triggers delete is accepted by jobs too
drop routine pydb.cascade_request;
drop routine pydb_internal.cascade_check_job;
drop routine pydb_internal.cascade_check_trial;
drop routine pydb_internal.cascade_trial;
drop routine pydb_internal.cascade_job_delete;
drop routine pydb_internal.cascade_job_batch;
drop routine pydb_internal.cascade_job_progress;
alter table pydb.cascade_job
add column allow_triggers boolean not null default false, add column triggered jsonb not null default '{}'::jsonb;
comment on column pydb.cascade_job.allow_triggers is
'True: what triggers delete beyond the plan is accepted, in each batch.';
comment on column pydb.cascade_job.triggered is
'Object: relation → rows that triggers deleted beyond what the batches were to take; they count in relations too.';
alter type pydb_internal.cascade_work add attribute allow_triggers boolean;
comment on column pydb_internal.cascade_work.allow_triggers is
'True: what triggers delete beyond the plan is accepted.';

-- cascade: the state of a delete by typed arguments
drop routine pydb_internal.run_log_done;
