-- pydb_internal.retention_cascade_plan (plan): what goes with the expired rows of a policy with on_referenced =
-- cascade.
-- reads the target and what references it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_cascade_plan(p_policy pydb.retention_policy, p_cutoff timestamptz)
returns setof pydb.cascade_step
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_leaf record;
    v_tids tid[];
    v_parts pydb_internal.cascade_rows[] := '{}'::pydb_internal.cascade_rows[];
begin
    if p_policy.on_referenced <> 'cascade' then
        return;
    end if;
    for v_leaf in
        select l.relation from pydb_internal.retention_leaves(p_policy.target) as l where not l.foreign_table
    loop
        execute format(
            'select array_agg(t.ctid) from only %s as t where %s', pydb_internal.relation_name(v_leaf.relation),
            pydb_internal.retention_expired_condition(p_policy, p_cutoff)
        ) into v_tids;
        if v_tids is not null then
            v_parts := v_parts || row(0, 0, 'delete', v_leaf.relation, v_tids)::pydb_internal.cascade_rows;
        end if;
    end loop;
    return query
    select s.*
    from pydb_internal.cascade_plan_steps(
        pydb_internal.cascade_traverse(v_parts, '{"*": "delete"}'), p_policy.target, false
    ) as s
    where s.via is not null;
end
$$;

comment on function pydb_internal.retention_cascade_plan(pydb.retention_policy, timestamptz) is
'Steps below the expired rows of a policy that cascades, whatever the age of the rows below; none for other policies.';

revoke all on function pydb_internal.retention_cascade_plan(pydb.retention_policy, timestamptz) from public;
