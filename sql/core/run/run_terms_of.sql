-- pydb_internal.run_terms_of (run): what the subject of a run says now: whether it may run, within which bounds.
-- reads what the terms of the kind read   writes nothing   locks nothing
-- raises what the terms of the kind raise
create or replace function pydb_internal.run_terms_of(p_run pydb_internal.run_state)
returns pydb_internal.run_terms
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_terms pydb_internal.run_terms;
begin
    if (pydb_internal.run_kind_get(p_run.kind)).has_terms then
        execute format('select * from pydb_internal.%I($1)', p_run.kind || '_terms') into v_terms using p_run.subject;
    else
        v_terms.version := '1'; -- it cannot change
    end if;
    if coalesce(p_run.catch_up, p_run.now >= v_terms.overdue_at) then
        v_terms.windows := coalesce((v_terms.catch_up).windows, v_terms.windows);
        v_terms.max_rows := coalesce((v_terms.catch_up).max_rows, v_terms.max_rows);
        v_terms.max_runtime := coalesce((v_terms.catch_up).max_runtime, v_terms.max_runtime);
        v_terms.max_wal := coalesce((v_terms.catch_up).max_wal, v_terms.max_wal);
    end if;
    return v_terms;
end
$$;

comment on function pydb_internal.run_terms_of(pydb_internal.run_state) is
'Terms of the subject of a run, by the hook of its kind; a kind without one has no bounds and always the same version.
Where the run is to catch up, the limits for that are in place of its own.';

revoke all on function pydb_internal.run_terms_of(pydb_internal.run_state) from public;
