-- pydb_internal.run_log_done (log): log a run that was one transaction, at its end and within it.
-- reads settings   writes pydb.job_run, pydb.audit_log, a message to the WAL   locks nothing
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
    p_audit jsonb,
    p_run_id bigint default null
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
    if coalesce(
        (p_kind, p_action) not in (
            ('cascade', 'cascade_delete'), ('retention', 'retention_batch'), ('archive', 'archive_restore'),
            ('archive', 'archive_import')
        )
        or p_rows < 0 or v_is_partial is null, true
    ) then
        raise exception using errcode = 'YD901', message = 'this is no run that is one transaction',
            detail = format('Kind %s, action %s, %s rows.', p_kind, p_action, p_rows), hint = 'pydb migrate check';
    end if;
    -- opened by run_open_within: it has its id already
    delete from pydb.job_run as r
    where r.id = p_run_id and r.kind = p_kind and r.state = 'queued' and r.pid = pg_backend_pid()
        and r.started_at >= statement_timestamp();
    if p_run_id is not null and not found then
        raise exception using errcode = 'YD901', message = format('run %s is none of this transaction', p_run_id),
            detail = format('Kind %s.', p_kind), hint = 'pydb migrate check';
    end if;
    insert into pydb.job_run (
        id, kind, subject, state, stop_reason, rows_planned, rows_done, rows_skipped, batches, started_at, heartbeat_at,
        finished_at, request, pid, detail
    )
    overriding system value values (
        coalesce(p_run_id, nextval('pydb.job_run_id_seq')), p_kind, p_subject,
        case when v_is_partial then 'partial' else 'completed' end,
        case when v_is_partial then 'no_progress' else 'exhausted' end,
        p_rows, p_rows, p_kept, 1, least(greatest(p_started, now()), v_now), v_now, v_now, p_request, pg_backend_pid(),
        coalesce(p_detail, '{}'::jsonb)
    )
    returning id into v_id;
    if p_action <> 'archive_import' then -- which enters each of its tables itself
        perform pydb_internal.audit_add(p_action, p_subject, p_audit, v_id);
    end if;
    perform pydb_internal.run_message(v_id, p_kind, p_subject);
    return v_id;
end
$$;

comment on function pydb_internal.run_log_done(
    text, text, bigint, bigint, boolean, timestamptz, uuid, jsonb, text, jsonb, bigint
) is
'Logs and audits a completed run of one batch (p_run_id: as run_open_within opened it), returns its id; partial where
rows were kept, or heirs have rows with the keys; YD901 for what is never done in one transaction.';

revoke all on function pydb_internal.run_log_done(
    text, text, bigint, bigint, boolean, timestamptz, uuid, jsonb, text, jsonb, bigint
) from public;
