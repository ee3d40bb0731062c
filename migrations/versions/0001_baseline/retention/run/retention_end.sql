-- pydb_internal.retention_end (run; by retention_run_policy): close the run of a walk in the log, and say in the audit
-- log what it deleted.
-- writes pydb.job_run, pydb.audit_log   locks the run's row
-- raises nothing
create or replace function pydb_internal.retention_end(p_walk jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_walk ->> 'state' = 'skipped' or not p_walk ? 'run' then
        return; -- logged as such when it was refused
    end if;
    perform pydb_internal.run_close(
        (p_walk ->> 'run')::bigint, p_walk ->> 'state', p_walk ->> 'reason',
        coalesce(
            (p_walk ->> 'skipped')::bigint,
            (p_walk ->> 'locked')::bigint + (p_walk ->> 'kept')::bigint + (p_walk ->> 'refused')::bigint
        ),
        case when p_walk ->> 'reason' <> 'exhausted' then p_walk ->> 'sqlstate' end,
        case when p_walk ->> 'reason' <> 'exhausted' then p_walk ->> 'error' end,
        jsonb_strip_nulls(jsonb_build_object(
            'hint', p_walk -> 'hint', 'retries', nullif(p_walk -> 'retries', '0'),
            -- a batch that was cut short has made the next ones smaller
            'learned', jsonb_build_object(
                'cost', p_walk -> 'cost', 'heap_range', p_walk -> 'heap_range', 'index_range', p_walk -> 'index_range'
            )
        ))
    );
    if (p_walk ->> 'done')::bigint > 0 then
        perform pydb_internal.audit_add(
            'retention_run', p_walk ->> 'policy',
            jsonb_build_object(
                'rows_done', p_walk -> 'done', 'cutoff', p_walk -> 'cutoff', 'state', p_walk -> 'state',
                'reason', p_walk -> 'reason'
            ), (p_walk ->> 'run')::bigint
        );
    end if;
end
$$;

comment on function pydb_internal.retention_end(jsonb) is
'Closes the run that a finished walk belongs to; audited if rows went.';

revoke all on function pydb_internal.retention_end(jsonb) from public;
