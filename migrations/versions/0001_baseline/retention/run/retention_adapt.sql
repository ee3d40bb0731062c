-- pydb_internal.retention_adapt (run; by retention_account): size the next range by what the last one took.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_adapt(
    p_policy pydb.retention_policy,
    p_walk jsonb,
    p_strategy text,
    p_density float8
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_target float8 := (1000 * extract(epoch from coalesce(
        p_policy.batch_target, pydb_internal.setting_get(p_name => 'batch_target')::interval
    )))::float8;
    v_rows float8 := (p_walk ->> 'rows')::float8;
    v_ms float8 := greatest((p_walk ->> 'ms')::float8, 0.1);
    v_cost float8 := (p_walk ->> 'cost')::float8;
    v_key text := case p_strategy when 'index' then 'index_range' else 'heap_range' end;
    v_range float8 := (p_walk ->> v_key)::float8;
    v_most float8;
begin
    if p_strategy = 'whole' then
        return p_walk;
    end if;
    -- what a row costs shows where rows are dense; elsewhere the time goes into looking, and is an upper bound
    if v_rows >= 1000 then
        v_cost := case
            when v_rows < 0.3 * v_range * case p_strategy when 'index' then 1 else p_density end
                then least(v_cost, v_ms / v_rows)
            when p_walk ? 'measured' then 0.6 * v_cost + 0.4 * v_ms / v_rows
            else v_ms / v_rows
        end;
        p_walk := p_walk || '{"measured": true}';
    end if;
    -- at most double; and never more rows than would take half as long again as the target if all of them expired:
    -- ranges that grow in a stretch where nothing expires must not burst where everything does
    v_most := 1.5 * v_target / v_cost;
    if p_policy.rows_per_second is not null then
        v_most := least(v_most, p_policy.rows_per_second);
    end if;
    if p_strategy <> 'index' then
        v_most := v_most / greatest(p_density, 1);
    end if;
    -- A run that has to rest anyway is felt less in several short batches than in one long one. Not more than five a
    -- second: each costs one or two milliseconds besides its rows.
    if v_ms * p_policy.rows_per_second < 1000 * v_rows then
        v_target := least(v_target, greatest(10, v_ms / v_rows * p_policy.rows_per_second / 5));
    end if;
    v_range := v_range * least(greatest(v_target / v_ms, 0.25), 2);
    return p_walk || jsonb_build_object(
        'cost', round(v_cost::numeric, 6), v_key, greatest(1, least(v_range, v_most, 1000000))::bigint
    );
end
$$;

comment on function pydb_internal.retention_adapt(pydb.retention_policy, jsonb, text, double precision) is
'The walk with the size of its next range: towards the batch target, at most doubled, bounded by the learned cost of a
row and by rows_per_second; towards 10 ms, or a fifth of a second''s rows, where the rate limit makes the run rest.';

revoke all on function pydb_internal.retention_adapt(pydb.retention_policy, jsonb, text, double precision) from public;
