-- pydb_internal.cascade_job_end (job; by cascade_run_job): close a run of a job in the log, and the job with its proof
-- where all is gone.
-- reads the root and what references it   writes pydb.job_run, pydb.cascade_job, pydb.audit_log   locks their rows
-- raises nothing
create or replace function pydb_internal.cascade_job_end(p_state jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not p_state ? 'run' then
        return; -- logged when it was skipped
    end if;
    if p_state ->> 'state' = 'completed' then
        perform pydb_internal.cascade_job_progress((p_state ->> 'job')::bigint, '{}', jsonb_build_object(
            'remaining', 0, 'run', (p_state ->> 'run')::bigint, 'at', clock_timestamp()
        ));
    end if;
    perform pydb_internal.run_close(
        (p_state ->> 'run')::bigint, p_state ->> 'state', p_state ->> 'reason', null,
        case when p_state ->> 'reason' <> 'exhausted' then p_state ->> 'sqlstate' end,
        case when p_state ->> 'reason' <> 'exhausted' then p_state ->> 'error' end,
        jsonb_strip_nulls(jsonb_build_object(
            'hint', case when p_state ->> 'reason' <> 'exhausted' then p_state -> 'hint' end,
            'retries', nullif(p_state -> 'retries', '0')
        ))
    );
    if (p_state ->> 'done')::bigint > 0 then
        perform pydb_internal.audit_add(
            'cascade_run', 'job ' || (p_state ->> 'job'), jsonb_build_object(
                'rows_done', p_state -> 'done', 'state', p_state -> 'state', 'reason', p_state -> 'reason'
            ), (p_state ->> 'run')::bigint
        );
    end if;
end
$$;

comment on function pydb_internal.cascade_job_end(jsonb) is
'Closes the run of a job; a completed job gets its proof: counts per relation, hash of its keys, zero remaining.';

revoke all on function pydb_internal.cascade_job_end(jsonb) from public;
