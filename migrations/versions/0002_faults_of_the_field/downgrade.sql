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
alter type pydb_internal.retention_work drop attribute way, drop attribute faulty, drop attribute fault,
    drop attribute fault_code, drop attribute faults, drop attribute print, drop attribute first_way;
comment on column pydb_internal.retention_work.refused is 'Rows that a constraint kept.';
