-- pydb_internal.cascade_job_rows (job; by cascade_job_batch): the rows of a chunk that are still what they were.
-- reads the relation   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_job_rows(p_chunk pydb_internal.run_chunk)
returns pydb_internal.cascade_rows
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- a table is not read for some places in it
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_chunk.relation);
    v_tids tid[];
begin
    if v_name is null then
        return null; -- dropped meanwhile
    end if;
    execute format(
        'select array_agg(t.ctid) from only %s as t
        inner join unnest($1, $2) as u (tid, version) on t.ctid = u.tid and t.xmin = u.version
        where t.ctid = any($1) and pg_relation_filenode(%s) = $3', v_name, p_chunk.relation
    ) into v_tids using p_chunk.tids, p_chunk.versions, p_chunk.filenode;
    return case when v_tids is not null
        then row(0, 0, 'delete', p_chunk.relation, v_tids)::pydb_internal.cascade_rows end;
end
$$;

comment on function pydb_internal.cascade_job_rows(pydb_internal.run_chunk) is
'The rows of a chunk that are neither gone nor changed, as root rows of a closure; null if there are none.';

revoke all on function pydb_internal.cascade_job_rows(pydb_internal.run_chunk) from public;
