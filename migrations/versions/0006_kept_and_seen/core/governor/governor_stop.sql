-- pydb_internal.governor_stop (governor; by run_stop): look whether the server can bear the next batch, and how large.
-- reads settings, what the indicators read   writes pydb.job_run where that changes   locks the run's row
-- raises nothing
create or replace function pydb_internal.governor_stop(
    p_run pydb_internal.run_state,
    p_terms pydb_internal.run_terms
)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_relation constant oid := coalesce(p_run.relation, p_terms.relation);
    -- a table is looked at once as its turn comes, with all its partitions
    v_table constant oid := coalesce(pg_partition_root(v_relation)::oid, v_relation);
begin
    if p_run.wake_at > v_now then
        return p_run; -- who rests is looked at when he wakes
    elsif p_run.governor_at > v_now and (v_table is null or v_table = any(p_run.governor_seen)) then
        null;
    elsif not pydb_internal.setting_get(p_name => 'governor')::boolean then
        p_run.factor := 1;
        p_run.governor_since := null;
    else
        p_run.governor_at := v_now + pydb_internal.setting_get(p_name => 'governor_interval')::interval;
        p_run.relation := v_relation;
        if v_table <> all(coalesce(p_run.governor_seen, '{}')) then
            p_run.governor_seen := p_run.governor_seen || v_table;
            p_run.relation := v_table;
        end if;
        if coalesce(pydb_internal.governor_quiet(p_run.relation), false) and p_run.governor_signal is null then
            p_run.factor := least(1, coalesce(p_run.factor, 1) + 0.0625);
            p_run.governor_ratio := null; -- below half of all thresholds
        else
            p_run := pydb_internal.governor_decide(p_run, p_terms, v_now);
        end if;
    end if;
    if p_run.factor < 1 then
        -- for run_size, in this transaction
        perform set_config('pydb.governor_factor', p_run.factor::text, true);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.governor_stop(pydb_internal.run_state, pydb_internal.run_terms) is
'The run with the factor that its batches are to have, with a time to wake where it must rest, or with its end where it
has rested for longer than the patience of what it rests for. Signals are as old as governor_interval at most.';

revoke all on function pydb_internal.governor_stop(pydb_internal.run_state, pydb_internal.run_terms) from public;
