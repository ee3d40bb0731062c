-- destroys: idempotency keys with their recorded results, and the counters of takeovers, superseded calls and mismatches
drop table pydb.idempotency_key;
drop sequence pydb.idempotency_token, pydb.idempotency_takeovers, pydb.idempotency_superseded, pydb.idempotency_mismatches;
drop type pydb.idempotency_state;
delete from pydb.setting where name in ('idempotency_ttl', 'idempotency_prune_rows');
