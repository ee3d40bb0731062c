-- pydb_internal.retention_learned (run): what the next run of a policy begins with.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_learned(p_work pydb_internal.retention_work)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'cost', p_work.cost, 'heap_range', p_work.heap_range, 'index_range', p_work.index_range, 'print', p_work.print
    );
$$;

comment on function pydb_internal.retention_learned(pydb_internal.retention_work) is
'Object of cost, heap_range, index_range and print, for job_run.detail.learned.';

revoke all on function pydb_internal.retention_learned(pydb_internal.retention_work) from public;
