-- pydb.retention_export_run: delete what verified files of a policy hold, in batches, while another session writes
-- them; pydb archive export does both.
-- writes the target, pydb.job_run, pydb.audit_log   locks per batch: the relation (row exclusive), its rows
-- raises YD001 YD002 YD110 YD111; commits, so it cannot run inside a transaction block
create or replace procedure pydb.retention_export_run(
    p_policy text,
    p_request uuid,
    p_max_rows bigint default null,
    p_max_runtime interval default null,
    p_now timestamptz default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    if p_request is null then
        raise exception using errcode = 'YD001', message = 'p_request cannot be null',
            detail = 'The session that writes the files is found by it.', hint = 'pydb archive export';
    end if;
    v_run.kind := 'export';
    v_run.dry_run := false;
    v_run.request := p_request;
    v_run.now := coalesce(p_now, clock_timestamp());
    if p_now is not null then
        v_run.detail := pg_catalog.jsonb_build_object('now', p_now);
    end if;
    v_run.deadline := clock_timestamp() + p_max_runtime;
    v_run.max_rows := p_max_rows;
    begin
        perform pydb_internal.run_pin();
        if pydb_internal.retention_run_check(coalesce(p_policy, ''), p_max_rows, p_max_runtime) is null then
            return;
        end if;
    exception when query_canceled or lock_not_available then
        v_run := pydb_internal.run_unbegun(v_run, sqlstate, sqlerrm);
    end;
    call pydb_internal.run_series(v_run, array[p_policy]);
    set local search_path = pg_catalog, pg_temp;
end
$$;

comment on procedure pydb.retention_export_run(text, uuid, bigint, interval, timestamptz) is
'The deleting half of pydb archive export: one run of a policy whose action is export. It waits for files that the
exporter of p_request has written, read back and entered in pydb.archive_manifest, and deletes exactly their rows, batch
by batch, under the same looks, bounds and ends as pydb.retention_run. Without such a session it fails (YD623).';

revoke all on procedure pydb.retention_export_run(text, uuid, bigint, interval, timestamptz) from public;
