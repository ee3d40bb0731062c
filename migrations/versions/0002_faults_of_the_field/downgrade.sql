drop routine pydb_internal.cascade_edge_problem;
drop routine pydb_internal.idempotency_check;

delete from pydb.setting where name = 'idempotency_max_bytes';
comment on column pydb.idempotency_key.fingerprint is 'Hash of the payload; null = not compared.';

comment on column pydb.retention_policy.author is
'Login role that set the policy; a filter runs only as a role that the author could become.';
alter table pydb.retention_policy drop column author_role;
