-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at);

-- holds: what is held of a table is asked once for all of its relations
create type pydb_internal.hold_rule as (
    free text,
    held text,
    until timestamptz
);
comment on type pydb_internal.hold_rule is 'What holds say of the rows of a table, as SQL over one alias.';
comment on column pydb_internal.hold_rule.free is
'" and …" for the rows that nothing keeps, or the empty text: what the condition of a delete ends with.';
comment on column pydb_internal.hold_rule.held is
'Condition, which may be null, for the rows that something keeps; null = there is nothing.';
comment on column pydb_internal.hold_rule.until is
'When an override ends, and more is held: it is to be asked again then; null = that does not happen.';
alter type pydb_internal.hold_graph add attribute is_sought boolean;
comment on column pydb_internal.hold_graph.is_sought is
'True: the condition is for who looks for the rows, by their keys; false: for who asks row by row.';
alter type pydb_internal.retention_work add attribute free text;
alter type pydb_internal.retention_work add attribute free_since text;
alter type pydb_internal.retention_work add attribute free_at bigint;
alter type pydb_internal.retention_work add attribute free_until timestamptz;
comment on column pydb_internal.retention_work.free is
'That no hold keeps a row, as SQL over alias t, as it was when its parts were laid out.';
comment on column pydb_internal.retention_work.free_since is
'The same by the holds of later, where they have changed; empty where they have not.';
comment on column pydb_internal.retention_work.free_at is 'How often holds had changed when free_since was asked.';
comment on column pydb_internal.retention_work.free_until is 'When it is to be asked again: an override ends.';
drop function pydb_internal.hold_seed_condition(
    pydb_internal.hold_graph, pydb_internal.hold_seed, text, boolean
);
drop function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean);
drop function pydb_internal.retention_measure(pydb.retention_policy, oid, timestamptz, boolean);
drop function pydb_internal.retention_partition_held(pydb.retention_policy, oid);
drop function pydb_internal.retention_partition_verdict(
    pydb.retention_policy, timestamptz, pydb_internal.retention_bounds
);
