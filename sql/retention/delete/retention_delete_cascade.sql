-- pydb_internal.retention_delete_cascade (delete; by retention_take): delete the rows of one range with everything that
-- references them.
-- writes the target and what references it   locks the tables (row exclusive) and the rows
-- raises 23503 where something that stays references a row, YD304 where rows changed, and what the delete raises
create or replace function pydb_internal.retention_delete_cascade(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_skip_locked boolean,
    p_way text,
    p_within text,
    p_archive bigint default null,
    out rows_done bigint,
    out relations jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_tids tid[];
    v_walk pydb_internal.cascade_closure;
    v_block pydb.cascade_step;
    v_before jsonb;
    v_is_joined boolean := false;
    v_leaf record;
    v_look constant text := format('select * from pydb.retention_plan(%L);', p_policy.name);
begin
    execute format(
        'select array_agg(f.ctid) from (select t.ctid from only %s as t where %s%s%s) as f',
        pydb_internal.relation_name(p_relation), p_condition, coalesce(' limit ' || p_limit, ''),
        case when p_skip_locked then ' for update skip locked' else '' end
    ) into v_tids;
    rows_done := 0;
    if v_tids is null then
        return;
    end if;
    v_walk := pydb_internal.cascade_traverse(
        array[row(0, 0, 'delete', p_relation, v_tids)::pydb_internal.cascade_rows],
        pydb_internal.retention_choices(p_policy, p_way)
    );
    select s.* into v_block from pydb_internal.cascade_plan_steps(v_walk, p_relation, false) as s
        where s.action = 'blocked' limit 1;
    if found then
        -- as if the server had refused: the batch gets smaller, until the one row that cannot go stands alone
        raise exception using errcode = '23503', message = format('%s: %s', v_block.relation, v_block.warning),
            detail = 'An expired row has something below it that cannot go with it.',
            hint = coalesce(case when pydb_internal.cascade_is_curable(v_block.codes) then v_block.cure end, v_look);
    end if;
    if p_way = 'circle' then
        -- the circle was looked up a while ago: nobody may have joined it since
        for v_leaf in
            select s.relation, array_agg(u.tid) as tids, bool_and(l.relation is not null) as is_ours
            from unnest(v_walk.parts) as s
            cross join lateral unnest(s.tids) as u (tid)
            left join pydb_internal.retention_leaves(p_policy.target) as l on l.relation = s.relation
            -- what a key with CASCADE takes along may be of any age
            where s.effect = 'delete' and s.edge > 0 and ((v_walk.edges[s.edge]).edge).on_delete in ('a', 'r')
            group by s.relation
        loop
            execute format(
                'select exists (select 1 from only %s as t where t.ctid = any($1) and (%s) is not true)',
                pydb_internal.relation_name(v_leaf.relation), case when v_leaf.is_ours then p_within else 'false' end
            ) into v_is_joined using v_leaf.tids;
            exit when v_is_joined;
        end loop;
        if v_is_joined then
            raise exception using errcode = '23503',
                message = format('a row of %s that stays references one that is due',
                    pydb_internal.relation_name(p_relation)),
                detail = 'Rows that reference each other go together or stay together.', hint = v_look;
        end if;
    end if;
    v_before := pydb_internal.cascade_deleted_counts(v_walk);
    perform pydb_internal.cascade_execute(v_walk, p_archive);
    perform pydb_internal.cascade_verify_counts(v_walk, v_before, true, v_look);
    select sum(f.rows)::bigint, jsonb_object_agg(f.relation, f.rows) into rows_done, relations
    from (
        select pydb_internal.relation_name(s.relation) as relation, sum(cardinality(s.tids)) as rows
        from unnest(v_walk.parts) as s
        where s.effect = 'delete'
        group by s.relation
    ) as f;
end
$$;

comment on function pydb_internal.retention_delete_cascade(
    pydb.retention_policy, oid, text, bigint, boolean, text, text, bigint
) is
'Deletes the rows of a relation that meet a condition (at most p_limit, around locked ones if asked) and their cascade
(with on_referenced = cascade keys that refuse are taken as cascading); returns all rows that
went, and how many per relation.';

revoke all on function pydb_internal.retention_delete_cascade(
    pydb.retention_policy, oid, text, bigint, boolean, text, text, bigint
)
    from public;
