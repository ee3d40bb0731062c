-- pydb_internal.retention_react (run; by retention_run_policy): what a run does about an error: smaller, around, later,
-- row by row, or stop and say why.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_react(p_walk jsonb, p_sqlstate text, p_error text, p_hint text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk jsonb := p_walk || jsonb_build_object('sqlstate', p_sqlstate, 'error', p_error, 'hint', p_hint);
    v_tries integer := (p_walk ->> 'tries')::integer + 1;
    v_strategy text := p_walk -> 'segments' -> 0 ->> 'strategy';
    v_timeout float8 := extract(epoch from current_setting('statement_timeout')::interval)::float8;
    v_half jsonb := jsonb_build_object(
        'heap_range', greatest((p_walk ->> 'heap_range')::bigint / 2, 1),
        'index_range', greatest((p_walk ->> 'index_range')::bigint / 2, 1)
    );
begin
    if p_sqlstate = '57014' then
        -- a cancel and a statement_timeout differ in their text alone, and that is translated: the clock tells. The
        -- timer starts with the first message of the statement, statement_timestamp() is that of its last.
        if v_timeout > 0 and extract(epoch from clock_timestamp() - statement_timestamp()) + 0.1 >= v_timeout then
            return v_walk || v_half || '{"state": "partial", "reason": "time_budget", "halt": "time_budget"}';
        end if;
        return v_walk || '{"state": "cancelled", "reason": "cancelled", "halt": "cancelled"}';
    elsif p_sqlstate = '55P03' and v_strategy is not null and p_walk ->> 'mode' <> 'rows' then
        if p_walk ->> 'mode' = 'plain' and has_table_privilege(
            (p_walk -> 'segments' -> 0 ->> 'relation')::oid, 'UPDATE'
        ) then
            return v_walk || '{"mode": "skip"}'; -- somebody holds a row here: go around it
        elsif v_strategy = 'index' then
            v_walk := jsonb_set(v_walk, '{segments,0}', (p_walk -> 'segments' -> 0) || '{"strategy": "heap"}');
        end if;
        -- or he holds a row that references it, which no skipping sees: then one row after the other
        return v_walk || jsonb_build_object('mode', 'rows', 'heap_range', least((p_walk ->> 'heap_range')::bigint, 4));
    elsif p_sqlstate in ('55P03', '40001', '40P01', 'YD304') then
        if v_tries <= pydb_internal.setting_get(p_name => 'retry_limit')::integer then
            -- up to 50 ms, 100 ms, 200 ms … at random, so that two who collided do not meet again
            return v_walk || v_half || jsonb_build_object(
                'tries', v_tries, 'retries', (p_walk ->> 'retries')::integer + 1,
                'wake', clock_timestamp() + random() * 50 * 2 ^ least(v_tries - 1, 6) * interval '1 ms'
            );
        end if;
        return v_walk || case p_sqlstate
            when '55P03' then '{"state": "blocked", "reason": "locked"}'::jsonb
            else '{"state": "failed", "reason": "error"}'::jsonb
        end;
    elsif left(p_sqlstate, 2) = '23' and v_strategy is not null then
        -- a constraint keeps some row: find it by halving, then take its neighbours one by one
        if v_strategy = 'index' then
            return jsonb_set(
                v_walk, '{segments,0}', (p_walk -> 'segments' -> 0) || '{"strategy": "heap"}'
            );
        elsif v_strategy = 'heap' and (p_walk ->> 'heap_range')::bigint > 1 and p_walk ->> 'mode' <> 'rows' then
            return v_walk || v_half;
        elsif p_walk ->> 'mode' <> 'rows' then
            return v_walk || '{"mode": "rows"}';
        end if;
    elsif p_sqlstate = 'YD105' then
        return v_walk || '{"state": "blocked", "reason": "fuse"}';
    elsif p_sqlstate in ('42501', 'YD001', 'YD003', 'YD005', 'YD106', 'YD114') then
        return v_walk || '{"state": "blocked", "reason": "error"}';
    end if;
    return v_walk || '{"state": "failed", "reason": "error"}';
end
$$;

comment on function pydb_internal.retention_react(jsonb, text, text, text) is
'The walk after an error whose batch was rolled back: a smaller range, a pause and another try, a way around locked
rows, row by row past a constraint; or a state: cancelled, partial, blocked, failed.';

revoke all on function pydb_internal.retention_react(jsonb, text, text, text) from public;
