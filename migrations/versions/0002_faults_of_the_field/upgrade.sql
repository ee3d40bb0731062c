drop routine pydb_internal.cascade_edge_problem;
drop routine pydb_internal.idempotency_check;

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'idempotency_max_bytes', '2097152', 'integer', '1024', '268435456',
    'bytes of a result or an error of a key at most (integer, 1024 to 268435456)'
);
comment on column pydb.idempotency_key.fingerprint is
'Hash of the payload, in 64 bytes also of who sends it; null = not compared.';
drop routine pydb_internal.cascade_verify_counts;
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default. To know: order, trigger, unindexed,
not_enforced, not_valid, uncovered (partitions without the key), inherited, heirs (their
rows with these keys stay visible), locks.';
