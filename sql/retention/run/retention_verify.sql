-- pydb_internal.retention_verify (run; by retention_next_pass): where other than the planned rows went, look what is
-- left before the run says how it ended.
-- reads the target and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_verify(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_cutoff timestamptz,
    p_is_again boolean
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_held bigint;
begin
    -- More than planned: what referenced a row went with another one. Less: renewed or deleted by somebody else, and
    -- nothing is left; or referenced since the plan, or rows of the table itself that reference each other in a ring:
    -- those stay, and that is no success.
    select
        sum(s.rows_blocked + s.rows_held + case when p_is_again then s.rows_due else 0 end)::bigint,
        sum(s.rows_held)::bigint
    into p_run.skipped, v_held
    from pydb_internal.retention_survey(p_policy, p_cutoff, false) as s;
    p_run.state := case when p_run.skipped > 0 then 'partial' else 'completed' end;
    p_run.reason := case
        when v_held > 0 then 'held' when p_run.skipped > 0 then 'referenced' else 'exhausted'
    end;
    if p_run.state = 'completed' and p_run.done < p_run.due then
        return pydb_internal.retention_verify_kept(p_policy, p_run);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.retention_verify(
    pydb.retention_policy, pydb_internal.run_state, timestamptz, boolean
) is
'A run that is through, its end settled by what is left: partial if rows stay because others reference them.';

revoke all on function pydb_internal.retention_verify(
    pydb.retention_policy, pydb_internal.run_state, timestamptz, boolean
) from public;
