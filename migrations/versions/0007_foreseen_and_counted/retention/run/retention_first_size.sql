-- pydb_internal.retention_first_size (run; by retention_first_work): how large a run may begin, by what is known before
-- it has deleted anything: how large the rows are, and which references have no index.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_first_size(
    p_policy pydb.retention_policy,
    p_work pydb_internal.retention_work,
    p_parts pydb_internal.run_part[],
    p_unindexed text[],
    p_scanned bigint
)
returns pydb_internal.retention_work
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_target constant float8 := pydb_internal.retention_target_ms(p_policy);
    -- bytes a millisecond: what is archived is read and written too
    v_speed constant float8 := case
        when 'archive' in (p_policy.action, p_policy.partition_first)
            or (p_policy.action = 'export' and p_work.way <> 'plain') then 50000::float8
        else 333333::float8
    end;
    v_bytes float8;
    v_density float8;
    v_guess float8;
    v_rows float8;
begin
    p_work.print := md5('');
    if cardinality(p_unindexed) > 0 then
        p_work.print := md5(array_to_string(array(select u from unnest(p_unindexed) as u order by u), ' '));
    end if;
    if p_work.cost is not null then
        return p_work; -- it has learned better
    end if;
    -- large values lie out of line, in pieces of 2 kB, each a row to delete
    select sum(pg_table_size(u.relation)) / greatest(sum(u.density * greatest(u.until_block, 1)), 1), max(u.density)
    into v_bytes, v_density
    from unnest(p_parts) as u;
    -- milliseconds a row: 3 for a megabyte of its own (20 where it is archived), or for one that is read for it
    v_guess := coalesce(v_bytes, 0) / v_speed + p_scanned / 333333;
    p_work.cost := greatest(v_guess, 0.002);
    -- rows of the first batch: what fits the target at 10 us each, or more, and the rate limit
    v_rows := least(v_target / greatest(v_guess, 0.01), p_policy.rows_per_second);
    p_work.index_range := coalesce(p_work.index_range, greatest(v_rows, 1)::bigint);
    p_work.heap_range := coalesce(p_work.heap_range, greatest(least(v_rows / greatest(v_density, 100), 64), 1)::bigint);
    return p_work;
end
$$;

comment on function pydb_internal.retention_first_size(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.run_part[], text[], bigint
) is
'The work with the cost of a row and the ranges to begin with, unless it has learned them; print stands for the
references without an index: what was learned with others is forgotten.';

revoke all on function pydb_internal.retention_first_size(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.run_part[], text[], bigint
) from public;
