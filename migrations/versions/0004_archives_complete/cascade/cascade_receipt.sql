-- pydb.cascade_receipt: the proof of an erasure, as a document without keys: who, why, what went, that nothing is left.
-- reads pydb.erasure, pydb.cascade_job, pydb.job_run, pydb.entity, pydb.archive_run, pydb.archive_table,
-- pydb.archive_manifest   writes nothing   locks nothing
-- raises YD306
create or replace function pydb.cascade_receipt(p_job bigint default null, p_run bigint default null)
returns jsonb
language plpgsql
stable
security definer -- an auditor sees what a receipt says, not the keys of jobs or the hashes of the ledger
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
declare
    v_job pydb.cascade_job;
    v_run pydb.job_run;
    v_erasure pydb.erasure;
    v_runs bigint[];
    v_edges jsonb;
begin
    select e.* into v_erasure from pydb.erasure as e
    where e.job = p_job or (p_job is null and p_run = any(e.run_ids) and e.imported_at is null);
    select j.* into v_job from pydb.cascade_job as j
    where j.id = coalesce(p_job, v_erasure.job) or (p_job is null and v_erasure.id is null and j.run_id = p_run);
    select r.* into v_run from pydb.job_run as r where r.id = coalesce(p_run, v_job.run_id) and r.kind = 'cascade';
    if v_job.id is null and v_erasure.id is null and (p_job is not null or v_run.id is null) then
        raise exception using errcode = 'YD306', message = case
            when p_job is not null then format('there is no job %s', p_job)
            else format('there is no cascade of run %s', coalesce(p_run::text, 'null')) end,
            detail = 'A receipt is given for a cascade job, or for the run of pydb.cascade_delete.',
            hint = 'select id, entity, job, run_ids from pydb.erasure_status order by requested_at desc limit 10;';
    end if;
    v_runs := coalesce(v_erasure.run_ids, '{}') || array(
        select r.id from pydb.job_run as r
        where r.id in (v_run.id, v_job.run_id) or (r.kind = 'cascade' and r.subject = 'job ' || v_job.id)
    );
    v_edges := coalesce(v_job.edges, (select n.edges from pydb.entity as n where n.name = v_erasure.entity));
    return jsonb_build_object(
        'receipt', 1, 'database', current_database(), 'erasure', v_erasure.id, 'job', v_job.id,
        'purge', coalesce(v_erasure.purge, v_job.purge, false), 'runs', (
            select coalesce(jsonb_agg(distinct u.id), '[]') from unnest(v_runs) as u (id)
        ),
        'entity', coalesce(v_erasure.entity, v_job.entity),
        'root', coalesce(v_erasure.root_name, v_job.root_name, v_run.subject),
        'reason', coalesce(v_erasure.reason, v_job.reason),
        'state', coalesce(v_erasure.state, v_job.state, v_run.state), 'refusal', v_erasure.refusal,
        'requested_by', coalesce(v_erasure.requested_by, v_job.requested_by, v_run.actor),
        'requested_at', coalesce(v_erasure.requested_at, v_job.requested_at, v_run.started_at),
        'approved_by', coalesce(v_erasure.approved_by, v_job.approved_by),
        'approved_at', coalesce(v_erasure.approved_at, v_job.approved_at), 'deadline', v_erasure.deadline,
        'started_at', coalesce(v_erasure.started_at, v_run.started_at),
        'finished_at', coalesce(v_erasure.finished_at, v_job.finished_at, v_run.finished_at)
    ) || pydb_internal.receipt_rows(v_erasure, v_job, v_run) || pydb_internal.receipt_copies(
        coalesce(v_job.root, to_regclass(v_erasure.root_name)), v_edges,
        coalesce(nullif(v_job.relations, '{}'), v_erasure.relations, '{}'), v_erasure.finished_at
    ) || jsonb_build_object(
        'archived', pydb_internal.receipt_archived(v_runs), 'given_at', clock_timestamp()
    );
end
$$;

comment on function pydb.cascade_receipt(bigint, bigint) is
'The receipt of a cascade job, or (p_run) of the run of a cascade_delete: who asked, who approved, why, when; what went
by table, the hash of the keys (keys_sha256), what a look afterwards found (remaining, rescanned_at), where archived
copies lie and until when (archived), what was purged of them for good (purged), and exported files with rows of these
tables, which no purge reaches (files). No key is in it. What a job without entity or reason has no
ledger for is null. YD306 for an unknown one.';

revoke all on function pydb.cascade_receipt(bigint, bigint) from public;
