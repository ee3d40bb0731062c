-- pydb.archive_export_run: take out of archives what verified files hold, in batches, while another session writes the
-- files; pydb archive export --run does both.
-- writes the archives, pydb.archive_run, pydb.job_run, pydb.audit_log   locks the rows it deletes
-- raises YD001 YD110 YD111 YD604; commits, so it cannot run inside a transaction block
create or replace procedure pydb.archive_export_run(
    p_run_id bigint,
    p_request uuid,
    p_table regclass default null,
    p_leave boolean default false,
    p_max_rows bigint default null,
    p_max_runtime interval default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    if p_request is null or p_max_rows < 1 or p_max_runtime <= interval '0' then
        raise exception using errcode = 'YD001', message = 'p_request or a bound cannot be what it is',
            detail = format(
                'p_request is %s, p_max_rows is %s, p_max_runtime is %s.', coalesce(p_request::text, 'null'),
                p_max_rows, p_max_runtime
            ),
            hint = 'A session that writes files is found by its request: pydb archive export --run RUN';
    elsif pydb_internal.run_is_read_only() then
        return;
    end if;
    v_run.kind := 'archive_export';
    v_run.dry_run := false;
    v_run.request := p_request;
    v_run.now := clock_timestamp();
    v_run.deadline := clock_timestamp() + p_max_runtime;
    v_run.max_rows := p_max_rows;
    begin
        perform pydb_internal.run_pin();
        v_run.work := pydb_internal.archive_export_scope(p_run_id, p_table, p_leave);
    exception when query_canceled or lock_not_available then
        v_run := pydb_internal.run_unbegun(v_run, sqlstate, sqlerrm);
        v_run.work := pg_catalog.jsonb_build_object('subject', concat_ws(
            ' ', 'run ' || p_run_id, pydb_internal.relation_name(p_table)
        ));
    end;
    call pydb_internal.run_series(v_run, array[pg_catalog.jsonb_extract_path_text(v_run.work, 'subject')]);
    set local search_path = pg_catalog, pg_temp;
end
$$;

comment on procedure pydb.archive_export_run(bigint, uuid, regclass, boolean, bigint, interval) is
'The deleting half of pydb archive export --run and --table: what the archives have of a run (null: of all), of one
table (null: of all), goes to files. It waits for files that the exporter of p_request has written, read back and
entered in pydb.archive_manifest, and takes exactly their rows out of the archives, batch by batch. p_leave: the files
are written, and nothing is taken out. Without such a session it fails (YD623).';

revoke all on procedure pydb.archive_export_run(bigint, uuid, regclass, boolean, bigint, interval) from public;
