-- pydb_internal.run_rest (run; by run_drive): how long a run sleeps now: until it wakes, in slices.
-- reads settings, the terms of the subject, the clock   writes pydb.job_run (a sign of life)   locks the run's row
-- raises what the terms of the kind raise
create or replace function pydb_internal.run_rest(p_run pydb_internal.run_state, p_slice integer)
returns double precision
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms' -- what the turn pinned ended with its transaction
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_terms pydb_internal.run_terms;
begin
    -- from 17 on: the sleep may be longer than that
    if current_setting('transaction_timeout', true) is not null then
        perform set_config('transaction_timeout', '0', true);
    end if;
    if v_now >= p_run.wake_at then
        return null;
    end if;
    -- A look at what could end the pause, and no more: a run that rests most of the time must not be felt by others.
    v_terms := pydb_internal.run_terms_of(p_run);
    if (v_terms.version <> p_run.version and p_run.governor_since is null)
        or (pydb_internal.run_stop(p_run, v_terms)).state is not null
    then
        return null;
    end if;
    if p_slice % 4 = 3 and pydb_internal.run_beat(p_run.run_id) and p_run.request is not null then
        raise info '%: % rows', pydb_internal.run_label(p_run), p_run.done;
    end if;
    return least(extract(epoch from p_run.wake_at - v_now)::float8, 0.25);
end
$$;

comment on function pydb_internal.run_rest(pydb_internal.run_state, integer) is
'Seconds to sleep before the next look, at most 0.25; null where the next turn is due: the run wakes, or something is
there to be obeyed. Every fourth slice gives a sign of life.';

revoke all on function pydb_internal.run_rest(pydb_internal.run_state, integer) from public;
