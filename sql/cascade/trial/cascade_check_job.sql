-- pydb_internal.cascade_check_job (trial): refuse a job whose plan is blocked, or which something refuses when it is
-- tried.
-- reads the catalog, settings   writes nothing that stays   locks the tables and the rows that it tries, until undone
-- raises YD302 YD304, and what is no refusal: a lock, a deadlock
create or replace function pydb_internal.cascade_check_job(
    p_walk pydb_internal.cascade_closure,
    p_steps pydb.cascade_step[],
    p_root oid,
    p_keys jsonb,
    p_choices jsonb,
    p_is_tried boolean,
    p_allow_triggers boolean
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- what constraints refuse the server says better than a plan can
    if p_is_tried and not exists (
        select 1 from unnest(p_steps) as s
        where s.action = 'blocked' and not s.codes && '{check, unique, partition}'
    ) then
        perform pydb_internal.cascade_check_trial(p_walk, p_choices, pydb_internal.cascade_plan_command(
            p_root, p_keys, p_choices
        ), p_allow_triggers);
    end if;
    perform pydb_internal.cascade_check_blocked(p_steps, p_root, p_keys, p_choices);
end
$$;

comment on function pydb_internal.cascade_check_job(
    pydb_internal.cascade_closure, pydb.cascade_step[], oid, jsonb, jsonb, boolean, boolean
) is
'Raises YD302 if a step of the plan of p_walk is blocked, or (p_is_tried) if a constraint or a trigger refuses what is
tried of it. The next three arguments are those of the plan. p_allow_triggers: what triggers delete beyond it is no
refusal.';

revoke all on function pydb_internal.cascade_check_job(
    pydb_internal.cascade_closure, pydb.cascade_step[], oid, jsonb, jsonb, boolean, boolean
) from public;
