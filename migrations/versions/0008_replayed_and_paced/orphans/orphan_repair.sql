-- pydb.orphan_repair: delete, blank or quarantine the orphans of one reference in batches, each committed; logged.
-- writes the child, pydb.orphan_quarantine, pydb.job_run, pydb.audit_log   locks per batch: the relation, its rows
-- raises YD001 YD005 YD015 YD110 YD111 YD301; commits, so it cannot run inside a transaction block
create or replace procedure pydb.orphan_repair(
    p_reference text,
    p_mode text default null,
    p_dry_run boolean default false,
    p_max_rows bigint default null,
    p_max_runtime interval default null,
    p_min_age interval default null,
    p_request uuid default null,
    p_search_path name[] default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
    v_work pydb_internal.orphan_repair_work;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    perform pydb_internal.orphan_check_call(p_max_runtime, p_min_age, p_max_rows - 1);
    perform pydb_internal.orphan_check_age(p_min_age, p_dry_run);
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_work.mode := p_mode;
    v_work.min_age := p_min_age;
    v_work.search_path := p_search_path;
    v_run.kind := 'orphan_repair';
    v_run.dry_run := p_dry_run;
    v_run.request := p_request;
    v_run.now := clock_timestamp();
    v_run.deadline := clock_timestamp() + p_max_runtime;
    v_run.max_rows := p_max_rows;
    v_run.said := 'nothing was repaired';
    begin
        perform pydb_internal.run_pin();
        v_work.reference := pydb_internal.orphan_reference_get(p_reference);
    exception when query_canceled or lock_not_available then
        v_run := pydb_internal.run_unbegun(v_run, sqlstate, sqlerrm);
        v_work.reference := p_reference;
    end;
    v_run.work := to_jsonb(v_work);
    call pydb_internal.run_series(v_run, array['repair ' || v_work.reference]);
    set local search_path = pg_catalog, pg_temp;
end
$$;

comment on procedure pydb.orphan_repair(text, text, boolean, bigint, interval, interval, uuid, name[]) is
'Repairs the orphans of one reference in batches that are committed one by one. p_mode: delete, nullify (set the key to
null), quarantine (take them out; pydb.orphan_restore brings them back); null = as the reference says: cascade deletes,
set null nullifies, anything else is blocked until you choose. p_dry_run counts with the same condition, and says what
would go along. Rows that others reference stay and are counted. A row whose parent has arrived meanwhile is left alone.
The kill switch is obeyed before each batch. p_search_path: schemas in which triggers look
for names. The run is in pydb.job_run (kind orphans); what fails raises YD110, what is
blocked YD111. Run it again to go on. It commits: in a transaction (psql -1, begin) it ends with 2D000.';

revoke all on procedure pydb.orphan_repair(text, text, boolean, bigint, interval, interval, uuid, name[]) from public;
