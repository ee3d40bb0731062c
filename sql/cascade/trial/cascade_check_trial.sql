-- pydb_internal.cascade_check_trial (trial; by cascade_check_job): before the first row of a job goes, try what could
-- be refused, and undo it.
-- reads the catalog, settings   writes nothing that stays   locks the tables and the rows that it tries, until undone
-- raises YD302 YD304, and what is no refusal: a lock, a deadlock
create or replace function pydb_internal.cascade_check_trial(
    p_walk pydb_internal.cascade_closure,
    p_choices jsonb,
    p_look text,
    p_allow_triggers boolean
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant bigint := pydb_internal.setting_get(p_name => 'cascade_trial_rows')::bigint;
    v_rows constant bigint := (select coalesce(sum(cardinality(s.tids)), 0) from unnest(p_walk.parts) as s);
    v_sets pydb_internal.cascade_rows[];
    v_sample pydb_internal.cascade_closure;
    v_relation oid;
begin
    if v_rows = 0 or v_limit = 0 or not pydb_internal.cascade_is_refusable(p_walk) then
        return;
    elsif v_rows <= v_limit then -- who refuses raises there
        perform pydb_internal.cascade_trial(p_walk, p_look, p_allow_triggers);
        return;
    end if;
    -- too many for one transaction: the rows that are set, and of each table whose triggers run the first ones, with
    -- what hangs on them
    select array_agg(
        row(s.layer, s.edge, s.effect, s.relation, s.tids[:v_limit])::pydb_internal.cascade_rows
        order by s.relation, s.edge
    ) into v_sets
    from unnest(pydb_internal.cascade_rows_to_set(p_walk, pydb_internal.cascade_merge_rows(p_walk.parts))) as s
    -- a value that is taken may be free once the job has deleted the row that has it
    where s.relation not in (select d.relation from unnest(p_walk.parts) as d where d.effect = 'delete');
    if v_sets is not null then
        perform pydb_internal.cascade_trial(
            row(p_walk.edges, v_sets)::pydb_internal.cascade_closure, p_look, p_allow_triggers
        );
    end if;
    foreach v_relation in array pydb_internal.cascade_triggered(p_walk) loop
        continue when exists (
            select 1 from unnest(p_walk.parts) as s where s.layer = 0 and s.relation = v_relation
        ); -- all of it hangs on the root
        v_sample := pydb_internal.cascade_traverse(array(
            select row(0, 0, 'delete', s.relation, s.tids[:least(v_limit, 1000)])::pydb_internal.cascade_rows
            from unnest(p_walk.parts) as s
            where s.effect = 'delete' and s.relation = v_relation
            order by s.layer desc
            limit 1
        ), p_choices);
        if (select sum(cardinality(s.tids)) from unnest(v_sample.parts) as s) <= v_limit
            and not exists (select 1 from unnest(v_sample.parts) as s where s.effect = 'check')
        then
            perform pydb_internal.cascade_trial(v_sample, p_look, p_allow_triggers);
        end if;
    end loop;
end
$$;

comment on function pydb_internal.cascade_check_trial(pydb_internal.cascade_closure, jsonb, text, boolean) is
'Raises YD302 where a constraint or a trigger refuses a part of a walk: the whole of it is tried where it has at most
cascade_trial_rows rows, else what is set and the first rows of each table with triggers. Does nothing where nothing but
references could refuse, or the setting is 0.';

revoke all on function pydb_internal.cascade_check_trial(pydb_internal.cascade_closure, jsonb, text, boolean)
    from public;
