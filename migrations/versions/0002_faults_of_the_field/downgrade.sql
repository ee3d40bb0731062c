drop routine pydb_internal.cascade_edge_problem;

comment on column pydb.retention_policy.author is
'Login role that set the policy; a filter runs only as a role that the author could become.';
alter table pydb.retention_policy drop column author_role;
