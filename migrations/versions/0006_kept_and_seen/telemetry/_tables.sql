-- pydb telemetry tables: which schemas have tables for the telemetry of applications, and what is normal there.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, description) values
(
    'telemetry_ahead', '7 days', 'interval', false, '1 day', '1 year',
    'partitions of telemetry are made for this time to come (interval, 1 day to 1 year)'
);

insert into pydb.schedule_source (procedure, kind, subjects, job_prefix, description) values
(
    'telemetry_run', 'telemetry', 'pydb_internal.telemetry_schedules', 'pydb.telemetry_run',
    'makes the partitions of telemetry tables that come next'
);

create table pydb.telemetry (
    name text not null,
    request_table regclass not null,
    audit_table regclass not null,
    job_table regclass not null,
    baseline_window interval not null,
    max_error_share numeric not null,
    max_p95 interval not null,
    max_failed_share numeric not null,
    min_rows integer not null,
    schedule text,
    author text not null default session_user,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now(),
    constraint telemetry_pkey primary key (name),
    constraint telemetry_request_table_key unique (request_table),
    constraint telemetry_baseline_window_check check (baseline_window > interval '0'),
    constraint telemetry_max_error_share_check check (max_error_share >= 0 and max_error_share <= 1),
    constraint telemetry_max_p95_check check (max_p95 > interval '0'),
    constraint telemetry_max_failed_share_check check (max_failed_share >= 0 and max_failed_share <= 1),
    constraint telemetry_min_rows_check check (min_rows >= 1)
);

comment on table pydb.telemetry is
'One row a schema in which pydb.telemetry_create made tables for the telemetry of applications, with the baselines that
health compares with.';
comment on column pydb.telemetry.name is
'The schema, as it was called then; the job that makes partitions is called so too.';
comment on column pydb.telemetry.request_table is 'Its request_telemetry: answers to requests, sampled.';
comment on column pydb.telemetry.audit_table is 'Its audit_event: requests that change something.';
comment on column pydb.telemetry.job_table is 'Its job_telemetry: what became of jobs.';
comment on column pydb.telemetry.baseline_window is 'Baselines are about the time since so long ago.';
comment on column pydb.telemetry.max_error_share is 'Share of answers 5xx that is normal at most.';
comment on column pydb.telemetry.max_p95 is 'Duration that 95 of 100 requests stay under where all is normal.';
comment on column pydb.telemetry.max_failed_share is 'Share of ended jobs that failed that is normal at most.';
comment on column pydb.telemetry.min_rows is
'Of fewer requests or jobs than that a share says nothing, and is not judged.';
comment on column pydb.telemetry.schedule is 'Cron schedule of the job that makes partitions (UTC); null = none.';
comment on column pydb.telemetry.author is 'Login role that made it.';
comment on column pydb.telemetry.created_at is 'When it was made.';
comment on column pydb.telemetry.updated_at is 'When its definition last changed.';

revoke all on pydb.telemetry from public;
