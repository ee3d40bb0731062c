-- pydb_internal.receipt_rows (ledger; by cascade_receipt): the part of a receipt that says what went, and what was
-- looked for.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.receipt_rows(
    p_erasure pydb.erasure,
    p_job pydb.cascade_job,
    p_run pydb.job_run
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'keys', coalesce(
            cardinality(p_erasure.key_hashes), jsonb_array_length(p_job.keys), (p_run.detail ->> 'keys')::integer
        ),
        -- of the salted hashes, so that nobody finds a key by trying; without a ledger that of the job's proof
        'keys_sha256', coalesce((
            select encode(sha256(string_agg(h.hash, ''::bytea order by h.hash)), 'hex')
            from unnest(p_erasure.key_hashes) as h (hash)
        ), p_job.proof ->> 'keys_sha256'),
        'closure_sha256', p_erasure.closure_sha256,
        'rows_planned', coalesce(p_erasure.rows_planned, p_job.rows_planned, p_run.rows_planned),
        'rows', greatest(p_erasure.rows_done, p_job.rows_done, case when p_job.id is null then p_run.rows_done end),
        'tables', coalesce(
            nullif(p_erasure.relations, '{}'), nullif(p_job.relations, '{}'), p_run.detail -> 'relations', '{}'
        ),
        'triggered', coalesce(nullif(p_job.triggered, '{}'), p_run.detail -> 'triggers', '{}'),
        'remaining', coalesce(p_erasure.remaining, (p_job.proof ->> 'remaining')::bigint),
        'rescanned_at', coalesce(p_erasure.rescanned_at, (p_job.proof ->> 'at')::timestamptz),
        'holds', coalesce(to_jsonb(p_erasure.holds), '[]')
    );
$$;

comment on function pydb_internal.receipt_rows(pydb.erasure, pydb.cascade_job, pydb.job_run) is
'Counts, hashes and what a look afterwards found, from the ledger where there is an entry, else from the job or the
run.';

revoke all on function pydb_internal.receipt_rows(pydb.erasure, pydb.cascade_job, pydb.job_run) from public;
