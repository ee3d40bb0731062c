-- pydb_internal.run_open_within (audit): enter a run into the log that is one transaction, at its beginning: what it
-- archives is kept under its id.
-- writes pydb.job_run   locks nothing
-- raises YD901
create or replace function pydb_internal.run_open_within(p_kind text, p_subject text, p_request uuid)
returns bigint
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_id bigint;
begin
    -- nobody sees it before it has ended, so it holds no place that another would have to wait for
    insert into pydb.job_run (kind, subject, state, started_at, heartbeat_at, request, pid, run_kind)
    select k.job_kind, p_subject, 'queued', v_now, v_now, p_request, pg_backend_pid(), k.name
    from (
        values ('retention', 'retention'), ('cascade', 'cascade'), ('archive_restore', 'archive')
    ) as k (name, job_kind)
    where k.name = p_kind
    returning id into v_id;
    if v_id is null then
        raise exception using errcode = 'YD901', message = format('%L is no run of one transaction', p_kind),
            detail = 'It is retention, cascade or archive_restore.', hint = 'pydb migrate check';
    end if;
    return v_id;
end
$$;

comment on function pydb_internal.run_open_within(text, text, uuid) is
'Logs the start of a run of one transaction and returns its id; pydb_internal.run_log_done ends it in the same
transaction.';

revoke all on function pydb_internal.run_open_within(text, text, uuid) from public;
