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

alter type pydb_internal.retention_work add attribute fault_place text;
comment on column pydb_internal.retention_work.fault_place is 'In which code of the application it was raised.';
