drop routine pydb_internal.cascade_edge_problem;
drop routine pydb_internal.idempotency_check;

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'idempotency_max_bytes', '2097152', 'integer', '1024', '268435456',
    'bytes of a result or an error of a key at most (integer, 1024 to 268435456)'
);
comment on column pydb.idempotency_key.fingerprint is
'Hash of the payload, in 64 bytes also of who sends it; null = not compared.';

-- the author of a policy is a role, whatever it is called later
alter table pydb.retention_policy add column author_role regrole;
comment on column pydb.retention_policy.author_role is
'The role that set the policy, whatever it is called now; a filter runs only as a role that this one could become.';
comment on column pydb.retention_policy.author is 'Name of the login role that set the policy, at that time.';
update pydb.retention_policy as p set author_role = r.oid
from pg_catalog.pg_roles as r
where r.rolname = p.author;
