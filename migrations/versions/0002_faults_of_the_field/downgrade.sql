drop routine pydb_internal.cascade_edge_problem;
drop routine pydb_internal.idempotency_check;

delete from pydb.setting where name = 'idempotency_max_bytes';
comment on column pydb.idempotency_key.fingerprint is 'Hash of the payload; null = not compared.';
