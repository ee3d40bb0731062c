-- pydb idempotency tables: one row a key, and counters that cost a duplicate nothing.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

create type pydb.idempotency_state as enum ('pending', 'completed', 'failed');

-- A named type: the server builds that of OUT parameters anew for each call, at an eighth of a replay's cost.
create type pydb.idempotency_answer as (
    outcome text,
    token bigint,
    attempt integer,
    code integer,
    result jsonb,
    error jsonb,
    retry_after interval,
    owner text,
    finished_at timestamptz,
    claimed_at timestamptz,
    lease_until timestamptz
);

-- CACHE 1: a later acquisition of a key must draw a larger token, whichever session draws it
create sequence pydb.idempotency_token as bigint cache 1;

comment on sequence pydb.idempotency_token is
'Upper bits of the fencing tokens of idempotency claims: never reset, so no two acquisitions of any key share one.';

-- No check constraints: the server parses them anew for each insert and update, which costs as much as the write.
create table pydb.idempotency_key (
    -- Random bits below the number: a standby that takes over, or a server that crashed without synchronous_commit,
    -- may hand out numbers anew that were lost with their claims; their holders must not pass for the new owner.
    token bigint not null default nextval('pydb.idempotency_token') << 20 | (random() * 1048575)::bigint,
    claimed_at timestamptz not null,
    lease_until timestamptz,
    expires_at timestamptz not null,
    finished_at timestamptz,
    attempt integer not null default 1,
    max_attempts integer,
    code integer,
    state pydb.idempotency_state not null default 'pending',
    retryable boolean,
    hold boolean not null,
    scope text collate "C" not null,
    key text collate "C" not null,
    fingerprint bytea,
    owner text,
    result jsonb,
    error jsonb,
    -- the key first: it tells more than the scope, which most comparisons on the way down an index would find equal
    constraint idempotency_key_pkey primary key (key, scope)
)
-- a completion must find room on the page of its claim (HOT), so claims fill half of it
with (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0
);

-- an index that no completion touches: expires_at is set by the claim and never changes
create index idempotency_key_expires_at_idx on pydb.idempotency_key (expires_at);

-- Not an index where hold: every claim would open it, whether it enters it or not.
create table pydb_internal.idempotency_held (
    scope text collate "C" not null,
    key text collate "C" not null,
    constraint idempotency_held_pkey primary key (key, scope)
);

-- One row, which a claim reads faster than the text of a setting by its name.
create table pydb_internal.idempotency_life (
    life interval not null
);

comment on type pydb.idempotency_state is
'pending: claimed, the work goes on or was abandoned; completed: a result is recorded; failed: an error is.';
comment on type pydb.idempotency_answer is
'One row: the answer of pydb.idempotency_claim, _peek, _complete, _fail, _resolve and _reset.';
comment on column pydb.idempotency_answer.outcome is 'What the call met or did, in the words of the routine.';
comment on column pydb.idempotency_answer.token is 'Fencing token of an acquired or resolved key, else null.';
comment on column pydb.idempotency_answer.attempt is 'Acquisitions in this life of the key, 1 is the first.';
comment on column pydb.idempotency_answer.code is 'Recorded code of the outcome, for example an HTTP status.';
comment on column pydb.idempotency_answer.result is 'Recorded result.';
comment on column pydb.idempotency_answer.error is
'Recorded error of a failed key; of an acquired one that of the attempt before.';
comment on column pydb.idempotency_answer.retry_after is 'in_progress: what is left of the lease.';
comment on column pydb.idempotency_answer.owner is 'Who claimed it, in the caller''s words.';
comment on column pydb.idempotency_answer.finished_at is 'When it was completed or failed.';
comment on column pydb.idempotency_answer.claimed_at is 'Of a pending key: since when somebody works on it.';
comment on column pydb.idempotency_answer.lease_until is
'Of a pending key: until when nobody else gets it, or got it (ambiguous); null = until it expires.';
comment on table pydb.idempotency_key is
'One row a claimed key: who works on it until when, and what came of it. Written only by the
idempotency routines; policy idempotency_key deletes what has expired.';
comment on column pydb.idempotency_key.token is 'Fencing token of the last acquisition; who shows another is too late.';
comment on column pydb.idempotency_key.claimed_at is 'Last acquisition, by the server''s clock.';
comment on column pydb.idempotency_key.lease_until is
'Until then nobody else gets the key; null = until expires_at. Renewed by pydb.idempotency_heartbeat.';
comment on column pydb.idempotency_key.expires_at is
'End of the key''s life, set when the life begins and moved by pydb.idempotency_resolve alone.';
comment on column pydb.idempotency_key.finished_at is 'When it was completed or failed; null while pending.';
comment on column pydb.idempotency_key.attempt is 'Acquisitions in this life of the key, 1 is the first.';
comment on column pydb.idempotency_key.max_attempts is 'No takeover or retry beyond so many; null = no bound.';
comment on column pydb.idempotency_key.code is 'Code of the outcome, for example an HTTP status.';
comment on column pydb.idempotency_key.state is 'pending, completed or failed.';
comment on column pydb.idempotency_key.retryable is 'Of a failed key: whether the next claim may try again.';
comment on column pydb.idempotency_key.hold is
'What a passed lease means: false = the next claim takes over; true = the effect may have happened, and only
pydb.idempotency_resolve or _reset ends it.';
comment on column pydb.idempotency_key.scope is
'Name space of the key, for example tenant and operation; 1 to 255 bytes.';
comment on column pydb.idempotency_key.key is 'The key, compared byte by byte; 1 to 255 bytes.';
comment on column pydb.idempotency_key.fingerprint is
'Hash of the payload, in 64 bytes also of who sends it; null = not compared.';
comment on column pydb.idempotency_key.owner is 'Who claimed it, in the caller''s words.';
comment on column pydb.idempotency_key.result is 'Recorded result; SQL null and JSON null are different.';
comment on column pydb.idempotency_key.error is 'Recorded error of a failed key, and of the attempt before.';
comment on table pydb_internal.idempotency_held is
'The pending keys that were claimed with hold, so that those for an operator are found among millions. A row comes with
the claim and goes with the outcome; what counts is pydb.idempotency_key.';
comment on column pydb_internal.idempotency_held.scope is 'Name space of the key.';
comment on column pydb_internal.idempotency_held.key is 'The key.';
comment on table pydb_internal.idempotency_life is
'Setting idempotency_ttl as an interval: one row, kept by a trigger on pydb.setting.';
comment on column pydb_internal.idempotency_life.life is 'Life of a key where its claim names none.';

-- Unlogged: nextval then writes no WAL and takes no transaction number. A crash of the server sets them back to 0.
create unlogged sequence pydb.idempotency_takeovers as bigint cache 1; -- noqa: PRS
create unlogged sequence pydb.idempotency_superseded as bigint cache 1; -- noqa: PRS
create unlogged sequence pydb.idempotency_mismatches as bigint cache 1; -- noqa: PRS

comment on sequence pydb.idempotency_takeovers is 'Counts takeovers of stale keys since the last crash.';
comment on sequence pydb.idempotency_superseded is
'Counts calls with a token that another acquisition had replaced, since the last crash.';
comment on sequence pydb.idempotency_mismatches is
'Counts claims with another payload than the key''s since the last crash.';

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'idempotency_ttl', '24 hours', 'interval', '1 s', '10 years',
    'life of an idempotency key where the claim names none (interval, 1 s to 10 years)'
),
(
    'idempotency_prune_rows', '10000', 'integer', '1', '1000000',
    'expired keys that one pydb.idempotency_prune deletes at most (integer, 1 to 1000000)'
),
(
    'idempotency_max_bytes', '2097152', 'integer', '1024', '268435456',
    'bytes of a result or an error of a key at most (integer, 1024 to 268435456)'
);

insert into pydb_internal.idempotency_life (life) values ('24 hours');

-- Built in: runs and schedules take it like any other policy; :cutoff is the moment that the run compares with. A run
-- never takes a key that somebody works on: heartbeats, claims and completions change the row, and it is judged anew.
insert into pydb.retention_policy (
    name, target, target_name, time_column, time_unit, expiry, keep, filter, fuse_share, rows_per_second, schedule,
    builtin
) values (
    'idempotency_key', 'pydb.idempotency_key', 'pydb.idempotency_key', 'expires_at', 'timestamptz', true, '0',
    'state <> ''pending'' or not hold and coalesce(lease_until, expires_at) < :cutoff', 1, 10000, '17 * * * *', true
);

revoke all on pydb.idempotency_key, pydb_internal.idempotency_held, pydb_internal.idempotency_life from public;
revoke all on sequence
    pydb.idempotency_token, pydb.idempotency_takeovers, pydb.idempotency_superseded, pydb.idempotency_mismatches
from public;
