-- pydb_internal.cascade_job_rest (job; by cascade_turn): delete all that a job has left in one statement: for rows that
-- keep each other.
-- writes the root and what references it, pydb.cascade_job, pydb.job_run   locks the tables and the rows
-- raises YD110 YD302 YD304, and what constraints and triggers raise
create or replace function pydb_internal.cascade_job_rest(p_state jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_root regclass := ((p_state ->> 'root')::oid)::regclass;
    v_steps pydb.cascade_step[];
    v_walk pydb_internal.cascade_closure;
    v_before jsonb;
    v_relations jsonb;
    v_rows bigint;
begin
    v_walk := pydb_internal.cascade_traverse(
        pydb_internal.cascade_root_rows(v_root, p_state -> 'keys')
        || pydb_internal.cascade_late_rows(v_root, p_state -> 'keys', p_state -> 'edges'), p_state -> 'edges'
    );
    v_steps := array(select s from pydb_internal.cascade_plan_steps(v_walk, v_root, false) as s order by s.step);
    perform pydb_internal.cascade_check_blocked(v_steps, v_root, p_state -> 'keys', p_state -> 'edges');
    v_before := pydb_internal.cascade_deleted_counts(v_walk);
    perform pydb_internal.cascade_execute(v_walk);
    perform pydb_internal.cascade_verify_counts(
        v_walk, v_before, false, pydb_internal.cascade_plan_command(v_root, p_state -> 'keys', p_state -> 'edges')
    );
    select jsonb_object_agg(f.relation, f.rows), sum(f.rows)::bigint into v_relations, v_rows
    from (
        select s.relation, sum(s.rows) as rows from unnest(v_steps) as s
        where s.action = 'delete' and s.rows > 0
        group by s.relation
    ) as f;
    v_relations := pydb_internal.cascade_job_progress((p_state ->> 'job')::bigint, v_relations, null);
    perform pydb_internal.run_log_batch(
        (p_state ->> 'run')::bigint, v_rows, 1, jsonb_build_object('relations', v_relations));
    return p_state || jsonb_build_object(
        'collect', true, 'done', (p_state ->> 'done')::bigint + v_rows, 'batches', (p_state ->> 'batches')::bigint + 1,
        'tries', 0, 'idle', 0
    );
end
$$;

comment on function pydb_internal.cascade_job_rest(jsonb) is
'Deletes what a job has left as pydb.cascade_delete would, where no chunk can go without the others.';

revoke all on function pydb_internal.cascade_job_rest(jsonb) from public;
