-- pydb._cascade_attempt: walk, judge, delete and compare, once.
-- writes the root and what references it   locks the tables (row exclusive) and the rows
-- raises YD003 YD004 YD005 YD301 YD302 YD304 YD305, and what constraints and triggers raise
create or replace function pydb._cascade_attempt(
    p_root regclass,
    p_keys jsonb,
    p_choices jsonb,
    p_allow_unindexed boolean,
    p_allow_triggers boolean,
    out steps pydb.cascade_step[],
    out beyond jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk pydb.cascade_walk := pydb._cascade_closure(pydb._cascade_root(p_root, p_keys), p_choices);
    v_before jsonb;
    v_look text;
begin
    steps := array(select s from pydb._cascade_steps(v_walk, p_root, p_choices is null) as s order by s.step);
    perform pydb._cascade_refuse(steps, p_root, p_keys, p_choices);
    if cardinality(v_walk.parts) > 0 then
        if not p_allow_unindexed then
            perform pydb._cascade_unindexed(v_walk);
        end if;
        v_before := pydb._cascade_tally(v_walk);
        v_look := pydb._cascade_plan_call(p_root, p_keys, p_choices);
        if exists (select 1 from unnest(steps) as s where s.order_dependent)
            and p_choices is null
            and not exists (select 1 from unnest(steps) as s where s.kind = 'logical' and s.rows > 0)
        then
            perform pydb._cascade_write(v_walk, p_root, v_look);
            steps := pydb._cascade_done(steps, v_walk, v_before);
            return;
        end if;
        perform pydb._cascade_write(v_walk, null, v_look);
        beyond := pydb._cascade_compare(v_walk, v_before, p_allow_triggers, v_look);
    end if;
    steps := pydb._cascade_done(steps, null, null);
end
$$;

comment on function pydb._cascade_attempt(regclass, jsonb, jsonb, boolean, boolean) is
'One attempt at a cascade delete: its steps with what was done, and what triggers deleted beyond them.';

revoke all on function pydb._cascade_attempt(regclass, jsonb, jsonb, boolean, boolean) from public;
