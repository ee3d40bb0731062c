-- pydb_internal.cascade_job_closure (job): everything that a job has still to delete, as it is now.
-- reads the root and what references it   writes nothing that stays   locks what it tries until undone
-- raises YD003 YD004 YD005 YD301 YD302 YD304
create or replace function pydb_internal.cascade_job_closure(p_work pydb_internal.cascade_work, p_is_first boolean)
returns pydb_internal.cascade_closure
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys constant jsonb := pydb_internal.cascade_job_keys(p_work.job);
    v_walk pydb_internal.cascade_closure;
    v_steps pydb.cascade_step[];
    v_bar pydb.cascade_step;
begin
    v_walk := pydb_internal.cascade_traverse(
        pydb_internal.cascade_root_rows(p_work.root, v_keys)
        || pydb_internal.cascade_late_rows(p_work.root, v_keys, p_work.edges), p_work.edges
    );
    if cardinality(v_walk.parts) > 0 then
        perform pydb_internal.cascade_check_held(v_walk);
        v_steps := array(
            select s from pydb_internal.cascade_plan_steps(v_walk, p_work.root, false) as s order by s.step
        );
        -- who may not is told so as in every other run: it is no reference that keeps the rows
        select s.* into v_bar from unnest(v_steps) as s
        where s.action = 'blocked' and s.codes && '{privilege, row_security}' order by s.step limit 1;
        if v_bar.step is not null then
            raise exception using errcode = 'YD005', message = format('%s is not in full reach', v_bar.relation),
                detail = v_bar.warning || '. Nothing was changed.', hint = v_bar.cure;
        end if;
        perform pydb_internal.cascade_check_job(
            v_walk, v_steps, p_work.root, v_keys, p_work.edges, p_is_first, p_work.allow_triggers
        );
    end if;
    return v_walk;
end
$$;

comment on function pydb_internal.cascade_job_closure(pydb_internal.cascade_work, boolean) is
'Closure of the root rows of a job, and of rows that name one that is gone; YD302 if something that stays is in its
way, YD005 if a privilege or row-level security is. p_is_first: what could be refused is tried.';

revoke all on function pydb_internal.cascade_job_closure(pydb_internal.cascade_work, boolean) from public;
