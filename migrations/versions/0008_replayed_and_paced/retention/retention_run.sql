-- pydb.retention_run: delete what expired in batches, each committed; every policy ends in the log with its reason.
-- writes the targets, pydb.job_run, pydb.audit_log   locks per batch: the relation (row exclusive), its rows
-- raises YD001 YD002 YD109 YD110 YD111; commits, so it cannot run inside a transaction block
create or replace procedure pydb.retention_run(
    p_policy text default null,
    p_dry_run boolean default false,
    p_max_rows bigint default null,
    p_max_runtime interval default null,
    p_now timestamptz default null,
    p_request uuid default null,
    p_max_wal text default null,
    p_catch_up boolean default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
    v_policies pg_catalog.text[];
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    v_run.kind := 'retention';
    v_run.dry_run := p_dry_run;
    v_run.request := p_request;
    v_run.now := coalesce(p_now, clock_timestamp());
    if p_now is not null then
        v_run.detail := pg_catalog.jsonb_build_object('now', p_now);
    end if;
    v_run.deadline := clock_timestamp() + p_max_runtime;
    v_run.max_rows := p_max_rows;
    if p_max_wal is not null then
        v_run.max_wal := pydb_internal.retention_bytes('p_max_wal', p_max_wal);
    end if;
    v_run.catch_up := p_catch_up;
    begin
        perform pydb_internal.run_pin();
        v_policies := pydb_internal.retention_run_check(p_policy, p_max_rows, p_max_runtime);
    exception when query_canceled or lock_not_available then
        v_run := pydb_internal.run_unbegun(v_run, sqlstate, sqlerrm);
        v_policies := array[coalesce(p_policy, 'every policy')];
    end;
    if v_policies is null then
        return;
    end if;
    call pydb_internal.run_series(v_run, v_policies);
    set local search_path = pg_catalog, pg_temp;
end
$$;

comment on procedure pydb.retention_run(
    text, boolean, bigint, interval, timestamptz, uuid, text, boolean
) is
'Deletes what expired by one policy, or by all enabled ones (null; children first), in batches that are committed one
by one; schedule it as one bare CALL. p_dry_run counts and logs only. p_max_rows, p_max_runtime and p_max_wal (1 GB)
bound the whole call, beside each policy''s own bounds; whom they leave out comes first in the next call. p_catch_up:
under the limits for catching up (true) or the usual ones (false); left out, as overdue as each is. p_now stands for
the clock, ahead of it only in a dry run (else YD105), and is noted with the run. p_request is noted with every run it
makes. One failing policy never stops the others. At the end a failed policy raises YD110, a blocked one YD111;
partial and skipped ones are warnings. On a standby or a read-only server nothing happens but a warning. Read
pydb.retention_job_log.
It commits: in a transaction (psql -1, begin, autocommit off, two statements in one -c) it ends with 2D000.';

revoke all on procedure pydb.retention_run(
    text, boolean, bigint, interval, timestamptz, uuid, text, boolean
) from public;
