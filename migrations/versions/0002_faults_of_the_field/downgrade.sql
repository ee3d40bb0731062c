drop routine pydb_internal.cascade_edge_problem;
-- cascade: a job is tried before its first row goes
delete from pydb.setting where name = 'cascade_trial_rows';
drop routine pydb_internal.cascade_job_queue;
drop routine pydb_internal.cascade_job_closure;
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default. To know: order, trigger, unindexed,
not_enforced, not_valid, uncovered (partitions without the key), inherited, locks.';
drop routine pydb_internal.reference_edges_among;
drop routine pydb_internal.orphan_apply_rows;
