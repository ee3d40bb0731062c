-- pydb_internal.retention_range (delete; by retention_turn): the next range of a part: its SQL condition over alias t,
-- and where it ends.
-- reads the relation (index strategy)   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_range(
    p_policy pydb.retention_policy,
    p_work pydb_internal.retention_work,
    p_part pydb_internal.run_part,
    out condition text,
    out next_at bigint,
    out next_from text,
    out is_last boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set extra_float_digits = 1 -- a number as text is the number
as $$
declare
    v_from text := p_part.from_value;
    -- no range holds more than a second's worth of rows, where the policy bounds them
    v_limit bigint := least(p_work.index_range, p_policy.rows_per_second);
    v_blocks bigint := least(
        p_work.heap_range,
        -- greatest() passes over null: without a bound it would say 1
        case when p_policy.rows_per_second is not null
            then greatest(p_policy.rows_per_second / greatest(p_part.density, 1), 1)::bigint end
    );
    v_expired text;
    v_floor text := '';
    v_rows bigint;
begin
    if p_part.strategy = 'whole' then
        condition := 'true';
        is_last := true;
        return;
    elsif p_part.strategy = 'heap' then
        next_at := least(p_part.at_block + v_blocks, p_part.until_block);
        condition := format('t.ctid >= ''(%s,0)'' and t.ctid < ''(%s,0)''', p_part.at_block, next_at);
        is_last := next_at >= p_part.until_block;
        return;
    end if;
    v_expired := pydb_internal.retention_expired_condition(
        jsonb_populate_record(pydb_internal.retention_unruled(p_policy), '{"filter": null}'), p_work.cutoff, 't', false
    );
    if v_from is null and p_policy.filter is null and p_part.due < v_limit
        and not pydb_internal.retention_has_rules(p_policy)
    then
        condition := v_expired; -- the plan counted them: one range holds them all
        is_last := true;
        return;
    end if;
    if v_from is not null then
        v_floor := format('t.%I >= %L and ', p_policy.time_column, v_from);
    end if;
    -- the value that ends the range; rows deleted before lie below v_from and are not visited again
    execute format(
        'select count(*), %6$s::text from (
            select t.%1$I as v from only %2$s as t where %3$s%4$s order by t.%1$I limit %5$s) as s',
        p_policy.time_column, pydb_internal.relation_name(p_part.relation), v_floor, v_expired, v_limit,
        pydb_internal.retention_end(p_policy, 'max', 's.v')
    ) into v_rows, next_from;
    is_last := v_rows < v_limit;
    condition := v_expired || ' and ' || v_floor || case
        when is_last then 'true' else format('t.%I < %L', p_policy.time_column, next_from)
    end;
    if not is_last and next_from is not distinct from v_from then
        condition := null; -- one value fills more than a range: only blocks can part its rows
    elsif not is_last and v_from is null then
        -- the first range may begin with such a value too
        execute format(
            'select not exists (select 1 from only %1$s as t where %2$s and t.%3$I < %4$L)',
            pydb_internal.relation_name(p_part.relation), v_expired, p_policy.time_column, next_from
        ) into is_last;
        condition := case when not is_last then condition end;
        is_last := false;
    end if;
end
$$;

comment on function pydb_internal.retention_range(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.run_part
) is
'Next range of a part by blocks or by time. A null condition: one time value holds more rows than a range, the
part has to be walked by blocks.';

revoke all on function pydb_internal.retention_range(
    pydb.retention_policy, pydb_internal.retention_work, pydb_internal.run_part
) from public;
