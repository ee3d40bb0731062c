-- pydb_internal.run_open (log; by run_begin): enter a run into the log; null if a live run of the same subject holds
-- the place.
-- writes pydb.job_run   locks the live-run key of (kind, subject)
-- raises YD901
create or replace function pydb_internal.run_open(
    p_kind text,
    p_subject text,
    p_dry_run boolean,
    p_request uuid,
    p_backend_start timestamptz,
    p_detail jsonb default null
)
returns bigint
language plpgsql
security definer -- runs write their log without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind constant pydb_internal.run_kind := pydb_internal.run_kind_get(p_kind);
    v_now constant timestamptz := clock_timestamp();
    v_id bigint;
begin
    insert into pydb.job_run (
        kind, subject, dry_run, state, started_at, heartbeat_at, request, pid, backend_start, run_kind,
        detail
    )
    values (
        v_kind.job_kind, p_subject, p_dry_run, 'running', v_now, v_now, p_request, pg_backend_pid(), p_backend_start,
        v_kind.name, coalesce(p_detail, '{}')
    )
    on conflict (kind, subject) where state = 'running' and not dry_run do nothing
    returning id into v_id;
    return v_id;
end
$$;

comment on function pydb_internal.run_open(text, text, boolean, uuid, timestamptz, jsonb) is
'Logs the start of a run of a kind of the engine and returns its id; null where a live run of the same subject exists.
Only the process that opened it can add to it or close it.';

revoke all on function pydb_internal.run_open(text, text, boolean, uuid, timestamptz, jsonb) from public;
