-- pydb_internal.run_log_done (log; by cascade_log): log a run that was one transaction, at its end and within it.
-- writes pydb.job_run, pydb.audit_log   locks nothing
-- raises YD901
create or replace function pydb_internal.run_log_done(
    p_kind text,
    p_subject text,
    p_rows bigint,
    p_kept bigint,
    p_has_heirs boolean,
    p_started timestamptz,
    p_request uuid,
    p_detail jsonb,
    p_action text,
    p_audit jsonb
)
returns bigint
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    -- rows that triggers keep, or that are in tables inheriting from the root, are still to be seen
    v_is_partial constant boolean := p_kept > 0 or p_has_heirs;
    v_id bigint;
begin
    if (p_kind, p_action) is distinct from ('cascade', 'cascade_delete') or p_rows is null or p_rows < 0
        or v_is_partial is null
    then
        raise exception using errcode = 'YD901', message = 'this is no run that is one transaction',
            detail = format('Kind %s, action %s, %s rows.', p_kind, p_action, p_rows), hint = 'pydb migrate check';
    end if;
    insert into pydb.job_run (
        kind, subject, state, stop_reason, rows_planned, rows_done, rows_skipped, batches, started_at, heartbeat_at, finished_at,
        request, pid, detail
    )
    values (
        p_kind, p_subject, case when v_is_partial then 'partial' else 'completed' end,
        case when v_is_partial then 'no_progress' else 'exhausted' end,
        p_rows, p_rows, p_kept, 1, least(greatest(p_started, now()), v_now), v_now, v_now, p_request, pg_backend_pid(),
        coalesce(p_detail, '{}'::jsonb)
    )
    returning id into v_id;
    perform pydb_internal.audit_add(p_action, p_subject, p_audit, v_id);
    return v_id;
end
$$;

comment on function pydb_internal.run_log_done(
    text, text, bigint, bigint, boolean, timestamptz, uuid, jsonb, text, jsonb
) is
'Logs and audits a completed run of one batch, returns its id; partial where rows were kept, or heirs have rows with the
keys; YD901 for what is never done in one transaction.';

revoke all on function pydb_internal.run_log_done(
    text, text, bigint, bigint, boolean, timestamptz, uuid, jsonb, text, jsonb
) from public;
