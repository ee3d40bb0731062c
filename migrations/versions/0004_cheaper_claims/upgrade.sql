-- what pydb._objects_remember notes from this revision on: the routines below are granted anew at its end
do $$
begin
    perform pg_catalog.set_config('pydb.grants_before', pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('routine', p.proname, 'grantee', r.rolname, 'grantable', a.is_grantable)
    )::text, true)
    from pg_catalog.pg_proc as p
    cross join lateral pg_catalog.aclexplode(p.proacl) as a
    join pg_catalog.pg_roles as r on r.oid = a.grantee
    where p.pronamespace = 'pydb'::pg_catalog.regnamespace and a.grantee <> p.proowner;
end
$$;
drop routine pydb.idempotency_resolve;
drop routine pydb.idempotency_reset;
drop routine pydb.idempotency_peek;
drop routine pydb.idempotency_fail;
drop routine pydb.idempotency_complete;
drop routine pydb.idempotency_claim;
drop routine pydb._idempotency_shift;
drop routine pydb._idempotency_meet;
drop routine pydb._idempotency_late;
drop routine pydb._idempotency_acquire;
drop routine pydb._retention_take;
drop routine pydb._retention_delete_rows;
drop routine pydb._retention_cascade;
drop routine pydb._inbound_references;
drop routine pydb._cascade_write;
drop routine pydb._cascade_refuse;
drop routine pydb._cascade_compare;

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
