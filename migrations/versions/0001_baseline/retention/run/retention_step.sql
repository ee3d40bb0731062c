-- pydb_internal.retention_step (run): one batch of a walk: delete the next range of its first segment, in the caller's
-- transaction.
-- writes the target   locks the relation (row exclusive) and the rows it deletes
-- raises YD113, and what the delete raises
create or replace function pydb_internal.retention_step(p_policy pydb.retention_policy, p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_segment jsonb := p_walk -> 'segments' -> 0;
    v_relation oid := (v_segment ->> 'relation')::oid;
    v_start timestamptz := clock_timestamp();
    -- where rows take others along, the budget holds for all: so many rows of the policy's own table fit into it
    v_left_budget bigint := ceil(
        ((p_walk ->> 'max_rows')::bigint - (p_walk ->> 'done')::bigint) / coalesce((p_walk ->> 'weight')::numeric, 1)
    )::bigint;
    v_limit bigint;
    v_range record;
    v_condition text;
    v_rows bigint;
    v_cascaded jsonb;
    v_left bigint := 0;
    v_refused bigint := 0;
begin
    -- the lock keeps the table as it is until the commit; only then the look at it counts
    if pydb_internal.relation_name(v_relation) is not null then
        begin
            execute format('lock table only %s in row exclusive mode', pydb_internal.relation_name(v_relation));
        exception when undefined_table then
            null; -- dropped or renamed while we waited: the signature knows it by its oid
        end;
    end if;
    if pydb_internal.retention_signature(v_relation) is distinct from v_segment ->> 'signature' then
        raise exception using errcode = 'YD113', message = 'the table was changed during the run',
            detail = format('%s is no longer what was planned for.',
                coalesce(pydb_internal.relation_name(v_relation), 'relation ' || v_relation)),
            hint = format('Look at it, then: call pydb.retention_run(%L);', p_policy.name);
    end if;
    v_range := pydb_internal.retention_range(p_policy, p_walk, v_segment);
    if v_range.condition is null then
        return jsonb_set(
            p_walk, '{segments,0}', (v_segment - 'from') || jsonb_build_object('strategy', 'heap')
        ) || jsonb_build_object('rows', 0, 'ms', 0, 'left', 0);
    end if;
    v_condition := v_range.condition || ' and ' || (v_segment ->> 'condition');
    -- where the range could hold more than the budget, rows are counted out: a block holds 291 at most, a range of the
    -- index what it was asked for, and what was locked on the way may come from a larger range than today's
    v_limit := case
        when v_left_budget < case v_segment ->> 'strategy'
            when 'heap' then (p_walk ->> 'heap_range')::bigint * 291
            when 'index' then (p_walk ->> 'index_range')::bigint
            else v_left_budget + 1
        end then v_left_budget
    end;
    if p_walk ->> 'mode' = 'rows' then
        select d.rows_done, d.rows_refused, d.rows_locked into v_rows, v_refused, v_left
        from pydb_internal.retention_delete_rows(p_policy, v_relation, v_condition, v_limit) as d;
    else
        select d.rows_done, d.relations into v_rows, v_cascaded
        from pydb_internal.retention_take(
            p_policy, v_relation, v_condition, v_limit, p_walk ->> 'mode' = 'skip'
        ) as d;
        if v_cascaded is not null then
            p_walk := p_walk || jsonb_build_object('cascaded', (
                select jsonb_object_agg(u.key, u.rows) from (
                    select c.key, sum(c.value::bigint) as rows
                    from (
                        select * from jsonb_each_text(p_walk -> 'cascaded')
                        union all
                        select * from jsonb_each_text(v_cascaded)
                    ) as c
                    group by c.key
                ) as u
            ));
        end if;
    end if;
    if v_limit is not null and v_rows >= v_limit then
        null; -- the range is not done, and the budget is
    else
        if p_walk ->> 'mode' = 'skip' or (p_walk ->> 'mode' = 'plain' and (v_segment ->> 'guarded')::boolean) then
            execute format(
                'select count(*) from only %s as t where %s', pydb_internal.relation_name(v_relation), v_condition
            ) into v_left;
        end if;
        p_walk := pydb_internal.retention_move(p_walk, v_range.is_last, v_range.next_at, v_range.next_from);
        if p_walk ->> 'mode' in ('skip', 'rows') and v_left > 0 and not p_walk ? 'last_pass' then
            p_walk := jsonb_set(
                p_walk, '{later}', (p_walk -> 'later') || jsonb_build_array(
                    v_segment || jsonb_build_object('strategy', 'whole', 'condition', v_condition)
                )
            );
        end if;
    end if;
    return p_walk || jsonb_build_object(
        'rows', v_rows, 'left', v_left, 'refused', (p_walk ->> 'refused')::bigint + v_refused,
        'ms', round((extract(epoch from clock_timestamp() - v_start) * 1000)::numeric, 3)
    );
end
$$;

comment on function pydb_internal.retention_step(pydb.retention_policy, jsonb) is
'Deletes the next range of a walk and returns the walk, moved on, with rows (deleted), left (still there, because locked
or kept by a trigger), refused (by a constraint, row by row) and ms of this batch.';

revoke all on function pydb_internal.retention_step(pydb.retention_policy, jsonb) from public;
