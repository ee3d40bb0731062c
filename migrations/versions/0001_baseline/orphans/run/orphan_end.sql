-- pydb_internal.orphan_end (run; by orphan_walk): close the run of a walk in the log, and say in the audit log what a
-- repair did.
-- writes pydb.job_run, pydb.audit_log   locks the run's row
-- raises nothing
create or replace function pydb_internal.orphan_end(p_walk jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_done constant bigint := (p_walk ->> 'done')::bigint;
    v_clean constant boolean := p_walk ->> 'reason' = 'exhausted';
begin
    if p_walk ->> 'state' = 'skipped' or not p_walk ? 'run' then
        return; -- logged as such when it was refused
    end if;
    perform pydb_internal.run_close(
        (p_walk ->> 'run')::bigint, p_walk ->> 'state', p_walk ->> 'reason', (p_walk ->> 'skipped')::bigint,
        case when not v_clean then p_walk ->> 'sqlstate' end, case when not v_clean then p_walk ->> 'error' end,
        jsonb_strip_nulls(jsonb_build_object(
            'hint', p_walk -> 'hint', 'orphans', p_walk -> 'orphans', 'locked', p_walk -> 'locked',
            'refused', p_walk -> 'refused', 'kept', p_walk -> 'kept'
        ))
    );
    if p_walk ->> 'task' = 'repair' and v_done > 0 then
        perform pydb_internal.audit_add(
            'orphan_repair', p_walk ->> 'reference', jsonb_build_object(
                'mode', p_walk -> 'mode', 'rows_done', v_done, 'state', p_walk -> 'state',
                'reason', p_walk -> 'reason'
            ), (p_walk ->> 'run')::bigint
        );
    end if;
end
$$;

comment on function pydb_internal.orphan_end(jsonb) is
'Closes the run that a finished walk belongs to; a repair is audited if it did anything.';

revoke all on function pydb_internal.orphan_end(jsonb) from public;
