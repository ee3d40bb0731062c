drop routine pydb_internal.cascade_edge_problem;

-- the author of a policy is a role, whatever it is called later
alter table pydb.retention_policy add column author_role regrole;
comment on column pydb.retention_policy.author_role is
'The role that set the policy, whatever it is called now; a filter runs only as a role that this one could become.';
comment on column pydb.retention_policy.author is 'Name of the login role that set the policy, at that time.';
update pydb.retention_policy as p set author_role = r.oid
from pg_catalog.pg_roles as r
where r.rolname = p.author;

comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default. To know: order, trigger, unindexed,
not_enforced, not_valid, uncovered (partitions without the key), inherited, locks, superuser.';
