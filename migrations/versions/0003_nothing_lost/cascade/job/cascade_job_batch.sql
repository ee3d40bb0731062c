-- pydb_internal.cascade_job_batch (job; by cascade_turn): delete some rows of a job, with what hangs on them by now, in
-- the caller's transaction.
-- writes the relations and what references them, pydb.cascade_job   locks the tables and the rows
-- raises YD304, and what constraints and triggers raise
create or replace function pydb_internal.cascade_job_batch(
    p_work pydb_internal.cascade_work,
    p_chunks pydb_internal.run_chunk[],
    out is_blocked boolean,
    out rows bigint,
    out told jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk pydb_internal.cascade_closure;
    v_start pydb_internal.cascade_rows[];
begin
    select array_agg(f) filter (where f.tids is not null) into v_start
    from unnest(p_chunks) as c
    cross join lateral pydb_internal.cascade_job_rows(c) as f;
    if v_start is null then
        return; -- gone, or changed: the next look finds what is left of them
    end if;
    v_walk := pydb_internal.cascade_traverse(v_start, p_work.edges);
    is_blocked := exists (
        select 1 from pydb_internal.cascade_plan_steps(v_walk, v_start[1].relation, false) as s
        where s.action = 'blocked'
    );
    if not is_blocked then
        select d.* into rows, told from pydb_internal.cascade_job_delete(p_work, v_walk) as d;
    end if;
end
$$;

comment on function pydb_internal.cascade_job_batch(pydb_internal.cascade_work, pydb_internal.run_chunk[]) is
'Deletes those rows of some chunks that are still what they were, with their own cascade as it is now. rows null: there
were none; is_blocked: something outside of these chunks must go first, nothing was done.';

revoke all on function pydb_internal.cascade_job_batch(pydb_internal.cascade_work, pydb_internal.run_chunk[])
    from public;
