drop routine pydb_internal.cascade_edge_problem;

comment on column pydb.retention_policy.author is
'Login role that set the policy; a filter runs only as a role that the author could become.';
alter table pydb.retention_policy drop column author_role;

comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default. To know: order, trigger, unindexed,
not_enforced, not_valid, uncovered (partitions without the key), inherited, locks.';
