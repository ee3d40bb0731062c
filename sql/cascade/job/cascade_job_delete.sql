-- pydb_internal.cascade_job_delete (job): delete what a walk of a job found, and note it in the job.
-- writes the relations of the walk, their archives, pydb.cascade_job   locks the tables and the rows
-- raises YD304, and what constraints and triggers raise
create or replace function pydb_internal.cascade_job_delete(
    p_work pydb_internal.cascade_work,
    p_walk pydb_internal.cascade_closure,
    out rows bigint,
    out told jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant jsonb := pydb_internal.cascade_deleted_counts(p_walk);
    v_is_triggered boolean;
    v_relations jsonb;
    v_triggered jsonb;
begin
    if cardinality(p_walk.parts) = 0 then
        return;
    end if;
    v_is_triggered := p_work.allow_triggers and pydb_internal.cascade_trigger_names(p_walk) is not null;
    perform pydb_internal.cascade_execute(p_walk, (
        select j.run_id from pydb.cascade_job as j where j.id = p_work.job and j.archive
    ));
    perform pydb_internal.cascade_verify_counts(
        p_walk, v_before, p_work.allow_triggers, pydb_internal.cascade_plan_command(
            p_work.root, pydb_internal.cascade_job_keys(p_work.job), p_work.edges
        ), v_is_triggered
    );
    if v_is_triggered then
        select
            jsonb_object_agg(f.relation, f.gone), sum(f.gone)::bigint,
            jsonb_object_agg(f.relation, f.gone - f.planned) filter (where f.gone > f.planned)
        into v_relations, rows, v_triggered
        from (
            select
                pydb_internal.relation_name(coalesce(pg_partition_root(c.relation::regclass), c.relation)) as relation,
                sum(c.planned) as planned, sum(c.gone) as gone
            from pydb_internal.cascade_counts(p_walk, v_before) as c
            group by 1
        ) as f
        where f.gone > 0;
    else
        select jsonb_object_agg(f.relation, f.rows), sum(f.rows)::bigint into v_relations, rows
        from (
            select
                pydb_internal.relation_name(coalesce(pg_partition_root(s.relation::regclass), s.relation)) as relation,
                sum(cardinality(s.tids)) as rows
            from unnest(p_walk.parts) as s
            where s.effect = 'delete'
            group by 1
        ) as f;
    end if;
    told := pydb_internal.cascade_job_progress(p_work.job, v_relations, coalesce(v_triggered, '{}'), null);
end
$$;

comment on function pydb_internal.cascade_job_delete(pydb_internal.cascade_work, pydb_internal.cascade_closure) is
'Sets and deletes what is in the walk: rows that went (null if it is empty), and what to tell of the job so far. YD304
if that is not what was planned; where triggers are allowed, what they take beyond it counts with it.';

revoke all on function pydb_internal.cascade_job_delete(pydb_internal.cascade_work, pydb_internal.cascade_closure)
    from public;
