-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at);

-- cascade: a purge looks again for copies where its archives have been given any
alter type pydb_internal.cascade_work add attribute sources oid[];
alter type pydb_internal.cascade_work add attribute mark text;
comment on column pydb_internal.cascade_work.sources is 'Tables whose archives can hold copies of its rows.';
comment on column pydb_internal.cascade_work.mark is
'What these archives had been given when it last looked for copies.';

-- archive: by which column rows expired, for "from when to when"
alter table pydb.archive_run add column time_column name;
comment on column pydb.archive_run.time_column is
'Column of the archive by which a policy let the rows expire; null = they went along, or it is no date or timestamp.';
