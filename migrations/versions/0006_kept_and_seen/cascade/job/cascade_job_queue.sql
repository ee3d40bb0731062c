-- pydb_internal.cascade_job_queue (job; by cascade_next_pass): look what a job has still to delete, as parts, deepest
-- rows first.
-- reads the root and what references it   writes nothing that stays   locks what it tries until undone
-- raises YD003 YD004 YD005 YD301 YD302 YD304 YD306
create or replace function pydb_internal.cascade_job_queue(p_work pydb_internal.cascade_work, p_is_first boolean)
returns pydb_internal.run_part[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rows pydb_internal.cascade_rows;
    v_chunk pydb_internal.run_chunk;
    v_layer integer;
    v_room integer;
    v_chunks pydb_internal.run_chunk[];
    v_part pydb_internal.run_part;
    v_parts pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
begin
    perform pydb_internal.cascade_check_root(p_work.root);
    perform pydb_internal.cascade_check_graph(p_work);
    for v_rows in
        select s.* from unnest((pydb_internal.cascade_job_closure(p_work, p_is_first)).parts) as s
        where s.effect = 'delete'
        order by s.layer desc, s.relation
    loop
        -- the deepest of a long chain came last; a place without its version would not be safe after a commit
        for v_chunk in execute format(
            'select
                %s, array_agg(t.ctid order by u.ordinality desc), array_agg(t.xmin order by u.ordinality desc),
                pg_relation_filenode(%1$s)
            from unnest($1) with ordinality as u (tid, ordinality)
            inner join only %2$s as t on t.ctid = u.tid
            group by (cardinality($1) - u.ordinality) / 20000
            order by (cardinality($1) - u.ordinality) / 20000',
            v_rows.relation, pydb_internal.relation_name(v_rows.relation)
        ) using v_rows.tids loop
            -- a part goes through each turn whole, so it is small; of one layer, so that no row of it waits for another
            if v_layer = v_rows.layer and cardinality(v_chunk.tids) <= v_room and cardinality(v_chunks) < 1000 then
                v_chunks := v_chunks || v_chunk;
            else
                v_part.chunks := v_chunks;
                v_parts := v_parts || v_part;
                v_chunks := array[v_chunk];
                v_layer := v_rows.layer;
                v_room := 20000;
            end if;
            v_room := v_room - cardinality(v_chunk.tids);
        end loop;
    end loop;
    v_part.chunks := v_chunks;
    return case when v_chunks is null then v_parts else v_parts[2:] || v_part end;
end
$$;

comment on function pydb_internal.cascade_job_queue(pydb_internal.cascade_work, boolean) is
'The rows that are left of a job, in the order in which they are to be deleted, in parts of at most 20,000 rows or 1,000
relations; none if all is gone. p_is_first: what could be refused is tried before. YD306 where the catalog is no longer
that of the request.';

revoke all on function pydb_internal.cascade_job_queue(pydb_internal.cascade_work, boolean) from public;
