-- pydb_internal.retention_next_size (run; by retention_account): size the next range by what the last one took.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_next_size(
    p_policy pydb.retention_policy,
    p_work pydb_internal.retention_work,
    p_part pydb_internal.run_part,
    p_rows bigint,
    p_ms double precision,
    p_take_ms double precision
)
returns pydb_internal.retention_work
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_target float8 := pydb_internal.retention_target_ms(p_policy);
    v_ms constant float8 := greatest(p_ms, 0.1);
    v_is_index constant boolean := p_part.strategy = 'index';
    v_range float8 := case when v_is_index then p_work.index_range else p_work.heap_range end::float8;
    v_most float8;
    v_next bigint;
begin
    if p_part.strategy = 'whole' then
        return p_work;
    end if;
    if p_rows > 0 then
        -- Fewer rows, and no less time: it does not go into rows. Whatever takes less time than that shows it was less.
        p_work.fixed_ms := case when v_ms < p_work.fixed_ms then v_ms else p_work.fixed_ms end;
        if p_rows < 0.8 * p_work.last_rows and v_ms >= 0.9 * p_work.last_ms and v_ms > v_target then
            p_work.fixed_ms := coalesce(p_work.fixed_ms, v_ms);
        end if;
        p_work.last_rows := p_rows;
        p_work.last_ms := v_ms;
        v_target := pydb_internal.retention_target_ms(p_policy, p_work.fixed_ms);
    end if;
    -- what a row costs shows where rows are dense; elsewhere the time goes into looking, and is an upper bound
    if p_rows >= 1000 or (p_rows >= 10 and v_ms >= 0.2 * v_target) then
        p_work.cost := case
            when p_rows < 0.3 * least(
                v_range * case when v_is_index then 1 else p_part.density end, v_target / p_work.cost
            )
                then least(p_work.cost, v_ms / p_rows)
            when p_work.is_measured then 0.6 * p_work.cost + 0.4 * v_ms / p_rows
            else v_ms / p_rows
        end;
        p_work.is_measured := true;
    elsif p_rows > 0 then
        p_work.cost := greatest(least(p_work.cost, p_take_ms / p_rows), 0.002); -- no row can have cost more
    end if;
    -- never more rows than would take half as long again as the target if all of them expired: ranges that grow in a
    -- stretch where nothing expires must not burst where everything does
    v_most := 1.5 * v_target / p_work.cost;
    if p_policy.rows_per_second is not null then
        v_most := least(v_most, p_policy.rows_per_second);
    end if;
    if not v_is_index then
        v_most := v_most / greatest(p_part.density, 1);
    end if;
    -- A run that has to rest anyway is felt less in several short batches than in one long one. Not more than five a
    -- second: each costs one or two milliseconds besides its rows.
    if v_ms * p_policy.rows_per_second < 1000 * p_rows then
        v_target := least(v_target, greatest(10, v_ms / p_rows * p_policy.rows_per_second / 5));
    end if;
    v_next := greatest(1, least(
        case
            when v_ms > 2 * v_target then v_range * v_target / v_ms -- the next one must fit
            when v_ms < v_target / 8 and p_rows >= 1000 then 4 * v_range -- by the cost of a thousand rows it is far off
            else pydb_internal.run_size(v_range, v_ms, v_target)
        end, v_most, 1000000
    ))::bigint;
    if v_is_index then
        p_work.index_range := v_next;
    else
        p_work.heap_range := v_next;
    end if;
    return p_work;
end
$$;

comment on function pydb_internal.retention_next_size(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.run_part, bigint, double precision,
    double precision
) is
'The work with the size of its next range after p_rows in p_ms milliseconds: towards the batch target, bounded by the
learned cost of a row and by rows_per_second; towards 10 ms, or a fifth of a second''s rows,
    where the rate limit makes the
run rest.';

revoke all on function pydb_internal.retention_next_size(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.run_part, bigint, double precision,
    double precision
) from public;
