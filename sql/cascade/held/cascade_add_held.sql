-- pydb_internal.cascade_add_held (held; by cascade_plan): a step for each relation of a walk of which holds keep rows.
-- reads the relations of the walk, and what their rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.cascade_add_held(
    p_steps pydb.cascade_step[],
    p_walk pydb_internal.cascade_closure
)
returns pydb.cascade_step[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_part record;
    v_held text;
    v_rows bigint;
    v_names text[];
    v_all pydb.cascade_step[] := '{}'::pydb.cascade_step[];
begin
    if not (select g.is_any from pydb_internal.hold_state() as g) then
        return p_steps;
    end if;
    for v_part in
        select s.relation, min(s.layer) as layer, array_agg(distinct u.tid) as tids
        from unnest(p_walk.parts) as s
        cross join lateral unnest(s.tids) as u (tid)
        where s.effect in ('delete', 'nullify', 'default')
        group by s.relation
        order by min(s.layer), s.relation
    loop
        v_held := (pydb_internal.hold_rule_of(v_part.relation)).held;
        continue when v_held is null;
        execute format(
            'select count(*) from only %s as t where t.ctid = any($1) and (%s)',
            pydb_internal.relation_name(v_part.relation), v_held
        ) into v_rows using v_part.tids;
        continue when v_rows = 0;
        v_names := pydb_internal.hold_names_of(v_part.relation, 't.ctid = any($1)', null, 10, v_part.tids);
        v_all := v_all || row(
            cardinality(v_all) + 1, v_part.layer, pydb_internal.relation_name(v_part.relation), null, 'blocked', v_rows,
            null, format('held by %s', array_to_string(v_names, ', ')), null, 'hold', null, v_rows,
            pydb_internal.hold_said(v_names) || ': ' || pydb_internal.hold_hint(v_names), false, null, array['held']
        )::pydb.cascade_step;
    end loop;
    return v_all || array(
        select row(
            s.step + cardinality(v_all), s.depth, s.relation, s.via, s.action, s.rows, s.indexed, s.warning, s.parent,
            s.kind, s.on_delete, s.matched, s.cure, s.order_dependent, s.done, s.codes
        )::pydb.cascade_step
        from unnest(p_steps) as s order by s.step
    );
end
$$;

comment on function pydb_internal.cascade_add_held(pydb.cascade_step[], pydb_internal.cascade_closure) is
'The steps, after those that say what a hold keeps: blocked, kind hold, code held, and in cure who placed it and what to
type.';

revoke all on function pydb_internal.cascade_add_held(pydb.cascade_step[], pydb_internal.cascade_closure) from public;
