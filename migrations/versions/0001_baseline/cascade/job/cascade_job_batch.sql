-- pydb_internal.cascade_job_batch (job; by cascade_turn): delete some rows of a job, with what hangs on them by now, in
-- the caller's transaction.
-- writes the relation and what references it, pydb.cascade_job, pydb.job_run   locks the tables and the rows
-- raises YD110 YD304, and what constraints and triggers raise
create or replace function pydb_internal.cascade_job_batch(p_state jsonb, p_chunk pydb_internal.cascade_chunk)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start constant timestamptz := clock_timestamp();
    v_name text := pydb_internal.relation_name(p_chunk.relation);
    v_tids tid[];
    v_walk pydb_internal.cascade_closure;
    v_before jsonb;
    v_relations jsonb;
    v_rows bigint;
    v_ms float8;
begin
    if v_name is null then
        return p_state || '{"collect": true}'; -- dropped meanwhile
    end if;
    execute format(
        'select array_agg(t.ctid) from only %s as t
        inner join unnest($1, $2) as u (tid, version) on t.ctid = u.tid and t.xmin = u.version
        where t.ctid = any($1) and pg_relation_filenode(%s) = $3', v_name, p_chunk.relation
    ) into v_tids using p_chunk.tids, p_chunk.versions, p_chunk.filenode;
    if v_tids is null then
        return p_state || '{"moved": true}'; -- gone, or changed: the next look finds what is left of them
    end if;
    v_walk := pydb_internal.cascade_traverse(
        array[row(0, 0, 'delete', p_chunk.relation, v_tids)::pydb_internal.cascade_rows], p_state -> 'edges'
    );
    if exists (
        select 1 from pydb_internal.cascade_plan_steps(v_walk, p_chunk.relation, false) as s where s.action = 'blocked'
    ) then
        return p_state || '{"moved": true, "deferred": true}'; -- other rows of the job must go first
    end if;
    v_before := pydb_internal.cascade_deleted_counts(v_walk);
    perform pydb_internal.cascade_execute(v_walk);
    perform pydb_internal.cascade_verify_counts(
        v_walk, v_before, false,
        pydb_internal.cascade_plan_command((p_state ->> 'root')::oid, p_state -> 'keys', p_state -> 'edges')
    );
    select jsonb_object_agg(f.relation, f.rows), sum(f.rows)::bigint into v_relations, v_rows
    from (
        select
            pydb_internal.relation_name(coalesce(pg_partition_root(s.relation::regclass), s.relation)) as relation,
            sum(cardinality(s.tids)) as rows
        from unnest(v_walk.parts) as s
        where s.effect = 'delete'
        group by 1
    ) as f;
    v_relations := pydb_internal.cascade_job_progress((p_state ->> 'job')::bigint, v_relations, null);
    perform pydb_internal.run_log_batch(
        (p_state ->> 'run')::bigint, v_rows, 1, jsonb_build_object('relations', v_relations)
    );
    v_ms := greatest(extract(epoch from clock_timestamp() - v_start)::float8 * 1000, 1);
    return p_state || jsonb_build_object(
        'moved', true, 'done', (p_state ->> 'done')::bigint + v_rows, 'batches', (p_state ->> 'batches')::bigint + 1,
        'tries', 0, 'idle', 0, 'rows', least(greatest(
            (p_state ->> 'rows')::bigint * least(greatest(extract(epoch from pydb_internal.setting_get(
                p_name => 'batch_target')::interval)::float8 * 1000 / v_ms, 0.5), 2), 1), 100000)::bigint
    );
end
$$;

comment on function pydb_internal.cascade_job_batch(jsonb, pydb_internal.cascade_chunk) is
'Deletes those rows of a chunk that are still what they were, with their own cascade as it is now, and notes them in the
job and the run. moved: go on to the next chunk; deferred: something outside of this chunk must go first.';

revoke all on function pydb_internal.cascade_job_batch(jsonb, pydb_internal.cascade_chunk) from public;
