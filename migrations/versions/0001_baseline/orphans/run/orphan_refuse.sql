-- pydb_internal.orphan_refuse (run; by orphan_walk): log a run that could not even be opened.
-- writes pydb.job_run   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_refuse(p_walk jsonb, p_sqlstate text, p_error text, p_hint text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk jsonb := p_walk || jsonb_build_object('sqlstate', p_sqlstate, 'error', p_error, 'hint', p_hint) || case
        p_sqlstate
        when '57014' then '{"state": "cancelled", "reason": "cancelled"}'::jsonb
        -- another session is about to open or to close the same
        when '55P03' then '{"state": "skipped", "reason": "locked"}'
        else '{"state": "failed", "reason": "error"}'
    end;
begin
    perform pydb_internal.run_log_unstarted(
        'orphans', v_walk ->> 'subject', (v_walk ->> 'dry_run')::boolean, (v_walk ->> 'request')::uuid,
        v_walk ->> 'state', v_walk ->> 'reason', p_error, p_sqlstate
    );
    return v_walk;
end
$$;

comment on function pydb_internal.orphan_refuse(jsonb, text, text, text) is
'State of a walk whose run could not be opened, noted in the log: skipped, cancelled or failed.';

revoke all on function pydb_internal.orphan_refuse(jsonb, text, text, text) from public;
