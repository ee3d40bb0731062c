-- pydb_internal.cascade_job_delete (job): delete what a walk of a job found, and note it in the job.
-- writes the relations of the walk, their archives, pydb.cascade_job   locks the tables and the rows
-- raises YD304, and what constraints and triggers raise
create or replace function pydb_internal.cascade_job_delete(
    p_work pydb_internal.cascade_work,
    p_walk pydb_internal.cascade_closure,
    out rows bigint,
    out relations jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant jsonb := pydb_internal.cascade_deleted_counts(p_walk);
begin
    if cardinality(p_walk.parts) = 0 then
        return;
    end if;
    perform pydb_internal.cascade_execute(p_walk, (
        select j.run_id from pydb.cascade_job as j where j.id = p_work.job and j.archive
    ));
    perform pydb_internal.cascade_verify_counts(p_walk, v_before, false, pydb_internal.cascade_plan_command(
        p_work.root, pydb_internal.cascade_job_keys(p_work.job), p_work.edges
    ));
    select jsonb_object_agg(f.relation, f.rows), sum(f.rows)::bigint into relations, rows
    from (
        select
            pydb_internal.relation_name(coalesce(pg_partition_root(s.relation::regclass), s.relation)) as relation,
            sum(cardinality(s.tids)) as rows
        from unnest(p_walk.parts) as s
        where s.effect = 'delete'
        group by 1
    ) as f;
    relations := pydb_internal.cascade_job_progress(p_work.job, relations, null);
end
$$;

comment on function pydb_internal.cascade_job_delete(pydb_internal.cascade_work, pydb_internal.cascade_closure) is
'Sets and deletes what is in the walk: rows that went (null if it is empty), and all rows of the job so far per
relation. YD304 if that is not what was planned.';

revoke all on function pydb_internal.cascade_job_delete(pydb_internal.cascade_work, pydb_internal.cascade_closure)
    from public;
