-- pydb_internal.orphan_react (run; by orphan_walk): what a scan or a repair does about an error: smaller, later, row by
-- row, or stop and say why.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_react(p_walk jsonb, p_sqlstate text, p_error text, p_hint text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk constant jsonb := p_walk || jsonb_build_object('sqlstate', p_sqlstate, 'error', p_error, 'hint', p_hint);
    v_tries constant integer := (p_walk ->> 'tries')::integer + 1;
    v_timeout constant float8 := extract(epoch from current_setting('statement_timeout')::interval)::float8;
    v_take constant integer := (p_walk ->> 'take')::integer;
    v_steps constant boolean := jsonb_array_length(p_walk -> 'slices') > 0 and p_walk ->> 'way' = 'plain';
begin
    if p_sqlstate = '57014' then
        -- a cancel and a statement_timeout differ in their text alone, and that is translated: the clock tells
        if v_timeout > 0 and extract(epoch from clock_timestamp() - statement_timestamp()) + 0.1 >= v_timeout then
            return v_walk || '{"state": "partial", "reason": "time_budget", "halt": "time_budget"}';
        end if;
        return v_walk || '{"state": "cancelled", "reason": "cancelled", "halt": "cancelled"}';
    elsif v_steps and (p_sqlstate = '55P03' or (left(p_sqlstate, 2) = '23' and v_take <= 1)) then
        -- somebody holds a row here, or a constraint keeps one: its neighbours one by one
        return v_walk || '{"way": "rows", "take": 1}';
    elsif v_steps and left(p_sqlstate, 2) = '23' then
        return v_walk || jsonb_build_object('take', v_take / 2); -- found by halving
    elsif p_sqlstate in ('55P03', '40001', '40P01')
        and v_tries <= pydb_internal.setting_get(p_name => 'retry_limit')::integer then
        -- up to 50 ms, 100 ms, 200 ms … at random, so that two who collided do not meet again
        return v_walk || jsonb_build_object(
            'tries', v_tries, 'pause', random() * 0.05 * 2 ^ least(v_tries - 1, 6),
            'take', greatest(v_take / 2, 1)
        );
    elsif p_sqlstate = '55P03' then
        return v_walk || '{"state": "blocked", "reason": "locked"}';
    elsif p_sqlstate in ('42501', 'YD001', 'YD005', 'YD401', 'YD402', 'YD404') then
        return v_walk || '{"state": "blocked", "reason": "error"}';
    end if;
    return v_walk || '{"state": "failed", "reason": "error"}';
end
$$;

comment on function pydb_internal.orphan_react(jsonb, text, text, text) is
'The walk after an error whose turn was rolled back: a smaller batch, a pause and another try, row by row; or a state:
cancelled, partial, blocked, failed.';

revoke all on function pydb_internal.orphan_react(jsonb, text, text, text) from public;
