drop routine pydb_internal.cascade_edge_problem;
drop routine pydb_internal.idempotency_check;

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'idempotency_max_bytes', '2097152', 'integer', '1024', '268435456',
    'bytes of a result or an error of a key at most (integer, 1024 to 268435456)'
);
comment on column pydb.idempotency_key.fingerprint is
'Hash of the payload, in 64 bytes also of who sends it; null = not compared.';
