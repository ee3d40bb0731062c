drop routine pydb_internal.cascade_edge_problem;
-- cascade: a job is tried before its first row goes
insert into pydb.setting (name, value, value_type, min_value, description) values
(
    'cascade_trial_rows', '50000', 'bigint', '0',
    'a cascade job of at most so many rows is tried and undone before its first row goes; 0 = none is (integer, from 0)'
);
drop routine pydb_internal.cascade_job_queue;
drop routine pydb_internal.cascade_job_closure;
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, locks.';
drop routine pydb_internal.reference_edges_among;
drop routine pydb_internal.orphan_apply_rows;
