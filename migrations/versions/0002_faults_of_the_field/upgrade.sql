drop routine pydb_internal.cascade_edge_problem;

-- retention: rows that go along, rows that stay for an error
drop routine pydb_internal.run_fault;
drop routine pydb_internal.retention_blocker_conditions;
drop routine pydb_internal.retention_delete_cascade;
drop routine pydb_internal.retention_delete_rows;
drop routine pydb_internal.retention_fuse_problem;
drop routine pydb_internal.retention_lock;
drop routine pydb_internal.retention_policy_warnings;
drop routine pydb_internal.retention_references;
drop routine pydb_internal.retention_take;
drop routine pydb_internal.retention_account;
drop routine pydb_internal.retention_first_work;
drop routine pydb_internal.retention_limit;
drop routine pydb_internal.retention_next_size;
alter type pydb_internal.retention_work add attribute way text, add attribute faulty bigint, add attribute fault text,
    add attribute fault_code text, add attribute faults jsonb, add attribute print text, add attribute first_way text;
comment on column pydb_internal.retention_work.first_way is 'way of all passes but those that take circles.';
comment on column pydb_internal.retention_work.refused is 'Rows that a reference kept.';
comment on column pydb_internal.retention_work.way is 'How rows that go along are taken: see retention_reach.';
comment on column pydb_internal.retention_work.faulty is 'Rows that another error kept: a trigger, a check.';
comment on column pydb_internal.retention_work.fault is 'The first such error.';
comment on column pydb_internal.retention_work.fault_code is 'Its SQLSTATE.';
comment on column pydb_internal.retention_work.faults is 'Rows kept by errors of any kind: object, SQLSTATE to rows.';
comment on column pydb_internal.retention_work.print is
'Stands for the references without an index: what was learned with others does not hold.';
