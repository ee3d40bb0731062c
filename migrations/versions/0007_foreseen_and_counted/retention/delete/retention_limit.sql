-- pydb_internal.retention_limit (delete; by retention_turn): how many rows a batch may take, where its range could hold
-- more than the budget.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_limit(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_work pydb_internal.retention_work,
    p_part pydb_internal.run_part
)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- where rows take others along, the budget holds for all: so many rows of the policy's own table fit into it
    v_budget constant bigint := ceil((p_run.max_rows - p_run.done) / coalesce(p_work.weight, 1))::bigint;
    v_most float8;
begin
    if p_part.strategy = 'heap' and p_work.heap_range = 1 then
        -- a single block can hold more than a batch of very large, or very slow, rows
        v_most := pydb_internal.retention_target_ms(p_policy, p_work.fixed_ms) / p_work.cost;
        if v_most < p_part.density then
            return least(v_budget, greatest(v_most, 1)::bigint);
        end if;
    end if;
    -- a block holds 291 rows at most, a range of the index what it was asked for; what was locked on the way may come
    -- from a larger range than today's
    return case
        when p_part.strategy = 'heap' and v_budget >= p_work.heap_range * 291 then null
        when p_part.strategy = 'index' and v_budget >= p_work.index_range then null
        else v_budget
    end;
end
$$;

comment on function pydb_internal.retention_limit(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work, pydb_internal.run_part
) is
'Rows that the next batch may take at most; null where its range cannot hold more than the budget.';

revoke all on function pydb_internal.retention_limit(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work, pydb_internal.run_part
) from public;
