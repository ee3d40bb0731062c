-- pydb_internal.retention_cascade_plan (plan): what goes with the rows that a policy deletes, by whatever edge.
-- reads the target and what references it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_cascade_plan(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_said pydb_internal.retention_said default null
)
returns setof pydb.cascade_step
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_way constant text := (pydb_internal.retention_reach(p_policy)).way;
    v_free constant text := case v_way
        when 'plain' then '' else pydb_internal.hold_free_condition(p_policy.target)
    end;
    v_said pydb_internal.retention_said;
    v_leaf record;
    v_due record;
    v_tids tid[];
    v_parts pydb_internal.cascade_rows[] := '{}'::pydb_internal.cascade_rows[];
begin
    if v_way = 'plain' then
        return;
    end if;
    p_said := pydb_internal.retention_last_survey(p_policy, p_cutoff, p_said);
    v_said := p_said;
    v_said.last := null;
    for v_leaf in
        select l.relation, coalesce(w.tids, '{}') as last
        from pydb_internal.retention_leaves(p_policy.target) as l
        left join unnest(p_said.last) as w on w.relation = l.relation
        where not l.foreign_table and l.relation not in (
            -- what goes as a whole is referenced by nothing, and what stays loses nothing
            select p.relation from pydb_internal.retention_partition_leaves(p_policy, p_cutoff) as p
            where p.action <> 'delete'
        )
    loop
        if p_said.last is not null then
            v_said.ruled_joined := pydb_internal.retention_rule_condition(
                p_policy, p_cutoff, p_is_joined => true, p_last => v_leaf.last
            );
        end if;
        v_due := pydb_internal.retention_due_terms(p_policy, v_leaf.relation, p_cutoff, v_said);
        execute v_due.kept || format(
            'select array_agg(t.ctid) from only %s as t%s where %s', pydb_internal.relation_name(v_leaf.relation),
            v_said.joined, v_due.condition || v_free
        ) into v_tids;
        if v_tids is not null then
            v_parts := v_parts || row(0, 0, 'delete', v_leaf.relation, v_tids)::pydb_internal.cascade_rows;
        end if;
    end loop;
    return query
    select r.*
    from pydb_internal.cascade_plan_steps(
        pydb_internal.cascade_traverse(v_parts, pydb_internal.retention_choices(p_policy, v_way)), p_policy.target,
        false
    ) as s
    cross join lateral jsonb_populate_record(s, case
        -- the server takes the rows along as the owner of their table, whatever the runner may do there himself
        when v_way = 'count' and s.action = 'blocked' and s.on_delete = 'cascade' and s.rows is not null
            then jsonb_build_object(
                'action', 'delete', 'codes', array_remove(s.codes, 'privilege'),
                'warning', case when 'privilege' <> all(s.codes) then s.warning end,
                'cure', case when 'privilege' <> all(s.codes) then s.cure end
            )
        else '{}'
    end) as r
    where s.via is not null and (
        -- where the server itself acts, all that matters is what goes, and what cannot be counted
        v_way = 'walk' or r.action = 'delete' or (s.rows is null and s.on_delete = 'cascade')
    );
end
$$;

comment on function pydb_internal.retention_cascade_plan(
    pydb.retention_policy, timestamptz, pydb_internal.retention_said
) is
'Steps below the rows that a policy deletes, whatever the age of the rows below; none where nothing can go along. A
blocked step without a number of rows: they go along, but cannot be counted.';

revoke all on function pydb_internal.retention_cascade_plan(
    pydb.retention_policy, timestamptz, pydb_internal.retention_said
) from public;
