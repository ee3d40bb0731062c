-- pydb_internal.governor_decide (governor; by governor_stop): go on, go slower, or rest, by the worst of the signals.
-- reads what the indicators read   writes pydb.job_run where the signal changes   locks the run's row
-- raises nothing
create or replace function pydb_internal.governor_decide(
    p_run pydb_internal.run_state,
    p_terms pydb_internal.run_terms,
    p_now timestamptz
)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_least constant float8 := 1 / 64::float8;
    v_worst record;
    v_was constant text := p_run.governor_signal;
    v_reason text;
begin
    select r.* into v_worst
    from pydb_internal.governor_ask(p_run.relation, pydb_internal.governor_share()) as r
    where r.signal <> 'not_available'
    order by array_position('{unknown,stop,slow,ok}'::text[], r.signal), r.ratio desc
    limit 1;
    p_run.factor := coalesce(p_run.factor, 1);
    p_run.governor_signal := nullif(v_worst.signal, 'ok');
    if v_worst.signal in ('unknown', 'stop') then
        if p_run.governor_since is null then
            p_run.governor_since := p_now;
            p_run.factor := greatest(p_run.factor / 2, v_least);
        end if;
        p_run.wake_at := clock_timestamp() + v_worst.back_off;
        p_run.governor_at := p_run.wake_at; -- it looks again when it wakes, however long governor_interval is
    else
        p_run.governor_since := null;
        -- Halved where it is above half of the threshold and does not fall, once a back-off; up by steps where it is
        -- below. A lag that falls is left to fall: to go slower still would let the standby run dry.
        if v_worst.signal = 'slow' then
            if (v_worst.ratio >= p_run.governor_ratio) is not false
                and (p_run.slowed_at > p_now - v_worst.back_off) is not true
            then
                p_run.factor := greatest(p_run.factor / 2, v_least);
                p_run.slowed_at := p_now;
            end if;
        else
            p_run.factor := least(1, p_run.factor + 0.0625);
        end if;
    end if;
    p_run.governor_ratio := v_worst.ratio;
    v_reason := format('%s is %s: %s', v_worst.indicator, case
        when v_worst.signal = 'unknown' then 'unknown'
        when v_worst.unit = 'bytes' then format(
            '%s of %s', pg_size_pretty(v_worst.value::numeric), pg_size_pretty(v_worst.threshold::numeric)
        )
        else format('%s of %s %s', round(v_worst.value::numeric, 1), v_worst.threshold, v_worst.unit)
    end, v_worst.reason);
    if p_run.governor_since < p_now - v_worst.patience then
        p_run.state := 'partial';
        p_run.reason := 'governor';
        p_run.sqlstate := 'YD803';
        p_run.error := concat_ws('; ', format('it starved for %s: %s', v_worst.patience, v_reason), case
            when p_terms.overdue_at <= p_now then format('its rows are overdue since %s', p_terms.overdue_at)
            when p_terms.overdue_at > p_now then format('its rows are overdue from %s on', p_terms.overdue_at) end);
        p_run.hint := 'select * from pydb.governor_status;';
    end if;
    if p_run.governor_signal is distinct from v_was or p_run.governor_signal in ('unknown', 'stop') then
        perform pydb_internal.run_log_governor(
            p_run.run_id, case when p_run.governor_signal is not null then v_worst.indicator end,
            p_run.governor_signal, v_reason
        );
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.governor_decide(
    pydb_internal.run_state, pydb_internal.run_terms, timestamptz
) is
'The run with factor, wake_at, signal, or its end. The factor, 1/64 to 1, is halved and grows by 1/16; unknown and stop
let the run rest for a back-off at a time, until the patience of the indicator is over.';

revoke all on function pydb_internal.governor_decide(
    pydb_internal.run_state, pydb_internal.run_terms, timestamptz
) from public;
