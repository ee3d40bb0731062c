-- pydb_internal.cascade_react (job; by cascade_run_job): what a run of a job does about an error: again, smaller and
-- later, or stop and say why.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_react(p_state jsonb, p_sqlstate text, p_error text, p_hint text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state jsonb := p_state || jsonb_build_object('sqlstate', p_sqlstate, 'error', p_error, 'hint', p_hint);
    v_tries integer := coalesce((p_state ->> 'tries')::integer, 0) + 1;
    v_timeout float8 := extract(epoch from current_setting('statement_timeout')::interval)::float8;
begin
    if p_sqlstate = '57014' then
        if v_timeout > 0 and extract(epoch from clock_timestamp() - statement_timestamp()) + 0.1 >= v_timeout then
            return v_state || '{"state": "partial", "reason": "time_budget", "halt": "time_budget"}';
        end if;
        return v_state || '{"state": "cancelled", "reason": "cancelled", "halt": "cancelled"}';
    elsif p_sqlstate in ('55P03', '40001', '40P01', 'YD304') or left(p_sqlstate, 2) = '23' then
        -- a lock, a row that somebody changed, a child that came in between: look again
        if v_tries <= pydb_internal.setting_get(p_name => 'retry_limit')::integer then
            return v_state || jsonb_build_object(
                'tries', v_tries, 'retries', (p_state ->> 'retries')::integer + 1, 'collect', true,
                'rows', greatest((p_state ->> 'rows')::bigint / 2, 1),
                'wake', clock_timestamp() + random() * 50 * 2 ^ least(v_tries - 1, 6) * interval '1 ms'
            );
        end if;
        return v_state || case
            when p_sqlstate = '55P03' then '{"state": "partial", "reason": "locked"}'::jsonb
            when left(p_sqlstate, 2) = '23' then '{"state": "blocked", "reason": "referenced"}'
            else '{"state": "failed", "reason": "error"}'
        end;
    elsif p_sqlstate = 'YD302' then
        return v_state || '{"state": "blocked", "reason": "referenced"}';
    elsif p_sqlstate in ('42501', 'YD001', 'YD003', 'YD004', 'YD005', 'YD301', 'YD306', 'YD307') then
        return v_state || '{"state": "blocked", "reason": "error"}';
    end if;
    return v_state || '{"state": "failed", "reason": "error"}';
end
$$;

comment on function pydb_internal.cascade_react(jsonb, text, text, text) is
'The state of a run after an error whose batch was rolled back: another look after a pause, or the end and its reason.';

revoke all on function pydb_internal.cascade_react(jsonb, text, text, text) from public;
