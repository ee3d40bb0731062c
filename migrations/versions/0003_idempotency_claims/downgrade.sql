-- destroys: idempotency keys with their recorded results, and the counters of takeovers, superseded calls and mismatches
-- the runs of the built-in policy stay in pydb.job_run
delete from pydb.retention_policy where name = 'idempotency_key';
drop table pydb.idempotency_key;
drop sequence pydb.idempotency_token, pydb.idempotency_takeovers, pydb.idempotency_superseded, pydb.idempotency_mismatches;
drop type pydb.idempotency_state;
delete from pydb.setting where name in ('idempotency_ttl', 'idempotency_prune_rows');
drop routine pydb._schedule_wanted;
