-- pydb_internal.cascade_job_progress (job): add a batch to a job's sums, or close the job with its proof.
-- writes pydb.cascade_job, pydb.erasure   locks the job's row
-- raises nothing
create or replace function pydb_internal.cascade_job_progress(
    p_job bigint,
    p_relations jsonb,
    p_triggered jsonb,
    p_proof jsonb
)
returns jsonb
language sql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
    with done as (
        update pydb.cascade_job as j
        set rows_done = j.rows_done + (select coalesce(sum(r.value::bigint), 0) from jsonb_each_text(p_relations) as r),
            relations = j.relations || (
                select coalesce(jsonb_object_agg(
                    r.key, coalesce((j.relations ->> r.key)::bigint, 0) + r.value::bigint
                ), '{}')
                from jsonb_each_text(p_relations) as r
            ),
            triggered = j.triggered || (
                select coalesce(jsonb_object_agg(
                    r.key, coalesce((j.triggered ->> r.key)::bigint, 0) + r.value::bigint
                ), '{}')
                from jsonb_each_text(p_triggered) as r
            ),
            state = case when p_proof is null then j.state else 'completed' end,
            finished_at = case when p_proof is not null then clock_timestamp() end,
            proof = case when p_proof is not null then p_proof || jsonb_build_object(
                'rows', j.rows_done, 'relations', j.relations,
                'keys_sha256', coalesce((
                    -- of the salted hashes, so that nobody finds a key by trying
                    select encode(sha256(string_agg(h.hash, ''::bytea order by h.hash)), 'hex')
                    from pydb.erasure as e
                    cross join lateral unnest(e.key_hashes) as h (hash)
                    where e.job = j.id
                ), encode(sha256(convert_to(j.keys::text, 'UTF8')), 'hex'))
            ) end,
            -- an erasure that is done needs no key any more; how many there were is kept
            keys = case
                when p_proof is not null and (p_proof ->> 'heirs') is null and exists (
                    select from pydb.erasure as e where e.job = j.id
                ) then (select coalesce(jsonb_agg('{}'::jsonb), '[]') from jsonb_array_elements(j.keys))
                else j.keys
            end
        where j.id = p_job and j.state = 'started' and pydb_internal.run_is_own(j.run_id, 'cascade')
        returning j.*
    ),

    told as (
        -- where rows with its keys stay, in tables that inherit from the root, nobody is erased
        update pydb.erasure as e
        set state = case when (p_proof ->> 'heirs') is null then 'completed' else e.state end,
            finished_at = case when (p_proof ->> 'heirs') is null then d.finished_at end, rows_done = d.rows_done,
            relations = d.relations, remaining = coalesce((p_proof ->> 'heirs')::bigint, 0),
            rescanned_at = d.finished_at
        from done as d
        where e.job = d.id and e.state = 'started' and p_proof is not null
        returning e.id
    )

    select jsonb_strip_nulls(jsonb_build_object('relations', d.relations, 'triggers', nullif(d.triggered, '{}')))
    from done as d;
$$;

comment on function pydb_internal.cascade_job_progress(bigint, jsonb, jsonb, jsonb) is
'Adds rows per relation to a job, and which of them triggers took beyond the plan; with p_proof it completes the job,
with counts and the hash of its keys, which an erasure then forgets. Returns what is known of the job so far, for the
log of the run. Nothing happens unless a live run of this process has started the job.';

revoke all on function pydb_internal.cascade_job_progress(bigint, jsonb, jsonb, jsonb) from public;
